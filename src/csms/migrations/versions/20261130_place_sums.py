# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How many chargers are at each site, kept while chargers move: a file of all sites read every charger first."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_place_sums"
down_revision: str | None = "20261130_alert_groups"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = """
CREATE TABLE place_sums (
    organization_id UUID NOT NULL,
    place UUID NOT NULL,
    chargers BIGINT NOT NULL,
    fresh BOOLEAN DEFAULT false NOT NULL
)
"""
INDEXES = (
    "CREATE INDEX ix_place_sums_organization_id_place ON place_sums (organization_id, place)",
    "CREATE INDEX ix_place_sums_fresh ON place_sums (place) WHERE fresh",
)
_PARTS = "SELECT unnest({0}.places) AS place, {1} AS n WHERE {0}.retired_at IS NULL"
# Only sites: a group says itself how many belong to it.
_ADDED = """
    INSERT INTO public.place_sums (organization_id, place, chargers, fresh)
    SELECT {0}.organization_id, p.place, sum(p.n), true FROM ({1}) p
    WHERE EXISTS (SELECT FROM public.sites s WHERE s.id = p.place) GROUP BY p.place HAVING sum(p.n) <> 0;"""
_BOTH = f"{_PARTS.format('OLD', -1)} UNION ALL {_PARTS.format('NEW', 1)}"
CHANGED = f"""
CREATE FUNCTION csms_sum_places() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN {_ADDED.format("NEW", _PARTS.format("NEW", 1))}
    ELSIF TG_OP = 'DELETE' THEN {_ADDED.format("OLD", _PARTS.format("OLD", -1))}
    ELSE {_ADDED.format("NEW", _BOTH)}
    END IF;
    RETURN NULL;
END $$
"""
# A row is what was added or taken away. At the end of each statement those of it are folded into one that nobody else
# is about to fold: it waits for nobody, so that two that move chargers of the same sites never wait in a circle.
FOLDED = """
CREATE FUNCTION csms_fold_places() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.place_sums WHERE fresh) THEN
        RETURN NULL;
    END IF;
    WITH added AS MATERIALIZED (
        DELETE FROM public.place_sums WHERE fresh RETURNING organization_id, place, chargers),
    changes AS MATERIALIZED (
        SELECT organization_id, place, sum(chargers) AS chargers FROM added
        GROUP BY organization_id, place HAVING sum(chargers) <> 0),
    folded AS (
        DELETE FROM public.place_sums WHERE ctid = ANY (ARRAY(
            SELECT s.ctid FROM changes c JOIN public.place_sums s USING (organization_id, place)
            WHERE NOT s.fresh FOR UPDATE OF s SKIP LOCKED))
        RETURNING organization_id, place, chargers)
    INSERT INTO public.place_sums (organization_id, place, chargers)
    SELECT organization_id, place, sum(chargers) FROM (
        SELECT * FROM folded UNION ALL SELECT * FROM changes) parts
    GROUP BY organization_id, place HAVING sum(chargers) <> 0;
    RETURN NULL;
END $$
"""
FUNCTIONS = ("csms_sum_places()", "csms_fold_places()")
_MOVED = "OF site_id, places, retired_at"
TRIGGERS = {
    "sum_added": "AFTER INSERT ON chargers FOR EACH ROW WHEN (NEW.places <> '{}') EXECUTE FUNCTION csms_sum_places()",
    "sum_changed": f"AFTER UPDATE {_MOVED} ON chargers FOR EACH ROW WHEN (OLD.places IS DISTINCT FROM NEW.places"
    " OR (OLD.retired_at IS NULL) <> (NEW.retired_at IS NULL)) EXECUTE FUNCTION csms_sum_places()",
    "sum_gone": "AFTER DELETE ON chargers FOR EACH ROW WHEN (OLD.places <> '{}') EXECUTE FUNCTION csms_sum_places()",
    "sum_folded": f"AFTER INSERT OR DELETE OR UPDATE {_MOVED} ON chargers FOR EACH STATEMENT"
    " EXECUTE FUNCTION csms_fold_places()",
}
OWN = "organization_id = csms_organization()"
# Of a site that is seen every charger is: it names the site among its places.
SEEN = "EXISTS (SELECT FROM sites s WHERE s.id = place)"


def upgrade() -> None:
    """Expand only: where an older version moves chargers to is counted too."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (TABLE, *INDEXES):
        op.execute(statement)
    op.execute("ALTER TABLE place_sums ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE place_sums FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY app ON place_sums TO csms_app USING ({OWN}) WITH CHECK ({OWN})")
    op.execute("CREATE POLICY owner ON place_sums TO csms_owner USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY limited ON place_sums AS RESTRICTIVE TO csms_limited USING ({SEEN}) WITH CHECK (false)")
    op.execute("GRANT SELECT ON place_sums TO csms_app")
    for function in (CHANGED, FOLDED):
        op.execute(function)
    for name in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
    # from here to the commit nobody moves chargers: what is counted below is all there is
    for name, what in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {what}")
    op.execute(
        "CREATE TRIGGER told AFTER INSERT OR DELETE OR UPDATE ON place_sums FOR EACH ROW"
        " EXECUTE FUNCTION csms_tell_change()"
    )
    op.execute(
        "INSERT INTO place_sums (organization_id, place, chargers) SELECT c.organization_id, p.place, count(*)"
        " FROM chargers c CROSS JOIN LATERAL unnest(c.places) AS p(place) JOIN sites s ON s.id = p.place"
        " WHERE c.retired_at IS NULL GROUP BY c.organization_id, p.place"
    )


def downgrade() -> None:
    """Count again each time."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON chargers")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
    op.execute("DROP TABLE place_sums")
