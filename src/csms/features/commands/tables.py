# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the commands feature."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKeyConstraint, Index, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, page_indexes, searched_index, timestamp

commands = Table(
    "commands",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("status", String, nullable=False, server_default=text("'pending'")),
    Column("reason", String),
    Column("result", JSONB),
    Column("effect", String),  # start_transaction: awaited, started or expired after the charger accepted
    Column("transaction_id", Uuid),
    Column("idempotency_key", String),
    Column("queued", Boolean, nullable=False, server_default=text("false")),  # waits for the charger to come
    Column("actor_id", String),
    Column("actor_name", String, nullable=False),
    created_at(),
    timestamp("expires_at", nullable=False),
    timestamp("sent_at"),
    timestamp("finished_at"),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    CheckConstraint(
        "status in ('pending', 'accepted', 'rejected', 'not_supported',"
        " 'timed_out', 'unreachable', 'expired', 'error')",
        name="status",
    ),
    Index("uq_commands_idempotency_key", "organization_id", "idempotency_key", unique=True),
    *page_indexes("commands", ("id",), "created_at"),
    *page_indexes("commands", ("created_at", "id"), "charger_id", "type", "status"),
    Index("ix_commands_queued", "organization_id", "created_at", "id", postgresql_where=text("queued")),
    Index("ix_commands_pending", "expires_at", postgresql_where=text("status = 'pending'")),
    Index("ix_commands_awaited", "charger_id", postgresql_where=text("effect = 'awaited'")),
)
searched_index(commands, "charger_id", "type", "reason", "actor_name")
