# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Groups of alerts that stand are kept as rows: summing all alerts for each who looks took longer the more there were.

Whoever changes an alert, or moves a charger to another site, only adds a mark that says of what: writers never wait for
one another. A mark names no group, because which site a charger is at may change while the writer has not committed;
groups are worked out when marks are read, so that row, mark and site are seen by one snapshot. Groups that are marked
are summed anew for whoever reads, and put back by the worker, which takes the marks away in the same statement.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_alert_groups"
down_revision: str | None = "20261130_room"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = """
CREATE TABLE alert_group_sums (
    organization_id UUID NOT NULL,
    id VARCHAR NOT NULL,
    outage UUID,
    rule UUID,
    rule_name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    urgency BIGINT NOT NULL,
    site_id UUID,
    sites INTEGER NOT NULL,
    alerts INTEGER NOT NULL,
    open INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    snoozed INTEGER NOT NULL,
    chargers INTEGER NOT NULL,
    examples VARCHAR[],
    alert UUID,
    title VARCHAR,
    snoozed_until TIMESTAMP WITH TIME ZONE,
    assigned_name VARCHAR,
    assigned INTEGER NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status VARCHAR[] NOT NULL,
    assigned_to UUID[] NOT NULL,
    site_ids UUID[] NOT NULL,
    titles VARCHAR NOT NULL,
    CONSTRAINT pk_alert_group_sums PRIMARY KEY (organization_id, id)
);
CREATE INDEX ix_alert_group_sums_by_urgency ON alert_group_sums (organization_id, urgency, id);
CREATE INDEX ix_alert_group_sums_by_alerts ON alert_group_sums (organization_id, alerts, id);
CREATE INDEX ix_alert_group_sums_by_first_at ON alert_group_sums (organization_id, first_at, id);
CREATE INDEX ix_alert_group_sums_by_last_at ON alert_group_sums (organization_id, last_at, id);
CREATE TABLE alert_group_marks (
    organization_id UUID NOT NULL,
    outage UUID,
    rule UUID,
    charger_id VARCHAR,
    site_id UUID
);
CREATE INDEX ix_alert_group_marks_organization_id ON alert_group_marks (organization_id)
"""
NAMES = ("alert_group_sums", "alert_group_marks")
# What is shown of an alert in its group; when it is told of next is not.
_SEEN = (
    "status, rule, rule_name, kind, severity, charger_id, group_id, is_group, title, snoozed_until, assigned_to,"
    " assigned_name, began_at, first_at, last_at"
)
_OF = "coalesce({0}.group_id, CASE WHEN {0}.is_group THEN {0}.id END)"


def _seen(of: str) -> str:
    return ", ".join(f"{of}.{name.strip()}" for name in _SEEN.split(","))


def _marks(source: str) -> str:
    return f"""
    INSERT INTO public.alert_group_marks (organization_id, outage, rule, charger_id)
    SELECT DISTINCT a.organization_id, o.outage, CASE WHEN o.outage IS NULL THEN a.rule END,
        CASE WHEN o.outage IS NULL THEN a.charger_id END
    FROM ({source}) a CROSS JOIN LATERAL (SELECT {_OF.format("a")} AS outage) o
    WHERE a.status <> 'resolved' AND (o.outage IS NOT NULL OR a.rule IS NOT NULL);"""


