# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802  (tests carry the names of the certification cases)
"""OCPP 1.6 Core: the certification cases in which the charge point acts."""

import re
from datetime import UTC, datetime, timedelta

from tests.conformance.words import ACCEPTED, answered, at, connector, facts, history
from tests.support.charger import Charger, connected
from tests.support.csms import Csms

INVALID = {"status": "Invalid"}


async def test_TC_001_CSMS_cold_boot(csms: Csms) -> None:
    """Boot, the state of each connector and the heartbeat are answered and stored."""
    async with connected(csms.url, "CP1") as charger:
        booted = await charger.boot(
            chargePointSerialNumber="SN1", firmwareVersion="1.2", iccid="89", meterSerialNumber="M1"
        )
        assert booted["status"] == "Accepted"
        assert booted["interval"] == 300
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", booted["currentTime"])
        for number in (0, 1, 2):
            assert await charger.status("Available", number) == {}
        beat = await charger.call("Heartbeat")
    told = datetime.fromisoformat(beat["currentTime"])
    assert abs(told - datetime.now(UTC)) < timedelta(seconds=60)
    row = await csms.row("SELECT * FROM chargers")
    assert (row["vendor"], row["model"], row["serial_number"], row["firmware_version"]) == ("Acme", "One", "SN1", "1.2")
    assert row["details"] == {"iccid": "89", "meter_serial_number": "M1"}
    assert (row["boot_status"], row["status"]) == ("accepted", "available")
    assert [await connector(csms, number) for number in (1, 2)] == ["available", "available"]
    assert (await answered(csms))[:4] == [("BootNotification", "result"), *[("StatusNotification", "result")] * 3]


async def test_TC_003_CSMS_cable_first(csms: Csms, charger: Charger) -> None:
    """Plug in, show the tag, charge, show the tag again, unplug."""
    await charger.status("Preparing")
    assert await charger.call("Authorize", {"idTag": "TAG"}) == {"idTagInfo": ACCEPTED}
    started = await charger.start()
    assert started["idTagInfo"] == ACCEPTED
    number = started["transactionId"]
    assert 0 < number < 2**31
    await charger.status("Charging")
    assert await charger.meter(number, 2500, at(30)) == {}
    assert await charger.call("Authorize", {"idTag": "TAG"}) == {"idTagInfo": ACCEPTED}
    assert await charger.stop(number, 3000, at(0, 11), idTag="TAG", reason="Local") == {"idTagInfo": ACCEPTED}
    await charger.status("Finishing")
    await charger.status("Available")
    assert await facts(csms, number) == {
        "status": "completed",
        "id_tag": "TAG",
        "authorization": "accepted",
        "meter_start": 1000,
        "meter_stop": 3000,
        "energy_wh": 2000,
        "reason": "Local",
        "flags": [],
    }
    assert await history(csms) == ["preparing", "charging", "finishing", "available"]
    assert (await csms.row("SELECT energy_wh FROM meter_values"))["energy_wh"] == 2500


async def test_TC_004_1_CSMS_tag_first(csms: Csms, charger: Charger) -> None:
    """Show the tag, then plug in: the transaction is the tag's."""
    assert await charger.call("Authorize", {"idTag": "TAG"}) == {"idTagInfo": ACCEPTED}
    await charger.status("Preparing")
    started = await charger.start()
    assert started["idTagInfo"] == ACCEPTED
    await charger.status("Charging")
    stored = await facts(csms, started["transactionId"])
    assert (stored["status"], stored["id_tag"], stored["meter_stop"]) == ("active", "TAG", None)
    assert await connector(csms) == "charging"


async def test_TC_004_2_CSMS_tag_first_no_cable(csms: Csms, charger: Charger) -> None:
    """Show the tag and never plug in: Available again, and no transaction."""
    assert await charger.call("Authorize", {"idTag": "TAG"}) == {"idTagInfo": ACCEPTED}
    await charger.status("Preparing")
    assert await connector(csms) == "preparing"
    await charger.status("Available")
    assert await connector(csms) == "available"
    assert await csms.rows("SELECT * FROM transactions") == []


async def test_TC_005_1_CSMS_unplugged_at_the_car(csms: Csms, charger: Charger) -> None:
    """The driver pulls the cable at the car: the reason is kept, no tag is judged."""
    number = (await charger.start())["transactionId"]
    await charger.status("Charging")
    await charger.status("SuspendedEV")
    assert await charger.stop(number, 1800, at(20), reason="EVDisconnected") == {}
    await charger.status("Finishing")
    stored = await facts(csms, number)
    assert (stored["status"], stored["reason"], stored["energy_wh"]) == ("completed", "EVDisconnected", 800)
    assert (await csms.transaction(number))["stop_id_tag"] is None


async def test_TC_007_CSMS_from_the_cache(csms: Csms, charger: Charger) -> None:
    """A tag from the charger's cache: no Authorize came before, the start is judged by itself."""
    await charger.status("Preparing")
    started = await charger.start()
    assert started["idTagInfo"] == ACCEPTED
    assert ("Authorize", "result") not in await answered(csms)
    assert (await facts(csms, started["transactionId"]))["authorization"] == "accepted"


