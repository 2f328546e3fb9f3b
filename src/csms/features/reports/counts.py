# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the overview: how it is now, in statements that read what there is now and no history."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import DateTime, RowMapping, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.metering import sample_code
from csms.features.chargers import fleet

_HERE: Final = "CAST(:site_id AS uuid) = ANY (c.places)"
_CHARGERS: Final = """
WITH seen AS MATERIALIZED (
    SELECT c.id, coalesce(l.online AND n.lease_until > now(), false) AS online, l.charger_id IS NULL AS never
    FROM chargers c LEFT JOIN charger_connections l ON l.charger_id = c.id
    LEFT JOIN gateway_nodes n ON n.id = l.node_id WHERE c.retired_at IS NULL{here}),
states AS (
    SELECT CASE WHEN s.online THEN k.state ELSE 'offline' END AS state, count(*) AS n
    FROM connectors k JOIN seen s ON s.id = k.charger_id WHERE k.connector_id > 0 GROUP BY 1)
SELECT count(*) AS total, count(*) FILTER (WHERE online) AS online, count(*) FILTER (WHERE never) AS never,
    (SELECT coalesce(jsonb_object_agg(state, n), '{{}}') FROM states) AS states FROM seen
"""
_KNOWN: Final = ("available", "reserved", "unavailable", "faulted", "occupied", "unknown")
# The same of all chargers, out of what is kept.
_FLEET: Final = f"""
SELECT coalesce(sum(f.chargers), 0) AS total, coalesce(sum(f.chargers) FILTER (WHERE f.online), 0) AS online,
    coalesce(sum(f.chargers - f.known), 0) AS never, jsonb_build_object('offline',
        coalesce(sum({" + ".join(f"f.k_{name}" for name in _KNOWN)}) FILTER (WHERE NOT f.online), 0),
        {", ".join(f"'{name}', coalesce(sum(f.k_{name}) FILTER (WHERE f.online), 0)" for name in _KNOWN)}) AS states
FROM ({fleet.SUMS}) f WHERE NOT f.retired
"""  # noqa: S608
_WAITING: Final = text("SELECT count(*) FROM pending_chargers")
_MOST: Final = 1_000
_SUSPECT: Final = """
SELECT count(*) FROM (SELECT FROM transactions t{join} WHERE t.status = 'suspect' AND t.created_at > :since{here}
    LIMIT {most}) s
"""
_POWER: Final = sample_code("Power.Active.Import", None, None)
_PHASES: Final = tuple(sample_code("Power.Active.Import", phase, None) for phase in ("L1", "L2", "L3"))
_NEWEST: Final = timedelta(hours=1)
# A reading of a queue may come after newer ones: of the last few that came, the one that was measured last.
_ACTIVE: Final = """
SELECT count(*) AS active, count(p.watts) AS told, coalesce(sum(p.watts), 0) AS watts, min(p.at) AS oldest_at,
    max(p.at) AS newest_at
FROM transactions t{join} LEFT JOIN LATERAL (
    SELECT (SELECT coalesce(max(u.value) FILTER (WHERE u.code = :power),
            sum(u.value) FILTER (WHERE u.code = ANY (CAST(:phases AS smallint[]))))
        FROM unnest(l.codes, l.values) u(code, value) WHERE u.value <> 'NaN') AS watts,
        coalesce(l.measured_at, l.received_at) AS at
    FROM (SELECT m.codes, m.values, m.measured_at, m.received_at FROM meter_values m
        WHERE m.charger_id = t.charger_id AND m.received_at > :since AND m.transaction IS NOT DISTINCT FROM t.id
            AND m.codes && CAST(:all AS smallint[]) ORDER BY m.received_at DESC LIMIT 3) l
    ORDER BY l.measured_at DESC NULLS LAST, l.received_at DESC LIMIT 1) p ON true
WHERE t.status = 'active'{here}
"""
# The planner takes the readings of an hour for one or two: it would fetch and sort them all for the last three.
_AS_THEY_CAME: Final = text("SET LOCAL enable_sort = off")
_IN_ANY_ORDER: Final = text("SET LOCAL enable_sort TO DEFAULT")
# An outage is one, also for whoever sees some of its alerts and not the outage itself, and at one of its sites.
_ALERTS: Final = """
SELECT a.severity, count(DISTINCT coalesce(a.group_id, a.id)) AS n,
    count(DISTINCT coalesce(a.group_id, a.id)) FILTER (WHERE a.status = 'open') AS unacknowledged
FROM alerts a{join} WHERE a.status IN ('open', 'acknowledged', 'snoozed'){here}
GROUP BY a.severity
"""
_JOBS: Final = text("SELECT count(*) FROM jobs WHERE status = 'failed' AND finished_at > :since").bindparams(
    bindparam("since", type_=DateTime(timezone=True))
)


