# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the alerts feature."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from csms.kit.db.metadata import (
    created_at,
    metadata,
    organization_id,
    page_indexes,
    searched_index,
    timestamp,
    updated_at,
)

_FALSE = text("false")

alert_rules = Table(
    "alert_rules",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("condition", JSONB, nullable=False),  # the kind and its parameters
    Column("scope", JSONB, nullable=False),  # {}: all chargers
    Column("severity", String, nullable=False),
    Column("quiet_hours", JSONB(none_as_null=True)),
    Column("channels", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("auto_resolve", Boolean, nullable=False, server_default=text("true")),
    Column("clear_after_s", Integer, nullable=False),
    Column("renotify_after_s", Integer),
    Column("notify_resolved", Boolean, nullable=False, server_default=text("true")),
    Column("group_over", Integer),  # more than so many that began within group_within_s are one outage
    Column("group_within_s", Integer, nullable=False),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    CheckConstraint("severity in ('info', 'warning', 'critical')", name="severity"),
)
Index("uq_alert_rules_organization_id_name", alert_rules.c.organization_id, func.lower(alert_rules.c.name), unique=True)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("rule", Uuid, ForeignKey("alert_rules.id", ondelete="SET NULL")),
    Column("rule_name", String, nullable=False),  # as it was: survives the rule
    Column("kind", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("subject", String, nullable=False),  # what it is about; one alert of a rule stands for it at a time
    Column("charger_id", String),  # no foreign key: an alert is history
    Column("connector_id", Integer),
    Column("title", String, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("status", String, nullable=False, server_default=text("'open'")),
    # resolved by hand while the condition went on: not raised again before it was over once
    Column("muted", Boolean, nullable=False, server_default=_FALSE),
    Column("is_group", Boolean, nullable=False, server_default=_FALSE),
    Column("group_id", Uuid, ForeignKey("alerts.id", ondelete="CASCADE")),
    Column("members", Integer),
    Column("told_members", Integer),  # how many the last message of a group spoke of
    Column("count", Integer, nullable=False, server_default=text("1")),
    Column("assigned_to", Uuid),
    Column("assigned_name", String),
    timestamp("began_at", nullable=False),
    timestamp("first_at", nullable=False),
    timestamp("last_at", nullable=False),
    timestamp("absent_since"),
    timestamp("snoozed_until"),
    timestamp("resolved_at"),
    Column("resolved_by", String),
    timestamp("notify_at"),
    timestamp("notified_at"),
    Column("last_delivery", BigInteger),  # of events: what was counted is not counted again
    CheckConstraint("status in ('open', 'acknowledged', 'snoozed', 'resolved')", name="status"),
    CheckConstraint("severity in ('info', 'warning', 'critical')", name="severity"),
    Index("uq_alerts_standing", "rule", "subject", unique=True, postgresql_where=text("status <> 'resolved'")),
    Index("ix_alerts_kept", "rule", "subject", postgresql_where=text("status <> 'resolved' or muted")),
    Index("ix_alerts_rule", "rule", "last_at"),
    Index("ix_alerts_group_id", "group_id", postgresql_where=text("group_id is not null")),
    *page_indexes("alerts", ("id",), "last_at", "first_at"),
    *page_indexes("alerts", ("last_at", "id"), "status", "charger_id", "severity"),
    Index("ix_alerts_charger_id_last_at", "charger_id", "last_at"),
    Index("ix_alerts_assigned_to", "assigned_to", postgresql_where=text("assigned_to is not null")),
    Index("ix_alerts_notify_at", "notify_at", postgresql_where=text("notify_at is not null")),
    Index("ix_alerts_snoozed_until", "snoozed_until", postgresql_where=text("status = 'snoozed'")),
    Index("ix_alerts_resolved_at", "resolved_at", postgresql_where=text("status = 'resolved'")),
)
searched_index(alerts, "title", "rule_name", "charger_id", "assigned_name")

alert_events = Table(
    "alert_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    organization_id(),
    Column("alert", Uuid, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String, nullable=False),
    Column("actor_name", String, nullable=False),
    Column("text", String),
    timestamp("at", nullable=False),
    CheckConstraint(
        "kind in ('raised', 'repeated', 'acknowledged', 'assigned', 'snoozed', 'woken', 'resolved', 'reopened',"
        " 'notified', 'comment')",
        name="kind",
    ),
    Index("ix_alert_events_alert", "alert", "id"),
    Index("ix_alert_events_organization_id", "organization_id"),
)

# One row each: that the organization has got its first rules; held while its rules are looked at.
alert_states = Table(
    "alert_states",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    timestamp("seeded_at", nullable=False),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
)

# Written by the worker out of what triggers of `alerts` and `chargers` mark: a row for each group of alerts that stand.
# A row that is marked is old; `csms_changed_alert_groups` has it as it is.
alert_group_sums = Table(
    "alert_group_sums",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", String, primary_key=True),
    Column("outage", Uuid),
    Column("rule", Uuid),
    Column("rule_name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("urgency", BigInteger, nullable=False),
    Column("site_id", Uuid),
    Column("sites", Integer, nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("acknowledged", Integer, nullable=False),
    Column("snoozed", Integer, nullable=False),
    Column("chargers", Integer, nullable=False),
    Column("examples", ARRAY(String)),
    Column("alert", Uuid),
    Column("title", String),
    timestamp("snoozed_until"),
    Column("assigned_name", String),
    Column("assigned", Integer, nullable=False),
    timestamp("began_at", nullable=False),
    timestamp("first_at", nullable=False),
    timestamp("last_at", nullable=False),
    Column("status", ARRAY(String), nullable=False),
    Column("assigned_to", ARRAY(Uuid), nullable=False),
    Column("site_ids", ARRAY(Uuid), nullable=False),
    Column("titles", String, nullable=False),
    *page_indexes("alert_group_sums", ("id",), "urgency", "alerts", "first_at", "last_at"),
)

# An outage; alerts of a rule at a charger; a charger that is no longer at a site.
alert_group_marks = Table(
    "alert_group_marks",
    metadata,
    organization_id(),
    Column("outage", Uuid),
    Column("rule", Uuid),
    Column("charger_id", String),
    Column("site_id", Uuid),
    Index("ix_alert_group_marks_organization_id", "organization_id"),
)
