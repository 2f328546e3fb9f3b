# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The journey of a 2.x charger that was written by others, and what has to be stored of it."""

from tests.support.csms import Csms

REF = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
COMMANDS: tuple[tuple[dict[str, object], str], ...] = (
    ({"type": "clear_cache"}, "accepted"),
    ({"type": "get_configuration", "keys": ["OCPPCommCtrlr.HeartbeatInterval"]}, "accepted"),
    ({"type": "change_configuration", "key": "OCPPCommCtrlr.HeartbeatInterval", "value": "60"}, "accepted"),
    ({"type": "change_availability", "connector_id": 2, "operative": False}, "accepted"),
    ({"type": "trigger_message", "message": "status_notification", "connector_id": 1}, "accepted"),
    ({"type": "unlock", "connector_id": 1}, "rejected"),
    ({"type": "get_base_report", "base": "summary_inventory"}, "accepted"),
    ({"type": "data_transfer", "vendor_id": "org.example", "data": {"any": "thing"}}, "rejected"),
    ({"type": "reset", "kind": "soft"}, "accepted"),
)


async def obeyed(csms: Csms) -> None:
    """Every command goes out, is understood, and comes back with its outcome."""
    for body, status in COMMANDS:
        row = await csms.command("ALIEN", body)
        assert row["status"] == status, (body, dict(row))


async def remembered(csms: Csms) -> None:
    """The whole journey is in the database: no message in error, nothing forgiven, the right energy."""
    row = await csms.transaction()
    assert (row["status"], row["charger_ref"], row["id_tag"]) == ("completed", REF, "TAG")
    assert (row["meter_start"], row["meter_stop"], row["energy_wh"]) == (1000, 8360, 7360)
    assert (row["reason"], list(row["flags"])) == ("Remote", [])
    assert (await csms.row("SELECT status FROM connectors WHERE evse_id = 1"))["status"] == "available"
    (report,) = await csms.rows("SELECT status FROM charger_reports")
    assert report["status"] == "complete"
    (value,) = await csms.rows("SELECT value FROM configurations WHERE key = 'OCPPCommCtrlr.HeartbeatInterval'")
    assert value["value"] == "60"
    assert await csms.rows("SELECT * FROM ocpp_messages WHERE outcome <> 'result'") == []
    assert await csms.rows("SELECT * FROM conformance_findings") == []
    actions = {row["action"] for row in await csms.rows("SELECT action FROM ocpp_messages WHERE direction = 'in'")}
    assert actions >= {
        "BootNotification",
        "StatusNotification",
        "Authorize",
        "TransactionEvent",
        "NotifyReport",
        "DataTransfer",
        "Heartbeat",
    }
