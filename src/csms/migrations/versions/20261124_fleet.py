# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands to many chargers, and templates of configuration."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261124_fleet"
down_revision: str | None = "20261124_files"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = ("bulk_commands", "bulk_targets", "configuration_templates", "configuration_assignments")
TABLES = """
CREATE TABLE bulk_commands (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    filter JSONB NOT NULL,
    body JSONB NOT NULL,
    queue_s INTEGER NOT NULL,
    at_once INTEGER NOT NULL,
    status VARCHAR DEFAULT 'running' NOT NULL,
    total INTEGER NOT NULL,
    job UUID,
    actor_id VARCHAR,
    actor_name VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_bulk_commands PRIMARY KEY (id),
    CONSTRAINT ck_bulk_commands_status CHECK (status in ('running', 'done', 'cancelled'))
);
CREATE INDEX ix_bulk_commands_organization_id ON bulk_commands (organization_id, created_at);
CREATE TABLE bulk_targets (
    bulk UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    command UUID,
    refusal VARCHAR,
    CONSTRAINT pk_bulk_targets PRIMARY KEY (bulk, charger_id),
    CONSTRAINT fk_bulk_targets_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_bulk_targets_bulk FOREIGN KEY(bulk) REFERENCES bulk_commands (id) ON DELETE CASCADE
);
CREATE INDEX ix_bulk_targets_organization_id_charger_id ON bulk_targets (organization_id, charger_id);
CREATE INDEX ix_bulk_targets_command ON bulk_targets (command);
CREATE TABLE configuration_templates (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    description VARCHAR,
    "values" JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_configuration_templates PRIMARY KEY (id),
    CONSTRAINT fk_configuration_templates_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE UNIQUE INDEX uq_configuration_templates_organization_id_name ON configuration_templates (organization_id, lower(name));
CREATE TABLE configuration_assignments (
    charger_id VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    template UUID NOT NULL,
    assigned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_configuration_assignments PRIMARY KEY (charger_id),
    CONSTRAINT fk_configuration_assignments_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_configuration_assignments_template FOREIGN KEY(template) REFERENCES configuration_templates (id) ON DELETE CASCADE
);
CREATE INDEX ix_configuration_assignments_template ON configuration_assignments (template, charger_id);
CREATE INDEX ix_configuration_assignments_organization_id_charger_id ON configuration_assignments (organization_id, charger_id)
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


def downgrade() -> None:
    """Take them away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in ("bulk_targets", "bulk_commands", "configuration_assignments", "configuration_templates"):
        op.execute(f"DROP TABLE {name}")
