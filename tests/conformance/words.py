# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the certification cases look at in the database."""

from typing import Any

from tests.support.csms import Csms
from tests.support.eventually import eventually

ACCEPTED = {"status": "Accepted"}
NEVER = "2099-01-01T00:00:00Z"


def at(minute: int, hour: int = 10) -> str:
    """A time of the charger's."""
    return f"2026-11-23T{hour:02}:{minute:02}:00Z"


async def connector(csms: Csms, number: int = 1) -> str:
    """The stored status of a connector of CP1."""
    query = "SELECT status FROM connectors WHERE charger_id = 'CP1' AND connector_id = $1"
    status: str = (await csms.row(query, number))["status"]
    return status


async def history(csms: Csms, number: int = 1) -> list[str]:
    """All statuses of a connector of CP1 as they came."""
    query = "SELECT status FROM status_history WHERE connector_id = $1 ORDER BY received_at"
    return [row["status"] for row in await csms.rows(query, number)]


async def facts(csms: Csms, number: int | None = None) -> dict[str, Any]:
    """What a case wants to know of a transaction."""
    row = await csms.transaction(number)
    names = ("status", "id_tag", "authorization", "meter_start", "meter_stop", "energy_wh", "reason")
    return {name: row[name] for name in names} | {"flags": list(row["flags"])}


async def answered(csms: Csms, direction: str = "in") -> list[tuple[str, str]]:
    """Actions of the kept messages with how they ended, as they came."""
    query = "SELECT action, outcome FROM ocpp_messages WHERE direction = $1 ORDER BY received_at"
    return [(row["action"], row["outcome"]) for row in await csms.rows(query, direction)]


async def outcome(csms: Csms, body: dict[str, Any]) -> tuple[str, str | None]:
    """Issue a command to CP1: status and reason of its row."""
    row = await csms.command("CP1", body)
    stored = await csms.row("SELECT status, reason, result FROM commands WHERE id = $1", row["id"])
    assert (stored["status"], stored["result"]) == (row["status"], row["result"])
    return row["status"], row["reason"]


async def progress(csms: Csms, kind: str) -> str:
    """How far CP1 said last that it is."""
    row = await csms.row("SELECT details ->> $1 AS status FROM chargers", f"{kind}_status")
    status: str = row["status"]
    return status


async def eventually_row(csms: Csms, query: str, *arguments: Any) -> Any:
    """The one row of a query, once it is there: what follows from an event comes soon after."""

    async def found() -> bool:
        return len(await csms.rows(query, *arguments)) == 1

    await eventually(found)
    return await csms.row(query, *arguments)
