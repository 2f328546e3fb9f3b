# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""When chargers were last heard of, in a table of its own.

An index on a column of `chargers` that changes with every heartbeat would make each one write all of that table's
indices. `chargers.last_heartbeat` stays for processes of 0.1 that run during the upgrade; this version neither reads
nor writes it.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "20261129_heartbeats"
down_revision: str | None = "20261128_bulk_changes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = """
CREATE TABLE charger_heartbeats (
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_charger_heartbeats PRIMARY KEY (organization_id, charger_id),
    CONSTRAINT fk_charger_heartbeats_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
)
"""
OWN = "organization_id = csms_organization()"
SEEN = "EXISTS (SELECT FROM chargers c WHERE c.id = charger_id)"


def upgrade() -> None:
    """Expand only: an older version goes on with its own column."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(TABLE)
    op.execute(
        "INSERT INTO charger_heartbeats (charger_id, organization_id, at)"
        " SELECT id, organization_id, last_heartbeat FROM chargers WHERE last_heartbeat IS NOT NULL"
    )
    op.execute("CREATE INDEX ix_charger_heartbeats_by_at ON charger_heartbeats (organization_id, at, charger_id)")
    op.execute("ALTER TABLE charger_heartbeats ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE charger_heartbeats FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY app ON charger_heartbeats TO csms_app USING ({OWN}) WITH CHECK ({OWN})")
    op.execute("CREATE POLICY ingest ON charger_heartbeats TO csms_ingest USING (true) WITH CHECK (true)")
    op.execute("CREATE POLICY owner ON charger_heartbeats TO csms_owner USING (true) WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY limited ON charger_heartbeats AS RESTRICTIVE TO csms_limited USING ({SEEN}) WITH CHECK ({SEEN})"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON charger_heartbeats TO csms_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON charger_heartbeats TO csms_ingest")


def downgrade() -> None:
    """Back into the column."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("UPDATE chargers c SET last_heartbeat = h.at FROM charger_heartbeats h WHERE h.charger_id = c.id")
    op.execute("DROP TABLE charger_heartbeats")
