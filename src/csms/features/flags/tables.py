# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the flags feature."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKeyConstraint, Index, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

feature_flags = Table(
    "feature_flags",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("key", String, nullable=False),
    Column("description", String),
    Column("type", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("variants", JSONB, nullable=False),
    Column("default_variant", String, nullable=False),
    Column("rules", JSONB, nullable=False, server_default=text("'[]'")),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    CheckConstraint("type in ('boolean', 'string', 'number', 'object')", name="type"),
    Index("uq_feature_flags_organization_id_key", "organization_id", "key", unique=True),
)

feature_flag_history = Table(
    "feature_flag_history",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("key", String, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("actor_kind", String, nullable=False),
    Column("actor_id", String),
    Column("actor_name", String, nullable=False),
    timestamp("at", nullable=False),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    Index("ix_feature_flag_history_key", "organization_id", "key", "at"),
)
