# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the settings feature; the settings themselves are in the accounts feature's table."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import metadata, organization_id, timestamp

settings_history = Table(
    "settings_history",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("section", String, nullable=False),
    Column("before", JSONB, nullable=False),  # only what differed from the defaults
    Column("after", JSONB, nullable=False),
    Column("actor_kind", String, nullable=False),
    Column("actor_id", String),
    Column("actor_name", String, nullable=False),
    timestamp("at", nullable=False),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    Index("ix_settings_history_section", "organization_id", "section", "at"),
)
