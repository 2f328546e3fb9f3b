# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Two connections of one charger: which one counts (decisions 5, 11; attacks 4, 5)."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from csms.features.chargers.service import ChargerService
from csms.kit.clock import SystemClock
from csms.kit.db.uow import UnitOfWork
from tests.support.charger import basic, connected
from tests.support.csms import TESTER, Csms
from tests.support.eventually import eventually
from tests.support.raw import knock, raw

SECRET = "correct horse battery staple"
CONNECTION = "SELECT epoch, online, close_code, close_reason FROM charger_connections WHERE charger_id = $1"


async def _events(csms: Csms) -> list[tuple[str, str]]:
    return await csms.told()


def _links(csms: Csms) -> Any:
    assert csms.application.gateway is not None
    return csms.application.gateway._directory


async def test_the_newest_with_a_secret_wins(csms: Csms) -> None:
    """The first one is told 1008; its close does not evict the second; the operator sees it."""
    await csms.charger("SAFE", password=SECRET)
    async with connected(csms.url, "SAFE", password=SECRET, boot=True) as first:
        first.answers["ClearCache"] = {"status": "Rejected"}
        async with connected(csms.url, "SAFE", password=SECRET) as second:
            second.answers["ClearCache"] = {"status": "Accepted"}
            await asyncio.wait_for(first.closed.wait(), 10)
            assert first.close_code == 1008
            await eventually(lambda: _gone(csms))
            assert tuple(await csms.row(CONNECTION, "SAFE")) == (2, True, None, None)
            assert (await second.call("Heartbeat"))["currentTime"]
            row = await csms.command("SAFE", {"type": "clear_cache"})
            assert (row["status"], first.heard, second.heard) == ("accepted", [], [("ClearCache", {})])
    assert await _events(csms) == [("connection_replaced", "a newer connection took over")]


async def _gone(csms: Csms) -> bool:
    """Whether all but one connection have been wound up."""
    kit = csms.application.kit
    assert kit is not None
    return kit.metrics.gateway_connections.labels("ocpp1.6").value == 1 and not _links(csms)._closing


