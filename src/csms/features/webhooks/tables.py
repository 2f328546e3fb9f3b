# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the webhooks feature."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("url", String, nullable=False),
    Column("description", String),
    Column("event_types", ARRAY(String), nullable=False),
    Column("charger_ids", ARRAY(String)),  # none: of all chargers
    Column("secret", LargeBinary, nullable=False, info={"sealed": True}),
    Column("previous_secret", LargeBinary, info={"sealed": True}),  # signs beside the other one for a day
    timestamp("previous_secret_until"),
    Column("status", String, nullable=False, server_default=text("'active'")),
    Column("paused_reason", String),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    timestamp("failing_since"),
    Column("last_error", String),
    timestamp("last_delivered_at"),
    timestamp("retry_at"),  # nothing is sent before
    Column("locked_by", String),  # the process that sends now
    timestamp("locked_until"),
    timestamp("served_at"),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    CheckConstraint("status in ('active', 'paused')", name="status"),
    CheckConstraint("paused_reason in ('person', 'failing', 'gone')", name="paused_reason"),
    Index("ix_webhooks_organization_id", "organization_id", "created_at"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("webhook", Uuid, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("position", BigInteger, Identity(always=True), nullable=False),  # the order in which they are sent
    Column("event_id", String, nullable=False),  # what the receiver sees, the same at every attempt
    Column("event_type", String, nullable=False),
    Column("payload", String, nullable=False),  # the very text that is signed
    Column("status", String, nullable=False, server_default=text("'pending'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("response_status", Integer),
    Column("latency_ms", Integer),
    Column("error", String),
    created_at(),
    timestamp("first_attempt_at"),
    timestamp("last_attempt_at"),
    timestamp("finished_at"),
    CheckConstraint("status in ('pending', 'delivered', 'dead')", name="status"),
    UniqueConstraint("webhook", "event_id"),
    Index("ix_webhook_deliveries_pending", "webhook", "position", postgresql_where=text("status = 'pending'")),
    Index("ix_webhook_deliveries_webhook", "webhook", "created_at"),
    Index("ix_webhook_deliveries_organization_id", "organization_id", "created_at"),
)