def _narrowed(query: str, site_id: UUID | None, column: str | None = None, **more: Any) -> tuple[str, dict[str, Any]]:
    """A query over all that is seen, or over a site and what lies in it; `column`: what names the charger."""
    if site_id is None:
        return query.format(here="", join="", **more), {}
    join = "" if column is None else f" JOIN chargers c ON c.id = {column}"
    return query.format(here=f" AND {_HERE}", join=join, **more), {"site_id": site_id}


async def chargers(connection: AsyncConnection, site_id: UUID | None) -> Mapping[str, Any]:
    """Chargers by their connections, and connectors by their states."""
    query, values = _narrowed(_CHARGERS, site_id)
    return _counted((await connection.execute(text(query), values)).mappings().one())


async def all_chargers(connection: AsyncConnection) -> Mapping[str, Any]:
    """The same of all there are, if `fleet.usable`."""
    return _counted((await connection.execute(text(_FLEET))).mappings().one())


def _counted(row: RowMapping) -> Mapping[str, Any]:
    states: Mapping[str, int] = row["states"]
    known = ("available", "reserved", "unavailable", "faulted", "offline")
    named = {name: states.get(name, 0) for name in known} | {"in_use": states.get("occupied", 0)}
    total = sum(states.values())
    return {
        "chargers": {
            "total": row["total"],
            "online": row["online"],
            "offline": row["total"] - row["online"] - row["never"],
            "never_connected": row["never"],
        },
        "connectors": {"total": total, **named, "unknown": total - sum(named.values())},
    }


async def waiting(connection: AsyncConnection) -> int:
    """Chargers that wait for approval."""
    return int((await connection.execute(_WAITING)).scalar_one())


async def transactions(connection: AsyncConnection, site_id: UUID | None, now: datetime) -> Mapping[str, Any]:
    """Transactions that are active, and their power; those that were not ended in order."""
    query, values = _narrowed(_ACTIVE, site_id, "t.charger_id")
    since = bindparam("since", type_=DateTime(timezone=True))
    values |= {"since": now - _NEWEST, "power": _POWER, "phases": list(_PHASES), "all": [_POWER, *_PHASES]}
    await connection.execute(_AS_THEY_CAME)
    row = (await connection.execute(text(query).bindparams(since), values)).mappings().one()
    await connection.execute(_IN_ANY_ORDER)
    query, values = _narrowed(_SUSPECT, site_id, "t.charger_id", most=_MOST)
    values["since"] = now - timedelta(days=30)
    suspect = (await connection.execute(text(query).bindparams(since), values)).scalar_one()
    return {
        "transactions": {"active": row["active"], "suspect": suspect},
        "power": {
            "watts": row["watts"],
            "transactions": row["told"],
            "without": row["active"] - row["told"],
            "oldest_at": row["oldest_at"],
            "newest_at": row["newest_at"],
        },
    }


async def alerts(connection: AsyncConnection, site_id: UUID | None) -> Mapping[str, int]:
    """Alerts that stand, by severity."""
    query, values = _narrowed(_ALERTS, site_id, "a.charger_id")
    rows = (await connection.execute(text(query), values)).mappings().all()
    found = dict.fromkeys(("critical", "warning", "info"), 0) | {row["severity"]: row["n"] for row in rows}
    return {**found, "unacknowledged": sum(row["unacknowledged"] for row in rows)}


async def failed_jobs(connection: AsyncConnection, now: datetime) -> int:
    """Background jobs that failed within a day."""
    return int((await connection.execute(_JOBS, {"since": now - timedelta(days=1)})).scalar_one())
