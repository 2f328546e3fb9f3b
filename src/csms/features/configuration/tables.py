# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the configuration feature."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Identity, Index, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

configurations = Table(
    "configurations",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("value", String),
    Column("readonly", Boolean),
    Column("details", JSONB),  # what 2.x reports beside the value: data type, unit, limits, mutability
    created_at(),
    updated_at(),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    Index("uq_configurations_charger_id_key", "charger_id", "key", unique=True),
    Index("ix_configurations_organization_id_charger_id", "organization_id", "charger_id"),
)

configuration_history = Table(
    "configuration_history",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("old_value", String),
    Column("new_value", String),
    Column("actor_name", String, nullable=False),  # who asked for it; `charger` where it was found so
    Column("command", Uuid),
    timestamp("at", nullable=False),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    Index("ix_configuration_history_organization_id_charger_id", "organization_id", "charger_id", "at"),
)
