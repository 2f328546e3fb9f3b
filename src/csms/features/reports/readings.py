# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The readings of transactions, read once: what is needed of those that run is kept until the next turn of the worker.

A transaction of days has tens of thousands of readings. To read all of them every five minutes, for a fleet, would be
more work than to store them.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from csms.domain.transactions import Register
from csms.features.reports.registers import Registers
from csms.features.reports.rules import start_of

OVERLAP: Final = timedelta(minutes=1)
"""Facts bear the time at which they began to be written."""
_AT_ONCE: Final = 500
LEAD: Final = timedelta(days=1)  # a transaction is written down after it began, but for clocks
# Of each transaction by itself: the readings of a whole fleet are not sorted in one statement.
_ALL: Final = """
SELECT a.id, m.measured_at, m.energy_wh, m.received_at FROM unnest($1::uuid[]) a(id) CROSS JOIN LATERAL (
    SELECT v.measured_at, v.energy_wh, v.received_at FROM meter_values v
    WHERE v.transaction = a.id AND v.received_at >= $2 AND v.energy_wh IS NOT NULL
    ORDER BY v.received_at, v.measured_at, v.energy_wh) m
"""
_NEW: Final = """
SELECT a.id, m.measured_at, m.energy_wh, m.received_at
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) a(id, charger_id, since) CROSS JOIN LATERAL (
    SELECT v.measured_at, v.energy_wh, v.received_at FROM meter_values v
    WHERE v.charger_id = a.charger_id AND v.received_at >= a.since AND v.transaction = a.id AND v.energy_wh IS NOT NULL
    ORDER BY v.received_at, v.measured_at, v.energy_wh) m
"""
# Not what was kept by a clock that was ahead.
_KEPT: Final = """
SELECT transaction, read_until, measured_at, energy_wh, told_at FROM rollup_running
WHERE transaction = ANY($1::uuid[]) AND read_until <= $2
"""
_KEEP: Final = """
UPDATE rollup_running SET read_until = $2, measured_at = $3, energy_wh = $4, told_at = $5 WHERE transaction = $1
"""
Row = Mapping[str, Any]


async def registers_of(
    connection: asyncpg.Connection, rows: Sequence[Row], now: datetime
) -> dict[UUID, Sequence[Register]]:
    """Of each transaction as many readings as its quarter hours need."""
    kept = {row["transaction"]: row for row in await connection.fetch(_KEPT, [row["id"] for row in rows], now)}
    until = now - OVERLAP
    found = {row["id"]: Registers(start_of(row), _unpacked(kept.get(row["id"])), until) for row in rows}
    first = min(row["start_received_at"] or row["created_at"] for row in rows) - LEAD
    new = [row["id"] for row in rows if row["id"] not in kept]
    async for key, reading in _read(connection, _ALL, new, first):
        found[key].add(reading)
    told = set(new)
    old = [(row["id"], row["charger_id"], kept[row["id"]]["read_until"]) for row in rows if row["id"] in kept]
    async for key, reading in _read(connection, _NEW, *([each[number] for each in old] for number in range(3))):
        found[key].add(reading)
        told.add(key)
    running = {row["id"] for row in rows if row["status"] == "active"}
    keep = [(key, until, *_packed(found[key].settled)) for key in running & told if not found[key].odd]
    await connection.executemany(_KEEP, keep)
    whole: dict[UUID, list[Register]] = {key: [] for key, registers in found.items() if registers.incomplete}
    async for key, reading in _read(connection, _ALL, list(whole), first):
        whole[key].append(reading)
    return {key: whole.get(key, registers.kept) for key, registers in found.items()}


async def _read(
    connection: asyncpg.Connection, statement: str, keys: Sequence[UUID], *arguments: Any
) -> AsyncIterator[tuple[UUID, Register]]:
    if not keys:
        return
    async for key, at, wh, told_at in connection.cursor(statement, keys, *arguments, prefetch=_AT_ONCE):
        yield key, Register(at, wh, told_at)


def _packed(readings: Sequence[Register]) -> tuple[list[Any], ...]:
    return tuple([getattr(each, name) for each in readings] for name in ("at", "wh", "told_at"))


def _unpacked(row: Row | None) -> list[Register]:
    if row is None:
        return []
    return [Register(*each) for each in zip(row["measured_at"], row["energy_wh"], row["told_at"], strict=True)]