_CHANGED = f"o.id = n.id AND ROW({_seen('o')}) IS DISTINCT FROM ROW({_seen('n')})"
ALERTS_MARKED = f"""
CREATE FUNCTION csms_mark_alert_groups() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN {_marks("SELECT * FROM added")}
    ELSIF TG_OP = 'DELETE' THEN {_marks("SELECT * FROM gone")}
    ELSE {_marks(f"SELECT n.* FROM added n JOIN gone o ON {_CHANGED} UNION ALL SELECT o.* FROM gone o JOIN added n ON {_CHANGED}")}
    END IF;
    RETURN NULL;
END $$
"""
# Where a charger was; where it is now is seen when the mark is read. A charger that comes has no alerts yet, but where
# one of its name was there before.
CHARGER_MARKED = """
CREATE FUNCTION csms_mark_moved_charger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.alert_group_marks (organization_id, charger_id)
        SELECT NEW.organization_id, NEW.id WHERE EXISTS (SELECT FROM public.alerts a
            WHERE a.charger_id = NEW.id AND a.status IN ('open', 'acknowledged', 'snoozed'));
    ELSE
        INSERT INTO public.alert_group_marks (organization_id, charger_id, site_id)
        VALUES (OLD.organization_id, OLD.id, OLD.site_id);
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = {
    "alerts": {
        "marked_added": "AFTER INSERT ON alerts REFERENCING NEW TABLE AS added",
        "marked_changed": "AFTER UPDATE ON alerts REFERENCING OLD TABLE AS gone NEW TABLE AS added",
        "marked_gone": "AFTER DELETE ON alerts REFERENCING OLD TABLE AS gone",
    },
    "chargers": {
        "marked_added": "AFTER INSERT ON chargers FOR EACH ROW WHEN (NEW.site_id IS NOT NULL)",
        "marked_moved": "AFTER UPDATE OF site_id ON chargers FOR EACH ROW"
        " WHEN (OLD.site_id IS DISTINCT FROM NEW.site_id)",
        "marked_gone": "AFTER DELETE ON chargers FOR EACH ROW",
    },
}
STANDS = "a.status IN ('open', 'acknowledged', 'snoozed')"
SITE = "(SELECT c.site_id FROM chargers c WHERE c.id = {})"
# A mark of an outage, of alerts of a rule at a charger, or of a charger that moved: then every rule's group where it
# was and where it is, also of a rule that is gone, and each outage that it has a part in. A look-up each: how many marks there are nobody can tell
# beforehand.
MARKED = f"""
CREATE FUNCTION csms_marked_alert_groups() RETURNS TABLE (id text, outage uuid, rule uuid, site_id uuid)
LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM alert_group_marks) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH moved AS MATERIALIZED (
        SELECT m.charger_id, m.site_id FROM alert_group_marks m WHERE m.outage IS NULL AND m.rule IS NULL),
    marked AS (
        SELECT m.outage, NULL::uuid AS rule, NULL::uuid AS site_id FROM alert_group_marks m WHERE m.outage IS NOT NULL
        UNION SELECT NULL, m.rule, {SITE.format("m.charger_id")} FROM alert_group_marks m WHERE m.rule IS NOT NULL
        UNION SELECT NULL, r.id, p.site_id FROM (
            SELECT r.id FROM alert_rules r UNION SELECT k.rule FROM alert_group_sums k WHERE k.rule IS NOT NULL
            AND EXISTS (SELECT FROM moved)) r CROSS JOIN (SELECT m.site_id FROM moved m UNION SELECT {SITE.format("m.charger_id")} FROM moved m) p
        UNION SELECT a.group_id, NULL, NULL FROM moved m CROSS JOIN LATERAL (
            SELECT a.group_id FROM alerts a WHERE a.charger_id = m.charger_id AND {STANDS} OFFSET 0) a
            WHERE a.group_id IS NOT NULL)
    SELECT coalesce(m.outage::text, m.rule::text || '.' || coalesce(m.site_id::text, 'none')), m.outage, m.rule,
        m.site_id FROM marked m;
END $$
"""
# Of a group's rows its outage is one, where it is seen; it counts as no alert. The index of alerts begins with the
# status, so those that stand are spelled out.
_SUMMED = """
SELECT min(a.organization_id::text)::uuid, a.key::varchar, min(a.outage::text)::uuid, min(a.rule::text)::uuid,
    min(a.rule_name)::varchar, min(a.kind)::varchar,
    (ARRAY['info', 'warning', 'critical'])[max(array_position(ARRAY['info', 'warning', 'critical'], a.severity::text))]
        ::varchar,
    max(array_position(ARRAY['info', 'warning', 'critical'], a.severity::text)) * 100000000000
        + max(extract(epoch FROM a.last_at))::bigint,
    CASE WHEN count(DISTINCT a.site_id) = 1 AND count(a.site_id) = count(a.charger_id)
        THEN min(a.site_id::text)::uuid END,
    count(DISTINCT a.site_id)::int,
    (count(*) FILTER (WHERE NOT a.is_group))::int,
    (count(*) FILTER (WHERE NOT a.is_group AND a.status = 'open'))::int,
    (count(*) FILTER (WHERE NOT a.is_group AND a.status = 'acknowledged'))::int,
    (count(*) FILTER (WHERE NOT a.is_group AND a.status = 'snoozed'))::int,
    count(DISTINCT a.charger_id)::int,
    (array_agg(DISTINCT a.charger_id) FILTER (WHERE a.charger_id IS NOT NULL))[1:3],
    CASE WHEN count(*) = 1 THEN min(a.id::text)::uuid END,
    CASE WHEN count(*) = 1 THEN min(a.title)::varchar END,
    min(a.snoozed_until),
    CASE WHEN count(a.assigned_to) = count(*) AND count(DISTINCT a.assigned_to) = 1
        THEN min(a.assigned_name)::varchar END,
    count(a.assigned_to)::int,
    min(a.began_at), min(a.first_at), max(a.last_at),
    array_agg(DISTINCT a.status), array_agg(DISTINCT a.assigned_to),
    coalesce(array_agg(DISTINCT a.site_id) FILTER (WHERE a.site_id IS NOT NULL), '{}'),
    string_agg(a.title, chr(10))::varchar
