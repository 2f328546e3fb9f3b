# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802  (tests carry the names of the certification cases)
"""OCPP 1.6 Local Auth List Management, Reservation and Remote Trigger: the certification cases."""

from typing import Any

from tests.conformance.words import ACCEPTED, NEVER, at, connector, eventually_row, facts, outcome
from tests.support.charger import Charger
from tests.support.csms import Csms

ENTRIES = [{"token": "TAG", "status": "accepted"}, {"token": "OTHER", "status": "blocked", "group": "FAMILY"}]
RESERVE = {"type": "reserve_now", "token": "TAG", "expires_at": NEVER, "connector_id": 1}
TRIGGERED = {
    "BootNotification": {"chargePointVendor": "Acme", "chargePointModel": "One"},
    "DiagnosticsStatusNotification": {"status": "Idle"},
    "FirmwareStatusNotification": {"status": "Idle"},
    "Heartbeat": {},
    "MeterValues": {"connectorId": 1, "meterValue": [{"timestamp": at(0), "sampledValue": [{"value": "1"}]}]},
    "StatusNotification": {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
}


async def _list(csms: Csms) -> Any:
    return await eventually_row(csms, "SELECT version, entries FROM local_lists WHERE charger_id = 'CP1'")


async def test_TC_042_1_CSMS_list_version_not_supported(csms: Csms, charger: Charger) -> None:
    """-1: the charger has no local lists, and that is remembered."""
    charger.answers["GetLocalListVersion"] = {"listVersion": -1}
    status, reason = await outcome(csms, {"type": "get_local_list_version"})
    assert (status, reason) == ("not_supported", "the charger has no local authorization list")
    assert charger.heard == [("GetLocalListVersion", {})]
    assert (await _list(csms))["version"] == -1


async def test_TC_042_2_CSMS_list_version_empty(csms: Csms, charger: Charger) -> None:
    """0: there is nothing on the list."""
    charger.answers["GetLocalListVersion"] = {"listVersion": 0}
    assert await outcome(csms, {"type": "get_local_list_version"}) == ("accepted", "version 0")
    assert dict(await _list(csms)) == {"version": 0, "entries": []}


async def test_TC_043_1_CSMS_list_not_supported(csms: Csms, charger: Charger) -> None:
    """NotSupported is told as such, and nothing is remembered as sent."""
    charger.answers["SendLocalList"] = {"status": "NotSupported"}
    status, _ = await outcome(csms, {"type": "send_local_list", "update": "full", "entries": ENTRIES})
    assert status == "not_supported"
    assert await csms.rows("SELECT FROM local_lists") == []


async def test_TC_043_3_CSMS_list_failed(csms: Csms, charger: Charger) -> None:
    """Failed is a refusal: the version that is known stays, and the next try has the same one again."""
    charger.answers["SendLocalList"] = {"status": "Failed"}
    for _ in range(2):
        status, reason = await outcome(csms, {"type": "send_local_list", "update": "full", "entries": ENTRIES})
        assert (status, reason) == ("rejected", "it failed")
    assert [payload["listVersion"] for _, payload in charger.heard] == [1, 1]
    assert await csms.rows("SELECT FROM local_lists") == []


async def test_TC_043_4_CSMS_list_full(csms: Csms, charger: Charger) -> None:
    """The whole list with a version; it is known here afterwards."""
    charger.answers["SendLocalList"] = ACCEPTED
    assert await outcome(csms, {"type": "send_local_list", "update": "full", "entries": ENTRIES}) == ("accepted", None)
    wire = [
        {"idTag": "TAG", "idTagInfo": {"status": "Accepted"}},
        {"idTag": "OTHER", "idTagInfo": {"status": "Blocked", "parentIdTag": "FAMILY"}},
    ]
    assert charger.heard == [
        ("SendLocalList", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": wire})
    ]
    assert dict(await _list(csms)) == {"version": 1, "entries": ENTRIES}


async def test_TC_043_5_CSMS_list_differential(csms: Csms, charger: Charger) -> None:
    """Changes have the next version; an entry without a status is taken off."""
    charger.answers["SendLocalList"] = ACCEPTED
    await outcome(csms, {"type": "send_local_list", "update": "full", "entries": ENTRIES})
    await _list(csms)
    changes = [{"token": "TAG"}, {"token": "NEW", "status": "accepted"}]
    assert (await outcome(csms, {"type": "send_local_list", "update": "differential", "entries": changes}))[0] == (
        "accepted"
    )
    _, payload = charger.heard[-1]
    assert (payload["listVersion"], payload["updateType"]) == (2, "Differential")
    assert payload["localAuthorizationList"] == [{"idTag": "TAG"}, {"idTag": "NEW", "idTagInfo": ACCEPTED}]
    stored = await eventually_row(csms, "SELECT entries FROM local_lists WHERE version = 2")
    assert stored["entries"] == [ENTRIES[1], changes[1]]


async def _reserve(csms: Csms, charger: Charger, **extra: Any) -> int:
    """Reserve with success; the number that was drawn."""
    charger.answers["ReserveNow"] = ACCEPTED
    assert await outcome(csms, RESERVE | extra) == ("accepted", None)
    _, payload = charger.heard[-1]
    number: int = payload["reservationId"]
    assert (payload["idTag"], payload["expiryDate"]) == ("TAG", NEVER.replace("Z", ".000Z"))
    stored = await eventually_row(csms, "SELECT status, id_tag FROM reservations WHERE reservation_id = $1", number)
    assert tuple(stored) == ("active", "TAG")
    return number


async def _ended(csms: Csms, number: int, how: str) -> Any:
    query = "SELECT status, transaction FROM reservations WHERE reservation_id = $1 AND status = $2"
    return await eventually_row(csms, query, number, how)


async def test_TC_046_CSMS_reservation_used(csms: Csms, charger: Charger) -> None:
    """Reserved, then a transaction with its number: the reservation is used up."""
    number = await _reserve(csms, charger)
    await charger.status("Reserved")
    assert await connector(csms) == "reserved"
    started = await charger.start(reservationId=number)
    await charger.status("Charging")
    assert started["idTagInfo"] == ACCEPTED
    row = await csms.transaction(started["transactionId"])
    assert row["reservation_id"] == number
    assert (await _ended(csms, number, "used"))["transaction"] == row["id"]


async def test_TC_047_CSMS_reservation_expires(csms: Csms, charger: Charger) -> None:
    """Nobody came: the charger is available again, and the reservation's time is over."""
    number = await _reserve(csms, charger)
    await charger.status("Reserved")
    await csms.sql.execute("UPDATE reservations SET expires_at = now() - interval '1 s'")
    await charger.status("Available")
    assert await connector(csms) == "available"
    assert csms.application.worker is not None
    await csms.application.worker._sweeps[0]()
    await _ended(csms, number, "expired")


async def _refused(csms: Csms, charger: Charger, status: str) -> str | None:
    charger.answers["ReserveNow"] = {"status": status}
    found, reason = await outcome(csms, RESERVE)
    assert found == "rejected"
    assert await csms.rows("SELECT FROM reservations") == []
    return reason


async def test_TC_048_1_CSMS_reservation_faulted(csms: Csms, charger: Charger) -> None:
    """Faulted is the reason."""
    assert await _refused(csms, charger, "Faulted") == "the connector is faulted"


async def test_TC_048_2_CSMS_reservation_occupied(csms: Csms, charger: Charger) -> None:
    """Occupied is the reason."""
    assert await _refused(csms, charger, "Occupied") == "the connector is occupied"


async def test_TC_048_3_CSMS_reservation_unavailable(csms: Csms, charger: Charger) -> None:
    """Unavailable is the reason."""
    assert await _refused(csms, charger, "Unavailable") == "the connector is unavailable"


async def test_TC_048_4_CSMS_reservation_rejected(csms: Csms, charger: Charger) -> None:
    """The charger takes no reservations at all."""
    assert await _refused(csms, charger, "Rejected") is None


async def test_TC_049_CSMS_reservation_of_any_connector(csms: Csms, charger: Charger) -> None:
    """No connector named is connector 0; it is used at any of them."""
    number = await _reserve(csms, charger, connector_id=None)
    assert charger.heard[-1][1]["connectorId"] == 0
    started = await charger.start(connector=2, reservationId=number)
    assert started["idTagInfo"] == ACCEPTED
    await _ended(csms, number, "used")


async def test_TC_051_CSMS_reservation_cancelled(csms: Csms, charger: Charger) -> None:
    """Cancelled by its number."""
    number = await _reserve(csms, charger)
    charger.answers["CancelReservation"] = ACCEPTED
    assert await outcome(csms, {"type": "cancel_reservation", "reservation_id": number}) == ("accepted", None)
    assert charger.heard[-1] == ("CancelReservation", {"reservationId": number})
    await _ended(csms, number, "cancelled")


async def test_TC_052_CSMS_cancel_rejected(csms: Csms, charger: Charger) -> None:
    """The charger does not know it: ours stays as it is."""
    number = await _reserve(csms, charger)
    charger.answers["CancelReservation"] = {"status": "Rejected"}
    assert (await outcome(csms, {"type": "cancel_reservation", "reservation_id": number}))[0] == "rejected"
    await _ended(csms, number, "active")


async def test_TC_053_CSMS_reservation_by_group(csms: Csms, charger: Charger) -> None:
    """Another tag of the same group may use it: the charger hears of the group when it asks."""
    await csms.token("PARTNER", group="FAMILY")
    number = await _reserve(csms, charger, group="FAMILY")
    assert charger.heard[-1][1]["parentIdTag"] == "FAMILY"
    info = (await charger.call("Authorize", {"idTag": "PARTNER"}))["idTagInfo"]
    assert info == {"status": "Accepted", "parentIdTag": "FAMILY"}
    started = await charger.start("PARTNER", reservationId=number)
    assert started["idTagInfo"]["status"] == "Accepted"
    assert (await facts(csms, started["transactionId"]))["flags"] == []
    await _ended(csms, number, "used")


async def test_TC_054_CSMS_trigger_each_message(csms: Csms, charger: Charger) -> None:
    """Each of the six messages is asked for, comes, and is answered."""
    charger.answers["TriggerMessage"] = ACCEPTED
    for message, payload in TRIGGERED.items():
        charger.heard.clear()
        body = {"type": "trigger_message", "message": message, "connector_id": 1}
        assert await outcome(csms, body) == ("accepted", None)
        assert charger.heard == [("TriggerMessage", {"requestedMessage": message, "connectorId": 1})]
        await charger.call(message, payload)
    rows = await csms.rows("SELECT DISTINCT action FROM ocpp_messages WHERE direction = 'in' AND outcome = 'result'")
    assert {row["action"] for row in rows} >= set(TRIGGERED)


async def test_TC_055_CSMS_trigger_rejected(csms: Csms, charger: Charger) -> None:
    """Rejected is the outcome."""
    charger.answers["TriggerMessage"] = {"status": "Rejected"}
    assert (await outcome(csms, {"type": "trigger_message", "message": "MeterValues"}))[0] == "rejected"
