# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the chargers were told, beside what the database and the API know."""

from collections import Counter
from datetime import datetime
from random import Random
from typing import Any

import asyncpg

from csms.domain.metering import context_name
from tests.faults.fleet import Fact, Fleet, Session
from tests.faults.process import CsmsProcess

_READINGS = """
SELECT t.transaction_id AS number, m.charger_id, m.measured_at, m.energy_wh, m.context, count(*) AS n, m.flags
FROM meter_values m LEFT JOIN transactions t ON t.id = m.transaction GROUP BY 1, 2, 3, 4, 5, 7
"""
_LOG = "SELECT DISTINCT charger_id, message_id, action FROM ocpp_messages WHERE direction = 'in' AND outcome = 'result'"
_REFUSED = "SELECT charger_id, action, error_code, response FROM ocpp_messages WHERE outcome <> 'result'"
_STATUS = "SELECT charger_id, connector_id, status, status_at, count(*) AS n FROM status_history GROUP BY 1, 2, 3, 4"
_EVENTS = """
SELECT type, payload ->> 'transaction_id' AS number, count(*) AS n FROM outbox
WHERE type IN ('transaction_started', 'transaction_ended') GROUP BY 1, 2 HAVING count(*) > 1
"""
_SOME = 50


async def lost_in_database(sql: asyncpg.Connection, fleet: Fleet, *, unknown_commits: int = 0) -> list[str]:
    """Everything that is missing, wrong or there twice.

    `unknown_commits`: how often the database may have died between a commit and telling of it. Then the gateway commits
    again: transactions are the same as before, readings are rows twice, which whoever reads them takes for one.
    """
    facts = fleet.acknowledged
    return [
        *await _transactions(sql, facts),
        *await _readings(sql, facts, unknown_commits),
        *await _statuses(sql, facts),
        *await _messages(sql, facts),
        *[f"told twice: {dict(row)}" for row in await sql.fetch(_EVENTS)],
    ]


async def _transactions(sql: asyncpg.Connection, facts: list[Fact]) -> list[str]:
    rows = await sql.fetch("SELECT * FROM transactions")
    wrong = []
    by_number: dict[Any, asyncpg.Record] = {}
    for row in rows:
        if row["transaction_id"] in by_number:
            wrong.append(f"a number twice: {dict(row)}")
        by_number[row["transaction_id"]] = row
    started = [fact.session for fact in facts if fact.action == "StartTransaction" and fact.session]
    numbers = Counter(session.number for session in started)
    wrong += [f"the number {number} was given to {n} transactions" for number, n in numbers.items() if n > 1]
    wrong += [f"nobody was told of {dict(row)}" for number, row in by_number.items() if number not in numbers]
    stopped = {id(fact.session) for fact in facts if fact.action == "StopTransaction"}
    for session in started:
        row = by_number.get(session.number)
        if row is None:
            wrong.append(f"lost: {session}")
            continue
        wrong += _compared(
            row,
            charger_id=session.charger,
            connector_id=session.connector,
            meter_start=session.meter_start,
            start_timestamp=session.begun_at,
            authorization="accepted",
            flags=[],
        )
        if id(session) in stopped:
            wrong += _compared(
                row,
                status="completed",
                meter_stop=session.meter_stop,
                stop_timestamp=session.ended_at,
                energy_wh=_energy(session),
                reason="Local",
            )
        elif session.ended_at is None:
            wrong += _compared(row, status="active", meter_stop=None)
    return wrong


async def _readings(sql: asyncpg.Connection, facts: list[Fact], unknown_commits: int) -> list[str]:
    """A reading that was sent again may be there again (the API shows it once); one that was not, may not."""
    expected: dict[tuple[Any, ...], int] = {}
    for fact in facts:
        session = fact.session
        for value in fact.payload.get("meterValue", ()):
            expected[_key(session, value)] = fact.sent + unknown_commits
        for value in fact.payload.get("transactionData", ()):
            expected[_key(session, value)] = 1  # the stop that closes stores them, its repeats do not
    wrong = []
    for row in await sql.fetch(_READINGS):
        key = (row["number"], row["measured_at"], int(row["energy_wh"]), context_name(row["context"]))
        most = expected.pop(key, 0)
        if row["n"] > most:
            wrong.append(f"a reading {row['n']} times, {most} were told: {dict(row)}")
        if row["flags"]:
            wrong.append(f"a doubted reading: {dict(row)}")
    return wrong + [f"lost reading: {key}" for key in expected]


