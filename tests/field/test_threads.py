# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Threads of other systems that no other file here names."""

from typing import Any

from tests.support.charger import Charger, connected
from tests.support.csms import Csms

BOOT = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}


def _event(kind: str, number: int, trigger: str, **more: Any) -> dict[str, Any]:
    at = f"2026-11-24T10:0{number}:00Z"
    info = {"transactionId": "T-1"}
    return {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": trigger,
        "seqNo": number,
        "transactionInfo": info,
        **more,
    }


async def test_an_old_version_to_try_then_the_real_one(csms: Csms) -> None:
    """lbb#2008, lbb#2012: a probe in 1.6, then 2.0.1 for good: the version belongs to the connection, not to the id."""
    async with connected(csms.url, "CP1") as probe:
        await probe.call("BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"})
    async with connected(csms.url, "CP1", protocols=("ocpp2.0.1",)) as charger:
        assert (await charger.call("BootNotification", BOOT))["status"] == "Accepted"
    row = await csms.row("SELECT protocol FROM charger_connections")
    assert row["protocol"] == "ocpp2.0.1"


async def test_the_evse_is_told_once(csms: Csms) -> None:
    """lbb#2141: evse only in the first event; what follows belongs to the transaction all the same."""
    async with connected(csms.url, "CP1", protocols=("ocpp2.0.1",)) as charger:
        await charger.call("BootNotification", BOOT)
        token = {"idToken": "TAG", "type": "ISO14443"}
        begin = {"evse": {"id": 2, "connectorId": 1}, "idToken": token}
        await charger.call("TransactionEvent", _event("Started", 0, "Authorized", **begin))
        reading = [{"timestamp": "2026-11-24T10:01:00Z", "sampledValue": [{"value": 500}]}]
        await charger.call("TransactionEvent", _event("Updated", 1, "MeterValuePeriodic", meterValue=reading))
        await charger.call("TransactionEvent", _event("Ended", 2, "StopAuthorized"))
    row = await csms.transaction()
    assert (row["evse_id"], row["status"]) == (2, "completed")
    assert len(await csms.rows("SELECT 1 FROM meter_values WHERE transaction = $1", row["id"])) == 1


async def test_a_start_from_the_offline_queue_with_an_unknown_tag(csms: Csms, charger: Charger) -> None:
    """steve#25, steve#134: it charged, so it is stored; the answer says what we think of the tag."""
    start = {"connectorId": 1, "idTag": "STRANGER", "meterStart": 0, "timestamp": "2026-11-24T09:00:00Z"}
    answer = await charger.call("StartTransaction", start)
    assert answer["transactionId"] > 0
    assert answer["idTagInfo"]["status"] == "Invalid"
    assert (await csms.transaction())["id_tag"] == "STRANGER"


async def test_a_faulted_connector_keeps_no_reservation(csms: Csms, charger: Charger) -> None:
    """steve#1398: it cannot be used, so nobody may count on it."""
    charger.answers["ReserveNow"] = {"status": "Accepted"}
    body = {"type": "reserve_now", "token": "TAG", "evse_id": 1, "expires_at": "2099-01-01T00:00:00Z"}
    assert (await csms.command("CP1", body))["status"] == "accepted"

    async def status() -> str:
        rows = await csms.rows("SELECT status FROM reservations")
        return rows[0]["status"] if rows else ""

    await _until(status, "active")
    await charger.status("Faulted", 1)
    await _until(status, "removed")


async def _until(look: Any, wanted: str) -> None:
    import asyncio

    async with asyncio.timeout(10):
        while await look() != wanted:
            await asyncio.sleep(0.02)


async def test_a_tag_of_hexadecimal_digits_only(csms: Csms, charger: Charger) -> None:
    """lbb#514: Alfen takes no other; what we send is what was provisioned, digit for digit."""
    await csms.token("04E91C2A3B6D80")
    charger.answers["RemoteStartTransaction"] = {"status": "Accepted"}
    await csms.command("CP1", {"type": "start_transaction", "token": "04E91C2A3B6D80", "connector_id": 1})
    assert charger.heard[-1][1]["idTag"] == "04E91C2A3B6D80"
    assert (await charger.call("Authorize", {"idTag": "04e91c2a3b6d80"}))["idTagInfo"]["status"] == "Accepted"


async def test_after_finishing_a_start_is_passed_on(csms: Csms, charger: Charger) -> None:
    """evcc#33020: some need the cable replugged. Whether it can start is the charger's to say, and its answer is told."""
    await charger.status("Finishing", 1)
    charger.answers["RemoteStartTransaction"] = {"status": "Rejected"}
    row = await csms.command("CP1", {"type": "start_transaction", "token": "TAG", "connector_id": 1})
    assert row["status"] == "rejected"
