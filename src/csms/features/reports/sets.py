# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the worker: what is to be rolled up, the facts of some chargers, and what was made of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from csms.domain.transactions import usable_time
from csms.features.reports.readings import LEAD, registers_of
from csms.features.reports.rules import LATE, MAX_RUNNING, Being, Interval, Session, Told, session_of
from csms.features.reports.slots import second_of

Row = Mapping[str, Any]
_OPEN: Final = """
INSERT INTO rollup_states (organization_id, read_until, swept_until, backfilled_to)
VALUES (csms_organization(), $1, $1, '') ON CONFLICT DO NOTHING
"""
_STATE: Final = "SELECT read_until, swept_until, backfilled_to FROM rollup_states FOR UPDATE"

# When a transaction began and ended, at the earliest and at the latest: what its roll-ups can touch.
_FIRST: Final = """coalesce(
    least(CASE WHEN t.start_timestamp >= '2015-01-01Z' THEN t.start_timestamp END, t.start_received_at),
    least(CASE WHEN t.stop_timestamp >= '2015-01-01Z' THEN t.stop_timestamp END, t.stop_received_at),
    t.created_at)"""
_FIRST_DAY: Final = f"({_FIRST} AT TIME ZONE 'UTC')::date"
_LAST_DAY: Final = (
    "(coalesce(greatest(t.start_received_at, t.stop_timestamp, t.stop_received_at), t.created_at) AT TIME ZONE 'UTC')"
    "::date"
)
_MOST: Final = MAX_RUNNING.days + 1
# Whatever of a transaction changed since the last look: it is open, or was then; readings of it came. One that is open
# and of which nothing was heard only grows by the time that went by.
_MARK_TRANSACTIONS: Final = f"""
WITH told AS MATERIALIZED (
    SELECT DISTINCT m.transaction AS id FROM chargers c CROSS JOIN LATERAL (
        SELECT v.transaction FROM meter_values v
        WHERE v.charger_id = c.id AND v.received_at >= $1 AND v.received_at <= $2 AND v.transaction IS NOT NULL) m),
known AS MATERIALIZED (SELECT transaction AS id FROM rollup_running),
concerned AS (
    SELECT t.id, true AS is_open FROM transactions t WHERE t.status = 'active'
    UNION SELECT k.id, true FROM known k
    UNION SELECT o.id, false FROM told o
        WHERE NOT EXISTS (SELECT FROM transactions a WHERE a.id = o.id AND a.status = 'active')
        AND NOT EXISTS (SELECT FROM known k WHERE k.id = o.id)),
spans AS (
    SELECT t.charger_id, {_FIRST_DAY} AS first_day, {_LAST_DAY} AS last_day,
        c.is_open OR t.status <> 'completed' AS is_open,
        t.status = 'active' AND t.updated_at < $1 AND EXISTS (SELECT FROM known k WHERE k.id = t.id)
            AND NOT EXISTS (SELECT FROM told o WHERE o.id = t.id) AS is_quiet
    FROM concerned c JOIN transactions t ON t.id = c.id)
INSERT INTO rollup_marks (organization_id, charger_id, first_day, last_day, charging, availability)
SELECT csms_organization(), s.charger_id,
    CASE WHEN s.is_quiet THEN greatest(s.first_day, $3::date) ELSE s.first_day END,
    least(CASE WHEN s.is_open THEN $4::date ELSE s.last_day END, s.first_day + {_MOST}), true, false
FROM spans s
WHERE CASE WHEN s.is_quiet THEN greatest(s.first_day, $3::date) ELSE s.first_day END
    <= least(CASE WHEN s.is_open THEN $4::date ELSE s.last_day END, s.first_day + {_MOST})
"""  # noqa: S608  (constants)
_REMEMBER_RUNNING: Final = """
WITH gone AS (
    DELETE FROM rollup_running r
    WHERE NOT EXISTS (SELECT FROM transactions t WHERE t.id = r.transaction AND t.status = 'active'))
INSERT INTO rollup_running (transaction, organization_id)
SELECT t.id, t.organization_id FROM transactions t WHERE t.status = 'active' ON CONFLICT DO NOTHING
"""
_MARK_TOLD: Final = f"""
INSERT INTO rollup_marks (organization_id, charger_id, first_day, last_day, charging, availability)
SELECT csms_organization(), t.charger_id, {_FIRST_DAY}, least({_LAST_DAY}, {_FIRST_DAY} + {_MOST}), true, false
FROM transactions t WHERE t.id = ANY($1::uuid[])
"""  # noqa: S608  (constants)
# A status of an earlier day; those of the same day are seen by the next sweep.
_MARK_STATUSES: Final = """
INSERT INTO rollup_marks (organization_id, charger_id, first_day, last_day, charging, availability)
SELECT csms_organization(), h.charger_id, (min(h.status_at) AT TIME ZONE 'UTC')::date, $4::date, false, true
FROM status_history h
WHERE h.received_at >= $1 AND h.received_at <= $2 AND h.status_at >= h.received_at - $3::interval
    AND (h.status_at AT TIME ZONE 'UTC')::date < (h.received_at AT TIME ZONE 'UTC')::date
GROUP BY h.charger_id
"""
_MARK_ALL: Final = """
INSERT INTO rollup_marks (organization_id, charger_id, first_day, last_day, charging, availability)
SELECT csms_organization(), c.id, $1::date, $2::date, $3, true FROM chargers c
WHERE c.retired_at IS NULL OR c.retired_at >= $1::date - 1
"""
_TAKE: Final = """
DELETE FROM rollup_marks WHERE id = ANY (ARRAY(SELECT m.id FROM rollup_marks m ORDER BY m.charger_id, m.id LIMIT $1))
RETURNING charger_id, first_day, last_day, charging, availability
"""
_NEXT: Final = """
SELECT c.id, (least(c.created_at, (SELECT min(t.created_at) FROM transactions t WHERE t.charger_id = c.id)
    - interval '1 day') AT TIME ZONE 'UTC')::date AS first_day
FROM chargers c WHERE c.id > $1 ORDER BY c.id LIMIT $2
"""