async def _statuses(sql: asyncpg.Connection, facts: list[Fact]) -> list[str]:
    expected = set()
    last: dict[tuple[str, int], str] = {}
    for fact in facts:
        if fact.action == "StatusNotification":
            connector, status = (fact.charger, fact.payload["connectorId"]), fact.payload["status"].lower()
            expected.add((*connector, status, datetime.fromisoformat(fact.payload["timestamp"])))
            last[connector] = status
    found = {(row[0], row[1], row[2], row[3]) for row in await sql.fetch(_STATUS)}
    now = {
        (row[0], row[1]): row[2] for row in await sql.fetch("SELECT charger_id, connector_id, status FROM connectors")
    }
    return [
        *[f"lost status: {key}" for key in expected - found],
        *[f"nobody was told of the status {key}" for key in found - expected],
        *[f"{key} is {now.get(key)}, not {status}" for key, status in last.items() if now.get(key) != status],
    ]


async def _messages(sql: asyncpg.Connection, facts: list[Fact]) -> list[str]:
    """The OCPP log is of the same transaction as the fact: so it has the very message that was answered."""
    logged = {(row[0], row[1], row[2]) for row in await sql.fetch(_LOG)}
    return [
        *[f"refused: {dict(row)}" for row in await sql.fetch(_REFUSED)],
        *[
            f"not in the OCPP log: {fact.charger} {fact.action} {fact.ids}"
            for fact in facts
            if not any((fact.charger, name, fact.action) in logged for name in fact.ids)
        ],
    ]


async def lost_in_api(csms: CsmsProcess, fleet: Fleet, sql: asyncpg.Connection) -> list[str]:
    """The same by the API: every transaction; the readings of some, and of all that have one twice, exactly once."""
    await csms.sign_in()
    shown = {item["transaction_id"]: item for item in await csms.all_of("/api/v1/transactions")}
    facts = fleet.acknowledged
    ended = [fact.session for fact in facts if fact.action == "StopTransaction" and fact.session]
    wrong = []
    for session in ended:
        item = shown.get(session.number)
        if item is None:
            wrong.append(f"not shown: {session}")
            continue
        wrong += _compared(
            item,
            charger_id=session.charger,
            status="completed",
            meter_start=session.meter_start,
            meter_stop=session.meter_stop,
            energy_wh=_energy(session),
        )
    twice = {row["number"] for row in await sql.fetch(_READINGS) if row["n"] > 1}
    known = [session for session in ended if session.number in shown]
    some = Random(1).sample(known, min(_SOME, len(known)))
    for session in [*some, *(session for session in known if session.number in twice)]:
        items = await csms.all_of(f"/api/v1/transactions/{session.number}/meter-values")
        periodic = sorted(item["energy_wh"] for item in items if item["context"] == "Sample.Periodic")
        if periodic != [register for _, register in session.readings]:
            wrong.append(f"shown as {periodic}: {session}")
    return wrong


def _compared(row: Any, **expected: Any) -> list[str]:
    found = {name: row[name] for name in expected}
    return [] if found == expected else [f"{row['transaction_id']} is {found}, not {expected}"]


def _energy(session: Session) -> int:
    assert session.meter_stop is not None
    return session.meter_stop - session.meter_start


def _key(session: Session | None, value: dict[str, Any]) -> tuple[Any, ...]:
    assert session is not None
    sample = value["sampledValue"][0]
    return session.number, datetime.fromisoformat(value["timestamp"]), int(sample["value"]), sample["context"]
