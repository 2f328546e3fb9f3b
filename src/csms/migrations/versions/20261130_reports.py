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
);
CREATE TABLE connection_history (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    connected_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_connection_history PRIMARY KEY (id),
    CONSTRAINT fk_connection_history_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_connection_history_of_charger ON connection_history (organization_id, charger_id, connected_at);
CREATE INDEX ix_connection_history_ended_at ON connection_history (organization_id, ended_at);
CREATE INDEX ix_connection_history_open ON connection_history (charger_id) WHERE ended_at is null
"""
SEEN = "EXISTS (SELECT FROM chargers c WHERE c.id = charger_id)"
# Who sees a part only sees what belongs to its chargers, and how far the worker is.
LIMITED = {
    "charging_days": SEEN,
    "availability_days": SEEN,
    "connection_history": SEEN,
    "fleet_days": "false",
    "rollup_marks": "false",
    "rollup_running": "false",
}
OWN = "organization_id = csms_organization()"
# The row of a charger's connection changes when it comes and goes, whoever writes that down. One that is still open
# when the next begins was cut: it lasted as long as its node was alive, at most.
FUNCTION = """
CREATE FUNCTION csms_remember_connection() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public
AS $$
DECLARE
    told timestamptz;
BEGIN
    IF TG_OP = 'UPDATE' AND NOT OLD.online AND NOT NEW.online THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND NOT NEW.online THEN
        told := coalesce(NEW.disconnected_at, now());
    ELSIF TG_OP = 'UPDATE' AND OLD.online THEN
        told := least(NEW.connected_at, coalesce(
            (SELECT n.lease_until FROM gateway_nodes n WHERE n.id = OLD.node_id), OLD.seen_at));
    END IF;
    UPDATE connection_history h SET ended_at = greatest(h.connected_at, told)
    WHERE h.charger_id = NEW.charger_id AND h.ended_at IS NULL;
    IF NEW.online THEN
        INSERT INTO connection_history (organization_id, charger_id, connected_at)
        VALUES (NEW.organization_id, NEW.charger_id, coalesce(NEW.connected_at, now()));
    END IF;
    RETURN NULL;
END $$
"""


def _secure(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY app ON {table} TO csms_app USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"CREATE POLICY owner ON {table} TO csms_owner USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO csms_app")


def upgrade() -> None:
    """Expand only: connections that an older version holds are written down too."""
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
    op.execute("CREATE POLICY ingest ON connection_history TO csms_ingest USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON connection_history TO csms_ingest")
    op.execute(FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION csms_remember_connection() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER remembered AFTER INSERT OR UPDATE OF online, epoch ON charger_connections"
        " FOR EACH ROW EXECUTE FUNCTION csms_remember_connection()"
    )
    op.execute(
        "INSERT INTO connection_history (organization_id, charger_id, connected_at, ended_at)"
        " SELECT organization_id, charger_id, connected_at,"
        " CASE WHEN NOT online THEN greatest(connected_at, coalesce(disconnected_at, seen_at)) END"
        " FROM charger_connections WHERE connected_at IS NOT NULL"
    )


def downgrade() -> None:
    """Take it away again; what was rolled up is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER remembered ON charger_connections")
    op.execute("DROP FUNCTION csms_remember_connection()")
    for table in ("connection_history", "rollup_states", "rollup_running", "rollup_marks", "fleet_days",
                  "availability_days", "charging_days"):  # fmt: skip
        op.execute(f"DROP TABLE {table}")