# -- facts

_TRANSACTIONS: Final = f"""
SELECT t.id, t.charger_id, t.evse_id, t.id_tag, t.status, t.meter_start, t.meter_stop, t.energy_wh, t.start_timestamp,
    t.stop_timestamp, t.start_received_at, t.stop_received_at, t.created_at
FROM transactions t
WHERE t.charger_id = ANY($1::text[]) AND t.created_at >= $2
    AND (t.status <> 'completed' OR greatest(t.stop_timestamp, t.stop_received_at) >= $3
        OR coalesce(t.stop_timestamp, t.stop_received_at) IS NULL)
    AND {_FIRST} < $4
"""  # noqa: S608  (constants)
_EVERY_CONNECTION: Final = """(SELECT p.charger_id, p.connected_at, p.ended_at FROM past_connections p
        UNION ALL SELECT o.charger_id, o.connected_at, NULL FROM charger_connections o
        WHERE o.online AND o.connected_at IS NOT NULL)"""
_CHARGERS: Final = f"""
SELECT c.id, c.created_at, c.retired_at,
    (SELECT min(h.connected_at) FROM {_EVERY_CONNECTION} h WHERE h.charger_id = c.id) AS first_connected
FROM chargers c WHERE c.id = ANY($1::text[])
"""  # noqa: S608  (constants)
_EVSES: Final = """
SELECT charger_id, evse_id, min(created_at) AS since FROM connectors
WHERE charger_id = ANY($1::text[]) AND evse_id > 0 GROUP BY 1, 2
"""
# A connection lasts no longer than its node is known to live.
_CONNECTIONS: Final = f"""
SELECT h.charger_id, h.connected_at, coalesce(h.ended_at, CASE WHEN l.online AND n.lease_until >= $4 THEN $3
    ELSE greatest(h.connected_at, coalesce(n.lease_until, l.seen_at)) END) AS ended_at
FROM unnest($1::text[]) c(id) CROSS JOIN LATERAL (
    (SELECT b.charger_id, b.connected_at, b.ended_at FROM {_EVERY_CONNECTION} b
     WHERE b.charger_id = c.id AND b.connected_at < $2 ORDER BY b.connected_at DESC LIMIT 1)
    UNION ALL
    (SELECT b.charger_id, b.connected_at, b.ended_at FROM {_EVERY_CONNECTION} b
     WHERE b.charger_id = c.id AND b.connected_at >= $2 AND b.connected_at < $3)) h
LEFT JOIN charger_connections l ON l.charger_id = h.charger_id
LEFT JOIN gateway_nodes n ON n.id = l.node_id
ORDER BY h.charger_id, h.connected_at
"""  # noqa: S608  (constants)
# Only of chargers that were ever out of order then; of the others there is nothing to work out.
_STATUSES: Final = """
WITH asked AS (SELECT h.charger_id, h.evse_id, h.connector_id, h.status, h.status_at, h.received_at
    FROM status_history h
    WHERE h.charger_id = ANY($1::text[]) AND h.received_at >= $2 AND h.received_at < $3
    UNION ALL
    SELECT k.charger_id, k.evse_id, k.connector_id, b.status, b.status_at, b.received_at
    FROM connectors k CROSS JOIN LATERAL (
        SELECT h.status, h.status_at, h.received_at FROM status_history h
        WHERE h.charger_id = k.charger_id AND h.evse_id = k.evse_id AND h.connector_id = k.connector_id
            AND h.received_at < $2 ORDER BY h.received_at DESC LIMIT 1) b
    WHERE k.charger_id = ANY($1::text[])),
judged AS (SELECT a.*, lower(a.status) IN ('faulted', 'unavailable') AS out_of_order,
    bool_or(lower(a.status) IN ('faulted', 'unavailable')) OVER (PARTITION BY a.charger_id) AS ever FROM asked a)
SELECT charger_id, evse_id, connector_id, out_of_order, status_at, received_at FROM judged WHERE ever
"""

