# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the database holds of a fleet, as plain values: for the checker, which knows no SQL."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from csms.domain.metering import context_name
from tests.faults.fleet import VENDOR
from tests.faults.history import History

_TRANSACTIONS = """
SELECT coalesce(charger_ref, transaction_id::text) AS name, charger_id, evse_id, transaction_id, status, "authorization",
    meter_start, meter_stop, energy_wh, start_timestamp, stop_timestamp, reason, flags
FROM transactions WHERE $1::timestamptz IS NULL OR start_timestamp >= $1 OR stop_timestamp >= $1
    OR coalesce(charger_ref, transaction_id::text) = ANY($2)
"""
_READINGS = """
SELECT coalesce(t.charger_ref, t.transaction_id::text) AS name, m.measured_at, m.energy_wh, m.context, m.flags,
    count(*) AS n
FROM meter_values m LEFT JOIN transactions t ON t.id = m.transaction
WHERE m.charger_id = ANY($2) AND ($1::timestamptz IS NULL OR m.measured_at >= $1) GROUP BY 1, 2, 3, 4, 5
"""
_STATUSES = """
SELECT DISTINCT charger_id, evse_id, status, status_at FROM status_history
WHERE charger_id = ANY($2) AND ($1::timestamptz IS NULL OR status_at >= $1)
"""
_LOG = """
SELECT DISTINCT charger_id, message_id, action FROM ocpp_messages
WHERE direction = 'in' AND outcome = 'result' AND message_id = ANY($1)
"""
_REFUSED = """
SELECT charger_id, action, error_code, response FROM ocpp_messages
WHERE outcome <> 'result' AND direction = 'in' AND charger_id = ANY($1)
"""
_EVENTS = """
SELECT type, payload ->> 'id' AS id, count(*) AS n FROM outbox
WHERE type IN ('transaction_started', 'transaction_ended') GROUP BY 1, 2 HAVING count(*) > 1
"""
_COMMANDS = """
SELECT id::text, charger_id, body ->> 'data' AS key, status, expires_at FROM commands
WHERE type = 'data_transfer' AND body ->> 'vendor_id' = $1
"""


@dataclass(frozen=True)
class Transaction:
    """A row of transactions. `name`: the charger's in 2.x, the number in 1.6."""

    name: str | None
    charger: str
    connector: int
    number: int | None
    status: str
    authorization: str
    meter_start: Any
    meter_stop: Any
    energy_wh: Any
    started_at: datetime | None
    stopped_at: datetime | None
    reason: str | None
    flags: tuple[str, ...]


@dataclass(frozen=True)
class MeterRow:
    """Equal rows of readings, and how many they are."""

    name: str | None
    at: datetime
    energy_wh: int
    context: str
    count: int
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A row of commands."""

    id: str
    charger: str
    key: str
    status: str
    expires_at: datetime


@dataclass
class Stored:
    """All that the checker looks at."""

    transactions: list[Transaction] = field(default_factory=list)
    readings: list[MeterRow] = field(default_factory=list)
    statuses: set[tuple[str, int, str, datetime]] = field(default_factory=set)
    connectors: dict[tuple[str, int], str] = field(default_factory=dict)
    logged: set[tuple[str, str, str]] = field(default_factory=set)  # charger, message id, action: answered by a result
    refused: list[str] = field(default_factory=list)
    told_twice: list[str] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)


async def read(sql: asyncpg.Connection, history: History, *, whole: bool) -> Stored:
    """All that there is, or what a part of a history is about."""
    since = None if whole else _earliest(history)
    facts = history.facts
    chargers = sorted({fact.charger for fact in [*facts, *history.in_hand]})
    names = sorted({fact.session.name or "" for fact in facts if fact.session})
    ids = [name for fact in facts for name in fact.ids]
    return Stored(
        transactions=[_transaction(row) for row in await sql.fetch(_TRANSACTIONS, since, names)],
        readings=[
            MeterRow(row[0], row[1], int(row[2]), context_name(row[3]), row["n"], tuple(row["flags"] or ()))
            for row in await sql.fetch(_READINGS, since, chargers)
        ],
        statuses={tuple(row) for row in await sql.fetch(_STATUSES, since, chargers)},
        connectors={
            (row[0], row[1]): row[2] for row in await sql.fetch("SELECT charger_id, evse_id, status FROM connectors")
        },
        logged={tuple(row) for row in await sql.fetch(_LOG, ids)},
        refused=[str(dict(row)) for row in await sql.fetch(_REFUSED, chargers)],
        told_twice=[str(dict(row)) for row in await sql.fetch(_EVENTS)],
        commands=[Command(*row) for row in await sql.fetch(_COMMANDS, VENDOR)],
    )


def _earliest(history: History) -> datetime | None:
    times = [reading.at for fact in history.facts for reading in fact.readings]
    times += [fact.at for fact in history.facts if fact.at is not None]
    return min(times, default=None)


def _transaction(row: asyncpg.Record) -> Transaction:
    *values, flags = row
    return Transaction(*values, tuple(flags))
