# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the notifications feature."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

notification_channels = Table(
    "notification_channels",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("target", String, nullable=False),  # as it may be shown
    Column("config", LargeBinary, nullable=False, info={"sealed": True}),
    Column("language", String, nullable=False, server_default=text("'en'")),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("locked_by", String),  # the process that sends now
    timestamp("locked_until"),
    timestamp("served_at"),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    CheckConstraint("kind in ('email', 'webhook', 'apprise')", name="kind"),
    Index("ix_notification_channels_organization_id", "organization_id", "created_at"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("channel", Uuid, ForeignKey("notification_channels.id", ondelete="CASCADE"), nullable=False),
    Column("dedup", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("title", String, nullable=False),
    Column("body", String, nullable=False),
    Column("url", String),
    Column("status", String, nullable=False, server_default=text("'pending'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error", String),
    timestamp("due_at", nullable=False),
    created_at(),
    timestamp("first_attempt_at"),
    timestamp("last_attempt_at"),
    timestamp("finished_at"),
    CheckConstraint("status in ('pending', 'sent', 'dead')", name="status"),
    UniqueConstraint("channel", "dedup"),
    Index("ix_notifications_pending", "channel", "due_at", postgresql_where=text("status = 'pending'")),
    Index("ix_notifications_organization_id", "organization_id", "created_at"),
)

notification_templates = Table(
    "notification_templates",
    metadata,
    organization_id(),
    Column("kind", String, nullable=False),
    Column("language", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("text", String, nullable=False),
    updated_at(),
    PrimaryKeyConstraint("organization_id", "kind", "language"),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
)
