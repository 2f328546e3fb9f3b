# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Firmware campaigns, and what became of them at each charger."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_campaigns"
down_revision: str | None = "20261129_rights"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = ("firmware_campaigns", "firmware_campaign_targets")
TABLES = """
CREATE TABLE firmware_campaigns (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    firmware UUID,
    location VARCHAR,
    signature VARCHAR,
    signing_certificate VARCHAR,
    version VARCHAR,
    filter JSONB,
    ids JSONB,
    waves JSONB NOT NULL,
    sizes JSONB,
    maintenance_window JSONB,
    at_once INTEGER NOT NULL,
    stop_on_failure_percent INTEGER,
    retries INTEGER NOT NULL,
    retry_after_s INTEGER NOT NULL,
    download_retries INTEGER,
    wait_s INTEGER NOT NULL,
    timeout_s INTEGER NOT NULL,
    wait_for_transactions BOOLEAN NOT NULL,
    install_at TIMESTAMP WITH TIME ZONE,
    starts_at TIMESTAMP WITH TIME ZONE,
    ends_at TIMESTAMP WITH TIME ZONE,
    status VARCHAR DEFAULT 'draft' NOT NULL,
    reason VARCHAR,
    round INTEGER DEFAULT 0 NOT NULL,
    wave INTEGER DEFAULT 0 NOT NULL,
    wave_over_at TIMESTAMP WITH TIME ZONE,
    total INTEGER,
    counts JSONB,
    next_at TIMESTAMP WITH TIME ZONE,
    open_zones VARCHAR[] DEFAULT '{}' NOT NULL,
    places UUID[],
    actor_kind VARCHAR NOT NULL,
    actor_id VARCHAR,
    actor_name VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_firmware_campaigns PRIMARY KEY (id),
    CONSTRAINT ck_firmware_campaigns_status CHECK (status in ('draft', 'scheduled', 'running', 'paused', 'stopped', 'done')),
    CONSTRAINT ck_firmware_campaigns_image CHECK ((firmware is null) <> (location is null))
);
CREATE INDEX ix_firmware_campaigns_organization_id ON firmware_campaigns (organization_id, created_at);
CREATE INDEX ix_firmware_campaigns_next_at ON firmware_campaigns (organization_id, next_at) WHERE next_at is not null;
CREATE TABLE firmware_campaign_targets (
    campaign UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    wave INTEGER NOT NULL,
    status VARCHAR NOT NULL,
    reason VARCHAR,
    from_version VARCHAR,
    time_zone VARCHAR,
    attempts INTEGER DEFAULT 0 NOT NULL,
    command UUID,
    progress VARCHAR,
    progress_at TIMESTAMP WITH TIME ZONE,
    retry_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_firmware_campaign_targets PRIMARY KEY (campaign, charger_id),
    CONSTRAINT fk_firmware_campaign_targets_campaign FOREIGN KEY(campaign) REFERENCES firmware_campaigns (id) ON DELETE CASCADE,
    CONSTRAINT fk_firmware_campaign_targets_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_firmware_campaign_targets_status CHECK (status in ('waiting', 'sent', 'downloading', 'downloaded', 'installing', 'verifying', 'installed', 'skipped', 'failed', 'expired', 'cancelled'))
);
CREATE INDEX ix_firmware_campaign_targets_campaign_status ON firmware_campaign_targets (campaign, status, charger_id);
CREATE INDEX ix_firmware_campaign_targets_organization_id_charger_id ON firmware_campaign_targets (organization_id, charger_id);
CREATE INDEX ix_firmware_campaign_targets_command ON firmware_campaign_targets (command)
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
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO csms_app")
    seen = "EXISTS (SELECT FROM chargers c WHERE c.id = charger_id)"
    op.execute(
        "CREATE POLICY limited ON firmware_campaign_targets AS RESTRICTIVE TO csms_limited"
        f" USING ({seen}) WITH CHECK ({seen})"
    )
    # a draft has no chargers yet: it is seen where whoever made it may do this
    op.execute(
        "CREATE POLICY limited ON firmware_campaigns AS RESTRICTIVE TO csms_limited"
        " USING (EXISTS (SELECT FROM firmware_campaign_targets t WHERE t.campaign = id)"
        " OR (status = 'draft' AND places <@ csms_places() AND cardinality(places) > 0)) WITH CHECK (true)"
    )


def downgrade() -> None:
    """Take them away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP POLICY limited ON firmware_campaigns")
    op.execute("DROP TABLE firmware_campaign_targets")
    op.execute("DROP TABLE firmware_campaigns")