async def test_a_late_goodbye_of_the_old_socket_changes_nothing(csms: Csms) -> None:
    """ts-ocpp#19: the old connection ends long after the new one was opened."""
    await csms.charger("SAFE", password=SECRET)
    async with raw(csms.url, "/ocpp/SAFE", basic("SAFE", SECRET)) as old:
        await old.call([2, "1", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"}])
        async with connected(csms.url, "SAFE", password=SECRET) as new:
            new.answers["ClearCache"] = {"status": "Accepted"}
            assert await old.close_code() == 1008
            # The old one has not said goodbye yet; it does now, and is still not the charger.
            await old.send(b'[2,"2","Heartbeat",{}]')
            await old.send((1000).to_bytes(2, "big"), 8)
            await eventually(lambda: _gone(csms))
            assert tuple(await csms.row(CONNECTION, "SAFE")) == (2, True, None, None)
            assert (await csms.command("SAFE", {"type": "clear_cache"}))["status"] == "accepted"
            assert new.heard == [("ClearCache", {})]


async def test_nothing_of_a_replaced_connection_is_stored(csms: Csms) -> None:
    """A lower epoch is refused: what the old socket still had in hand is neither stored nor answered."""
    await csms.charger("SAFE", password=SECRET)
    async with connected(csms.url, "SAFE", password=SECRET, boot=True) as old:
        # Another node takes the charger over, and this one has not heard of it yet.
        await csms.sql.execute("UPDATE charger_connections SET epoch = epoch + 1, node_id = 'other'")
        with pytest.raises(ConnectionError):
            await old.status("Faulted")
        await asyncio.wait_for(old.closed.wait(), 10)
    assert await csms.rows("SELECT * FROM connectors") == []
    assert tuple(await csms.row("SELECT epoch, online FROM charger_connections")) == (2, True)


async def test_a_zombie_is_replaced(csms: Csms) -> None:
    """steve#357: power was lost, the old socket never says anything again; the new one serves at once."""
    await csms.charger("SAFE", password=SECRET)
    async with connected(csms.url, "SAFE", password=SECRET, boot=True) as dead:
        await dead.vanish()
        async with connected(csms.url, "SAFE", password=SECRET) as alive:
            assert (await alive.boot())["status"] == "Accepted"
            alive.answers["ClearCache"] = {"status": "Accepted"}
            assert (await csms.command("SAFE", {"type": "clear_cache"}))["status"] == "accepted"


async def test_without_a_secret_the_living_first_one_stays(csms: Csms) -> None:
    """Profile 0 proves nothing: a second connection is refused while the first was heard lately."""
    async with connected(csms.url, "CP1", boot=True) as first:
        assert (await knock(csms.url, "/ocpp/CP1")).status == 409
        assert (await knock(csms.url, "/ocpp/cp1")).status == 409
        assert (await first.call("Heartbeat"))["currentTime"]
        assert tuple(await csms.row(CONNECTION, "CP1")) == (1, True, None, None)
    assert await _events(csms) == [("second_connection", "refused: the first connection is alive (2 times)")]


async def test_without_a_secret_a_silent_first_one_is_asked(csms: Csms) -> None:
    """Silent for longer than its heartbeat interval, but it answers a ping: it stays."""
    async with connected(csms.url, "CP1", boot=True) as first:
        _links(csms).get("CP1").last_frame_s -= 1_000
        assert (await knock(csms.url, "/ocpp/CP1")).status == 409
        assert (await first.call("Heartbeat"))["currentTime"]


async def test_without_a_secret_a_dead_first_one_is_replaced(csms: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent, and no answer to a ping: the second connection is the charger."""
    monkeypatch.setattr("csms.gateway.link._PING_ANSWER_S", 0.2)
    async with connected(csms.url, "CP1", boot=True) as first:
        await first.vanish()
        _links(csms).get("CP1").last_frame_s -= 1_000
        async with connected(csms.url, "CP1") as second:
            assert (await second.call("Heartbeat"))["currentTime"]
            assert tuple(await csms.row(CONNECTION, "CP1")) == (2, True, None, None)
    events = await _events(csms)
    assert events[0] == ("second_connection", "the first connection was dead")


async def test_an_older_handshake_that_ends_later_evicts_nobody(csms: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two connect at once: the first to claim is the last to be done. The epoch decides, not who came to the desk."""
    await csms.charger("SAFE", password=SECRET)
    gateway = csms.application.gateway
    assert gateway is not None
    registry = gateway._registry
    claim = registry.claim
    claimed, go_on = asyncio.Event(), asyncio.Event()

    async def slow_claim(*arguments: Any) -> int:
        epoch = await claim(*arguments)
        if epoch == 1:
            claimed.set()
            await go_on.wait()
        return epoch

    monkeypatch.setattr(registry, "claim", slow_claim)
    async with raw(csms.url, "/ocpp/SAFE", basic("SAFE", SECRET)) as slow:
        await asyncio.wait_for(claimed.wait(), 5)
        async with connected(csms.url, "SAFE", password=SECRET, boot=True) as quick:
            quick.answers["ClearCache"] = {"status": "Accepted"}
            go_on.set()
            assert await slow.close_code() == 1008
            assert (await quick.call("Heartbeat"))["currentTime"]
            assert (await csms.command("SAFE", {"type": "clear_cache"}))["status"] == "accepted"
            assert tuple(await csms.row(CONNECTION, "SAFE")) == (2, True, None, None)


async def test_flapping_leaves_one_connection(csms: Csms) -> None:
    """Ten connections in a burst: nine are closed, one serves, with the highest epoch, and the row says so."""
    await csms.charger("SAFE", password=SECRET)
    async with connected(csms.url, "SAFE", password=SECRET, boot=True):
        pass
    async with AsyncExitStack() as stack:
        enter = (stack.enter_async_context(raw(csms.url, "/ocpp/SAFE", basic("SAFE", SECRET))) for _ in range(10))
        sockets = await asyncio.gather(*enter)
        ends = {asyncio.create_task(socket.close_code(60)): socket for socket in sockets}
        waiting = set(ends)
        while len(waiting) > 1:
            done, waiting = await asyncio.wait(waiting, timeout=30, return_when=asyncio.FIRST_COMPLETED)
            assert done, f"{len(waiting)} connections are left"
            assert {end.result() for end in done} == {1008}
        last = waiting.pop()
        last.cancel()
        await asyncio.gather(last, return_exceptions=True)
        assert (await ends[last].call([2, "1", "Heartbeat", {}]))[:2] == [3, "1"]
        assert (await csms.row(CONNECTION, "SAFE"))["epoch"] == 11
        await eventually(lambda: _gone(csms))


async def _retire(csms: Csms, uow: UnitOfWork) -> None:
    kit = csms.application.kit
    assert kit is not None
    await ChargerService(kit.keys.hash_secret, SystemClock()).retire(uow, "CP1", purge=False)


async def test_a_retired_charger_is_hung_up_on(csms: Csms) -> None:
    """DELETE closes the socket with 1008 and refuses the identity from then on (decision 7)."""
    kit = csms.application.kit
    assert kit is not None
    async with connected(csms.url, "CP1", boot=True) as charger:
        async with kit.units(TESTER) as uow:
            await _retire(csms, uow)
        await asyncio.wait_for(charger.closed.wait(), 10)
        assert charger.close_code == 1008
    assert (await knock(csms.url, "/ocpp/CP1")).status == 401
