# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Webhooks and their deliveries; notification channels, notifications, templates."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_hooks"
down_revision: str | None = "20261128_settings"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = ("webhooks", "webhook_deliveries", "notification_channels", "notifications", "notification_templates")
# They concern an organization as a whole: a role that holds at some sites only sees none of them. The worker looks for
# what can be sent over all organizations, and says so inside that transaction.
WORKED = ("webhooks", "webhook_deliveries", "notification_channels", "notifications")
TABLES = """
CREATE TABLE webhooks (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    url VARCHAR NOT NULL,
    description VARCHAR,
    event_types VARCHAR[] NOT NULL,
    charger_ids VARCHAR[],
    secret BYTEA NOT NULL,
    previous_secret BYTEA,
    previous_secret_until TIMESTAMP WITH TIME ZONE,
    status VARCHAR DEFAULT 'active' NOT NULL,
    paused_reason VARCHAR,
    failures INTEGER DEFAULT 0 NOT NULL,
    failing_since TIMESTAMP WITH TIME ZONE,
    last_error VARCHAR,
    last_delivered_at TIMESTAMP WITH TIME ZONE,
    retry_at TIMESTAMP WITH TIME ZONE,
    locked_by VARCHAR,
    locked_until TIMESTAMP WITH TIME ZONE,
    served_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_webhooks PRIMARY KEY (id),
    CONSTRAINT fk_webhooks_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_webhooks_status CHECK (status in ('active', 'paused')),
    CONSTRAINT ck_webhooks_paused_reason CHECK (paused_reason in ('person', 'failing', 'gone'))
);
CREATE INDEX ix_webhooks_organization_id ON webhooks (organization_id, created_at);
CREATE TABLE webhook_deliveries (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    webhook UUID NOT NULL,
    position BIGINT GENERATED ALWAYS AS IDENTITY,
    event_id VARCHAR NOT NULL,
    event_type VARCHAR NOT NULL,
    payload VARCHAR NOT NULL,
    status VARCHAR DEFAULT 'pending' NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    response_status INTEGER,
    latency_ms INTEGER,
    error VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    first_attempt_at TIMESTAMP WITH TIME ZONE,
    last_attempt_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
    CONSTRAINT ck_webhook_deliveries_status CHECK (status in ('pending', 'delivered', 'dead')),
    CONSTRAINT uq_webhook_deliveries_webhook_event_id UNIQUE (webhook, event_id),
    CONSTRAINT fk_webhook_deliveries_webhook FOREIGN KEY(webhook) REFERENCES webhooks (id) ON DELETE CASCADE
);
CREATE INDEX ix_webhook_deliveries_organization_id ON webhook_deliveries (organization_id, created_at);
CREATE INDEX ix_webhook_deliveries_pending ON webhook_deliveries (webhook, position) WHERE status = 'pending';
CREATE INDEX ix_webhook_deliveries_webhook ON webhook_deliveries (webhook, created_at);
CREATE TABLE notification_channels (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    config BYTEA NOT NULL,
    language VARCHAR DEFAULT 'en' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    locked_by VARCHAR,
    locked_until TIMESTAMP WITH TIME ZONE,
    served_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_notification_channels PRIMARY KEY (id),
    CONSTRAINT fk_notification_channels_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_notification_channels_kind CHECK (kind in ('email', 'webhook', 'apprise'))
);
CREATE INDEX ix_notification_channels_organization_id ON notification_channels (organization_id, created_at);
CREATE TABLE notifications (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    channel UUID NOT NULL,
    dedup VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    url VARCHAR,
    status VARCHAR DEFAULT 'pending' NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    error VARCHAR,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    first_attempt_at TIMESTAMP WITH TIME ZONE,
    last_attempt_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_notifications PRIMARY KEY (id),
    CONSTRAINT ck_notifications_status CHECK (status in ('pending', 'sent', 'dead')),
    CONSTRAINT uq_notifications_channel_dedup UNIQUE (channel, dedup),
    CONSTRAINT fk_notifications_channel FOREIGN KEY(channel) REFERENCES notification_channels (id) ON DELETE CASCADE
);
CREATE INDEX ix_notifications_organization_id ON notifications (organization_id, created_at);
CREATE INDEX ix_notifications_pending ON notifications (channel, due_at) WHERE status = 'pending';
CREATE TABLE notification_templates (
    organization_id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_notification_templates PRIMARY KEY (organization_id, kind, language),
    CONSTRAINT fk_notification_templates_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
)
"""


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for name in NAMES:
        own = "organization_id = csms_organization()"
        if name in WORKED:
            own += " OR current_setting('csms.worker', true) = 'on'"
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY app ON {name} TO csms_app USING ({own}) WITH CHECK ({own})")
        op.execute(f"CREATE POLICY limited ON {name} AS RESTRICTIVE TO csms_limited USING (false) WITH CHECK (false)")
        op.execute(f"CREATE POLICY owner ON {name} TO csms_owner USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO csms_app")


def downgrade() -> None:
    """Take them away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in ("webhook_deliveries", "webhooks", "notifications", "notification_channels", "notification_templates"):
        op.execute(f"DROP TABLE {name}")
