# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the transactions feature under the gateway's role: sets in, sets out, meter rows by COPY."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from csms.domain.metering import Reading
from csms.domain.transactions import Register
from csms.kit.db.ingest import NULL, PARTITION_MONTH, Unit, escaped, moment, spelled

Row: TypeAlias = Mapping[str, Any]

_NUMBERS = "SELECT nextval('transaction_number_seq') FROM generate_series(1, $1)"
_START = """
INSERT INTO transactions (id, organization_id, charger_id, charger_name, evse_id, connector_id, transaction_id, id_tag,
    "authorization", meter_start, start_timestamp, start_received_at, status, flags, reservation_id, created_at,
    updated_at)
SELECT n.id, n.org, n.charger, c.name, n.evse, n.connector, n.number, n.tag, n.auth, n.meter, n.at, $13, 'active',
    string_to_array(n.flags, ','), n.reservation, $13, $13
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::int[], $6::int[], $7::text[], $8::text[], $9::numeric[],
    $10::timestamptz[], $11::text[], $12::int[])
    AS n(id, org, charger, evse, connector, number, tag, auth, meter, at, flags, reservation)
JOIN chargers c ON c.id = n.charger
ON CONFLICT DO NOTHING
RETURNING id, charger_id, connector_id, transaction_id
"""
_SAME_START = """
SELECT t.id, t.charger_id, t.transaction_id FROM transactions t
JOIN unnest($1::text[], $2::int[], $3::text[], $4::timestamptz[], $5::numeric[])
    AS n(charger, connector, tag, at, meter)
  ON t.charger_id = n.charger AND t.connector_id = n.connector AND t.id_tag IS NOT DISTINCT FROM n.tag
 AND t.start_timestamp IS NOT DISTINCT FROM n.at AND t.meter_start IS NOT DISTINCT FROM n.meter
WHERE t.transaction_id IS NOT NULL AND (t.start_timestamp >= '2015-01-01Z' OR t.status = 'active')
"""
# An EVSE holds one transaction: an older one that is still open was not ended in order.
_SUPERSEDE = """
UPDATE transactions t SET status = 'suspect', flags = array_append(t.flags, 'stale'), updated_at = $4
FROM unnest($1::text[], $2::int[], $3::uuid[]) AS n(charger, evse, id)
WHERE t.charger_id = n.charger AND t.evse_id = n.evse AND t.status = 'active' AND t.id <> n.id
"""
_STALE = """
UPDATE transactions t SET status = 'suspect', flags = array_append(t.flags, 'stale'), updated_at = $3
FROM unnest($1::text[], $2::int[], $5::int[], $4::timestamptz[]) AS n(charger, evse, connector, at)
WHERE t.charger_id = n.charger AND t.evse_id = n.evse AND t.connector_id = n.connector AND t.status = 'active'
  AND (n.at IS NULL OR n.at < '2015-01-01Z' OR t.start_timestamp IS NULL OR n.at >= t.start_timestamp)
"""
_ALIVE = """
UPDATE transactions SET status = 'active', flags = array_remove(flags, 'stale'), updated_at = $2
WHERE id = ANY($1::uuid[]) AND status = 'suspect' AND NOT EXISTS (
    SELECT FROM transactions n WHERE n.charger_id = transactions.charger_id AND n.status = 'active'
      AND n.evse_id = transactions.evse_id)
"""
_BY_NUMBER = """
SELECT id, organization_id, charger_id, evse_id, connector_id, transaction_id, id_tag, meter_start, meter_stop,
    start_timestamp, stop_timestamp, start_received_at, stop_received_at, status, flags, reason, energy_wh,
    closed_at
FROM transactions WHERE transaction_id = ANY($1::int[])
"""
# What every meter reading asks for; the wide row above costs three times as much to fetch.
_HOLDERS = "SELECT id, charger_id, transaction_id, status FROM transactions WHERE transaction_id = ANY($1::int[])"
_ACTIVE = """
SELECT t.id, t.charger_id, t.evse_id FROM transactions t
JOIN unnest($1::text[], $2::int[]) AS n(charger, evse) ON t.charger_id = n.charger AND t.evse_id = n.evse
WHERE t.status = 'active'
"""
_REGISTERS = """
SELECT transaction, measured_at, energy_wh FROM meter_values
WHERE transaction = ANY($1::uuid[]) AND received_at >= $2 AND energy_wh IS NOT NULL
ORDER BY transaction, received_at
"""
_END = """
UPDATE transactions t SET status = 'completed', meter_stop = n.meter, stop_timestamp = n.at, stop_received_at = $8,
    reason = n.reason, stop_id_tag = n.tag, energy_wh = n.energy, flags = string_to_array(n.flags, ','),
    updated_at = $8
FROM unnest($1::uuid[], $2::numeric[], $3::timestamptz[], $4::text[], $5::text[], $6::numeric[], $7::text[])
    AS n(id, meter, at, reason, tag, energy, flags)
WHERE t.id = n.id
"""
_ENERGY = """
UPDATE transactions t SET energy_wh = n.energy, flags = string_to_array(n.flags, ','), updated_at = $4
FROM unnest($1::uuid[], $2::numeric[], $3::text[]) AS n(id, energy, flags) WHERE t.id = n.id
"""
_UNKNOWN_STOP = """
INSERT INTO transactions (id, organization_id, charger_id, charger_name, evse_id, connector_id, reported_ref,
    "authorization", meter_stop, stop_timestamp, stop_received_at, stop_id_tag, reason, status, flags, created_at,
    updated_at)
SELECT n.id, n.org, n.charger, c.name, 0, 0, n.ref, 'unknown', n.meter, n.at, $10, n.tag, n.reason, 'completed',
    string_to_array(n.flags, ','), $10, $10
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::numeric[], $6::timestamptz[], $7::text[], $8::text[],
    $9::text[]) AS n(id, org, charger, ref, meter, at, tag, reason, flags)
JOIN chargers c ON c.id = n.charger
ON CONFLICT DO NOTHING
RETURNING id, charger_id
"""
_METER_COLUMNS = (
    "organization_id",
    "charger_id",
    "evse_id",
    "connector_id",
    "transaction",
    "reported_ref",
    "received_at",
    "measured_at",
    "context",
    "energy_wh",
    "codes",
    "values",
    "raw",
    "flags",
)


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


