# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the reservations feature."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, SmallInteger, String, Table, Uuid
from sqlalchemy import text as sql

from csms.kit.db.metadata import (
    created_at,
    folded_index,
    metadata,
    organization_id,
    page_indexes,
    searched_index,
    timestamp,
    updated_at,
)

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
    *page_indexes("reservations", ("id",), "created_at", "expires_at"),
    *page_indexes("reservations", ("created_at", "id"), "charger_id", "id_tag", "status"),
    Index("ix_reservations_active", "expires_at", postgresql_where=sql("status = 'active'")),
)
searched_index(reservations, "charger_id", "id_tag", "group")
folded_index(reservations, "id_tag")