async def test_TC_023_1_CSMS_unknown_tag(csms: Csms, charger: Charger) -> None:
    """Nobody knows the tag: Invalid, and nothing is created for it."""
    assert await charger.call("Authorize", {"idTag": "NOBODY"}) == {"idTagInfo": INVALID}
    assert [row["value"] for row in await csms.rows("SELECT value FROM tokens")] == ["TAG"]


async def test_TC_023_2_CSMS_expired_tag(csms: Csms, charger: Charger) -> None:
    """Expired by its status, and by its date, which the charger is told."""
    await csms.token("OLD", "expired")
    await csms.token("OLDER", expires_at=datetime(2020, 1, 2, tzinfo=UTC))
    assert await charger.call("Authorize", {"idTag": "OLD"}) == {"idTagInfo": {"status": "Expired"}}
    answer = await charger.call("Authorize", {"idTag": "OLDER"})
    assert answer == {"idTagInfo": {"expiryDate": "2020-01-02T00:00:00.000Z", "status": "Expired"}}


async def test_TC_023_3_CSMS_blocked_tag(csms: Csms, charger: Charger) -> None:
    """Blocked is said as Blocked, with the group that the tag belongs to."""
    await csms.token("BAD", "blocked", group="FAMILY")
    answer = await charger.call("Authorize", {"idTag": "BAD"})
    assert answer == {"idTagInfo": {"parentIdTag": "FAMILY", "status": "Blocked"}}


async def test_TC_024_CSMS_lock_failure(csms: Csms, charger: Charger) -> None:
    """The connector cannot lock: fault, code and the vendor's words are kept."""
    await charger.status("Preparing")
    answer = await charger.status(
        "Faulted", errorCode="ConnectorLockFailure", info="latch", vendorId="acme", vendorErrorCode="E7"
    )
    assert answer == {}
    row = await csms.row("SELECT * FROM connectors")
    assert (row["status"], row["state"], row["error_code"]) == ("faulted", "faulted", "ConnectorLockFailure")
    assert (row["info"], row["vendor_id"], row["vendor_error_code"]) == ("latch", "acme", "E7")
    assert await csms.rows("SELECT * FROM transactions") == []


async def test_TC_032_1_CSMS_power_failure(csms: Csms) -> None:
    """Transactions are stopped before the lights go out; the next boot finds nothing open."""
    async with connected(csms.url, "CP1", boot=True) as charger:
        number = (await charger.start())["transactionId"]
        assert await charger.stop(number, 1500, at(10), reason="PowerLoss") == {}
    async with connected(csms.url, "CP1") as charger:
        assert (await charger.boot())["status"] == "Accepted"
        await charger.status("Available")
    stored = await facts(csms, number)
    assert (stored["status"], stored["reason"], stored["flags"]) == ("completed", "PowerLoss", [])


async def test_TC_037_1_CSMS_started_offline(csms: Csms, charger: Charger) -> None:
    """A start from while the line was down is stored with its own time."""
    began = at(15, 8)
    started = await charger.start(timestamp=began)
    assert started["idTagInfo"] == ACCEPTED
    row = await csms.transaction(started["transactionId"])
    assert row["start_timestamp"] == datetime.fromisoformat(began)
    assert row["start_received_at"] > row["start_timestamp"]
    assert (row["status"], row["flags"]) == ("active", [])


async def test_TC_037_3_CSMS_started_offline_with_an_invalid_tag(csms: Csms, charger: Charger) -> None:
    """An unknown tag that charged offline: told in the answer, then stopped DeAuthorized, all of it kept."""
    started = await charger.start("STRANGER", timestamp=at(15, 8))
    assert started["idTagInfo"] == INVALID
    number = started["transactionId"]
    assert 0 < number < 2**31
    assert await charger.stop(number, 1100, at(20, 8), reason="DeAuthorized") == {}
    assert await facts(csms, number) == {
        "status": "completed",
        "id_tag": "STRANGER",
        "authorization": "invalid",
        "meter_start": 1000,
        "meter_stop": 1100,
        "energy_wh": 100,
        "reason": "DeAuthorized",
        "flags": ["unknown_token"],
    }


async def test_TC_039_CSMS_whole_session_offline(csms: Csms, charger: Charger) -> None:
    """Start, readings and stop are delivered together afterwards, with the number that the late start was given."""
    number = (await charger.start(timestamp=at(0, 8)))["transactionId"]
    assert await charger.meter(number, 1400, at(30, 8)) == {}
    assert await charger.stop(number, 2000, at(0, 9), idTag="TAG") == {"idTagInfo": ACCEPTED}
    row = await csms.transaction(number)
    assert (row["start_timestamp"], row["stop_timestamp"]) == (
        datetime.fromisoformat(at(0, 8)),
        datetime.fromisoformat(at(0, 9)),
    )
    assert (row["energy_wh"], row["status"], row["reason"]) == (1000, "completed", "Local")


async def test_TC_064_CSMS_data_transfer_of_an_unknown_vendor(csms: Csms, charger: Charger) -> None:
    """A vendor that nobody knows is told so, and what it said is kept."""
    said = {"vendorId": "org.nobody", "messageId": "ping", "data": "42"}
    assert await charger.call("DataTransfer", said) == {"status": "UnknownVendorId"}
    row = await csms.row("SELECT * FROM ocpp_messages WHERE action = 'DataTransfer'")
    assert (row["outcome"], row["direction"]) == ("result", "in")
    assert '"data":"42"' in row["request"]
