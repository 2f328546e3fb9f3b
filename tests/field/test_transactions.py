# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions: repeated, foreign, unknown, late, out of order; always stored, always answered, never billed blind."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from csms.domain.events import TransactionEnded
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from tests.support.charger import Charger, connected
from tests.support.csms import Csms

ACCEPTED = {"status": "Accepted"}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 1000, "timestamp": "2026-11-23T10:00:00Z"}
T1, T2, T3, T4 = (f"2026-11-23T{hour}Z" for hour in ("10:15:00", "10:30:00", "10:45:00", "11:00:00"))


async def _seen(csms: Csms, number: int) -> tuple[str, Any, list[str]]:
    row = await csms.transaction(number)
    return row["status"], row["energy_wh"], list(row["flags"])


@pytest.mark.parametrize("ids", [("7", "7"), ("7", "8")], ids=["same message id", "new message id"])
async def test_a_start_told_twice_is_one_transaction(csms: Csms, charger: Charger, ids: tuple[str, str]) -> None:
    """MicroOcpp#50, MicroOcpp#237, libocpp#298: the answer was lost; the same number again, and no ConcurrentTx."""
    first = await charger.call("StartTransaction", START, message_id=ids[0])
    second = await charger.call("StartTransaction", START, message_id=ids[1])
    assert first == second
    assert first["idTagInfo"] == ACCEPTED
    assert await _seen(csms, first["transactionId"]) == ("active", None, [])


async def test_a_start_told_again_by_a_new_socket_is_one_transaction(csms: Csms) -> None:
    """libocpp#688: the line broke before the answer came."""
    async with connected(csms.url, "CP1", boot=True) as charger:
        first = await charger.call("StartTransaction", START)
    async with connected(csms.url, "CP1") as charger:
        again = await charger.call("StartTransaction", START)
        assert again["transactionId"] == first["transactionId"]
        await charger.stop(first["transactionId"], 1500, T4)
        # The queue is replayed once more, and it is over by now.
        assert (await charger.call("StartTransaction", START))["transactionId"] == first["transactionId"]
    assert await _seen(csms, first["transactionId"]) == ("completed", 500, [])


async def test_the_same_tag_charges_at_two_chargers(csms: Csms, charger: Charger) -> None:
    """citrineos#30: two starts of one tag are two transactions, neither of them refused as concurrent."""
    await csms.charger("CP2")
    async with connected(csms.url, "CP2", boot=True) as other:
        started = [await charger.start(), await other.start()]
    assert [answer["idTagInfo"] for answer in started] == [ACCEPTED, ACCEPTED]
    assert started[0]["transactionId"] != started[1]["transactionId"]


async def test_numbers_are_int32_and_never_zero(csms: Csms, charger: Charger) -> None:
    """hsem#907, evcc#15951: unique over the whole system, within 1 .. 2^31-1."""
    numbers = [(await charger.start(meter=meter))["transactionId"] for meter in range(20)]
    assert len(set(numbers)) == 20
    assert all(0 < number < 2**31 for number in numbers)


async def test_another_charger_cannot_stop_it(csms: Csms, charger: Charger) -> None:
    """steve#1296, OCPP.Core#34, CVE-2026-28230: answered, kept as its own odd report, and the transaction goes on."""
    number = (await charger.start())["transactionId"]
    await csms.charger("EVIL")
    async with connected(csms.url, "EVIL", boot=True) as evil:
        assert await evil.stop(number, 1001, T1) == {}
        assert await evil.meter(number, 999_000, T1) == {}
    assert await _seen(csms, number) == ("active", None, [])
    odd = await csms.row("SELECT * FROM transactions WHERE charger_id = 'EVIL'")
    assert (odd["transaction_id"], odd["reported_ref"], odd["energy_wh"]) == (None, str(number), None)
    assert odd["flags"] == ["foreign_transaction"]
    reading = await csms.row("SELECT * FROM meter_values")
    assert (reading["charger_id"], reading["transaction"], reading["flags"]) == ("EVIL", None, ["foreign_transaction"])
    await charger.stop(number, 2000, T4)
    assert await _seen(csms, number) == ("completed", 1000, [])


