# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the sites feature. `path` (a site and those above it) is kept by a trigger, as `chargers.places` is."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, updated_at

sites = Table(
    "sites",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("parent_id", Uuid),
    Column("path", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("name", String, nullable=False),
    Column("street", String),
    Column("postal_code", String),
    Column("city", String),
    Column("country", String),
    Column("latitude", Numeric(9, 6)),
    Column("longitude", Numeric(9, 6)),
    Column("time_zone", String),
    Column("opening_hours", JSONB),
    Column("note", String),
    created_at(),
    updated_at(),
    UniqueConstraint("organization_id", "id", name="uq_sites_organization_id_id"),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    ForeignKeyConstraint(
        ["organization_id", "parent_id"],
        ["sites.organization_id", "sites.id"],
        name="fk_sites_organization_id_parent_id",
    ),
    Index("ix_sites_organization_id_name", "organization_id", "name"),
    Index("ix_sites_parent_id", "organization_id", "parent_id"),
)

# Written by triggers of `chargers`: the rows of a site add up to how many are there or below. Fresh: not folded yet.
place_sums = Table(
    "place_sums",
    metadata,
    organization_id(),
    Column("place", Uuid, nullable=False),
    Column("chargers", BigInteger, nullable=False),
    Column("fresh", Boolean, nullable=False, server_default=text("false")),
    Index("ix_place_sums_organization_id_place", "organization_id", "place"),
    Index("ix_place_sums_fresh", "place", postgresql_where=text("fresh")),
)

charger_groups = Table(
    "charger_groups",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("name", String, nullable=False),
    Column("description", String),
    created_at(),
    updated_at(),
    UniqueConstraint("organization_id", "id", name="uq_charger_groups_organization_id_id"),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
)
Index(
    "uq_charger_groups_organization_id_name",
    charger_groups.c.organization_id,
    func.lower(charger_groups.c.name),
    unique=True,
)

charger_group_members = Table(
    "charger_group_members",
    metadata,
    Column("group_id", Uuid, primary_key=True),
    Column("charger_id", String, primary_key=True),
    organization_id(),
    ForeignKeyConstraint(
        ["organization_id", "group_id"],
        ["charger_groups.organization_id", "charger_groups.id"],
        name="fk_charger_group_members_organization_id_group_id",
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"],
        ["chargers.organization_id", "chargers.id"],
        name="fk_charger_group_members_organization_id_charger_id",
        ondelete="CASCADE",
    ),
    Index("ix_charger_group_members_organization_id_charger_id", "organization_id", "charger_id"),
    Index("ix_charger_group_members_organization_id_group_id", "organization_id", "group_id"),
)