async def number_key(connection: asyncpg.Connection) -> int:
    """The key that the installation permutes its transaction numbers with."""
    key: int = await connection.fetchval("SELECT transaction_number_key FROM installation")
    return key


async def draw_numbers(unit: Unit, count: int) -> list[int]:
    """The next numbers of the sequence."""
    return [row[0] for row in await unit.connection.fetch(_NUMBERS, count)]


async def start(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> dict[str, Row]:
    """Insert starts; returns those that were new, by charger id."""
    found = await unit.connection.fetch(_START, *_columns(rows, 12), unit.now)
    return {row["charger_id"]: row for row in found}


async def same_start(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> dict[str, Row]:
    """Transactions that were started by the same facts: rows of (charger, connector, tag, at, meter)."""
    return {row["charger_id"]: row for row in await unit.connection.fetch(_SAME_START, *_columns(rows, 5))}


async def supersede(unit: Unit, rows: Sequence[tuple[str, int, UUID]]) -> None:
    """Doubt what was still open where these began."""
    await unit.connection.execute(_SUPERSEDE, *_columns(rows, 3), unit.now)


async def mark_stale(unit: Unit, rows: Sequence[tuple[str, int, int, datetime | None]]) -> None:
    """Doubt what is still open on connectors that say they are available, and have said so since it began."""
    charger, evse, connector, at = _columns(rows, 4)
    await unit.connection.execute(_STALE, charger, evse, unit.now, at, connector)


async def mark_alive(unit: Unit, ids: Sequence[UUID]) -> None:
    """Readings came after all: believe again."""
    await unit.connection.execute(_ALIVE, ids, unit.now)


async def by_number(unit: Unit, numbers: Sequence[int]) -> dict[int, Row]:
    """Transactions by the number we issued."""
    if not numbers:
        return {}
    return {row["transaction_id"]: row for row in await unit.connection.fetch(_BY_NUMBER, numbers)}


async def holders(unit: Unit, numbers: Sequence[int]) -> dict[int, Row]:
    """Whose transactions those are and how they stand, by the number we issued."""
    if not numbers:
        return {}
    return {row["transaction_id"]: row for row in await unit.connection.fetch(_HOLDERS, numbers)}


async def active_on(unit: Unit, pairs: Sequence[tuple[str, int]]) -> dict[tuple[str, int], UUID]:
    """The open transaction of each EVSE that has exactly one."""
    if not pairs:
        return {}
    found: dict[tuple[str, int], list[UUID]] = {}
    for row in await unit.connection.fetch(_ACTIVE, *_columns(pairs, 2)):
        found.setdefault((row["charger_id"], row["evse_id"]), []).append(row["id"])
    return {pair: ids[0] for pair, ids in found.items() if len(ids) == 1}


async def registers(unit: Unit, ids: Sequence[UUID], since: datetime) -> dict[UUID, list[Register]]:
    """The register history of transactions, as received."""
    found: dict[UUID, list[Register]] = {}
    for row in await unit.connection.fetch(_REGISTERS, ids, since):
        found.setdefault(row["transaction"], []).append(Register(row["measured_at"], row["energy_wh"]))
    return found


async def end(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> None:
    """Close transactions: rows of (id, meter, at, reason, tag, energy, flags)."""
    await unit.connection.execute(_END, *_columns(rows, 7), unit.now)


async def set_energy(unit: Unit, rows: Sequence[tuple[UUID, Decimal | None, str]]) -> None:
    """Correct the energy of closed transactions by readings that came late."""
    await unit.connection.execute(_ENERGY, *_columns(rows, 3), unit.now)


async def unknown_stop(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> frozenset[UUID]:
    """Keep stops of transactions we never started; returns the ids of those that were new."""
    return frozenset(row["id"] for row in await unit.connection.fetch(_UNKNOWN_STOP, *_columns(rows, 9), unit.now))


async def write_meters(unit: Unit, rows: Sequence[bytes]) -> None:
    """COPY readings into this month's partition."""
    await unit.copy_text("meter_values", PARTITION_MONTH, _METER_COLUMNS, rows)


def meter_row(
    organization: UUID,
    charger: str,
    evse: int,
    connector: int,
    transaction: UUID | None,
    reported_ref: str | None,
    received_at: datetime,
    reading: Reading,
    flags: tuple[str, ...],
) -> bytes:
    """A reading as a line of COPY in text format, at half the cost of the binary one (numbers digit by digit)."""
    samples = reading.samples
    raw = [sample.raw for sample in samples]
    doubts = (*reading.flags, *flags)
    cells = (
        spelled(organization),
        escaped(charger),
        str(evse),
        str(connector),
        NULL if transaction is None else spelled(transaction),
        NULL if reported_ref is None else escaped(reported_ref),
        moment(received_at),
        NULL if reading.at is None else reading.at.isoformat(),
        str(reading.context),
        NULL if reading.energy_wh is None else str(reading.energy_wh),
        "{" + ",".join([spelled(sample.code) for sample in samples]) + "}",
        "{" + ",".join([str(sample.value) for sample in samples]) + "}",
        NULL if raw.count(None) == len(raw) else _array(raw),
        _array(doubts) if doubts else NULL,
    )
    return ("\t".join(cells) + "\n").encode()


def _array(items: Sequence[str | None]) -> str:
    """An array of texts as PostgreSQL reads it (Arrays, §8.15.6), as COPY wants it."""
    quoted = ["NULL" if item is None else '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items]
    return escaped("{" + ",".join(quoted) + "}")