async def test_a_stop_told_twice_changes_nothing(csms: Csms, charger: Charger) -> None:
    """lbb#1491: the answer was lost. A second stop with other figures is answered and not believed."""
    number = (await charger.start())["transactionId"]
    payload = {"transactionId": number, "meterStop": 1800, "timestamp": T4, "idTag": "TAG"}
    first = await charger.call("StopTransaction", payload, message_id="9")
    assert first == {"idTagInfo": ACCEPTED}
    before = await csms.transaction(number)
    assert await charger.call("StopTransaction", payload, message_id="9") == first
    assert await charger.call("StopTransaction", payload, message_id="10") == first
    assert await csms.transaction(number) == before
    for meter in (99_000, 98_000):
        assert await charger.call("StopTransaction", {**payload, "meterStop": meter}) == first
    after = await csms.transaction(number)
    assert after["flags"] == ["second_stop"]
    assert (after["meter_stop"], after["energy_wh"], after["stop_timestamp"]) == (
        before["meter_stop"],
        before["energy_wh"],
        before["stop_timestamp"],
    )
    told = await csms.rows("SELECT type FROM outbox WHERE key = 'CP1' ORDER BY id")
    assert [row["type"] for row in told] == ["transaction_started", "transaction_ended", "transaction_corrected"]
    assert csms.application.kit is not None
    told = csms.application.kit.codec.tag(TransactionEnded)
    assert len(await csms.rows("SELECT * FROM outbox WHERE type = $1", told)) == 1


@pytest.mark.parametrize("number", [0, -1, 4711, 2**31, 2**63 - 1])
async def test_a_stop_of_an_unknown_transaction_is_answered_and_kept(csms: Csms, charger: Charger, number: int) -> None:
    """steve#156, lbb#1491, libocpp#495, lbb#45: else it is retried for ever. Told twice it is one report."""
    for _ in range(2):
        assert await charger.stop(number, 5000, T4, idTag="TAG") == {"idTagInfo": ACCEPTED}
    row = await csms.transaction()
    assert (row["transaction_id"], row["reported_ref"], row["status"]) == (None, str(number), "completed")
    assert (row["meter_stop"], row["energy_wh"], row["flags"]) == (5000, None, ["unknown_transaction"])


async def test_a_tag_that_expired_meanwhile_still_stops(csms: Csms, charger: Charger) -> None:
    """steve#252: judged honestly, and stopped."""
    number = (await charger.start())["transactionId"]
    await csms.sql.execute("UPDATE tokens SET status = 'expired'")
    assert await charger.stop(number, 1500, T4, idTag="TAG") == {"idTagInfo": {"status": "Expired"}}
    assert (await csms.transaction(number))["status"] == "completed"


async def test_a_tag_that_was_deleted_meanwhile_still_stops(csms: Csms, charger: Charger) -> None:
    """steve#252: nobody knows it any more."""
    number = (await charger.start())["transactionId"]
    await csms.sql.execute("DELETE FROM tokens")
    assert await charger.stop(number, 1500, T4, idTag="TAG") == {"idTagInfo": {"status": "Invalid"}}
    assert (await csms.transaction(number))["energy_wh"] == 500


async def test_another_tag_stops_it_and_is_flagged(csms: Csms, charger: Charger) -> None:
    """steve PR#2102: a stop is a report of the charger, not a request of the tag."""
    await csms.token("OTHER")
    number = (await charger.start())["transactionId"]
    assert await charger.stop(number, 1500, T4, idTag="OTHER") == {"idTagInfo": ACCEPTED}
    row = await csms.transaction(number)
    assert (row["status"], row["stop_id_tag"], row["flags"]) == ("completed", "OTHER", ["stopped_by_other_token"])


async def test_several_tags_that_match_are_no_obstacle(csms: Csms, charger: Charger) -> None:
    """core#1048: two rows fit what was reported; the more exact one is meant, and the stop is answered."""
    await csms.token("TAG_77", "blocked")
    number = (await charger.start("TAG_77"))["transactionId"]
    assert await charger.stop(number, 1500, T4, idTag="TAG_77") == {"idTagInfo": {"status": "Blocked"}}
    assert (await csms.transaction(number))["status"] == "completed"


async def test_readings_replayed_out_of_order_count_once_and_right(csms: Csms, charger: Charger) -> None:
    """lbb#2135: an offline queue is emptied in any order, and some of it twice."""
    number = (await charger.start())["transactionId"]
    for wh, at in ((3000, T3), (1500, T1), (2000, T2), (1500, T1)):
        assert await charger.meter(number, wh, at) == {}
    await charger.stop(number, 4000, T4)
    assert await _seen(csms, number) == ("completed", 3000, [])


async def test_a_begin_of_zero_is_no_baseline(csms: Csms, charger: Charger) -> None:
    """citrineos PR#1060: meterStart 0 on a lifetime register of 910 kWh was billed as 910 kWh instead of 0.083."""
    number = (await charger.start(meter=0))["transactionId"]
    await charger.meter(number, 910_000, T1)
    await charger.stop(number, 910_083, T4)
    assert await _seen(csms, number) == ("completed", 83, ["begin_zero"])


