# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of numbered transactions (2.x) under the gateway's role: sets in, sets out."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from csms.features.transactions.ingest import Row
from csms.kit.db.ingest import Unit

# `seen`: this number was told before; `pieces`: in how many stretches the numbers come with this one; `begun`: never
# here, see csms.features.transactions.numbered.
_FIND: Final = """
SELECT t.id, t.organization_id, t.charger_id, t.evse_id, t.connector_id, t.transaction_id, t.id_tag, t.meter_start,
    t.meter_stop, t.start_timestamp, t.stop_timestamp, t.start_received_at, t.stop_received_at, t.status, t.flags,
    t.reason, t.energy_wh, t.total_cost, t.closed_at, t."authorization", coalesce(t.seq_seen @> n.seq, false) AS seen,
    false AS begun,
    (SELECT count(*) FROM unnest(coalesce(t.seq_seen, '{}') + int8multirange(int8range(n.seq, n.seq + 1)))) AS pieces
FROM transactions t
JOIN unnest($1::text[], $2::text[], $3::bigint[]) AS n(charger, ref, seq)
  ON t.charger_id = n.charger AND t.charger_ref = n.ref
"""
_BEGIN: Final = """
INSERT INTO transactions (id, organization_id, charger_id, charger_name, evse_id, connector_id, transaction_id,
    charger_ref, id_tag, "authorization", start_timestamp, meter_start, start_received_at, status, flags, phase,
    token_type, remote_start_id, reservation_id, seq_seen, created_at, updated_at)
SELECT n.id, n.org, n.charger, c.name, n.evse, n.connector, n.number, n.ref, n.tag, n.auth, n.at, n.meter, $18,
    'active', string_to_array(n.flags, ','), n.phase, n.token_type, n.remote, n.reservation,
    int8multirange(int8range(n.seq, n.seq + 1)), $18, $18
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::int[], $6::int[], $7::text[], $8::text[], $9::text[],
    $10::timestamptz[], $11::numeric[], $12::text[], $13::text[], $14::text[], $15::int[], $16::int[], $17::bigint[])
    AS n(id, org, charger, evse, connector, number, ref, tag, auth, at, meter, flags, phase, token_type, remote,
    reservation, seq)
JOIN chargers c ON c.id = n.charger
ON CONFLICT (charger_id, charger_ref) WHERE charger_ref IS NOT NULL DO NOTHING
RETURNING charger_id
"""
# One write for all that an event says: each costs the end of a transaction a place in two dozen indexes.
_TAKE: Final = """
UPDATE transactions t SET
    seq_seen = coalesce(t.seq_seen, '{}') + int8multirange(int8range(n.seq, n.seq + 1)),
    evse_id = CASE WHEN n.evse > 0 THEN n.evse ELSE t.evse_id END,
    connector_id = CASE WHEN n.connector > 0 THEN n.connector ELSE t.connector_id END,
    phase = CASE WHEN n.newest THEN coalesce(n.phase, t.phase) ELSE t.phase END,
    id_tag = coalesce(t.id_tag, n.tag),
    "authorization" = coalesce(n.auth, t."authorization"),
    token_type = coalesce(t.token_type, n.token_type),
    remote_start_id = coalesce(t.remote_start_id, n.remote),
    reservation_id = coalesce(t.reservation_id, n.reservation),
    start_timestamp = CASE WHEN n.started THEN n.at ELSE t.start_timestamp END,
    meter_start = CASE WHEN n.started THEN n.meter ELSE t.meter_start END,
    status = CASE WHEN n.ended THEN 'completed' WHEN t.status = 'suspect' THEN 'active' ELSE t.status END,
    meter_stop = CASE WHEN n.ended THEN n.meter ELSE t.meter_stop END,
    stop_timestamp = CASE WHEN n.ended THEN n.at ELSE t.stop_timestamp END,
    stop_received_at = CASE WHEN n.ended THEN $20 ELSE t.stop_received_at END,
    reason = CASE WHEN n.ended THEN n.reason ELSE t.reason END,
    stop_id_tag = CASE WHEN n.ended THEN n.stop_tag ELSE t.stop_id_tag END,
    energy_wh = CASE WHEN n.ended THEN n.energy ELSE t.energy_wh END,
    flags = string_to_array(n.flags, ','),
    updated_at = $20
FROM unnest($1::uuid[], $2::bigint[], $3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[],
    $10::int[], $11::timestamptz[], $12::numeric[], $13::bool[], $14::bool[], $15::text[], $16::bool[], $17::text[],
    $18::text[], $19::numeric[])
    AS n(id, seq, evse, connector, phase, tag, auth, token_type, remote, reservation, at, meter, started, newest,
    flags, ended, reason, stop_tag, energy)
WHERE t.id = n.id
"""
_EVENTS: Final = """
INSERT INTO transaction_events (transaction, seq_no, organization_id, stage, trigger, phase, id_tag, offline, details,
    at, received_at)
SELECT n.*, $11
FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[],
    $9::jsonb[], $10::timestamptz[]) AS n
ON CONFLICT DO NOTHING
"""


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def find(unit: Unit, rows: Sequence[tuple[str, str, int]]) -> dict[str, Row]:
    """The transactions that (charger, name, number) are about, by charger."""
    return {row["charger_id"]: row for row in await unit.connection.fetch(_FIND, *_columns(rows))}


async def begin(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> frozenset[str]:
    """Insert them with all that their first event says; returns the chargers of those that were new.

    Rows of (id, organization, charger, evse, connector, number, name, token, authorization, time, register, flags,
    phase, type of the token, remote start, reservation, number of the event).
    """
    found = await unit.connection.fetch(_BEGIN, *_columns(rows), unit.now)
    return frozenset(row["charger_id"] for row in found)


async def take(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> None:
    """What events change: see the statement for the order of the columns."""
    if rows:
        await unit.connection.execute(_TAKE, *_columns(rows), unit.now)


async def add_events(unit: Unit, rows: Sequence[tuple[UUID, ...]]) -> None:
    """Keep events; one that was told before stays as it is."""
    if rows:
        await unit.connection.execute(_EVENTS, *_columns(rows), unit.now)
