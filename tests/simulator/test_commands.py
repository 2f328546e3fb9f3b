# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Each command of 1.6 Core as the CSMS sends it, and what the charger does by it."""

from typing import Any

import pytest

from csms.simulator.charger import VirtualCharger
from csms.simulator.connection import Connection
from tests.simulator.conftest import CAR, NewCharger
from tests.simulator.csms16 import ScriptedCsms
from tests.simulator.test_charger import charging


async def status_of(csms: ScriptedCsms, action: str, payload: dict[str, Any] | None = None) -> str:
    """Send a command; the status of its answer."""
    return str((await csms.command("SIM-1", action, payload))["status"])


async def test_remote_start_with_a_car_waiting(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Accepted, and the transaction of that tag starts at the connector with the car."""
    charger = await new_charger()
    charger.plug(charger.connectors[1], CAR)
    assert await status_of(csms, "RemoteStartTransaction", {"idTag": "APP"}) == "Accepted"
    start = await csms.hears("StartTransaction")
    assert (start["idTag"], start["connectorId"]) == ("APP", 2)
    assert not csms.of("Authorize")


async def test_remote_start_waits_for_the_cable(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Preparing until the car is plugged, then it starts; another start there is rejected meanwhile."""
    charger = await new_charger()
    assert await status_of(csms, "RemoteStartTransaction", {"idTag": "APP", "connectorId": 1}) == "Accepted"
    await csms.status("Preparing")
    assert await status_of(csms, "RemoteStartTransaction", {"idTag": "TWO", "connectorId": 1}) == "Rejected"
    charger.plug(charger.connectors[0], CAR)
    assert (await csms.hears("StartTransaction"))["idTag"] == "APP"


async def test_remote_start_without_a_cable_ends(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """After ConnectionTimeOut the connector is Available again and nothing started."""
    charger = await new_charger()
    charger.configuration.put("ConnectionTimeOut", "1")
    assert await status_of(csms, "RemoteStartTransaction", {"idTag": "APP", "connectorId": 1}) == "Accepted"
    await csms.status("Available", count=2)
    assert not csms.of("StartTransaction")


async def test_remote_start_authorises_first_if_configured(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """AuthorizeRemoteTxRequests: a refused tag starts nothing."""
    charger = await new_charger()
    csms.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    answer = await csms.command("SIM-1", "ChangeConfiguration", {"key": "AuthorizeRemoteTxRequests", "value": "true"})
    assert answer == {"status": "Accepted"}
    charger.plug(charger.connectors[0], CAR)
    assert await status_of(csms, "RemoteStartTransaction", {"idTag": "APP", "connectorId": 1}) == "Accepted"
    await csms.hears("Authorize")
    assert await charger.until(lambda: charger.connectors[0].expects is None, 30)
    assert not csms.of("StartTransaction")


@pytest.mark.parametrize("connector", [0, 3])
async def test_remote_start_at_no_connector_is_rejected(
    new_charger: NewCharger, csms: ScriptedCsms, connector: int
) -> None:
    """A connector that does not exist."""
    await new_charger()
    assert await status_of(csms, "RemoteStartTransaction", {"idTag": "APP", "connectorId": connector}) == "Rejected"


async def test_remote_stop(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """By number: the right one stops with reason Remote, an unknown one is rejected."""
    charger = await new_charger()
    number = await charging(charger, csms)
    assert await status_of(csms, "RemoteStopTransaction", {"transactionId": number + 1}) == "Rejected"
    assert await status_of(csms, "RemoteStopTransaction", {"transactionId": number}) == "Accepted"
    stop = await csms.hears("StopTransaction")
    assert (stop["reason"], stop["transactionId"]) == ("Remote", number)
    await csms.status("Finishing")


@pytest.mark.parametrize(("kind", "reason"), [("Soft", "SoftReset"), ("Hard", "HardReset")])
async def test_reset(new_charger: NewCharger, csms: ScriptedCsms, kind: str, reason: str) -> None:
    """The transaction ends with the right reason, the charger hangs up and boots; a soft one tells the end before."""
    charger = await new_charger()
    await charging(charger, csms)
    csms.forget()
    assert await status_of(csms, "Reset", {"type": kind}) == "Accepted"
    await csms.hears("BootNotification")
    stop = await csms.hears("StopTransaction")
    assert stop["reason"] == reason
    await csms.status("Finishing")
    actions = [action for _, action, _ in csms.heard]
    if kind == "Soft":
        assert actions.index("StopTransaction") < actions.index("BootNotification")
    assert csms.connections == 2


async def test_unlock(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Unlocked ends the transaction with UnlockCommand; no such connector; a jammed lock."""
    charger = await new_charger()
    await charging(charger, csms)
    assert await status_of(csms, "UnlockConnector", {"connectorId": 1}) == "Unlocked"
    assert (await csms.hears("StopTransaction"))["reason"] == "UnlockCommand"
    assert await status_of(csms, "UnlockConnector", {"connectorId": 3}) == "NotSupported"
    charger.fault(charger.connectors[1], "ConnectorLockFailure")
    assert await status_of(csms, "UnlockConnector", {"connectorId": 2}) == "UnlockFailed"


async def test_change_availability(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Out of service at once and back; an inoperative connector starts nothing."""
    await new_charger()
    out = {"connectorId": 1, "type": "Inoperative"}
    assert await status_of(csms, "ChangeAvailability", out) == "Accepted"
    await csms.status("Unavailable")
    assert await status_of(csms, "RemoteStartTransaction", {"idTag": "APP", "connectorId": 1}) == "Rejected"
    assert await status_of(csms, "ChangeAvailability", {**out, "type": "Operative"}) == "Accepted"
    await csms.status("Available", count=2)
    assert await status_of(csms, "ChangeAvailability", {**out, "connectorId": 9}) == "Rejected"


async def test_change_availability_of_the_whole_charger_waits_for_the_transaction(
    new_charger: NewCharger, csms: ScriptedCsms
) -> None:
    """Scheduled: idle connectors change at once, the charging one when its transaction has ended."""
    charger = await new_charger()
    await charging(charger, csms)
    assert await status_of(csms, "ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}) == "Scheduled"
    await csms.status("Unavailable", 0)
    await csms.status("Unavailable", 2)
    assert "Unavailable" not in csms.statuses(1)
    charger.unplug(charger.connectors[0])
    await csms.status("Unavailable", 1)


async def test_availability_survives_a_reset(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """§5.2: persistent across reboots."""
    await new_charger()
    await status_of(csms, "ChangeAvailability", {"connectorId": 2, "type": "Inoperative"})
    await csms.status("Unavailable", 2)
    csms.forget()
    await status_of(csms, "Reset", {"type": "Hard"})
    await csms.status("Unavailable", 2)


async def test_get_configuration(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """All keys, or the named ones in any case, with the unknown named; secrets have no value."""
    await new_charger()
    every = await csms.command("SIM-1", "GetConfiguration")
    keys = {item["key"]: item for item in every["configurationKey"]}
    assert keys["NumberOfConnectors"] == {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
    assert "value" not in keys["AuthorizationKey"]
    some = await csms.command("SIM-1", "GetConfiguration", {"key": ["heartbeatinterval", "Nonsense"]})
    assert some == {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}],
        "unknownKey": ["Nonsense"],
    }


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("MeterValueSampleInterval", "30", "Accepted"),
        ("MeterValueSampleInterval", "-1", "Rejected"),
        ("MeterValueSampleInterval", "often", "Rejected"),
        ("LocalAuthorizeOffline", "maybe", "Rejected"),
        ("MeterValuesSampledData", "SoC,Voltage", "Accepted"),
        ("MeterValuesSampledData", "SoC,Mood", "Rejected"),
        ("NumberOfConnectors", "7", "Rejected"),
        ("WebSocketPingInterval", "20", "RebootRequired"),
        ("Nonsense", "1", "NotSupported"),
    ],
)
async def test_change_configuration(
    new_charger: NewCharger, csms: ScriptedCsms, key: str, value: str, status: str
) -> None:
    """Accepted is kept, everything else changes nothing."""
    charger = await new_charger()
    before = {name: kept for name, _, kept in charger.configuration.read(())[0]}
    assert await status_of(csms, "ChangeConfiguration", {"key": key, "value": value}) == status
    after = {name: kept for name, _, kept in charger.configuration.read(())[0]}
    assert after == ({**before, key: value} if status in ("Accepted", "RebootRequired") else before)


async def test_changed_sampling_is_obeyed(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Other measurands, and none at all with interval 0."""
    charger = await new_charger()
    await status_of(csms, "ChangeConfiguration", {"key": "MeterValuesSampledData", "value": "Power.Active.Import"})
    await charging(charger, csms)
    reading = await csms.hears("MeterValues")
    assert [s["measurand"] for s in reading["meterValue"][0]["sampledValue"]] == ["Power.Active.Import"]


async def test_clock_aligned_readings(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """ClockAlignedDataInterval: every connector, with the context Sample.Clock, whether it charges or not."""
    await new_charger()
    await status_of(csms, "ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "1"})
    reading = await csms.hears("MeterValues", lambda p: p["connectorId"] == 2)
    assert {s["context"] for s in reading["meterValue"][0]["sampledValue"]} == {"Sample.Clock"}


async def test_clear_cache(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """The cache is empty afterwards; without a cache it is rejected."""
    charger = await new_charger()
    await charger.authorize("TAG")
    assert charger.cache
    assert await status_of(csms, "ClearCache") == "Accepted"
    assert not charger.cache
    charger.configuration.put("AuthorizationCacheEnabled", "false")
    assert await status_of(csms, "ClearCache") == "Rejected"


async def test_data_transfer(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Our vendor echoes, others are unknown."""
    await new_charger()
    ours = await csms.command("SIM-1", "DataTransfer", {"vendorId": "csms-lite", "data": "hello"})
    assert ours == {"status": "Accepted", "data": "hello"}
    assert await status_of(csms, "DataTransfer", {"vendorId": "acme"}) == "UnknownVendorId"


@pytest.mark.parametrize("message", ["BootNotification", "Heartbeat", "StatusNotification", "MeterValues"])
async def test_trigger_message(new_charger: NewCharger, csms: ScriptedCsms, message: str) -> None:
    """Accepted, and the message comes after the answer."""
    await new_charger()
    await csms.status("Available", 2)
    csms.forget()
    assert await status_of(csms, "TriggerMessage", {"requestedMessage": message, "connectorId": 2}) == "Accepted"
    heard = await csms.hears(message)
    assert heard.get("connectorId") in (None, 2)


async def test_trigger_message_that_cannot_be(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """There is no such connector."""
    await new_charger()
    nowhere = {"requestedMessage": "MeterValues", "connectorId": 5}
    assert await status_of(csms, "TriggerMessage", nowhere) == "Rejected"


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("MakeCoffee", {}, "NotImplemented"),
        ("Heartbeat", {}, "NotSupported"),
        ("Reset", {"type": "Lukewarm"}, "PropertyConstraintViolation"),
        ("Reset", {}, "ProtocolError"),
    ],
)
async def test_what_cannot_be_obeyed_gets_its_error(
    new_charger: NewCharger, csms: ScriptedCsms, action: str, payload: dict[str, Any], code: str
) -> None:
    """Unknown actions NotImplemented, those of the other side NotSupported, broken payloads by what is wrong."""
    await new_charger()
    assert await csms.command("SIM-1", action, payload) == code


async def test_before_the_boot_is_accepted_nothing_starts(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """§4.2: a pending charger answers, but does not start."""
    csms.answers["BootNotification"] = lambda _: {
        "status": "Pending", "currentTime": "2026-11-23T10:00:00Z", "interval": 300,
    }  # fmt: skip
    charger: VirtualCharger = await new_charger(ready=False)
    await csms.hears("BootNotification")
    connection: Connection | None = charger.uplink.connection
    assert connection is not None
    assert connection.open
    charger.plug(charger.connectors[0], CAR)
    assert await status_of(csms, "RemoteStartTransaction", {"idTag": "APP", "connectorId": 1}) == "Rejected"
    assert (await csms.command("SIM-1", "GetConfiguration", {"key": ["NumberOfConnectors"]}))["configurationKey"]
