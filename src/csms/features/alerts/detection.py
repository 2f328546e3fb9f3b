# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What conditions hold now: one query for each kind, over all chargers of an organization at once.

Each gives subject, charger_id, connector_id, began_at, ripe (it has lasted long enough to be raised) and details.
Whether an alert stands on goes by what is found, ripe or not: so a clock that jumps neither raises nor ends one.
Tables of features beside this one are read here by name.

Parameters: now, chargers and places (null both: all), before (`Steady.before`), settled, organization, facts, and
`condition`, the rule's own parameters. `FORESEEN` are those of things that happen and are over: what they would have
raised in a day.
"""

from typing import Final

_LEEWAY: Final = "interval '60 seconds'"  # clocks of nodes differ by less; a stamp later than that is of before a jump
_CHARGERS: Final = """chargers c LEFT JOIN charger_connections l ON l.charger_id = c.id
    LEFT JOIN gateway_nodes n ON n.id = l.node_id"""
_ONLINE: Final = "coalesce(l.online AND n.lease_until > :now, false)"


def _ours(charger: str = "c") -> str:
    """In the rule's scope, and not retired."""
    named, placed = "CAST(:chargers AS text[])", "CAST(:places AS uuid[])"
    return f"""{charger}.retired_at IS NULL AND (({named} IS NULL AND {placed} IS NULL) OR {charger}.id = ANY ({named})
        OR {charger}.places && {placed})"""


def _ripe(began: str) -> str:
    """It has lasted long enough."""
    return f"""CASE WHEN {began} > :now + {_LEEWAY} THEN CAST(:settled AS boolean)
        ELSE {began} <= CAST(:before AS timestamptz) END"""


def _given(name: str, kind: str = "int") -> str:
    """A parameter of the rule."""
    return f"CAST(CAST(:condition AS jsonb) ->> '{name}' AS {kind})"


def _among(column: str, name: str) -> str:
    """A column is one of those that the rule names; null names all."""
    given = f"CAST(:condition AS jsonb) -> '{name}'"
    return f"(coalesce(jsonb_typeof({given}), 'null') = 'null' OR {given} ? {column})"


