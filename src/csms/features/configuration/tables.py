# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the configuration feature."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    String,
    Table,
    Uuid,
    func,
)
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
    Index("ix_configuration_history_at", "at"),
)

configuration_templates = Table(
    "configuration_templates",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("name", String, nullable=False),
    Column("description", String),
    Column("values", JSONB, nullable=False),  # key: value
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
)
Index(
    "uq_configuration_templates_organization_id_name",
    configuration_templates.c.organization_id,
    func.lower(configuration_templates.c.name),
    unique=True,
)
configuration_assignments = Table(
    "configuration_assignments",
    metadata,
    Column("charger_id", String, primary_key=True),
    organization_id(),
    Column("template", Uuid, ForeignKey("configuration_templates.id", ondelete="CASCADE"), nullable=False),
    timestamp("assigned_at", nullable=False),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    Index("ix_configuration_assignments_template", "template", "charger_id"),
    Index("ix_configuration_assignments_organization_id_charger_id", "organization_id", "charger_id"),
)
