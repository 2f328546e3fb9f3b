# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How the configuration of chargers changed."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261124_history"
down_revision: str | None = "20261124_certificates"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = """
CREATE TABLE configuration_history (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    old_value VARCHAR,
    new_value VARCHAR,
    actor_name VARCHAR NOT NULL,
    command UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_configuration_history PRIMARY KEY (id),
    CONSTRAINT fk_configuration_history_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_configuration_history_organization_id_charger_id ON configuration_history (organization_id, charger_id, at)
"""


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    op.execute("ALTER TABLE configuration_history ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE configuration_history FORCE ROW LEVEL SECURITY")
    own = "organization_id = csms_organization()"
    op.execute(f"CREATE POLICY app ON configuration_history TO csms_app USING ({own}) WITH CHECK ({own})")
    op.execute("CREATE POLICY ingest ON configuration_history TO csms_ingest USING (true) WITH CHECK (true)")
    op.execute("CREATE POLICY owner ON configuration_history TO csms_owner USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON configuration_history TO csms_app")
    op.execute("GRANT INSERT ON configuration_history TO csms_ingest")


def downgrade() -> None:
    """Take it away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE configuration_history")
