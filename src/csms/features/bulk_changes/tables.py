# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the bulk changes feature."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp

bulk_changes = Table(
    "bulk_changes",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("kind", String, nullable=False),
    Column("filter", JSONB(none_as_null=True)),  # none: they were named one by one
    Column("change", JSONB, nullable=False),
    Column("status", String, nullable=False, server_default=text("'running'")),
    Column("round", Integer, nullable=False, server_default=text("0")),  # 1: what was refused was tried again once
    Column("total", Integer, nullable=False),
    Column("counts", JSONB(none_as_null=True)),  # what it came to, once it is done
    Column("error", JSONB(none_as_null=True)),  # why it stopped
    Column("job", Uuid, nullable=False),
    Column("actor_kind", String, nullable=False),
    Column("actor_id", String),
    Column("actor_name", String, nullable=False),
    Column("address", String),
    created_at(),
    timestamp("finished_at"),
    CheckConstraint("kind in ('chargers', 'tokens')", name="kind"),
    CheckConstraint("status in ('running', 'done', 'cancelled', 'failed')", name="status"),
    Index("ix_bulk_changes_organization_id", "organization_id", "kind", "created_at"),
)
bulk_change_targets = Table(
    "bulk_change_targets",
    metadata,
    Column("bulk", Uuid, ForeignKey("bulk_changes.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    organization_id(),
    Column("charger_id", String),
    Column("token_id", Uuid, ForeignKey("tokens.id", ondelete="CASCADE")),
    Column("status", String, nullable=False, server_default=text("'waiting'")),
    Column("reason", String),
    timestamp("finished_at"),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    CheckConstraint("(charger_id is null) <> (token_id is null)", name="one"),
    CheckConstraint("status in ('waiting', 'changed', 'unchanged', 'refused')", name="status"),
    Index("ix_bulk_change_targets_bulk_status", "bulk", "status", "number"),
    Index("ix_bulk_change_targets_organization_id_charger_id", "organization_id", "charger_id"),
    Index("ix_bulk_change_targets_token_id", "token_id"),
)
