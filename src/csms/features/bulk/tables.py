# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the bulk feature."""

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

bulk_commands = Table(
    "bulk_commands",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("filter", JSONB, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("queue_s", Integer, nullable=False),
    Column("at_once", Integer, nullable=False),
    Column("status", String, nullable=False, server_default=text("'running'")),
    Column("total", Integer, nullable=False),
    Column("round", Integer, nullable=False, server_default=text("0")),  # 1: failed targets were done again once
    Column("job", Uuid),
    Column("actor_id", String),
    Column("actor_name", String, nullable=False),
    created_at(),
    timestamp("finished_at"),
    Column("counts", JSONB),  # what it came to, once nothing can change any more
    CheckConstraint("status in ('running', 'done', 'cancelled')", name="status"),
    Index("ix_bulk_commands_organization_id", "organization_id", "created_at"),
)
bulk_targets = Table(
    "bulk_targets",
    metadata,
    Column("bulk", Uuid, ForeignKey("bulk_commands.id", ondelete="CASCADE"), primary_key=True),
    Column("charger_id", String, primary_key=True),
    organization_id(),
    Column("command", Uuid),  # none: it was not its turn yet
    Column("refusal", String),  # why there will be none
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    Index("ix_bulk_targets_organization_id_charger_id", "organization_id", "charger_id"),
    Index("ix_bulk_targets_command", "command"),
)
