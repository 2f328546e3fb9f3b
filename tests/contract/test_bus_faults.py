# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the bus between nodes does when Redis or a node goes away."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from redis.utils import str_if_bytes

from csms.kit.bus.base import Superseded, TimedOut, Unreachable
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.redis import RedisBus
from csms.kit.metrics import Metrics
from tests.kit.bus.events import CLASSES, Measured
from tests.support.valkey import ValkeyServer


@pytest.fixture
async def valkey() -> AsyncIterator[ValkeyServer]:
    """A server that the test may kill."""
    async with ValkeyServer() as server:
        yield server


@asynccontextmanager
async def bus_on(
    server: ValkeyServer, lease_s: float = 10.0, io_timeout_s: float = 2.0, metrics: Metrics | None = None
) -> AsyncIterator[RedisBus]:
    """A started node."""
    bus = RedisBus(
        server.url,
        EventCodec(CLASSES),
        metrics or Metrics(process=False),
        lease_s=lease_s,
        io_timeout_s=io_timeout_s,
    )
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()


async def until(condition: Callable[[], bool], timeout_s: float = 15) -> None:
    """Poll what has no event of its own."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


async def echo(command: bytes) -> bytes:
    """Answer with the command."""
    return b"echo:" + command


async def reachable(bus: RedisBus, address: str) -> bytes:
    """Ask until somebody serves the address."""
    async with asyncio.timeout(15):
        while True:
            try:
                return await bus.request(address, b"", 5)
            except Unreachable:
                await asyncio.sleep(0.01)


async def test_a_redis_killed_and_restarted_costs_live_updates_only(valkey: ValkeyServer) -> None:
    """While it is away own addresses and subscribers work; afterwards everything served is there again."""
    metrics = Metrics(process=False)
    async with bus_on(valkey, metrics=metrics) as near, bus_on(valkey) as far:
        got: list[int] = []
        local: list[int] = []

        async def remote_subscriber(event: Measured) -> None:
            got.append(event.value)

        async def local_subscriber(event: Measured) -> None:
            local.append(event.value)

        await far.subscribe([Measured], remote_subscriber)
        await near.subscribe([Measured], local_subscriber)
        for n in range(50):
            await near.serve(f"charger.{n}", echo, epoch=1)
        valkey.kill()
        await until(lambda: not near.connected and not far.connected)

        near.publish(Measured(charger_id="A", value=1))
        await until(lambda: local == [1])
        assert await near.request("charger.7", b"x", 5) == b"echo:x"
        with pytest.raises(Unreachable):
            await far.request("charger.7", b"x", 60)
        await near.serve("charger.late", echo, epoch=1)  # a charger that connects meanwhile
        near.wake("alerts")
        assert await near.wait_woken("alerts", 5)

        await valkey.start()
        await until(lambda: near.connected and far.connected)
        for address in ("charger.0", "charger.49", "charger.late"):
            assert await reachable(far, address) == b"echo:"
        near.publish(Measured(charger_id="A", value=2))
        await until(lambda: got == [2])
    assert metrics.bus_reconnects.labels().value == 1
    assert metrics.bus_dropped.labels("disconnected").value == 1


async def test_a_bus_starts_without_redis_and_finds_it_later(valkey: ValkeyServer) -> None:
    """Chargers are served from the first moment; the others learn of them when Redis comes."""
    valkey.kill()
    async with bus_on(valkey) as near:
        assert not near.connected
        await near.serve("charger.A", echo, epoch=1)
        assert await near.request("charger.A", b"", 5) == b"echo:"
        await valkey.start()
        await until(lambda: near.connected)
        async with bus_on(valkey) as far:
            assert await reachable(far, "charger.A") == b"echo:"


async def test_a_request_in_flight_when_redis_dies_times_out(valkey: ValkeyServer) -> None:
    """Whether it was carried out is unknown, so it is not called unreachable."""
    async with bus_on(valkey) as near, bus_on(valkey) as far:
        entered = asyncio.Event()

        async def handler(command: bytes) -> bytes:
            entered.set()
            await asyncio.Event().wait()
            return b""

        await far.serve("charger.A", handler)
        request = asyncio.create_task(near.request("charger.A", b"", 1.5))
        async with asyncio.timeout(5):
            await entered.wait()
        valkey.kill()
        with pytest.raises(TimedOut):
            await request


async def test_epochs_are_settled_after_a_redis_that_forgot_everything(valkey: ValkeyServer) -> None:
    """Served twice while Redis was away: the higher epoch has the address in the end, whoever came back first."""
    async with bus_on(valkey) as near, bus_on(valkey) as far:
        told: list[str] = []
        old = await near.serve("charger.A", echo, epoch=1, on_superseded=lambda: told.append("old"))
        valkey.kill()
        await until(lambda: not near.connected and not far.connected)
        new = await far.serve("charger.A", echo, epoch=2, on_superseded=lambda: told.append("new"))
        await valkey.start()
        await until(lambda: bool(told))
        assert told == ["old"]
        assert (old.active, new.active) == (False, True)
        with pytest.raises(Superseded):
            await near.serve("charger.A", echo, epoch=1)


async def test_a_redis_that_lost_its_memory_without_a_reconnect_is_told_again(valkey: ValkeyServer) -> None:
    """FLUSHALL, or a failover to a replica that lags: the missing lease gives it away."""
    async with bus_on(valkey, lease_s=0.4) as near, bus_on(valkey, lease_s=0.4) as far:
        for n in range(200):
            await near.serve(f"charger.{n}", echo, epoch=1)
        client = valkey.client()
        await client.flushall()
        await client.aclose()
        async with asyncio.timeout(5):  # all at once, not by the slow renewal of slices
            for n in range(200):
                assert await reachable(far, f"charger.{n}") == b"echo:"


async def test_a_late_goodbye_removes_no_newer_entry_even_if_nobody_told_the_old_one(valkey: ValkeyServer) -> None:
    """The comparison is made in Redis, not in what this node happens to know."""
    async with bus_on(valkey) as near:
        serving = await near.serve("charger.A", echo, epoch=1)
        client = valkey.client()
        await client.set("csms:at:charger.A", "2 somebody-else")
        await serving.close()
        assert await client.get("csms:at:charger.A") == b"2 somebody-else"
        await client.aclose()


async def test_forgotten_scripts_heal(valkey: ValkeyServer) -> None:
    """SCRIPT FLUSH costs one request and a reconnect."""
    async with bus_on(valkey) as near:
        await near.serve("charger.A", echo)
        client = valkey.client()
        await client.script_flush()
        await client.aclose()
        with pytest.raises((TimedOut, Unreachable)):
            await near.request("charger.A", b"", 0.5)
        assert await reachable(near, "charger.A") == b"echo:"


async def test_a_silent_redis_is_noticed_and_publishing_never_waits(valkey: ValkeyServer) -> None:
    """Frozen with its connections open: the bus calls itself disconnected, and comes back."""
    async with bus_on(valkey, lease_s=0.4, io_timeout_s=0.5) as near:
        valkey.freeze()
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        for n in range(1000):
            near.publish(Measured(charger_id="A", value=n))
        assert loop.time() - started_s < 1
        await until(lambda: not near.connected)
        valkey.thaw()
        await until(lambda: near.connected)


async def test_a_request_that_was_never_sent_is_not_called_unserved(valkey: ValkeyServer) -> None:
    """It waited behind one that Redis did not take in time: nothing was asked, and that is what is said."""
    async with bus_on(valkey, io_timeout_s=0.5) as near:
        valkey.freeze()
        sent = asyncio.create_task(near.request("charger.A", b"", 2))
        await asyncio.sleep(0.1)
        with pytest.raises(Unreachable, match="before it was sent"):
            await near.request("charger.B", b"", 30)
        with pytest.raises(TimedOut):
            await sent
        valkey.thaw()


async def test_outgoing_events_are_bounded_and_the_newest_win(valkey: ValkeyServer) -> None:
    """More than fits between two turns of the loop: the oldest of the topic is dropped and counted."""
    metrics = Metrics(process=False)
    async with bus_on(valkey) as far:
        bus = RedisBus(valkey.url, EventCodec(CLASSES), metrics, outgoing_capacity=5)
        await bus.start()
        got: list[tuple[str, int]] = []

        async def subscriber(event: Measured) -> None:
            got.append((event.charger_id, event.value))

        await far.subscribe([Measured], subscriber)
        bus.publish(Measured(charger_id="quiet", value=0))
        for n in range(20):
            bus.publish(Measured(charger_id="busy", value=n))
        await until(lambda: len(got) == 5)
        await bus.stop()
    assert got == [("quiet", 0), *(("busy", n) for n in (16, 17, 18, 19))]
    assert metrics.bus_dropped.labels("outgoing_full").value == 16


async def test_ten_thousand_addresses_need_one_inbox_and_come_back_quickly(valkey: ValkeyServer) -> None:
    """No channel and no lease per charger."""
    async with bus_on(valkey) as near, bus_on(valkey) as far:
        await asyncio.gather(*(near.serve(f"charger.{n}", echo, epoch=1) for n in range(10_000)))
        client = valkey.client()
        expected = {"csms:wake", f"csms:node:{near.node_id}", f"csms:node:{far.node_id}"}
        async with asyncio.timeout(30):  # a busy machine may just be subscribing anew
            while (channels := set(map(str_if_bytes, await client.pubsub_channels()))) != expected:
                assert channels <= expected
                await asyncio.sleep(0.05)
        assert len(await client.keys("csms:lease:*")) == 2
        await client.aclose()
        valkey.kill()
        await until(lambda: not near.connected)
        await valkey.start()
        await until(lambda: near.connected and far.connected)
        for n in (0, 5_000, 9_999):
            assert await reachable(far, f"charger.{n}") == b"echo:"


async def test_a_stopped_node_leaves_nothing_behind(valkey: ValkeyServer) -> None:
    """Its lease and its entries are gone, not left to expire."""
    async with bus_on(valkey) as near:
        await near.serve("charger.A", echo)
    client = valkey.client()
    assert await client.keys("*") == []
    await client.aclose()


async def test_what_does_not_fit_is_counted_and_skipped(valkey: ValkeyServer) -> None:
    """A node of another version cannot break this one."""
    metrics = Metrics(process=False)
    async with bus_on(valkey, metrics=metrics) as near:
        await near.serve("charger.A", echo)
        client = valkey.client()
        got: list[int] = []

        async def subscriber(event: Measured) -> None:
            got.append(event.value)

        await near.subscribe([Measured], subscriber)
        for channel in (f"csms:node:{near.node_id}", "csms:live:measured"):
            for junk in (b"", b"Qx y", b"Rnonsense", b"S1", b"Snot-a-number charger.A", b"\xff\xff"):
                await client.publish(channel, junk)
        await client.publish("csms:wake", b"\xff")
        await client.aclose()
        assert await near.request("charger.A", b"x", 5) == b"echo:x"
        await until(lambda: metrics.bus_dropped.labels("undecodable").value >= 9)
        assert near.connected
        assert got == []


async def _process(server: ValkeyServer, lease_s: float) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kit.bus.node", server.url, "charger.P", str(lease_s), stdout=PIPE
    )
    await _line(process, "ready")
    return process


async def _line(process: Process, expected: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        assert (await process.stdout.readline()).decode().strip() == expected


async def test_a_killed_node_is_unreachable_at_once(valkey: ValkeyServer) -> None:
    """Its inbox closed with its connection; the lease need not run out."""
    async with bus_on(valkey) as near:
        process = await _process(valkey, 60)
        assert await near.request("charger.P", b"hello", 5) == str(process.pid).encode()
        process.kill()
        await process.wait()
        client = valkey.client()
        async with asyncio.timeout(5):
            while len(await client.pubsub_channels("csms:node:*")) > 1:  # until Redis has seen the connection close
                await asyncio.sleep(0.01)
            with pytest.raises(Unreachable):
                await near.request("charger.P", b"hello", 60)
        assert len(await client.keys("csms:lease:*")) == 2
        await client.aclose()


async def test_a_frozen_node_times_out_until_its_lease_ends_and_never_runs_what_expired(valkey: ValkeyServer) -> None:
    """First unknown, then unreachable, then anybody's; and what waited in its inbox is too old when it wakes."""
    async with bus_on(valkey) as near:
        process = await _process(valkey, 1.0)
        await near.request("charger.P", b"before", 5)
        await _line(process, "before")
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(TimedOut):
            await near.request("charger.P", b"while frozen", 0.1)
        client = valkey.client()
        async with asyncio.timeout(10):
            while len(await client.keys("csms:lease:*")) > 1:
                await asyncio.sleep(0.02)
        await client.aclose()
        with pytest.raises(Unreachable):
            await near.request("charger.P", b"no lease", 60)
        process.send_signal(signal.SIGCONT)
        await reachable(near, "charger.P")  # its lease is taken again
        await _line(process, "")
        process.kill()
        assert process.stdout is not None
        assert b"frozen" not in await process.stdout.read()
        await process.wait()


async def test_an_address_of_a_frozen_node_can_be_taken(valkey: ValkeyServer) -> None:
    """The charger reconnects elsewhere with a higher epoch; an equal one waits for the lease to end."""
    async with bus_on(valkey) as near:
        process = await _process(valkey, 1.0)
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(Superseded):
            await near.serve("charger.P", echo, epoch=0)
        await near.serve("charger.P", echo, epoch=1)
        assert await near.request("charger.P", b"x", 5) == b"echo:x"
        process.kill()
        await process.wait()


async def test_a_stop_while_it_is_busy_ends(valkey: ValkeyServer) -> None:
    """`asyncio.wait_for` of Python 3.11 loses a cancellation that comes as its work is done: none may be in the way."""
    for n in range(40):
        async with bus_on(valkey, lease_s=0.04) as near:
            for m in range(n):
                await near.serve(f"charger.{m}", echo, epoch=1)
            task = near._task
            stopping = asyncio.create_task(near.stop())
            async with asyncio.timeout(10):
                while not stopping.done():
                    near.publish(Measured(charger_id="A", value=n))
                    await asyncio.sleep(0)
            assert task is not None
            assert task.done()
