# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Why a charger is away: who closed its connection, its connections and boots before, and how often it was refused.

A connection becomes a row of `past_connections` when it ends; `charger_refusals` has a row for each charger and reason.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_verdict_facts"
down_revision: str | None = "20261130_workspace"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CHARGER = "FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE"
TABLES = f"""
CREATE TABLE past_connections (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    epoch BIGINT NOT NULL,
    protocol VARCHAR,
    address VARCHAR,
    connected_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE NOT NULL,
    close_code INTEGER,
    close_reason VARCHAR,
    closed_by VARCHAR,
    CONSTRAINT pk_past_connections PRIMARY KEY (id),
    CONSTRAINT fk_past_connections_organization_id_charger_id {_CHARGER}
);
CREATE INDEX ix_past_connections_connected ON past_connections (organization_id, charger_id, connected_at);
CREATE INDEX ix_past_connections_ended ON past_connections (organization_id, charger_id, ended_at);
CREATE INDEX ix_past_connections_ended_at ON past_connections (ended_at);
CREATE TABLE charger_boots (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason VARCHAR,
    status VARCHAR NOT NULL,
    firmware_version VARCHAR,
    CONSTRAINT pk_charger_boots PRIMARY KEY (id),
    CONSTRAINT fk_charger_boots_organization_id_charger_id {_CHARGER}
);
CREATE INDEX ix_charger_boots_organization_id_charger_id ON charger_boots (organization_id, charger_id, at);
CREATE INDEX ix_charger_boots_at ON charger_boots (at);
CREATE TABLE charger_refusals (
    charger_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    detail VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    count BIGINT NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_charger_refusals PRIMARY KEY (charger_id, reason),
    CONSTRAINT fk_charger_refusals_organization_id_charger_id {_CHARGER}
);
CREATE INDEX ix_charger_refusals_organization_id_charger_id ON charger_refusals (organization_id, charger_id)
"""
NEW = ("past_connections", "charger_boots", "charger_refusals")
OWN = "organization_id = csms_organization()"
SEEN = "EXISTS (SELECT FROM chargers c WHERE c.id = charger_id)"


def upgrade() -> None:
    """Expand only: an older version leaves it empty."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE charger_connections ADD COLUMN closed_by VARCHAR")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for table in NEW:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY app ON {table} TO csms_app USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"CREATE POLICY ingest ON {table} TO csms_ingest USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY owner ON {table} TO csms_owner USING (true) WITH CHECK (true)")
        op.execute(
            f"CREATE POLICY limited ON {table} AS RESTRICTIVE TO csms_limited USING ({SEEN}) WITH CHECK ({SEEN})"
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO csms_app")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO csms_ingest")


def downgrade() -> None:
    """Take it away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in reversed(NEW):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE charger_connections DROP COLUMN closed_by")
