# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How many chargers are in which state, kept as sums: the overview and the map read every charger and connector anew.

Writers only mark a charger whose state, connection or site changes: they wait for nobody, and no index is written. Who
reads takes the sums, and for marked chargers what they are now instead of what they were when they were summed; the
worker puts that back. What a charger was summed as is kept beside it. Whether a node lives is asked when sums are read.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_fleet_sums"
down_revision: str | None = "20261130_place_sums"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_COUNTS = (
    "faulted", "unavailable", "reserved", "in_use", "available",
    "k_faulted", "k_unavailable", "k_reserved", "k_occupied", "k_available", "k_unknown",
)  # fmt: skip
TABLES = f"""
CREATE TABLE charger_states (
    charger_id VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    site_id UUID,
    node_id VARCHAR,
    retired BOOLEAN NOT NULL,
    chargers INTEGER NOT NULL,
    known INTEGER NOT NULL,
    {", ".join(f"{name} INTEGER NOT NULL" for name in _COUNTS)},
    CONSTRAINT pk_charger_states PRIMARY KEY (charger_id)
);
CREATE INDEX ix_charger_states_organization_id ON charger_states (organization_id);
CREATE TABLE charger_state_marks (
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL
);
CREATE INDEX ix_charger_state_marks_organization_id ON charger_state_marks (organization_id);
CREATE TABLE fleet_sums (
    organization_id UUID NOT NULL,
    key VARCHAR NOT NULL,
    site_id UUID,
    node_id VARCHAR,
    retired BOOLEAN NOT NULL,
    chargers INTEGER NOT NULL,
    known INTEGER NOT NULL,
    {", ".join(f"{name} INTEGER NOT NULL" for name in _COUNTS)},
    CONSTRAINT pk_fleet_sums PRIMARY KEY (organization_id, key)
)
"""
NAMES = ("charger_states", "charger_state_marks", "fleet_sums")
MARK = """
CREATE FUNCTION csms_mark_charger_state() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'chargers' THEN
        INSERT INTO public.charger_state_marks (organization_id, charger_id)
        VALUES (coalesce(NEW.organization_id, OLD.organization_id), coalesce(NEW.id, OLD.id));
    ELSE
        INSERT INTO public.charger_state_marks (organization_id, charger_id)
        VALUES (coalesce(NEW.organization_id, OLD.organization_id), coalesce(NEW.charger_id, OLD.charger_id));
    END IF;
    RETURN NULL;
END $$
"""
_CHANGED = {
    "chargers": "UPDATE OF site_id, retired_at, status ON chargers FOR EACH ROW WHEN (OLD.site_id IS DISTINCT FROM"
    " NEW.site_id OR (OLD.retired_at IS NULL) <> (NEW.retired_at IS NULL) OR OLD.status IS DISTINCT FROM NEW.status)",
    "connectors": "UPDATE OF state ON connectors FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)",
    "charger_connections": "UPDATE OF online, node_id ON charger_connections FOR EACH ROW"
    " WHEN (OLD.online IS DISTINCT FROM NEW.online OR OLD.node_id IS DISTINCT FROM NEW.node_id)",
}
# The worst that one of its connectors is in, as the map shows it where the charger is connected. A look-up each: how
# many marks there are nobody can tell beforehand.
MARKED = """
CREATE FUNCTION csms_marked_charger_states() RETURNS SETOF charger_states
LANGUAGE plpgsql STABLE ROWS 100 SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM charger_state_marks) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT c.id, c.organization_id, c.site_id, l.node_id, c.retired_at IS NOT NULL, 1, coalesce(l.known, 0),
        (s.state = 'faulted')::int, (s.state = 'unavailable')::int, (s.state = 'reserved')::int,
        (s.state = 'in_use')::int, (s.state = 'available')::int,
        k.faulted, k.unavailable, k.reserved, k.occupied, k.available,
        k.total - k.faulted - k.unavailable - k.reserved - k.occupied - k.available
    FROM (SELECT DISTINCT m.charger_id FROM charger_state_marks m) m
    CROSS JOIN LATERAL (
        SELECT c.id, c.organization_id, c.site_id, c.retired_at, c.status FROM chargers c
        WHERE c.id = m.charger_id OFFSET 0) c
    LEFT JOIN LATERAL (
        SELECT CASE WHEN l.online THEN l.node_id END AS node_id, 1 AS known FROM charger_connections l
        WHERE l.charger_id = m.charger_id OFFSET 0) l ON true
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS total, (count(*) FILTER (WHERE k.state = 'faulted'))::int AS faulted,
            (count(*) FILTER (WHERE k.state = 'unavailable'))::int AS unavailable,
            (count(*) FILTER (WHERE k.state = 'reserved'))::int AS reserved,
            (count(*) FILTER (WHERE k.state = 'occupied'))::int AS occupied,
            (count(*) FILTER (WHERE k.state = 'available'))::int AS available
        FROM connectors k WHERE k.charger_id = m.charger_id AND k.connector_id > 0) k
    CROSS JOIN LATERAL (SELECT CASE
        WHEN k.faulted > 0 OR c.status = 'faulted' THEN 'faulted'
        WHEN c.status = 'unavailable' THEN 'unavailable'
        WHEN k.occupied > 0 THEN 'in_use'
        WHEN k.total > k.faulted + k.reserved + k.occupied + k.available THEN 'unavailable'
        WHEN k.reserved > 0 THEN 'reserved'
        WHEN k.available > 0 OR k.total = 0 AND c.status = 'available' THEN 'available'
        ELSE 'unavailable' END AS state) s;
END $$
"""
_ALL = ("chargers", "known", *_COUNTS)
_NOW = ", ".join(f"s.{name}" for name in _ALL)
_BEFORE = ", ".join(f"-s.{name}" for name in _ALL)
# What the sums have to be changed by.
CHANGED = f"""
CREATE FUNCTION csms_changed_fleet_sums() RETURNS SETOF fleet_sums
LANGUAGE plpgsql STABLE ROWS 100 SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM charger_state_marks) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT s.organization_id, concat_ws('/', coalesce(s.site_id::text, '-'), s.retired::int, s.node_id)::varchar,
        s.site_id, s.node_id, s.retired, {", ".join(f"sum(s.{name})::int" for name in _ALL)}
    FROM (
        SELECT s.organization_id, s.site_id, s.node_id, s.retired, {_NOW} FROM csms_marked_charger_states() s
        UNION ALL
        SELECT s.organization_id, s.site_id, s.node_id, s.retired, {_BEFORE}
        FROM (SELECT DISTINCT m.charger_id FROM charger_state_marks m) m
        CROSS JOIN LATERAL (SELECT * FROM charger_states s WHERE s.charger_id = m.charger_id OFFSET 0) s
    ) s ({", ".join(("organization_id", "site_id", "node_id", "retired", *_ALL))})
    GROUP BY s.organization_id, s.site_id, s.node_id, s.retired;
END $$
"""
CALLED = ("csms_marked_charger_states()", "csms_changed_fleet_sums()")
OWN = "organization_id = csms_organization()"


