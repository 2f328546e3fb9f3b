# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What people arrange for themselves in the web app, what their roles give them, and logos."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_workspace"
down_revision: str | None = "20261130_campaigns"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = ("user_preferences", "saved_views", "dashboards", "dashboard_defaults", "organization_logos")
TABLES = """
CREATE TABLE user_preferences (
    user_id UUID NOT NULL,
    organization_id UUID NOT NULL,
    document JSONB NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_preferences PRIMARY KEY (user_id),
    CONSTRAINT fk_user_preferences_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_user_preferences_organization_id ON user_preferences (organization_id);
CREATE TABLE saved_views (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    screen VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    shared BOOLEAN DEFAULT false NOT NULL,
    filter JSONB NOT NULL,
    sort VARCHAR,
    columns VARCHAR[],
    display JSONB NOT NULL,
    position INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_saved_views PRIMARY KEY (id),
    CONSTRAINT fk_saved_views_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_saved_views_organization_id_screen ON saved_views (organization_id, screen);
CREATE UNIQUE INDEX uq_saved_views_user_id_screen_name ON saved_views (user_id, screen, lower(name));
CREATE TABLE dashboards (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    widgets JSONB NOT NULL,
    position INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_dashboards PRIMARY KEY (id),
    CONSTRAINT fk_dashboards_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_dashboards_user_id ON dashboards (user_id, position);
CREATE INDEX ix_dashboards_organization_id ON dashboards (organization_id);
CREATE TABLE dashboard_defaults (
    organization_id UUID NOT NULL,
    role VARCHAR NOT NULL,
    dashboards JSONB NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_dashboard_defaults PRIMARY KEY (organization_id, role),
    CONSTRAINT fk_dashboard_defaults_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE TABLE organization_logos (
    organization_id UUID NOT NULL,
    media_type VARCHAR NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    content BYTEA NOT NULL,
    sha256 VARCHAR NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_organization_logos PRIMARY KEY (organization_id),
    CONSTRAINT fk_organization_logos_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
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
        # routes about oneself see the whole organization; whoever acts on a part of it has no business here
        op.execute(f"CREATE POLICY limited ON {name} AS RESTRICTIVE TO csms_limited USING (false) WITH CHECK (false)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO csms_app")


def downgrade() -> None:
    """Take them away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in NAMES:
        op.execute(f"DROP TABLE {name}")