FROM (%s) a WHERE a.key IS NOT NULL GROUP BY a.key
"""
_COLUMNS = (
    "id, organization_id, rule, rule_name, kind, severity, charger_id, title, status, is_group, snoozed_until,"
    " assigned_to, assigned_name, began_at, first_at, last_at"
)
_SHOWN = ", ".join(f"a.{name.strip()}" for name in _COLUMNS.split(","))
_ALONE = f"{STANDS} AND a.group_id IS NULL AND NOT a.is_group"
_EVERY = f"""
    SELECT coalesce(o.outage::text, a.rule::text || '.' || coalesce(c.site_id::text, 'none')) AS key, o.outage,
        c.site_id, {_SHOWN}
    FROM alerts a LEFT JOIN chargers c ON c.id = a.charger_id
    CROSS JOIN LATERAL (SELECT {_OF.format("a")} AS outage) o WHERE {STANDS}"""
_OF_MARKED = f"""
    SELECT m.id AS key, m.outage, {SITE.format("a.charger_id")} AS site_id, {_SHOWN}
    FROM csms_marked_alert_groups() m CROSS JOIN LATERAL (
        SELECT {_SHOWN} FROM alerts a WHERE a.group_id = m.outage AND {STANDS}
        UNION ALL SELECT {_SHOWN} FROM alerts a WHERE a.id = m.outage AND a.is_group AND {STANDS}
        UNION ALL SELECT {_SHOWN} FROM chargers c CROSS JOIN LATERAL (
            SELECT * FROM alerts a WHERE a.charger_id = c.id AND a.rule = m.rule AND {_ALONE} OFFSET 0) a
            WHERE c.site_id = m.site_id
        UNION ALL SELECT {_SHOWN} FROM alerts a WHERE m.site_id IS NULL AND a.rule = m.rule AND {_ALONE}
            AND {SITE.format("a.charger_id")} IS NULL
        OFFSET 0) a
    OFFSET 0"""
# OFFSET 0 keeps the planner from looking a site up for each sum, and from reading all chargers for a few marks.
# Whoever sees a part only has the groups of that part, of which nothing is kept.
CHANGED = f"""
CREATE FUNCTION csms_changed_alert_groups() RETURNS SETOF alert_group_sums
LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF current_user = 'csms_limited' THEN
        RETURN QUERY {_SUMMED % _EVERY};
    ELSIF EXISTS (SELECT FROM alert_group_marks) THEN
        RETURN QUERY {_SUMMED % _OF_MARKED};
    END IF;
END $$
"""
CALLED = ("csms_marked_alert_groups()", "csms_changed_alert_groups()")
OWN = "organization_id = csms_organization()"


def upgrade() -> None:
    """Expand only: what an older version does with alerts is marked too."""
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
    for function in (ALERTS_MARKED, CHARGER_MARKED, MARKED, CHANGED):
        op.execute(function)
    for name in ("csms_mark_alert_groups()", "csms_mark_moved_charger()", *CALLED):
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
    for name in CALLED:
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO csms_app")
    # from here to the commit nobody changes alerts: what is marked below is all there is
    for name, when in TRIGGERS["alerts"].items():
        op.execute(f"CREATE TRIGGER {name} {when} FOR EACH STATEMENT EXECUTE FUNCTION csms_mark_alert_groups()")
    for name, when in TRIGGERS["chargers"].items():
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION csms_mark_moved_charger()")
    op.execute(_marks("SELECT * FROM alerts").replace("public.", ""))


def downgrade() -> None:
    """Sum again each time."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, triggers in TRIGGERS.items():
        for name in triggers:
            op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in ("csms_mark_alert_groups()", "csms_mark_moved_charger()", *reversed(CALLED)):
        op.execute(f"DROP FUNCTION {name}")
    for name in NAMES:
        op.execute(f"DROP TABLE {name}")
