# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802  (tests carry the names of the certification cases)
"""OCPP 2.0.1: the certification cases of boot, authorization, transactions and meter values.

Over 400 lines because a case is read beside its neighbours.
"""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import ANY

import aiohttp
import pytest

from tests.conformance.station import CommandCase, Station, meter, now, station_of, token
from tests.conformance.words import ACCEPTED, eventually_row
from tests.support.charger import CallError, connected
from tests.support.csms import Csms

PASSWORD = "a secret of 16 +"
GROUP = token("FAMILY", "Central")


@pytest.fixture
async def station(csms: Csms) -> Any:
    """A booted station."""
    async with station_of(csms) as booted:
        yield booted


async def facts(csms: Csms, ref: str = "T-1") -> dict[str, Any]:
    """What a case wants to know of a transaction."""
    row = await csms.row("SELECT * FROM transactions WHERE charger_ref = $1", ref)
    names = ("status", "id_tag", "authorization", "meter_start", "meter_stop", "energy_wh", "reason", "phase")
    return {name: row[name] for name in names} | {"flags": list(row["flags"])}


async def triggers(csms: Csms) -> list[str]:
    """The triggers of the events that are kept, in their order."""
    return [row["trigger"] for row in await csms.rows("SELECT trigger FROM transaction_events ORDER BY seq_no")]


# -- A: basic authentication


