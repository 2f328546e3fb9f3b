# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""History of run-time settings, feature flags, and the number by which processes notice a change of either."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_settings"
down_revision: str | None = "20261128_identity"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = ("settings_history", "feature_flags", "feature_flag_history")
TABLES = """
CREATE TABLE settings_history (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    section VARCHAR NOT NULL,
    before JSONB NOT NULL,
    after JSONB NOT NULL,
    actor_kind VARCHAR NOT NULL,
    actor_id VARCHAR,
    actor_name VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_settings_history PRIMARY KEY (id),
    CONSTRAINT fk_settings_history_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE INDEX ix_settings_history_section ON settings_history (organization_id, section, at);
CREATE TABLE feature_flags (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    key VARCHAR NOT NULL,
    description VARCHAR,
    type VARCHAR NOT NULL,
    enabled BOOLEAN NOT NULL,
    variants JSONB NOT NULL,
    default_variant VARCHAR NOT NULL,
    rules JSONB DEFAULT '[]' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_feature_flags PRIMARY KEY (id),
    CONSTRAINT fk_feature_flags_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_feature_flags_type CHECK (type in ('boolean', 'string', 'number', 'object'))
);
CREATE UNIQUE INDEX uq_feature_flags_organization_id_key ON feature_flags (organization_id, key);
CREATE TABLE feature_flag_history (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    key VARCHAR NOT NULL,
    before JSONB,
    after JSONB,
    actor_kind VARCHAR NOT NULL,
    actor_id VARCHAR,
    actor_name VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_feature_flag_history PRIMARY KEY (id),
    CONSTRAINT fk_feature_flag_history_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE INDEX ix_feature_flag_history_key ON feature_flag_history (organization_id, key, at)
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
        op.execute(f"CREATE POLICY limited ON {name} AS RESTRICTIVE TO csms_limited USING (false) WITH CHECK (false)")
    op.execute("GRANT SELECT, INSERT ON settings_history, feature_flag_history TO csms_app")
    # the name of a person who is erased becomes a pseudonym; nothing else of a history changes
    op.execute("GRANT UPDATE (actor_name) ON settings_history, feature_flag_history TO csms_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON feature_flags TO csms_app")
    op.execute("ALTER TABLE installation ADD COLUMN settings_revision BIGINT DEFAULT 0 NOT NULL")
    op.execute("GRANT UPDATE (settings_revision) ON installation TO csms_app")


def downgrade() -> None:
    """Take them away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("REVOKE UPDATE (settings_revision) ON installation FROM csms_app")
    op.execute("ALTER TABLE installation DROP COLUMN settings_revision")
    for name in NAMES:
        op.execute(f"DROP TABLE {name}")
