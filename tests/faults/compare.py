# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the chargers of a fleet were told, beside what the database and the API know."""

from collections.abc import Iterator
from random import Random
from typing import Any

import asyncpg

from tests.faults.checker import check
from tests.faults.fleet import Fleet
from tests.faults.history import STOP, Session
from tests.faults.process import CsmsProcess
from tests.faults.stored import read
from tests.faults.words import PERIODIC

_TWICE = """
SELECT DISTINCT t.id::text FROM meter_values m JOIN transactions t ON t.id = m.transaction
GROUP BY t.id, m.measured_at, m.energy_wh, m.context HAVING count(*) > 1
"""
_SOME = 50


async def lost_in_database(sql: asyncpg.Connection, fleet: Fleet, *, unknown_commits: int = 0) -> list[str]:
    """Everything that is missing, wrong or there twice, once the fleet has told all."""
    history = fleet.history()
    history.errors = []  # the caller asks for them
    stored = await read(sql, history, whole=True)
    return [str(found) for found in check(history, stored, whole=True, unknown_commits=unknown_commits)]


async def lost_in_api(csms: CsmsProcess, fleet: Fleet, sql: asyncpg.Connection) -> list[str]:
    """The same by the API: every transaction; the readings of some, and of all that have one twice, exactly once."""
    await csms.sign_in()
    shown: dict[str | None, Any] = {_name(item): item for item in await csms.all_of("/api/v1/transactions")}
    sessions = [fact.session for fact in fleet.acknowledged if fact.kind == STOP and fact.session]
    wrong = [line for session in sessions for line in _differs(session, shown.get(session.name))]
    known = {shown[session.name]["id"]: session for session in sessions if session.name in shown}
    some = Random(1).sample(sorted(known), min(_SOME, len(known)))
    twice = [row[0] for row in await sql.fetch(_TWICE) if row[0] in known]
    for row_id in dict.fromkeys([*some, *twice]):
        session = known[row_id]
        items = await csms.all_of(f"/api/v1/transactions/{row_id}/meter-values")
        periodic = sorted(item["energy_wh"] for item in items if item["context"] == PERIODIC)
        if periodic != [register for _, register in session.readings]:
            wrong.append(f"shown as {periodic}: {session}")
    return wrong


def _name(item: dict[str, Any]) -> str:
    return item["charger_ref"] or str(item["transaction_id"])


def _differs(session: Session, item: dict[str, Any] | None) -> Iterator[str]:
    if item is None:
        yield f"not shown: {session}"
        return
    expected = {
        "charger_id": session.charger,
        "status": "completed",
        "meter_start": session.meter_start,
        "meter_stop": session.meter_stop,
        "energy_wh": session.energy_wh,
    }
    found = {name: item[name] for name in expected}
    if found != expected:
        yield f"{session.name} is {found}, not {expected}"