FLEET: Final = ("energy_wh", "in_use_s", "started", "ended", "time_s", "watched_s", "online_s", "out_of_order_s")
ADD_TO_FLEET: Final = (
    f"INSERT INTO fleet_days AS f (organization_id, day, {', '.join(FLEET)})"  # noqa: S608  (columns of the table)
    f" VALUES (csms_organization(), $1, {', '.join(f'${number}' for number in range(2, 2 + len(FLEET)))})"
    " ON CONFLICT (organization_id, day) DO UPDATE SET "
    + ", ".join(
        f"{name} = (SELECT array_agg(u.a + u.b ORDER BY u.n) FROM unnest(f.{name}, excluded.{name})"  # noqa: S608
        " WITH ORDINALITY AS u(a, b, n))"
        for name in FLEET
    )
)
# Days of a clock that was ahead: nothing is left of them.
_EMPTY: Final = " AND ".join(f"{name}[96] = 0" for name in FLEET)
EMPTY_FLEET: Final = f"DELETE FROM fleet_days WHERE day = ANY($1::date[]) AND {_EMPTY}"  # noqa: S608


async def open_state(connection: asyncpg.Connection, now: datetime) -> Row:
    """How far it is; held until the end of the transaction, so that two workers never add up the same."""
    await connection.execute(_OPEN, now)
    found: Row = await connection.fetchrow(_STATE)
    return found


async def mark_transactions(connection: asyncpg.Connection, keys: Sequence[UUID]) -> None:
    """Something was told of transactions."""
    await connection.execute(_MARK_TOLD, keys)


async def mark(connection: asyncpg.Connection, since: datetime, now: datetime, looked: datetime) -> None:
    """What changed since the last look, but for what is told of in events."""
    await connection.execute(_MARK_TRANSACTIONS, since, now, looked.date(), now.date())
    await connection.execute(_REMEMBER_RUNNING)
    await connection.execute(_MARK_STATUSES, since, now, LATE, now.date())
    await connection.execute("UPDATE rollup_states SET read_until = $1", now)


async def mark_all(
    connection: asyncpg.Connection, first_day: date, last_day: date, now: datetime, *, charging: bool = False
) -> None:
    """How each charger was from one day to another, and what was charged there."""
    await connection.execute(_MARK_ALL, first_day, last_day, charging)
    await connection.execute("UPDATE rollup_states SET swept_until = $1", now)


async def take(connection: asyncpg.Connection, most: int) -> Sequence[Row]:
    """Some of the marks: they are gone with the transaction in which they are done."""
    found: Sequence[Row] = await connection.fetch(_TAKE, most)
    return found


async def next_chargers(connection: asyncpg.Connection, after: str, most: int) -> Sequence[Row]:
    """The chargers behind one, and when their history begins."""
    found: Sequence[Row] = await connection.fetch(_NEXT, after, most)
    return found


async def set_backfilled(connection: asyncpg.Connection, charger_id: str | None) -> None:
    """Up to which charger the history is worked out; None: up to the last."""
    await connection.execute("UPDATE rollup_states SET backfilled_to = $1", charger_id)


async def sessions(
    connection: asyncpg.Connection, chargers: Sequence[str], since: datetime, until: datetime, now: datetime
) -> dict[str, list[Session]]:
    """The transactions of chargers that may concern a time."""
    rows = await connection.fetch(_TRANSACTIONS, chargers, since - MAX_RUNNING - LEAD, since, until)
    if not rows:
        return {}
    registers = await registers_of(connection, rows, now)
    found: dict[str, list[Session]] = {}
    for row in rows:
        found.setdefault(row["charger_id"], []).append(session_of(row, registers[row["id"]], now))
    return found


async def beings(
    connection: asyncpg.Connection, chargers: Sequence[str], since: datetime, until: datetime, now: datetime
) -> dict[str, Being]:
    """What is known of how chargers were, from one day's beginning to another's end."""
    evses: dict[str, dict[int, int]] = {}
    connections: dict[str, list[Interval]] = {}
    statuses: dict[str, list[Told]] = {}
    for row in await connection.fetch(_EVSES, chargers):
        evses.setdefault(row["charger_id"], {})[row["evse_id"]] = second_of(row["since"])
    for row in await connection.fetch(_CONNECTIONS, chargers, since, until, now):
        part = (second_of(row["connected_at"]), second_of(row["ended_at"]))
        connections.setdefault(row["charger_id"], []).append(part)
    for row in await connection.fetch(_STATUSES, chargers, since - LATE, until + LATE):
        received_at = row["received_at"]
        at = second_of(usable_time(row["status_at"], received_at))
        told = Told(at, second_of(received_at), (row["evse_id"], row["connector_id"]), row["out_of_order"])
        statuses.setdefault(row["charger_id"], []).append(told)
    return {
        row["id"]: Being(
            second_of(row["created_at"]),
            None if row["retired_at"] is None else second_of(row["retired_at"]),
            evses.get(row["id"], {}),
            None if row["first_connected"] is None else second_of(row["first_connected"]),
            connections.get(row["id"], ()),
            statuses.get(row["id"], ()),
        )
        for row in await connection.fetch(_CHARGERS, chargers)
    }