async def test_a_start_without_sense_is_not_billed(csms: Csms, charger: Charger) -> None:
    """ocpp-go#114: meterStart -1."""
    started = await charger.start(meter=-1)
    assert started["idTagInfo"] == ACCEPTED
    await charger.meter(started["transactionId"], 5_000, T1)
    await charger.stop(started["transactionId"], 6_000, T4)
    status, energy, flags = await _seen(csms, started["transactionId"])
    assert (status, energy) == ("completed", 1_000)
    assert "negative_register" in flags


async def test_a_stop_beyond_every_meter_is_not_billed(csms: Csms, charger: Charger) -> None:
    """Attack 18: a figure that no meter shows and no reading in between: nothing is known of the energy."""
    number = (await charger.start())["transactionId"]
    assert await charger.stop(number, 2**62, T4) == {}
    assert await _seen(csms, number) == ("completed", None, ["no_register"])


async def test_a_jump_is_flagged_and_not_billed(csms: Csms, charger: Charger) -> None:
    """Attack 18: 1 MWh in a quarter of an hour."""
    number = (await charger.start())["transactionId"]
    await charger.meter(number, 2_000, T1)
    await charger.meter(number, 1_002_000_000, T2)
    await charger.stop(number, 1_003_000_000, T4)
    status, energy, flags = await _seen(csms, number)
    assert (status, energy) == ("completed", 1_000)
    assert set(flags) == {"implausible_jump", "implausible_stop"}


async def test_a_register_that_starts_anew_is_counted_on(csms: Csms, charger: Charger) -> None:
    """Java-OCA-OCPP#331: the register resets at a reboot in the middle of a session."""
    number = (await charger.start(meter=50_000))["transactionId"]
    await charger.meter(number, 51_000, T1)
    await charger.meter(number, 0, T2)
    await charger.meter(number, 700, T3)
    await charger.stop(number, 900, T4)
    assert await _seen(csms, number) == ("completed", 1_900, ["register_reset"])


async def test_readings_after_the_stop_are_counted(csms: Csms, charger: Charger) -> None:
    """evcc#14673: MeterValues come after the StopTransaction; kept with it, flagged, the energy stays the stop's."""
    number = (await charger.start())["transactionId"]
    await charger.stop(number, 3_000, T4)
    assert await charger.meter(number, 2_500, T3) == {}
    row = await csms.transaction(number)
    assert (row["status"], row["energy_wh"], row["flags"]) == ("completed", 2_000, ["late_readings"])
    assert (await csms.row("SELECT transaction FROM meter_values"))["transaction"] == row["id"]


@pytest.mark.parametrize("ref", [0, -1, None])
async def test_readings_without_a_number_find_the_open_transaction(
    csms: Csms, charger: Charger, ref: int | None
) -> None:
    """ev-dashboard#1817, ocpp-rpc#82, core#869: transactionId 0, -1 or none; the connector tells where they belong."""
    number = (await charger.start())["transactionId"]
    assert await charger.meter(ref, 1_800, T2) == {}
    assert await charger.meter(ref, 50, T2, connector=2) == {}
    row = await csms.transaction(number)
    readings = await csms.rows("SELECT connector_id, transaction FROM meter_values ORDER BY connector_id")
    assert [tuple(reading) for reading in readings] == [(1, row["id"]), (2, None)]


async def test_the_grid_meter_is_connector_0(csms: Csms, charger: Charger) -> None:
    """core#995: readings of connector 0 are the charger's, never a transaction's."""
    await charger.start()
    assert await charger.meter(None, 123_456, T2, connector=0) == {}
    row = await csms.row("SELECT connector_id, transaction, energy_wh FROM meter_values")
    assert tuple(row) == (0, None, 123_456)


async def test_a_reading_without_energy_takes_nothing_away(csms: Csms, charger: Charger) -> None:
    """core#868: a batch with only the state of charge does not reset the total."""
    number = (await charger.start())["transactionId"]
    await charger.meter(number, 2_000, T1)
    soc = {"timestamp": T2, "sampledValue": [{"value": "55", "measurand": "SoC", "unit": "Percent"}]}
    await charger.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [soc]})
    await charger.stop(number, 2_500, T4)
    assert await _seen(csms, number) == ("completed", 1_500, [])


async def test_energy_per_phase_is_added_up(csms: Csms, charger: Charger) -> None:
    """lbb#1925, citrineos#123: L1..L3 and no total; the stop's own figure is nonsense."""
    number = (await charger.start(meter=3_000))["transactionId"]
    for at, wh in ((T1, 1_100), (T2, 1_400)):
        sampled = [{"value": str(wh), "phase": phase, "unit": "Wh"} for phase in ("L1", "L2", "L3")]
        value = {"timestamp": at, "sampledValue": sampled}
        await charger.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]})
    await charger.stop(number, 0, T4)
    status, energy, flags = await _seen(csms, number)
    assert (status, energy) == ("completed", 1_200)
    assert flags