def upgrade() -> None:
    """Expand only: what an older version does with chargers is marked too."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for name in NAMES:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY app ON {name} TO csms_app USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"CREATE POLICY owner ON {name} TO csms_owner USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY limited ON {name} AS RESTRICTIVE TO csms_limited USING (false) WITH CHECK (false)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO csms_app")
    for function in (MARK, MARKED, CHANGED):
        op.execute(function)
    for name in ("csms_mark_charger_state()", *CALLED):
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
    for name in CALLED:
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO csms_app")
    # from here to the commit nobody changes chargers: what is marked below is all there is
    for table, changed in _CHANGED.items():
        for name, when in (("state_other", f"INSERT OR DELETE ON {table} FOR EACH ROW"), ("state_changed", changed)):
            op.execute(f"CREATE TRIGGER {name} AFTER {when} EXECUTE FUNCTION csms_mark_charger_state()")
    op.execute("INSERT INTO charger_state_marks (organization_id, charger_id) SELECT organization_id, id FROM chargers")


def downgrade() -> None:
    """Count again each time."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in _CHANGED:
        for name in ("state_other", "state_changed"):
            op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in ("csms_mark_charger_state()", *reversed(CALLED)):
        op.execute(f"DROP FUNCTION {name}")
    for name in NAMES:
        op.execute(f"DROP TABLE {name}")