_OFFLINE = f"""
SELECT c.id AS subject, c.id AS charger_id, NULL::int AS connector_id, s.began_at, {_ripe("s.began_at")} AS ripe,
    jsonb_build_object('name', c.name) AS details
FROM {_CHARGERS} CROSS JOIN LATERAL (SELECT CASE
    WHEN l.charger_id IS NULL THEN c.created_at
    WHEN NOT l.online THEN coalesce(l.disconnected_at, l.seen_at, c.created_at)
    ELSE coalesce(n.lease_until, l.seen_at, c.created_at) END AS began_at) s
WHERE {_ours()} AND NOT {_ONLINE} AND (l.charger_id IS NOT NULL OR {_given("never_connected", "boolean")})
"""  # noqa: S608
# A charger that repeats its fault says each time that it is new: the history knows since when nothing else was said.
_SAME = "h.charger_id = k.charger_id AND h.evse_id = k.evse_id AND h.connector_id = k.connector_id"
_DAY_BEFORE = "CAST(:before AS timestamptz) - interval '1 day'"
_FAULTED = f"""
SELECT c.id || '/' || k.evse_id || '/' || k.connector_id AS subject, c.id AS charger_id,
    nullif(k.connector_id, 0)::int AS connector_id, s.began_at, {_ripe("s.began_at")} AS ripe,
    jsonb_build_object('name', c.name, 'what', nullif(concat_ws(' ', nullif(k.error_code, 'NoError'),
        k.vendor_error_code, k.info), '')) AS details
FROM connectors k JOIN chargers c ON c.id = k.charger_id
CROSS JOIN LATERAL (SELECT CASE WHEN k.last_status_update <= CAST(:before AS timestamptz) THEN k.last_status_update
    ELSE coalesce((SELECT min(h.received_at) FROM status_history h WHERE {_SAME} AND h.status = k.status
        AND h.received_at > coalesce((SELECT max(h.received_at) FROM status_history h WHERE {_SAME}
            AND h.status <> k.status AND h.received_at > {_DAY_BEFORE}), {_DAY_BEFORE})),
        k.last_status_update) END AS began_at) s
WHERE {_ours()} AND k.state = 'faulted'
"""  # noqa: S608
_FLAPPING = f"""
SELECT c.id AS subject, c.id AS charger_id, NULL::int AS connector_id, s.began_at, true AS ripe,
    jsonb_build_object('name', c.name, 'what', format('%s connections in %s seconds', {_given("connects")},
        {_given("within_s")})) AS details
FROM charger_connections l JOIN chargers c ON c.id = l.charger_id
CROSS JOIN LATERAL (SELECT l.connects[{_given("connects")}] AS began_at) s
WHERE {_ours()} AND s.began_at > :now - make_interval(secs => {_given("within_s")}) AND s.began_at <= :now + {_LEEWAY}
"""  # noqa: S608
_NO_METER_VALUES = f"""
SELECT t.id::text AS subject, c.id AS charger_id, t.connector_id::int AS connector_id, s.began_at,
    {_ripe("s.began_at")} AS ripe, jsonb_build_object('name', c.name, 'transaction', t.id, 'what',
        'transaction ' || t.transaction_id) AS details
FROM transactions t JOIN chargers c ON c.id = t.charger_id JOIN charger_connections l ON l.charger_id = c.id
JOIN gateway_nodes n ON n.id = l.node_id
CROSS JOIN LATERAL (SELECT greatest(t.start_received_at, l.connected_at) AS began_at) s
WHERE {_ours()} AND t.status = 'active' AND {_ONLINE} AND (SELECT true FROM meter_values m
    WHERE m.charger_id = t.charger_id AND m.received_at > CAST(:before AS timestamptz)
    AND m.transaction IS NOT DISTINCT FROM t.id
    AND (NOT CAST(:settled AS boolean) OR m.received_at <= :now + {_LEEWAY}) LIMIT 1) IS NULL
"""  # noqa: S608
_CERTIFICATE_EXPIRY = f"""
SELECT s.charger_id || '/' || s.kind AS subject, s.charger_id, NULL::int AS connector_id, CAST(:now AS timestamptz)
    AS began_at, true AS ripe, jsonb_build_object('name', s.name, 'not_after', s.not_after, 'what',
        to_char(s.not_after AT TIME ZONE 'UTC', 'YYYY-MM-DD')) AS details
FROM (SELECT DISTINCT ON (x.charger_id, x.kind) x.charger_id, x.kind, x.not_after, c.name
    FROM charger_certificates x JOIN chargers c ON c.id = x.charger_id WHERE {_ours()} AND x.status = 'accepted'
    ORDER BY x.charger_id, x.kind, x.not_after DESC) s
WHERE s.not_after < :now + make_interval(days => {_given("days")})
UNION ALL
SELECT 'server/' || f.name, NULL, NULL::int, CAST(:now AS timestamptz), true, jsonb_build_object('not_after', f.at,
    'what', f.name || ', ' || to_char(f.at AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
FROM jsonb_to_recordset(CAST(:facts AS jsonb) -> 'certificates') AS f (name text, at timestamptz)
WHERE CAST(:chargers AS text[]) IS NULL AND CAST(:places AS uuid[]) IS NULL
    AND f.at < :now + make_interval(days => {_given("days")})
"""  # noqa: S608
_DISK = f"""
SELECT 'disk' AS subject, NULL::text AS charger_id, NULL::int AS connector_id, CAST(:now AS timestamptz) AS began_at,
    true AS ripe, jsonb_build_object('used_percent', f.used, 'what', f.used || ' % used') AS details
FROM (SELECT CAST(CAST(:facts AS jsonb) ->> 'disk_percent' AS int) AS used) f WHERE f.used >= {_given("used_percent")}
"""  # noqa: S608
_FAILED_JOBS = f"""
SELECT 'job/' || j.kind AS subject, NULL::text AS charger_id, NULL::int AS connector_id, j.finished_at AS began_at,
    true AS ripe, jsonb_build_object('job', j.id, 'what', j.kind || ', ' || coalesce(j.error, '')) AS details
FROM (SELECT DISTINCT ON (kind) id, kind, status, error, finished_at FROM jobs
    WHERE finished_at > :now - make_interval(hours => {_given("within_h")}) AND status IN ('failed', 'succeeded')
    ORDER BY kind, finished_at DESC) j WHERE j.status = 'failed'
UNION ALL
SELECT 'events/' || p.consumer, NULL, NULL::int, min(p.parked_at), true,
    jsonb_build_object('parked', count(*), 'what', count(*) || ' events of ' || p.consumer || ' were set aside')
FROM outbox_parked p GROUP BY p.consumer
"""  # noqa: S608
_CONFIGURATION_DRIFT = f"""
SELECT x.charger_id AS subject, x.charger_id, NULL::int AS connector_id, CAST(:now AS timestamptz) AS began_at,
    true AS ripe, jsonb_build_object('name', min(x.name), 'template', min(x.template), 'what',
        min(x.template) || ', ' || count(*) || CASE count(*) WHEN 1 THEN ' key' ELSE ' keys' END) AS details
FROM (SELECT DISTINCT ON (a.charger_id, w.key) a.charger_id, c.name, w.template, w.value AS wanted, k.value
    FROM configuration_assignments a JOIN chargers c ON c.id = a.charger_id
    JOIN (SELECT t.id, t.name AS template, v.key, v.value FROM configuration_templates t
        CROSS JOIN LATERAL jsonb_each_text(t."values") v) w ON w.id = a.template
    JOIN configurations k ON k.charger_id = a.charger_id AND lower(k.key) = lower(w.key)
    WHERE {_ours()} ORDER BY a.charger_id, w.key, k.updated_at DESC) x
WHERE x.value IS DISTINCT FROM x.wanted GROUP BY x.charger_id HAVING count(*) >= {_given("differences")}
"""  # noqa: S608
# What was queued while a charger was offline comes late, right after it connects: a stamp in the past means nothing
# then. One in the future always does.
_CLOCK_OFFSET = f"""
SELECT x.charger_id AS subject, x.charger_id, NULL::int AS connector_id, x.at AS began_at, true AS ripe,
    jsonb_build_object('name', x.name, 'offset_s', x.off, 'what', to_char(x.off, 'SGFM999999999990') || ' s') AS details
FROM (SELECT DISTINCT ON (k.charger_id) k.charger_id, c.name, k.last_status_update AS at, l.connected_at,
    round(extract(epoch FROM k.status_at - k.last_status_update)) AS off
    FROM connectors k JOIN chargers c ON c.id = k.charger_id JOIN charger_connections l ON l.charger_id = c.id
    WHERE {_ours()} AND k.status_at IS NOT NULL ORDER BY k.charger_id, k.last_status_update DESC) x
WHERE abs(x.off) > {_given("offset_s")} AND (x.off > 0 OR x.at > x.connected_at + interval '2 minutes')
"""  # noqa: S608
_BOOT_REJECTED = f"""
SELECT c.id AS subject, c.id AS charger_id, NULL::int AS connector_id, coalesce(c.boot_at, c.updated_at) AS began_at,
    true AS ripe, jsonb_build_object('name', c.name, 'what', c.boot_status) AS details
FROM chargers c WHERE {_ours()} AND (c.boot_status = 'rejected' OR (c.boot_status = 'pending'
    AND {_given("pending", "boolean")}))
"""  # noqa: S608

