# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Roll-ups for reports, and when chargers were connected."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_reports"
down_revision: str | None = "20261130_timeline_indexes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = """
CREATE TABLE charging_days (
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    id_tag VARCHAR,
    first SMALLINT NOT NULL,
    energy_wh INTEGER[],
    in_use_s INTEGER[],
    started SMALLINT[],
    ended SMALLINT[]
);
CREATE INDEX ix_charging_days_organization_id_charger_id_day ON charging_days (organization_id, charger_id, day);
CREATE INDEX ix_charging_days_organization_id_day ON charging_days (organization_id, day);
CREATE TABLE availability_days (
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    time_s INTEGER[],
    watched_s INTEGER[],
    online_s INTEGER[],
    out_of_order_s INTEGER[],
    CONSTRAINT pk_availability_days PRIMARY KEY (organization_id, charger_id, day)
);
CREATE INDEX ix_availability_days_organization_id_day ON availability_days (organization_id, day);
CREATE TABLE fleet_days (
    organization_id UUID NOT NULL,
    day DATE NOT NULL,
    energy_wh BIGINT[] NOT NULL,
    in_use_s BIGINT[] NOT NULL,
    started BIGINT[] NOT NULL,
    ended BIGINT[] NOT NULL,
    time_s BIGINT[] NOT NULL,
    watched_s BIGINT[] NOT NULL,
    online_s BIGINT[] NOT NULL,
    out_of_order_s BIGINT[] NOT NULL,
    CONSTRAINT pk_fleet_days PRIMARY KEY (organization_id, day)
);
CREATE TABLE rollup_marks (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    charging BOOLEAN NOT NULL,
    availability BOOLEAN NOT NULL,
    CONSTRAINT pk_rollup_marks PRIMARY KEY (id)
);
CREATE INDEX ix_rollup_marks_organization_id_charger_id_id ON rollup_marks (organization_id, charger_id, id);
CREATE TABLE rollup_running (
    transaction UUID NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_rollup_running PRIMARY KEY (transaction)
);
CREATE INDEX ix_rollup_running_organization_id ON rollup_running (organization_id);
CREATE TABLE rollup_states (
    organization_id UUID NOT NULL,
    read_until TIMESTAMP WITH TIME ZONE NOT NULL,
    swept_until TIMESTAMP WITH TIME ZONE NOT NULL,
    backfilled_to VARCHAR,
    CONSTRAINT pk_rollup_states PRIMARY KEY (organization_id),
    CONSTRAINT fk_rollup_states_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
)
"""
SEEN = "EXISTS (SELECT FROM chargers c WHERE c.id = charger_id)"
# Who sees a part only sees what belongs to its chargers, and how far the worker is.
LIMITED = {
    "charging_days": SEEN,
    "availability_days": SEEN,
    "fleet_days": "false",
    "rollup_marks": "false",
    "rollup_running": "false",
}
OWN = "organization_id = csms_organization()"
# Of a charger that is not connected the last connection is known.
LAST = """
INSERT INTO past_connections (id, organization_id, charger_id, epoch, protocol, address, connected_at, ended_at, close_code,
    close_reason)
SELECT gen_random_uuid(), c.organization_id, c.charger_id, c.epoch, c.protocol, c.address, c.connected_at,
    greatest(c.connected_at, coalesce(c.disconnected_at, c.seen_at)), c.close_code, c.close_reason
FROM charger_connections c WHERE c.connected_at IS NOT NULL AND NOT c.online
    AND NOT EXISTS (SELECT FROM past_connections p WHERE p.charger_id = c.charger_id)
"""


def _secure(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY app ON {table} TO csms_app USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"CREATE POLICY owner ON {table} TO csms_owner USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO csms_app")


def upgrade() -> None:
    """Expand only."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for table, seen in LIMITED.items():
        _secure(table)
        op.execute(
            f"CREATE POLICY limited ON {table} AS RESTRICTIVE TO csms_limited USING ({seen}) WITH CHECK ({seen})"
        )
    _secure("rollup_states")
    for number, policy in enumerate(
        ("FOR INSERT TO csms_limited WITH CHECK (false)", "FOR UPDATE TO csms_limited USING (false)",
         "FOR DELETE TO csms_limited USING (false)")
    ):  # fmt: skip
        op.execute(f"CREATE POLICY limited_{number} ON rollup_states AS RESTRICTIVE {policy}")
    op.execute(LAST)


def downgrade() -> None:
    """Take it away again; what was rolled up is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("rollup_states", "rollup_running", "rollup_marks", "fleet_days",
                  "availability_days", "charging_days"):  # fmt: skip
        op.execute(f"DROP TABLE {table}")
