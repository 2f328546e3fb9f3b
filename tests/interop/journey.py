# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The journey of a charger that was written by others, and what has to be stored of it."""

from pathlib import Path

from tests.support.csms import Csms

SECRET = "correct horse battery staple"
# What a client is asked to do while it is connected: command, its answer, the outcome.
COMMANDS: tuple[tuple[dict[str, object], str], ...] = (
    ({"type": "clear_cache"}, "accepted"),
    ({"type": "get_configuration", "keys": ["HeartbeatInterval", "Nonsense"]}, "accepted"),
    ({"type": "change_configuration", "key": "HeartbeatInterval", "value": "60"}, "accepted"),
    ({"type": "change_availability", "connector_id": 2, "operative": False}, "accepted"),
    ({"type": "trigger_message", "message": "status_notification", "connector_id": 1}, "accepted"),
    ({"type": "unlock", "connector_id": 2}, "not_supported"),
    ({"type": "data_transfer", "vendor_id": "org.example", "data": "hello"}, "rejected"),
    ({"type": "reset", "kind": "soft"}, "accepted"),
)
ROOT = Path(__file__).resolve().parents[2]


async def prepare(csms: Csms) -> None:
    """A charger with a password, a tag."""
    await csms.charger("ALIEN", password=SECRET)
    await csms.token("TAG")


async def obeyed(csms: Csms) -> None:
    """Every command goes out, is understood, and comes back with its outcome."""
    for body, status in COMMANDS:
        row = await csms.command("ALIEN", body)
        assert row["status"] == status, (body, dict(row))


async def remembered(csms: Csms, number: int) -> None:
    """The whole journey is in the database: no message in error, nothing forgiven, the right energy."""
    row = await csms.transaction(number)
    assert (row["status"], row["id_tag"], row["authorization"]) == ("completed", "TAG", "accepted")
    assert (row["meter_start"], row["meter_stop"], row["energy_wh"]) == (1000, 8360, 7360)
    assert (row["reason"], list(row["flags"])) == ("Local", [])
    readings = await csms.rows("SELECT energy_wh FROM meter_values WHERE transaction = $1 ORDER BY 1", row["id"])
    assert [reading["energy_wh"] for reading in readings] == [3450, 6100]
    assert (await csms.row("SELECT status FROM connectors WHERE connector_id = 1"))["status"] == "available"
    assert await csms.rows("SELECT * FROM ocpp_messages WHERE outcome <> 'result'") == []
    assert await csms.rows("SELECT * FROM conformance_findings") == []
    actions = {row["action"] for row in await csms.rows("SELECT action FROM ocpp_messages WHERE direction = 'in'")}
    assert actions >= {
        "BootNotification",
        "StatusNotification",
        "Authorize",
        "StartTransaction",
        "MeterValues",
        "StopTransaction",
        "DataTransfer",
        "Heartbeat",
    }
