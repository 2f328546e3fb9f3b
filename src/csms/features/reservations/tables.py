# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the reservations feature."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, SmallInteger, String, Table, Uuid
from sqlalchemy import text as sql

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

reservations = Table(
    "reservations",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("reservation_id", Integer, nullable=False),
    Column("evse_id", SmallInteger),  # none: any
    Column("connector_type", String),
    Column("id_tag", String),
    Column("group", String),
    Column("status", String, nullable=False),
    Column("transaction", Uuid),
    timestamp("expires_at"),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    CheckConstraint("status in ('active', 'used', 'cancelled', 'expired', 'removed')", name="status"),
    Index("uq_reservations", "charger_id", "reservation_id", unique=True),
    Index("ix_reservations_organization_id_charger_id", "organization_id", "charger_id", "created_at"),
    Index("ix_reservations_active", "expires_at", postgresql_where=sql("status = 'active'")),
)