QUERIES: Final[dict[str, str]] = {
    "offline": _OFFLINE,
    "faulted": _FAULTED,
    "flapping": _FLAPPING,
    "no_meter_values": _NO_METER_VALUES,
    "certificate_expiry": _CERTIFICATE_EXPIRY,
    "disk": _DISK,
    "failed_jobs": _FAILED_JOBS,
    "configuration_drift": _CONFIGURATION_DRIFT,
    "clock_offset": _CLOCK_OFFSET,
    "boot_rejected": _BOOT_REJECTED,
}

# What has to be there, whatever a rule says, for its query to find anything: cheap to ask, and mostly it is not.
NEEDED: Final[dict[str, str]] = {
    "offline": "EXISTS (SELECT FROM chargers WHERE retired_at IS NULL)",
    "faulted": "EXISTS (SELECT FROM connectors WHERE state = 'faulted')",
    "flapping": "EXISTS (SELECT FROM charger_connections)",
    "no_meter_values": "EXISTS (SELECT FROM transactions WHERE status = 'active')",
    "certificate_expiry": """jsonb_array_length(CAST(:facts AS jsonb) -> 'certificates') > 0
        OR EXISTS (SELECT FROM charger_certificates WHERE status = 'accepted')""",
    "disk": "CAST(CAST(:facts AS jsonb) ->> 'disk_percent' AS int) >= CAST(r.condition ->> 'used_percent' AS int)",
    "failed_jobs": "EXISTS (SELECT FROM jobs WHERE status = 'failed') OR EXISTS (SELECT FROM outbox_parked)",
    "configuration_drift": "EXISTS (SELECT FROM configuration_assignments)",
    "clock_offset": "EXISTS (SELECT FROM connectors WHERE status_at IS NOT NULL)",
    "boot_rejected": "EXISTS (SELECT FROM chargers WHERE boot_status IN ('rejected', 'pending'))",
}

