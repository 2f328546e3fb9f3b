# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the workspace feature."""

from sqlalchemy import ARRAY, Boolean, Column, ForeignKeyConstraint, Index, Integer, String, Table, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, updated_at

user_preferences = Table(
    "user_preferences",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    organization_id(),
    Column("document", JSONB, nullable=False),  # only what was chosen
    updated_at(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index("ix_user_preferences_organization_id", "organization_id"),
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("screen", String, nullable=False),
    Column("name", String, nullable=False),
    Column("shared", Boolean, nullable=False, server_default=text("false")),
    Column("filter", JSONB, nullable=False),
    Column("sort", String),
    Column("columns", ARRAY(String)),
    Column("display", JSONB, nullable=False),
    Column("position", Integer, nullable=False),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index("ix_saved_views_organization_id_screen", "organization_id", "screen"),
)
Index(
    "uq_saved_views_user_id_screen_name",
    saved_views.c.user_id,
    saved_views.c.screen,
    func.lower(saved_views.c.name),
    unique=True,
)

dashboards = Table(
    "dashboards",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("name", String, nullable=False),
    Column("widgets", JSONB, nullable=False),
    Column("position", Integer, nullable=False),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index("ix_dashboards_user_id", "user_id", "position"),
    Index("ix_dashboards_organization_id", "organization_id"),
)

# What those see who have a role and no dashboards of their own; `role` is the key of a built-in role or an own one.
dashboard_defaults = Table(
    "dashboard_defaults",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("role", String, primary_key=True),
    Column("dashboards", JSONB, nullable=False),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
)
