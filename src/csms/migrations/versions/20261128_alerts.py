# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Alert rules, alerts and their history; when a charger connected last, ten times."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_alerts"
down_revision: str | None = "20261128_hooks"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = ("alert_rules", "alerts", "alert_events", "alert_states")
# Who sees a part only sees the alerts of its chargers: not of outages, whose counts go beyond it, and no rules.
LIMITED = {
    "alert_rules": "false",
    "alerts": "EXISTS (SELECT FROM chargers c WHERE c.id = charger_id)",
    "alert_events": "EXISTS (SELECT FROM alerts p WHERE p.id = alert)",
    "alert_states": "false",
}
TABLES = """
CREATE TABLE alert_rules (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    condition JSONB NOT NULL,
    scope JSONB NOT NULL,
    severity VARCHAR NOT NULL,
    quiet_hours JSONB,
    channels UUID[] DEFAULT '{}' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    auto_resolve BOOLEAN DEFAULT true NOT NULL,
    clear_after_s INTEGER NOT NULL,
    renotify_after_s INTEGER,
    notify_resolved BOOLEAN DEFAULT true NOT NULL,
    group_over INTEGER,
    group_within_s INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_alert_rules PRIMARY KEY (id),
    CONSTRAINT fk_alert_rules_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_alert_rules_severity CHECK (severity in ('info', 'warning', 'critical'))
);
CREATE UNIQUE INDEX uq_alert_rules_organization_id_name ON alert_rules (organization_id, lower(name));
CREATE TABLE alerts (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    rule UUID,
    rule_name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    charger_id VARCHAR,
    connector_id INTEGER,
    title VARCHAR NOT NULL,
    details JSONB NOT NULL,
    status VARCHAR DEFAULT 'open' NOT NULL,
    muted BOOLEAN DEFAULT false NOT NULL,
    is_group BOOLEAN DEFAULT false NOT NULL,
    group_id UUID,
    members INTEGER,
    told_members INTEGER,
    count INTEGER DEFAULT 1 NOT NULL,
    assigned_to UUID,
    assigned_name VARCHAR,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    absent_since TIMESTAMP WITH TIME ZONE,
    snoozed_until TIMESTAMP WITH TIME ZONE,
    resolved_at TIMESTAMP WITH TIME ZONE,
    resolved_by VARCHAR,
    notify_at TIMESTAMP WITH TIME ZONE,
    notified_at TIMESTAMP WITH TIME ZONE,
    last_delivery BIGINT,
    CONSTRAINT pk_alerts PRIMARY KEY (id),
    CONSTRAINT ck_alerts_status CHECK (status in ('open', 'acknowledged', 'snoozed', 'resolved')),
    CONSTRAINT ck_alerts_severity CHECK (severity in ('info', 'warning', 'critical')),
    CONSTRAINT fk_alerts_rule FOREIGN KEY(rule) REFERENCES alert_rules (id) ON DELETE SET NULL,
    CONSTRAINT fk_alerts_group_id FOREIGN KEY(group_id) REFERENCES alerts (id) ON DELETE CASCADE
);
CREATE INDEX ix_alerts_assigned_to ON alerts (assigned_to) WHERE assigned_to is not null;
CREATE INDEX ix_alerts_charger_id_last_at ON alerts (charger_id, last_at);
CREATE INDEX ix_alerts_group_id ON alerts (group_id) WHERE group_id is not null;
CREATE INDEX ix_alerts_kept ON alerts (rule, subject) WHERE status <> 'resolved' or muted;
CREATE INDEX ix_alerts_notify_at ON alerts (notify_at) WHERE notify_at is not null;
CREATE INDEX ix_alerts_organization_id_last_at ON alerts (organization_id, last_at);
CREATE INDEX ix_alerts_organization_id_status ON alerts (organization_id, status, severity);
CREATE INDEX ix_alerts_resolved_at ON alerts (resolved_at) WHERE status = 'resolved';
CREATE INDEX ix_alerts_rule ON alerts (rule, last_at);
CREATE INDEX ix_alerts_snoozed_until ON alerts (snoozed_until) WHERE status = 'snoozed';
CREATE UNIQUE INDEX uq_alerts_standing ON alerts (rule, subject) WHERE status <> 'resolved';
CREATE TABLE alert_events (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    organization_id UUID NOT NULL,
    alert UUID NOT NULL,
    kind VARCHAR NOT NULL,
    actor_name VARCHAR NOT NULL,
    text VARCHAR,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_alert_events PRIMARY KEY (id),
    CONSTRAINT ck_alert_events_kind CHECK (kind in ('raised', 'repeated', 'acknowledged', 'assigned', 'snoozed', 'woken', 'resolved', 'reopened', 'notified', 'comment')),
    CONSTRAINT fk_alert_events_alert FOREIGN KEY(alert) REFERENCES alerts (id) ON DELETE CASCADE
);
CREATE INDEX ix_alert_events_alert ON alert_events (alert, id);
CREATE INDEX ix_alert_events_organization_id ON alert_events (organization_id);
CREATE TABLE alert_states (
    organization_id UUID NOT NULL,
    seeded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_alert_states PRIMARY KEY (organization_id),
    CONSTRAINT fk_alert_states_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
)
"""


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    own = "organization_id = csms_organization()"
    for name in NAMES:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY app ON {name} TO csms_app USING ({own}) WITH CHECK ({own})")
        op.execute(f"CREATE POLICY owner ON {name} TO csms_owner USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY limited ON {name} AS RESTRICTIVE TO csms_limited USING ({LIMITED[name]})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO csms_app")
    op.execute("ALTER TABLE charger_connections ADD COLUMN connects TIMESTAMP WITH TIME ZONE[] DEFAULT '{}' NOT NULL")


def downgrade() -> None:
    """Take them away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE charger_connections DROP COLUMN connects")
    for name in ("alert_events", "alerts", "alert_rules", "alert_states"):
        op.execute(f"DROP TABLE {name}")