async def _refused(csms: Csms, user: str, password: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with connected(csms.url, "CP2", password=password, user=user, protocols=("ocpp2.0.1",)):
            pass
    assert refused.value.status == 401


async def test_TC_A_01_CSMS_right_password(csms: Csms) -> None:
    """Let in, and served."""
    await csms.charger("CP2", password=PASSWORD)
    async with connected(csms.url, "CP2", password=PASSWORD, protocols=("ocpp2.0.1",)) as charger:
        assert (await Station(charger, csms).boot())["status"] == "Accepted"


async def test_TC_A_02_CSMS_name_is_not_the_identity(csms: Csms) -> None:
    """Refused, and told as a security event."""
    await csms.charger("CP2", password=PASSWORD)
    await _refused(csms, "CP1", PASSWORD)
    assert await csms.told() != []


async def test_TC_A_03_CSMS_wrong_password(csms: Csms) -> None:
    """Refused, and told as a security event."""
    await csms.charger("CP2", password=PASSWORD)
    await _refused(csms, "CP2", "another secret 1")
    assert await csms.told() != []


# -- B: boot


async def test_TC_B_01_CSMS_cold_boot(csms: Csms) -> None:
    """Accepted with time and interval; states and heartbeats are answered."""
    async with station_of(csms, boot=False) as station:
        booted = await station.boot()
        assert booted == {"currentTime": ANY, "interval": 300, "status": "Accepted"}
        told = datetime.fromisoformat(booted["currentTime"])
        assert abs((datetime.now(UTC) - told).total_seconds()) < 5
        await station.status()
        assert await station.call("Heartbeat", {}) == {"currentTime": ANY}
    row = await csms.row("SELECT boot_status, vendor, model FROM chargers")
    assert tuple(row) == ("accepted", "Acme", "Two")


async def test_TC_B_02_CSMS_pending(csms: Csms) -> None:
    """Pending: the station may be configured, then it boots again and is accepted."""
    await csms.sql.execute("UPDATE chargers SET registration = 'pending'")
    async with station_of(csms, boot=False) as station:
        assert (await station.boot())["status"] == "Pending"
        asked = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        wire = asked | {"attributeType": "Actual", "attributeValue": "60"}
        result = asked | {"attributeStatus": "Accepted"}
        await CommandCase(
            {"type": "set_variables", "variables": [asked | {"value": "60"}]},
            "SetVariables",
            {"setVariableData": [wire]},
            {"setVariableResult": [result]},
        ).run(station)
        await CommandCase(
            {"type": "get_base_report", "base": "full_inventory"},
            "GetBaseReport",
            {"requestId": ANY, "reportBase": "FullInventory"},
            then=lambda number: [
                (
                    "NotifyReport",
                    {"requestId": number, "generatedAt": now(), "seqNo": 0, "tbc": False},
                    {},
                )
            ],
        ).run(station)
        await csms.sql.execute("UPDATE chargers SET registration = 'accepted'")
        assert (await station.boot())["status"] == "Accepted"


@pytest.mark.parametrize("registration", ["pending", "rejected"])
async def test_TC_B_30_CSMS_security_error_before_acceptance(csms: Csms, registration: str) -> None:
    """What is said before acceptance and was not asked for is a SecurityError, and nothing of it is stored."""
    await csms.sql.execute("UPDATE chargers SET registration = $1", registration)
    async with station_of(csms, boot=False) as station:
        assert (await station.boot())["status"] == registration.capitalize()
        with pytest.raises(CallError) as refused:
            await station.status()
        assert refused.value.code == "SecurityError"
    assert await csms.rows("SELECT FROM connectors") == []


async def test_TC_B_31_CSMS_trigger_while_pending(csms: Csms) -> None:
    """A boot that was asked for while pending is answered; by then the station is accepted."""
    await csms.sql.execute("UPDATE chargers SET registration = 'pending'")
    async with station_of(csms, boot=False) as station:
        assert (await station.boot())["status"] == "Pending"
        await csms.sql.execute("UPDATE chargers SET registration = 'accepted'")
        body = {"type": "trigger_message", "message": "boot_notification"}
        await CommandCase(body, "TriggerMessage", {"requestedMessage": "BootNotification"}).run(station)
        assert (await station.boot("Triggered"))["status"] == "Accepted"
        await station.status()


# -- C: authorization


async def test_TC_C_02_CSMS_invalid_or_unknown(csms: Csms, station: Station) -> None:
    """A token that nobody knows, and one that is marked invalid."""
    await csms.token("BAD", status="invalid")
    assert await station.authorize("NOBODY") == {"status": "Unknown"}
    assert await station.authorize("BAD") == {"status": "Invalid"}


async def test_TC_C_06_CSMS_restricted(csms: Csms, station: Station) -> None:
    """A blocked token."""
    await csms.token("LOST", status="blocked")
    assert await station.authorize("LOST") == {"status": "Blocked"}


async def test_TC_C_07_CSMS_expired(csms: Csms, station: Station) -> None:
    """A token whose time is over."""
    await csms.token("OLD", expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    info = await station.authorize("OLD")
    assert (info["status"], info["cacheExpiryDateTime"]) == ("Expired", "2020-01-01T00:00:00.000Z")


async def test_TC_C_08_CSMS_cached_token(csms: Csms, station: Station) -> None:
    """A station that trusts its cache does not ask before it starts: the start is answered with the token's state."""
    assert (await station.authorize())["status"] == "Accepted"
    assert await station.started() == {"idTokenInfo": ACCEPTED}
    await station.charging()
    assert await station.ended("StopAuthorized", "Local", idToken=token()) == {"idTokenInfo": ACCEPTED}
    stored = await facts(csms)
    assert (stored["status"], stored["authorization"], stored["energy_wh"]) == ("completed", "accepted", 700)


async def test_TC_C_20_CSMS_cached_token_became_invalid(csms: Csms, station: Station) -> None:
    """The cache says accepted, the CSMS does not: the answer to the start tells, the transaction is stored all the same."""
    assert (await station.authorize())["status"] == "Accepted"
    await csms.sql.execute("UPDATE tokens SET status = 'blocked'")
    assert await station.started() == {"idTokenInfo": {"status": "Blocked"}}
    assert await station.ended("Deauthorized", "DeAuthorized") == {}
    stored = await facts(csms)
    assert (stored["status"], stored["authorization"]) == ("completed", "blocked")


async def _stopped_by_the_group(csms: Csms, station: Station) -> None:
    await csms.token("ONE", group="FAMILY")
    await csms.token("TWO", group="FAMILY")
    assert await station.authorize("ONE") == {"status": "Accepted", "groupIdToken": GROUP}
    await station.started(idToken=token("ONE"))
    assert await station.authorize("TWO") == {"status": "Accepted", "groupIdToken": GROUP}
    ended = await station.ended("StopAuthorized", "Local", idToken=token("TWO"))
    assert ended == {"idTokenInfo": {"status": "Accepted", "groupIdToken": GROUP}}
    row = await csms.row("SELECT id_tag, stop_id_tag, status FROM transactions")
    assert tuple(row) == ("ONE", "TWO", "completed")


async def test_TC_C_39_CSMS_authorized_by_group(csms: Csms, station: Station) -> None:
    """Started by one token, stopped by another of its group."""
    await _stopped_by_the_group(csms, station)


async def test_TC_C_40_CSMS_group_on_the_local_list(csms: Csms, station: Station) -> None:
    """The list tells the group; the session is the same."""
    station.answers["SendLocalList"] = ACCEPTED
    entries = [{"token": name, "status": "accepted", "group": "FAMILY"} for name in ("ONE", "TWO")]
    await csms.command("CP1", {"type": "send_local_list", "update": "full", "entries": entries})
    sent = station.heard[-1][1]["localAuthorizationList"]
    assert [entry["idTokenInfo"]["groupIdToken"] for entry in sent] == [GROUP, GROUP]
    await _stopped_by_the_group(csms, station)


async def test_TC_C_43_CSMS_group_with_an_invalid_token(csms: Csms, station: Station) -> None:
    """A blocked token of the group stops nothing: on the list and when it is asked about."""
    station.answers["SendLocalList"] = ACCEPTED
    entries = [{"token": "TWO", "status": "blocked", "group": "FAMILY"}]
    await csms.command("CP1", {"type": "send_local_list", "update": "full", "entries": entries})
    assert station.heard[-1][1]["localAuthorizationList"][0]["idTokenInfo"]["status"] == "Blocked"
    await csms.token("ONE", group="FAMILY")
    await csms.token("TWO", "blocked", group="FAMILY")
    await station.started(idToken=token("ONE"))
    assert await station.authorize("TWO") == {"status": "Blocked", "groupIdToken": GROUP}
    assert (await facts(csms))["status"] == "active"


async def _master(csms: Csms, station: Station, count: int) -> None:
    """Transactions run, the master's token ends some of them."""
    await csms.token("MASTER", group="MASTERPASS")
    for number in range(1, 4):
        await station.started(tx=f"T-{number}", evse=number)
    info = await station.authorize("MASTER")
    assert info == {"status": "Accepted", "groupIdToken": token("MASTERPASS", "Central")}
    for number in range(1, count + 1):
        answer = await station.ended("StopAuthorized", "MasterPass", f"T-{number}", idToken=token("MASTER"))
        assert answer["idTokenInfo"]["status"] == "Accepted"
    rows = await csms.rows("SELECT reason, stop_id_tag FROM transactions WHERE status = 'completed'")
    assert [tuple(row) for row in rows] == [("MasterPass", "MASTER")] * count
    left = await csms.rows("SELECT FROM transactions WHERE status = 'active'")
    assert len(left) == 3 - count


async def test_TC_C_47_CSMS_master_pass_all(csms: Csms, station: Station) -> None:
    """All of them end."""
    await _master(csms, station, 3)


async def test_TC_C_48_CSMS_master_pass_some(csms: Csms, station: Station) -> None:
    """The one that was chosen ends, the others go on."""
    await _master(csms, station, 1)


async def test_TC_C_49_CSMS_master_pass_without_display(csms: Csms, station: Station) -> None:
    """Without a choice all of them end."""
    await _master(csms, station, 3)


# -- E: start of transactions


async def _session(csms: Csms, station: Station, *events: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    """Events one after the other, all of them answered; what is stored then."""
    for kind, trigger, extra in events:
        answer = await station.event(kind, trigger, **extra)
        assert answer == ({"idTokenInfo": ACCEPTED} if "idToken" in extra else {}), trigger
    assert await triggers(csms) == [trigger for _, trigger, _ in events if trigger != "MeterValuePeriodic"]
    return await facts(csms)


EVSE = {"evse": {"id": 1, "connectorId": 1}}
BEGIN = {"meterValue": meter(1000, "Transaction.Begin")}
END = {"meterValue": meter(1700, "Transaction.End", 30), "minute": 30}
TAG = {"idToken": token()}


def state(charging: str) -> dict[str, Any]:
    """The charging state."""
    return {"info": {"chargingState": charging}}


def reason(why: str) -> dict[str, Any]:
    """Why it stopped."""
    return {"info": {"stoppedReason": why}}


async def test_TC_E_03_CSMS_cable_first(csms: Csms, station: Station) -> None:
    """Plugged in, authorized, charging."""
    await station.status("Occupied")
    assert (await station.authorize())["status"] == "Accepted"
    stored = await _session(
        csms,
        station,
        ("Started", "CablePluggedIn", EVSE | BEGIN | state("EVConnected")),
        ("Updated", "Authorized", TAG),
        ("Updated", "ChargingStateChanged", state("Charging")),
    )
    assert (stored["status"], stored["id_tag"], stored["authorization"]) == ("active", "TAG", "accepted")
    assert (stored["phase"], stored["meter_start"]) == ("charging", 1000)


async def test_TC_E_04_CSMS_authorization_first(csms: Csms, station: Station) -> None:
    """Authorized, plugged in, charging."""
    assert (await station.authorize())["status"] == "Accepted"
    stored = await _session(
        csms,
        station,
        ("Started", "Authorized", EVSE | BEGIN | TAG),
        ("Updated", "CablePluggedIn", state("EVConnected")),
        ("Updated", "ChargingStateChanged", state("Charging")),
    )
    assert (stored["status"], stored["id_tag"], stored["phase"]) == ("active", "TAG", "charging")


async def test_TC_E_38_CSMS_vehicle_not_ready(csms: Csms, station: Station) -> None:
    """The vehicle does not take energy yet: suspended, then charging."""
    stored = await _session(
        csms,
        station,
        ("Started", "Authorized", EVSE | BEGIN | TAG),
        ("Updated", "CablePluggedIn", state("EVConnected")),
        ("Updated", "ChargingStateChanged", state("SuspendedEV")),
    )
    assert stored["phase"] == "suspended_ev"
    assert await station.event("Updated", "ChargingStateChanged", **state("Charging")) == {}
    assert (await facts(csms))["phase"] == "charging"


@pytest.mark.parametrize(
    ("trigger", "extra", "phase"),
    [
        pytest.param("CablePluggedIn", state("EVConnected"), "preparing", id="TC_E_09_CSMS"),
        pytest.param("Authorized", TAG, None, id="TC_E_10_CSMS"),
        pytest.param("SignedDataReceived", TAG, None, id="TC_E_11_CSMS"),
        pytest.param("ChargingStateChanged", state("EVConnected") | TAG, "preparing", id="TC_E_01_CSMS"),
        pytest.param("ChargingStateChanged", state("Charging") | TAG, "charging", id="TC_E_02_CSMS"),
        pytest.param("EVDetected", {}, None, id="TC_E_12_CSMS"),
    ],
)
async def test_start_options(
    csms: Csms, station: Station, trigger: str, extra: dict[str, Any], phase: str | None
) -> None:
    """Whatever the station takes as the start: one transaction, running, with what was told."""
    stored = await _session(csms, station, ("Started", trigger, EVSE | BEGIN | extra))
    assert (stored["status"], stored["phase"]) == ("active", phase)
    assert stored["id_tag"] == ("TAG" if "idToken" in extra else None)


@pytest.mark.parametrize(
    ("trigger", "why", "extra"),
    [
        pytest.param("EVCommunicationLost", "EVDisconnected", {}, id="TC_E_14_CSMS"),
        pytest.param("EVCommunicationLost", "EVDisconnected", {}, id="TC_E_20_CSMS"),
        pytest.param("StopAuthorized", "Local", TAG, id="TC_E_15_CSMS"),
        pytest.param("Deauthorized", "DeAuthorized", {}, id="TC_E_16_CSMS"),
        pytest.param("EVCommunicationLost", "EVDisconnected", {}, id="TC_E_17_CSMS"),
        pytest.param("EVConnectTimeout", "Timeout", {}, id="TC_E_39_CSMS"),
        pytest.param("StopAuthorized", "Local", TAG, id="TC_E_07_CSMS"),
        pytest.param("StopAuthorized", "Local", TAG, id="TC_E_08_CSMS"),
        pytest.param("ChargingStateChanged", "StoppedByEV", {}, id="TC_E_22_CSMS"),
        pytest.param("EVDeparted", "Local", {}, id="TC_E_19_CSMS"),
    ],
)
async def test_stop_options(csms: Csms, station: Station, trigger: str, why: str, extra: dict[str, Any]) -> None:
    """Whatever the station takes as the stop: the transaction is over with its reason and its energy."""
    stored = await _session(
        csms,
        station,
        ("Started", "Authorized", EVSE | BEGIN | TAG),
        ("Updated", "ChargingStateChanged", state("Charging")),
        ("Ended", trigger, END | reason(why) | extra),
    )
    assert (stored["status"], stored["reason"], stored["energy_wh"]) == ("completed", why, 700)
    assert stored["flags"] == []


async def test_TC_E_21_CSMS_remote_stop(csms: Csms, station: Station) -> None:
    """Stopped by its number here, which the station never sees: it is named as the station named it."""
    await station.started()
    number = (await csms.transaction())["transaction_id"]
    body = {"type": "stop_transaction", "transaction_id": number}
    await CommandCase(body, "RequestStopTransaction", {"transactionId": "T-1"}).run(station)
    assert await station.ended("RemoteStop", "Remote") == {}
    stored = await facts(csms)
    assert (stored["status"], stored["reason"], stored["energy_wh"]) == ("completed", "Remote", 700)


async def test_TC_E_26_CSMS_cable_out_suspends(csms: Csms, station: Station) -> None:
    """The cable is out at the vehicle's side, the transaction is suspended, the cable comes back."""
    stored = await _session(
        csms,
        station,
        ("Started", "Authorized", EVSE | BEGIN | TAG),
        ("Updated", "ChargingStateChanged", state("Charging")),
        ("Updated", "EVCommunicationLost", state("Idle")),
        ("Updated", "CablePluggedIn", state("EVConnected")),
        ("Updated", "ChargingStateChanged", state("Charging")),
    )
    assert (stored["status"], stored["phase"]) == ("active", "charging")


def _asked(named: bool, answer: dict[str, Any], reason_: str, **more: Any) -> CommandCase:
    body = {"type": "get_transaction_status"} | ({"transaction_id": "T-1"} if named else {})
    wire = {"transactionId": "T-1"} if named else {}
    return CommandCase(body, "GetTransactionStatus", wire, answer, reason=reason_, **more)


async def _running(station: Station) -> None:
    await station.started()


async def _over(station: Station) -> None:
    await station.started()
    await station.ended("StopAuthorized", "Local")


CASES = {
    "TC_E_29_CSMS": _asked(
        True,
        {"ongoingIndicator": True, "messagesInQueue": True},
        "it goes on, messages wait to be sent",
        before=_running,
    ),
    "TC_E_30_CSMS": _asked(
        True, {"ongoingIndicator": True, "messagesInQueue": False}, "it goes on, no messages wait", before=_running
    ),
    "TC_E_31_CSMS": _asked(
        True,
        {"ongoingIndicator": False, "messagesInQueue": True},
        "it has ended, messages wait to be sent",
        before=_over,
    ),
    "TC_E_33_CSMS": _asked(False, {"messagesInQueue": True}, "messages wait to be sent"),
    "TC_E_34_CSMS": _asked(False, {"messagesInQueue": False}, "no messages wait"),
}


@pytest.mark.parametrize("case", CASES)
async def test_transaction_status(station: Station, case: str) -> None:
    """What the station says of it, in words."""
    await CASES[case].run(station)


async def test_TC_E_53_CSMS_numbers_begin_anew(csms: Csms, station: Station) -> None:
    """Each transaction counts from 0."""
    for tx in ("T-1", "T-2"):
        await station.started(tx=tx)
        await station.ended("StopAuthorized", "Local", tx)
    rows = await csms.rows("SELECT status, flags, lower(seq_seen) AS first FROM transactions")
    assert [tuple(row) for row in rows] == [("completed", [], 0)] * 2


# -- F: remote start


async def _remote_start(csms: Csms, station: Station) -> int:
    station.answers["RequestStartTransaction"] = ACCEPTED
    body = {"type": "start_transaction", "token": "TAG", "evse_id": 1}
    sent = await CommandCase(
        body, "RequestStartTransaction", {"idToken": token(), "remoteStartId": ANY, "evseId": 1}
    ).run(station)
    assert (await csms.row("SELECT effect FROM commands"))["effect"] == "awaited"
    number: int = sent["remoteStartId"]
    return number


async def _effect(csms: Csms, effect: str) -> None:
    row = await csms.row("SELECT effect, transaction_id FROM commands")
    assert row["effect"] == effect
    if effect == "started":
        assert row["transaction_id"] == (await csms.transaction())["id"]


async def test_TC_F_01_CSMS_cable_first(csms: Csms, station: Station) -> None:
    """The transaction runs since the cable came; the remote start authorizes it."""
    await station.event("Started", "CablePluggedIn", **EVSE, **BEGIN, **state("EVConnected"))
    number = await _remote_start(csms, station)
    answer = await station.event("Updated", "RemoteStart", **TAG, info={"remoteStartId": number})
    assert answer == {"idTokenInfo": ACCEPTED}
    assert (await facts(csms))["id_tag"] == "TAG"
    await _effect(csms, "started")


async def test_TC_F_02_CSMS_remote_start_asks_first(csms: Csms, station: Station) -> None:
    """The station asks for the token before it starts."""
    number = await _remote_start(csms, station)
    assert (await station.authorize())["status"] == "Accepted"
    assert await station.started("RemoteStart", info={"remoteStartId": number}) == {"idTokenInfo": ACCEPTED}
    await _effect(csms, "started")


async def test_TC_F_03_CSMS_remote_start_without_asking(csms: Csms, station: Station) -> None:
    """It starts at once."""
    number = await _remote_start(csms, station)
    assert await station.started("RemoteStart", info={"remoteStartId": number}) == {"idTokenInfo": ACCEPTED}
    await _effect(csms, "started")


async def test_TC_F_04_CSMS_nobody_plugs_in(csms: Csms, station: Station) -> None:
    """The transaction ends by timeout."""
    number = await _remote_start(csms, station)
    await station.started("RemoteStart", info={"remoteStartId": number})
    assert await station.ended("EVConnectTimeout", "Timeout", wh=1000) == {}
    stored = await facts(csms)
    assert (stored["status"], stored["reason"], stored["energy_wh"]) == ("completed", "Timeout", 0)


# -- G: lock failure


async def test_TC_G_20_CSMS_lock_failure(csms: Csms, station: Station) -> None:
    """The lock of the connector does not close: told as an event, kept and told on."""
    event = {
        "eventId": 1,
        "timestamp": now(),
        "trigger": "Delta",
        "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "Problem"},
    }
    told = {"generatedAt": now(), "seqNo": 0, "tbc": False, "eventData": [event]}
    assert await station.call("NotifyEvent", told) == {}
    row = await csms.row("SELECT key, value FROM device_events")
    assert tuple(row) == ("ConnectorPlugRetentionLock@1:1.Problem", "true")
    await csms.row("SELECT FROM outbox WHERE type = 'device_event_raised'")


# -- J: meter values


async def _readings(csms: Csms) -> list[tuple[Any, ...]]:
    rows = await csms.rows("SELECT transaction IS NOT NULL AS own, energy_wh FROM meter_values ORDER BY measured_at")
    return [tuple(row) for row in rows]


SIGNED = {
    "signedMeterValue": {
        "signedMeterData": "c2lnbmVk",
        "signingMethod": "ECDSA-secp256r1-SHA256",
        "encodingMethod": "OCMF",
        "publicKey": "a2V5",
    }
}


async def _signed(csms: Csms) -> None:
    rows = await csms.rows("SELECT raw FROM meter_values")
    assert "c2lnbmVk" in str([row["raw"] for row in rows])


async def test_TC_J_01_CSMS_clock_aligned_without_transaction(csms: Csms, station: Station) -> None:
    """MeterValues: kept without a transaction."""
    payload = {"evseId": 1, "meterValue": meter(1000, "Sample.Clock")}
    assert await station.call("MeterValues", payload) == {}
    assert await _readings(csms) == [(False, 1000)]


async def test_TC_J_02_CSMS_clock_aligned_in_transaction(csms: Csms, station: Station) -> None:
    """In an event of the transaction: kept with it."""
    await station.started()
    assert await station.event("Updated", "MeterValueClock", meterValue=meter(1200, "Sample.Clock", 5)) == {}
    assert await _readings(csms) == [(True, 1000), (True, 1200)]


async def test_TC_J_03_CSMS_clock_aligned_at_the_end(csms: Csms, station: Station) -> None:
    """All clock-aligned values come with the end."""
    await station.started()
    values = [*meter(1200, "Sample.Clock", 5), *meter(1400, "Sample.Clock", 10), *meter(1700, "Transaction.End", 30)]
    answer = await station.event("Ended", "StopAuthorized", minute=30, meterValue=values, **reason("Local"))
    assert answer == {}
    assert (await facts(csms))["energy_wh"] == 700
    assert await _readings(csms) == [(True, 1000), (True, 1200), (True, 1400), (True, 1700)]


async def test_TC_J_04_CSMS_clock_aligned_signed(csms: Csms, station: Station) -> None:
    """A signed value is kept as it was signed."""
    payload = {"evseId": 1, "meterValue": meter(1000, "Sample.Clock", **SIGNED)}
    assert await station.call("MeterValues", payload) == {}
    await _signed(csms)


async def test_TC_J_07_CSMS_sampled_at_the_start(csms: Csms, station: Station) -> None:
    """The register at the start, with the EVSE."""
    await station.started()
    assert (await facts(csms))["meter_start"] == 1000
    assert await _readings(csms) == [(True, 1000)]


async def test_TC_J_08_CSMS_sampled_at_the_start_without_evse(csms: Csms, station: Station) -> None:
    """The EVSE is known only later: the register at the start comes then, with its context."""
    assert await station.event("Started", "Authorized", **TAG) == {"idTokenInfo": ACCEPTED}
    await station.event("Updated", "CablePluggedIn", **EVSE, **BEGIN)
    await station.ended("StopAuthorized", "Local")
    row = await csms.transaction()
    assert (row["evse_id"], row["energy_wh"]) == (1, 700)


async def test_TC_J_09_CSMS_sampled_while_charging(csms: Csms, station: Station) -> None:
    """Periodic samples are readings; they fill no list of events."""
    await station.started()
    for minute, wh in ((1, 1100), (2, 1200)):
        values = meter(wh, "Sample.Periodic", minute)
        assert await station.event("Updated", "MeterValuePeriodic", meterValue=values) == {}
    assert await _readings(csms) == [(True, 1000), (True, 1100), (True, 1200)]
    assert await triggers(csms) == ["Authorized"]


async def test_TC_J_10_CSMS_sampled_at_the_end(csms: Csms, station: Station) -> None:
    """The register at the end."""
    await station.started()
    await station.ended("StopAuthorized", "Local")
    stored = await facts(csms)
    assert (stored["meter_stop"], stored["energy_wh"]) == (1700, 700)


async def test_TC_J_11_CSMS_sampled_signed(csms: Csms, station: Station) -> None:
    """Signed values of a transaction are kept with it."""
    await station.started(meterValue=meter(1000, "Transaction.Begin", **SIGNED))
    assert await _readings(csms) == [(True, 1000)]
    await _signed(csms)


# -- P: data transfer and custom data


async def test_TC_P_02_CSMS_unknown_vendor(csms: Csms, station: Station) -> None:
    """A vendor that nobody here speaks for."""
    answer = await station.call("DataTransfer", {"vendorId": "com.example", "messageId": "x", "data": {"a": [1]}})
    assert answer == {"status": "UnknownVendorId"}
    row = await eventually_row(csms, "SELECT outcome FROM ocpp_messages WHERE action = 'DataTransfer'")
    assert row["outcome"] == "result"


async def test_TC_P_03_CSMS_custom_data(csms: Csms, station: Station) -> None:
    """Custom data anywhere is no reason to refuse."""
    custom = {"customData": {"vendorId": "com.example", "anything": {"deep": [1, "x"]}}}
    await station.status()
    payload = {"timestamp": now(), "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1, **custom}
    assert await station.call("StatusNotification", payload) == {}
    assert await station.call("Heartbeat", custom) == {"currentTime": ANY}
    answer = await station.started(**custom, info=custom)
    assert answer == {"idTokenInfo": ACCEPTED}
    row = await csms.row("SELECT status FROM connectors")
    assert row["status"] == "occupied"
