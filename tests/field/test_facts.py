# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Facts of transactions that are lost or doubled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.support.charger import Charger, connected
from tests.support.csms import Csms

UNSET = "1970-01-01T00:00:00Z"


@asynccontextmanager
async def _both_lanes_busy(csms: Csms) -> AsyncIterator[asyncio.Event]:
    """Two other chargers hold the two lanes until the event is set: what comes meanwhile shares the next group."""
    async with AsyncExitStack() as stack:
        for name in ("B1", "B2"):
            await csms.charger(name)
        others = [await stack.enter_async_context(connected(csms.url, name, boot=True)) for name in ("B1", "B2")]
        blocker = await csms.database.connect()
        try:
            lock = blocker.transaction()
            await lock.start()
            await blocker.execute("LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE")
            release = asyncio.Event()
            busy = []
            for number, other in enumerate(others):
                busy.append(asyncio.create_task(other.start("TAG", meter=number)))
                await _waiting_for_lock(csms, number + 1)

            async def unlock() -> None:
                await release.wait()
                await lock.rollback()

            unlocking = asyncio.create_task(unlock())
            yield release
            release.set()
            await unlocking
            await asyncio.gather(*busy)
        finally:
            await blocker.close()


async def _waiting_for_lock(csms: Csms, count: int) -> None:
    async def blocked() -> bool:
        rows = await csms.rows(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return len(rows) >= count

    while not await blocked():
        await asyncio.sleep(0.02)


async def _depth(csms: Csms, count: int) -> None:
    gateway = csms.application.gateway
    assert gateway is not None
    async with asyncio.timeout(5):
        while gateway._pipeline.depth < count:
            await asyncio.sleep(0.01)


async def _reconnect_and_start(csms: Csms, first_connector: int, second_connector: int) -> int:
    async with AsyncExitStack() as stack:
        old = await stack.enter_async_context(connected(csms.url, "CP1", boot=True))
        async with _both_lanes_busy(csms) as release:
            lost = asyncio.create_task(old.start("TAG", first_connector))
            await _depth(csms, 1)
            await old.socket.close()  # the line is cut before the answer; it comes back and asks again
            new = await stack.enter_async_context(connected(csms.url, "CP1"))
            again = asyncio.create_task(new.start("TAG", second_connector))
            await _depth(csms, 2)
            release.set()
            answer = await again
            await asyncio.gather(lost, return_exceptions=True)
    return int(answer["transactionId"])


async def test_a_start_repeated_on_a_new_connection_in_the_same_group_is_one(csms: Csms) -> None:
    """One transaction, active and not doubted, told once (attack 8, R2)."""
    number = await _reconnect_and_start(csms, 1, 1)
    row = await csms.row("SELECT * FROM transactions WHERE charger_id = 'CP1'")
    assert row["transaction_id"] == number
    told = await csms.rows("SELECT * FROM outbox WHERE key = 'CP1' AND type = 'transaction_started'")
    assert (row["status"], row["flags"], len(told)) == ("active", [], 1)


async def test_an_older_epoch_in_the_same_group_is_refused(csms: Csms) -> None:
    """Decision 5: a write of a lower epoch is refused, also where the newer one's is in the same group."""
    number = await _reconnect_and_start(csms, 1, 2)
    row = await csms.row("SELECT * FROM transactions WHERE charger_id = 'CP1' AND connector_id = 2")
    assert row["transaction_id"] == number
    assert await csms.rows("SELECT * FROM transactions WHERE charger_id = 'CP1' AND connector_id = 1") == []


async def test_two_sessions_of_a_charger_without_a_clock_are_two(csms: Csms, charger: Charger) -> None:
    """1970 and a register that begins at 0 each time: the second session is not the first one again (R2)."""
    first = (await charger.start("TAG", meter=0, timestamp=UNSET))["transactionId"]
    await charger.stop(first, 5000, UNSET)
    second = (await charger.start("TAG", meter=0, timestamp=UNSET))["transactionId"]
    await charger.stop(second, 7000, UNSET)
    rows = await csms.rows("SELECT energy_wh FROM transactions ORDER BY created_at")
    assert [int(row["energy_wh"]) for row in rows] == [5000, 7000]


async def test_readings_of_an_unknown_stop_are_kept(csms: Csms, charger: Charger) -> None:
    """transactionData of a stop that we cannot place was acknowledged, so it is stored."""
    data = [{"timestamp": "2026-11-23T10:00:00Z", "sampledValue": [{"value": "1500"}]}]
    await charger.stop(-1, 2000, transactionData=data)
    assert len(await csms.rows("SELECT * FROM meter_values")) == 1


async def test_an_unknown_stop_is_told(csms: Csms, charger: Charger) -> None:
    """A transaction that ended is a durable event, also where we never heard of its start."""
    await charger.stop(-1, 2000)
    assert len(await csms.rows("SELECT * FROM outbox WHERE type = 'transaction_ended'")) == 1


async def test_energy_corrected_after_the_end_is_told(csms: Csms, charger: Charger) -> None:
    """Whoever bills by TransactionEnded must hear that the energy changed."""
    number = (await charger.start("TAG", meter=1000))["transactionId"]
    await charger.stop(number, 900, "2026-11-23T10:30:00Z")  # a faulty stop: nothing believed yet
    before = (await csms.transaction())["energy_wh"]
    await charger.meter(number, 3000, "2026-11-23T10:29:00Z")
    after = (await csms.transaction())["energy_wh"]
    told = await csms.rows("SELECT type FROM outbox WHERE key = 'CP1' AND type <> 'transaction_started'")
    assert before != after
    assert len(told) == 2


async def test_a_replayed_available_does_not_doubt_a_newer_transaction(csms: Csms, charger: Charger) -> None:
    """A status older than the start says nothing about the transaction."""
    await charger.status("Charging", timestamp="2026-11-23T10:00:01Z")
    await charger.start("TAG", meter=1000, timestamp="2026-11-23T10:00:00Z")
    await charger.status("Available", timestamp="2026-11-23T08:00:00Z")
    assert (await csms.transaction())["status"] == "active"


async def test_a_superseded_transaction_stays_superseded(csms: Csms, charger: Charger) -> None:
    """A late reading of the older transaction does not leave two open ones on one connector."""
    old = (await charger.start("TAG", meter=1000, timestamp="2026-11-23T10:00:00Z"))["transactionId"]
    await charger.start("TAG", meter=2000, timestamp="2026-11-23T11:00:00Z")
    await charger.meter(old, 1500, "2026-11-23T10:30:00Z")
    assert len(await csms.rows("SELECT * FROM transactions WHERE status = 'active'")) == 1


async def test_readings_are_not_lost_with_a_second_stop(csms: Csms, charger: Charger) -> None:
    """A stop that differs from the first one (same number) is acknowledged: what it brings is not dropped unseen."""
    number = (await charger.start("TAG", meter=1000))["transactionId"]
    await charger.stop(number, 1000, "2026-11-23T10:01:00Z")
    await charger.stop(number, 5000, "2026-11-23T11:00:00Z")
    row = await csms.transaction(number)
    assert row["flags"] or int(row["meter_stop"]) == 5000


async def test_two_unknown_stops_with_other_tags_are_two(csms: Csms, charger: Charger) -> None:
    """The same moment and the same figure, but two drivers: not one and the same end."""
    await charger.stop(-1, 2000, "2026-11-23T11:00:00Z", idTag="ONE")
    await charger.stop(-1, 2000, "2026-11-23T11:00:00Z", idTag="TWO")
    await charger.stop(-1, 2000, "2026-11-23T11:00:00Z", idTag="TWO")
    assert len(await csms.rows("SELECT 1 FROM transactions")) == 2
