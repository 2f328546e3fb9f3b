# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the smart charging feature."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

charging_profiles = Table(
    "charging_profiles",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("name", String, nullable=False),
    Column("description", String),
    Column("profile", JSONB, nullable=False),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
)
Index(
    "uq_charging_profiles_organization_id_name",
    charging_profiles.c.organization_id,
    func.lower(charging_profiles.c.name),
    unique=True,
)

installed_charging_profiles = Table(
    "installed_charging_profiles",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("evse_id", SmallInteger, nullable=False),  # 0: all of them, or the charger itself
    Column("profile_id", Integer, nullable=False),
    Column("purpose", String, nullable=False),
    Column("stack_level", Integer, nullable=False),
    Column("transaction_ref", String),  # our number or the charger's own name
    Column("limit_source", String),  # who set it, as the charger reports it
    Column("profile", JSONB, nullable=False),
    Column("charging_profile", Uuid),  # of the library
    Column("command", Uuid),
    timestamp("installed_at", nullable=False),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    ForeignKeyConstraint(["charging_profile"], ["charging_profiles.id"], ondelete="SET NULL"),
    Index("uq_installed_charging_profiles", "charger_id", "evse_id", "profile_id", unique=True),
    Index("ix_installed_charging_profiles_organization_id_charger_id", "organization_id", "charger_id", "installed_at"),
    Index("ix_installed_charging_profiles_charging_profile", "charging_profile"),
)

charging_profile_assignments = Table(
    "charging_profile_assignments",
    metadata,
    Column("command", Uuid, primary_key=True),
    organization_id(),
    Column("charging_profile", Uuid, nullable=False),
    ForeignKeyConstraint(["charging_profile"], ["charging_profiles.id"], ondelete="CASCADE"),
    Index("ix_charging_profile_assignments_organization_id", "organization_id"),
    Index("ix_charging_profile_assignments_charging_profile", "charging_profile"),
)
