# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the drivers feature."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, String, Table, UniqueConstraint, Uuid, text

from csms.kit.db.metadata import created_at, metadata, organization_id, searched_index, updated_at

drivers = Table(
    "drivers",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("name", String, nullable=False),
    Column("email", String),
    Column("phone", String),
    Column("language", String),
    Column("external_id", String),  # what another system calls them
    Column("note", String),
    Column("status", String, nullable=False, server_default=text("'active'")),
    created_at(),
    updated_at(),
    UniqueConstraint("organization_id", "id", name="uq_drivers_organization_id_id"),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    CheckConstraint("status in ('active', 'blocked')", name="status"),
    Index("uq_drivers_organization_id_external_id", "organization_id", "external_id", unique=True),
    Index("ix_drivers_organization_id_name", "organization_id", "name"),
    Index("ix_drivers_organization_id_created_at", "organization_id", "created_at"),
)
searched_index(drivers, "name", "email", "external_id")
