# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the monitoring feature."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import metadata, organization_id, timestamp

_CHARGER = (["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"])

charger_reports = Table(
    "charger_reports",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("last_seq", Integer),  # the number of the part that said it is the last
    timestamp("started_at", nullable=False),
    timestamp("updated_at", nullable=False),
    timestamp("finished_at"),
    ForeignKeyConstraint(*_CHARGER, ondelete="CASCADE"),
    CheckConstraint("status in ('collecting', 'complete', 'timed_out')", name="status"),
    Index("uq_charger_reports", "charger_id", "kind", "request_id", unique=True),
    Index("ix_charger_reports_organization_id_charger_id", "organization_id", "charger_id", "started_at"),
    Index("ix_charger_reports_updated_at", "updated_at"),
    Index("ix_charger_reports_collecting", "updated_at", postgresql_where=text("status = 'collecting'")),
)

charger_report_parts = Table(
    "charger_report_parts",
    metadata,
    Column("report", Uuid, primary_key=True),
    Column("seq_no", Integer, primary_key=True),
    organization_id(),
    Column("items", JSONB, nullable=False),
    Column("text", String),
    timestamp("at"),
    timestamp("received_at", nullable=False),
    ForeignKeyConstraint(["report"], ["charger_reports.id"], ondelete="CASCADE"),
    Index("ix_charger_report_parts_organization_id", "organization_id"),
)

device_events = Table(
    "device_events",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("key", String, nullable=False),
    Column("value", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("notification", String, nullable=False),
    Column("cause", BigInteger),
    Column("tech_code", String),
    Column("tech_info", String),
    Column("cleared", Boolean),
    Column("transaction_ref", String),
    Column("monitor_id", BigInteger),
    Column("severity", Integer),
    timestamp("at"),
    timestamp("received_at", nullable=False),
    ForeignKeyConstraint(*_CHARGER, ondelete="CASCADE"),
    Index("uq_device_events", "charger_id", "event_id", "at", unique=True, postgresql_nulls_not_distinct=True),
    Index("ix_device_events_organization_id_charger_id", "organization_id", "charger_id", "received_at"),
    Index("ix_device_events_received_at", "received_at"),
)

charger_notices = Table(
    "charger_notices",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("evse_id", SmallInteger),
    Column("transaction_ref", String),
    Column("data", JSONB, nullable=False),
    timestamp("at"),
    timestamp("received_at", nullable=False),
    ForeignKeyConstraint(*_CHARGER, ondelete="CASCADE"),
    Index("ix_charger_notices_organization_id_charger_id", "organization_id", "charger_id", "received_at"),
    Index("ix_charger_notices_received_at", "received_at"),
)