# Of these rules, those that may have something to do: an alert that is kept, or a condition that could be found. A
# kind without a query hears of what happens: its alerts only end here.
AT_WORK: Final = f"""
SELECT r.id FROM alert_rules r WHERE r.id = ANY (CAST(:rules AS uuid[])) AND (EXISTS (
    SELECT FROM alerts a WHERE a.rule = r.id AND (a.status <> 'resolved' OR a.muted))
    OR CASE r.kind {" ".join(f"WHEN '{kind}' THEN {needed}" for kind, needed in NEEDED.items())} ELSE false END)
"""  # noqa: S608

_TOLD = f"""
SELECT c.id || '/' || e.kind AS subject, c.id AS charger_id, NULL::int AS connector_id, max(e.at) AS began_at,
    true AS ripe, jsonb_build_object('name', min(c.name), 'what', e.kind) AS details
FROM security_events e JOIN chargers c ON c.id = e.charger_id
WHERE {_ours()} AND e.at > :now - interval '1 day' AND {{which}} GROUP BY c.id, e.kind
"""  # noqa: S608
FORESEEN: Final[dict[str, str]] = {
    "security_event": _TOLD.format(which=_among("e.kind", "events")),
    "version_downgraded": _TOLD.format(which="e.kind = 'version_downgraded'"),
    "implausible_meter": f"""
SELECT t.id::text AS subject, c.id AS charger_id, t.connector_id::int AS connector_id, t.updated_at AS began_at,
    true AS ripe, jsonb_build_object('name', c.name, 'what', array_to_string(t.flags, ' ')) AS details
FROM transactions t JOIN chargers c ON c.id = t.charger_id
WHERE {_ours()} AND t.created_at > :now - interval '1 day' AND t.status <> 'active'
    AND t.flags && ARRAY(SELECT jsonb_array_elements_text(CAST(:condition AS jsonb) -> 'flags'))::varchar[]
""",  # noqa: S608
    "command_failed": f"""
SELECT c.id || '/' || o.type AS subject, c.id AS charger_id, NULL::int AS connector_id, max(o.finished_at) AS began_at,
    true AS ripe, jsonb_build_object('name', min(c.name), 'what', o.type) AS details
FROM commands o JOIN chargers c ON c.id = o.charger_id
WHERE {_ours()} AND o.created_at > :now - interval '1 day' AND o.finished_at IS NOT NULL
    AND {_among("o.status", "statuses")} AND {_among("o.type", "commands")} GROUP BY c.id, o.type
""",  # noqa: S608
}

# The state of the rule's alerts is brought up to what is found, in one statement: what came back, what is gone. What
# is new is given back, with all that began close to it: whether it is one outage is decided by who raises it.
COMPARE: Final = """
WITH found AS MATERIALIZED ({query}),
kept AS MATERIALIZED (
    SELECT a.id, a.subject, a.status, a.muted, a.absent_since FROM alerts a
    WHERE a.rule = CAST(:rule AS uuid) AND (a.status <> 'resolved' OR a.muted) AND NOT a.is_group),
back AS (
    UPDATE alerts a SET absent_since = NULL, count = a.count + 1, last_at = :now FROM kept k
    WHERE a.id = k.id AND k.absent_since IS NOT NULL AND k.subject IN (SELECT f.subject FROM found f) RETURNING a.id),
told AS (
    INSERT INTO alert_events (organization_id, alert, kind, actor_name, at)
    SELECT CAST(:organization AS uuid), b.id, 'repeated', 'system', :now FROM back b),
gone AS (
    UPDATE alerts a SET absent_since = CASE WHEN k.status = 'resolved' THEN NULL ELSE :now END, muted = false
    FROM kept k LEFT JOIN found f ON f.subject = k.subject
    WHERE a.id = k.id AND f.subject IS NULL AND (k.muted OR k.absent_since IS NULL)),
fresh AS MATERIALIZED (
    SELECT f.* FROM found f LEFT JOIN kept k ON k.subject = f.subject WHERE k.id IS NULL),
span AS (SELECT min(began_at) FILTER (WHERE ripe) - make_interval(secs => CAST(:within_s AS int)) AS first,
    max(began_at) FILTER (WHERE ripe) + make_interval(secs => CAST(:within_s AS int)) AS last FROM fresh)
SELECT f.* FROM fresh f, span s
WHERE f.ripe OR (CAST(:grouped AS boolean) AND f.began_at BETWEEN s.first AND s.last)
ORDER BY f.began_at, f.subject
"""