async def test_the_data_of_a_stop_are_readings(csms: Csms, charger: Charger) -> None:
    """transactionData: kept with the transaction and counted, even where the stop's own meter went wrong."""
    number = (await charger.start())["transactionId"]
    data = [
        {"timestamp": at, "sampledValue": [{"value": value, "unit": "kWh", "context": context}]}
        for at, value, context in ((T1, "1.0", "Transaction.Begin"), (T4, "3.5", "Transaction.End"))
    ]
    await charger.stop(number, 3_500, T4, transactionData=data)
    assert await _seen(csms, number) == ("completed", 2_500, [])
    readings = await csms.rows("SELECT energy_wh FROM meter_values ORDER BY measured_at")
    assert [reading["energy_wh"] for reading in readings] == [1_000, 3_500]


async def test_a_remote_start_that_nothing_follows_expires(csms: Csms, charger: Charger) -> None:
    """steve#740, steve#796: accepted, but nobody plugged in. A start long after belongs to nobody's command."""
    charger.answers["RemoteStartTransaction"] = ACCEPTED
    row = await csms.command("CP1", {"type": "start_transaction", "token": "TAG", "connector_id": 1})
    service = csms.application.commands
    assert service is not None
    await service.sweep(DEFAULT_ORGANIZATION_ID)
    assert (await csms.row("SELECT effect FROM commands"))["effect"] == "awaited"
    await csms.sql.execute("UPDATE commands SET finished_at = finished_at - $1::interval", timedelta(minutes=6))
    await service.sweep(DEFAULT_ORGANIZATION_ID)
    assert (await csms.row("SELECT effect FROM commands WHERE id = $1", row["id"]))["effect"] == "expired"
    await charger.start()
    assert tuple(await csms.row("SELECT effect, transaction_id FROM commands")) == ("expired", None)


async def test_available_while_it_runs_is_doubted_and_a_late_stop_ends_it(csms: Csms, charger: Charger) -> None:
    """A connector that is free holds no transaction; the stop comes after all, and nothing stays in doubt."""
    number = (await charger.start())["transactionId"]
    await charger.status("Charging")
    await charger.status("Available", connector=2)
    assert (await csms.transaction(number))["status"] == "active"
    await charger.status("Available")
    assert await _seen(csms, number) == ("suspect", None, ["stale"])
    await charger.stop(number, 1_600, T4)
    assert await _seen(csms, number) == ("completed", 600, [])


async def test_readings_prove_a_doubted_transaction_alive(csms: Csms, charger: Charger) -> None:
    """Available was a slip: the charger goes on metering it."""
    number = (await charger.start())["transactionId"]
    await charger.status("Available")
    await charger.meter(number, 1_100, T1)
    assert await _seen(csms, number) == ("active", None, [])


async def test_a_new_start_on_the_connector_leaves_the_old_one_in_doubt(csms: Csms, charger: Charger) -> None:
    """The stop was never sent: the older one is suspect, the new one runs, and the late stop finds the older one."""
    first = (await charger.start())["transactionId"]
    second = (await charger.start(meter=2_000, timestamp=T2))["transactionId"]
    elsewhere = (await charger.start(connector=2))["transactionId"]
    assert await _seen(csms, first) == ("suspect", None, ["stale"])
    assert (await csms.transaction(second))["status"] == "active"
    assert (await csms.transaction(elsewhere))["status"] == "active"
    await charger.stop(first, 1_900, T1)
    assert await _seen(csms, first) == ("completed", 900, [])


async def test_starts_and_stops_of_many_share_one_commit(csms: Csms) -> None:
    """Forty chargers start, meter and stop at once: each has its own transaction with its own energy."""
    names = [f"N{number:02}" for number in range(40)]
    for name in names:
        await csms.charger(name)

    async def session(number: int, name: str) -> tuple[str, int]:
        async with connected(csms.url, name, boot=True) as one:
            key: int = (await one.start(meter=number))["transactionId"]
            await one.meter(key, number + 500, T2)
            await one.stop(key, number + 1_000 + number, T4)
        return name, key

    done = await asyncio.gather(*(session(number, name) for number, name in enumerate(names)))
    assert len({key for _, key in done}) == 40
    rows = await csms.rows("SELECT charger_id, transaction_id, energy_wh FROM transactions ORDER BY charger_id")
    assert [tuple(row) for row in rows] == [(name, key, 1_000 + number) for number, (name, key) in enumerate(done)]
