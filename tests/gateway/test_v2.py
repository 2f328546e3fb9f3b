# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole journey in 2.0.1 and in 2.1 over a real socket."""

from collections.abc import Sequence
from typing import Any

import pytest

from csms.features.transactions import ingest_numbered
from csms.kit.db.ingest import Unit
from tests.support.charger import connected
from tests.support.csms import Csms

BOOT = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}


def event(kind: str, seq: int, trigger: str, **extra: Any) -> dict[str, Any]:
    """A TransactionEvent."""
    info = {"transactionId": "T-1", **extra.pop("info", {})}
    return {
        "eventType": kind,
        "timestamp": f"2026-11-23T10:{seq:02}:00Z",
        "triggerReason": trigger,
        "seqNo": seq,
        "transactionInfo": info,
        **extra,
    }


def register(wh: float, context: str, minute: int = 0) -> list[dict[str, Any]]:
    """A meterValue with the import register."""
    sampled = {"value": wh, "context": context, "measurand": "Energy.Active.Import.Register"}
    return [{"timestamp": f"2026-11-23T10:{minute:02}:00Z", "sampledValue": [sampled]}]


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_a_session_is_stored_with_its_energy(csms: Csms, protocol: str) -> None:
    """Boot, status, authorize, Started, Updated, Ended: one transaction with a number of ours and its energy."""
    async with connected(csms.url, "CP1", protocols=(protocol,)) as charger:
        assert (await charger.call("BootNotification", BOOT))["status"] == "Accepted"
        status = {"timestamp": "2026-11-23T10:00:00Z", "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
        assert await charger.call("StatusNotification", status) == {}
        token = {"idToken": "TAG", "type": "ISO14443"}
        assert await charger.call("Authorize", {"idToken": token}) == {"idTokenInfo": {"status": "Accepted"}}
        started = event(
            "Started",
            0,
            "Authorized",
            evse={"id": 1, "connectorId": 1},
            idToken=token,
            meterValue=register(1000, "Transaction.Begin"),
        )
        assert await charger.call("TransactionEvent", started) == {"idTokenInfo": {"status": "Accepted"}}
        assert await charger.call("TransactionEvent", started) == {"idTokenInfo": {"status": "Accepted"}}
        charging = event("Updated", 1, "ChargingStateChanged", info={"chargingState": "Charging"})
        assert await charger.call("TransactionEvent", charging) == {}
        periodic = event("Updated", 2, "MeterValuePeriodic", meterValue=register(1400, "Sample.Periodic", 2))
        assert await charger.call("TransactionEvent", periodic) == {}
        ended = event(
            "Ended",
            3,
            "EVDeparted",
            info={"stoppedReason": "EVDisconnected"},
            meterValue=register(1750, "Transaction.End", 3),
        )
        assert await charger.call("TransactionEvent", ended) == {}
    row = await csms.transaction()
    assert (row["status"], row["energy_wh"], row["reason"], row["charger_ref"]) == (
        "completed",
        750,
        "EVDisconnected",
        "T-1",
    )
    assert (row["evse_id"], row["connector_id"], row["id_tag"], row["flags"]) == (1, 1, "TAG", [])
    kept = await csms.rows("SELECT seq_no, trigger FROM transaction_events ORDER BY seq_no")
    assert [tuple(item) for item in kept] == [(0, "Authorized"), (1, "ChargingStateChanged"), (3, "EVDeparted")]


async def test_events_out_of_order_are_put_together(csms: Csms) -> None:
    """A queue that is replayed the wrong way round gives the same transaction; while a number is missing, it says so."""
    async with connected(csms.url, "CP1", protocols=("ocpp2.0.1",)) as charger:
        await charger.call("BootNotification", BOOT)
        ended = event("Ended", 2, "StopAuthorized", meterValue=register(2000, "Transaction.End", 2), offline=True)
        await charger.call("TransactionEvent", ended)
        row = await csms.transaction()
        assert (row["status"], "start_missing" in row["flags"]) == ("completed", True)
        started = event(
            "Started",
            0,
            "CablePluggedIn",
            evse={"id": 2},
            meterValue=register(1000, "Transaction.Begin"),
            offline=True,
        )
        await charger.call("TransactionEvent", started)
        row = await csms.transaction()
        assert "missing_events" in row["flags"]
        assert "start_missing" not in row["flags"]
        await charger.call("TransactionEvent", event("Updated", 1, "ChargingStateChanged", offline=True))
    row = await csms.transaction()
    assert (row["status"], row["energy_wh"]) == ("completed", 1000)
    assert "missing_events" not in row["flags"]


async def test_what_another_way_began_meanwhile_is_gone_on_with(csms: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the insert another connection of the charger began it: one transaction, nothing doubled."""
    find = ingest_numbered.find
    blind = False

    async def look(unit: Unit, rows: Sequence[tuple[str, str, int]]) -> dict[str, Any]:
        nonlocal blind
        if blind:
            blind = False
            return {}
        return dict(await find(unit, rows))

    monkeypatch.setattr(ingest_numbered, "find", look)
    async with connected(csms.url, "CP1", protocols=("ocpp2.0.1",)) as charger:
        await charger.call("BootNotification", BOOT)
        started = event("Started", 0, "CablePluggedIn", evse={"id": 1, "connectorId": 1})
        await charger.call("TransactionEvent", started)
        blind = True
        updated = event("Updated", 1, "MeterValuePeriodic", meterValue=register(1400, "Sample.Periodic", 1))
        assert await charger.call("TransactionEvent", updated) == {}
        assert not blind
    row = await csms.transaction()
    assert (row["charger_ref"], row["status"], row["flags"]) == ("T-1", "active", [])
    assert [item["energy_wh"] for item in await csms.rows("SELECT energy_wh FROM meter_values")] == [1400]
    assert len(await csms.rows("SELECT FROM outbox WHERE type LIKE 'transaction_started%'")) == 1


async def test_an_end_may_be_all_that_is_told(csms: Csms) -> None:
    """One event, the last: a transaction that is over, with its end and without a beginning."""
    async with connected(csms.url, "CP1", protocols=("ocpp2.0.1",)) as charger:
        await charger.call("BootNotification", BOOT)
        info = {"stoppedReason": "PowerLoss"}
        ended = event("Ended", 4, "AbnormalCondition", info=info, meterValue=register(1750, "Transaction.End", 3))
        assert await charger.call("TransactionEvent", ended) == {}
        assert await charger.call("TransactionEvent", ended) == {}
    row = await csms.transaction()
    assert (row["status"], row["reason"], row["meter_stop"], row["meter_start"]) == (
        "completed",
        "PowerLoss",
        1750,
        None,
    )
    assert "start_missing" in row["flags"]
    assert len(await csms.rows("SELECT FROM outbox WHERE type LIKE 'transaction_ended%'")) == 1


async def test_a_send_is_stored_and_not_answered(csms: Csms) -> None:
    """Values of a periodic event stream come as SEND frames (2.1)."""
    async with connected(csms.url, "CP1", protocols=("ocpp2.1",)) as charger:
        await charger.call("BootNotification", BOOT)
        await charger.send(
            '[6,"s1","NotifyPeriodicEventStream",{"data":[{"t":0.5,"v":"12"}],"id":3,"pending":0,'
            '"basetime":"2026-11-23T10:00:00Z"}]'
        )
        await charger.call("Heartbeat")
        await charger.call("ClosePeriodicEventStream", {"id": 3})
        assert charger.frames == []
    rows = await csms.rows("SELECT kind, data FROM charger_notices ORDER BY received_at")
    assert [row["kind"] for row in rows] == ["event_stream", "event_stream_closed"]
    assert rows[0]["data"] == {"stream_id": 3, "pending": 0, "values": [[0.5, "12"]]}


async def test_readings_without_a_context_begin_and_end_a_transaction(csms: Csms) -> None:
    """Chargers leave the context out (its default is Sample.Periodic): the registers are known all the same."""
    async with connected(csms.url, "CP1", protocols=("ocpp2.0.1",)) as charger:
        await charger.call("BootNotification", BOOT)
        steps = (
            ("Started", 1000, "Authorized"),
            ("Updated", 3450, "MeterValuePeriodic"),
            ("Ended", 8360, "StopAuthorized"),
        )
        for number, (kind, wh, trigger) in enumerate(steps):
            at = f"2026-11-23T10:0{number}:00Z"
            event = {
                "eventType": kind,
                "timestamp": at,
                "triggerReason": trigger,
                "seqNo": number,
                "transactionInfo": {"transactionId": "T1"},
                "evse": {"id": 1, "connectorId": 1},
                "meterValue": [{"timestamp": at, "sampledValue": [{"value": wh}]}],
            }
            await charger.call("TransactionEvent", event)
    row = await csms.transaction()
    assert (row["meter_start"], row["meter_stop"], row["energy_wh"]) == (1000, 8360, 7360)
