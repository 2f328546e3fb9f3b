# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What every bus does, on one node and between two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from csms.kit.bus.base import Bus, RequestFailed, Superseded, TimedOut, Unreachable
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.bus.redis import RedisBus
from csms.kit.metrics import Metrics
from tests.kit.bus.events import CLASSES, Ended, FrameSeen, Measured, Unregistered
from tests.support.valkey import ValkeyServer


class Nodes:
    """Two places on one bus; with the memory bus both are the same process."""

    def __init__(self, near: Bus, far: Bus, metrics: Metrics) -> None:
        self.near = near
        self.far = far
        self.metrics = metrics


@pytest.fixture(params=["memory", "redis"])
async def nodes(request: pytest.FixtureRequest) -> AsyncIterator[Nodes]:
    """A bus with two nodes; `near` keeps the metrics."""
    metrics = Metrics(process=False)
    async with AsyncExitStack() as stack:
        near: Bus
        far: Bus
        if request.param == "memory":
            near = far = MemoryBus(EventCodec(CLASSES), metrics)
            await near.start()
        else:
            server = await stack.enter_async_context(ValkeyServer())
            # patient: what happens when Redis does not answer in time is told in test_bus_faults
            near = RedisBus(server.url, EventCodec(CLASSES), metrics, lease_s=60, io_timeout_s=30)
            far = RedisBus(server.url, EventCodec(CLASSES), Metrics(process=False), lease_s=60, io_timeout_s=30)
            await near.start()
            await far.start()
            stack.push_async_callback(far.stop)
        stack.push_async_callback(near.stop)
        yield Nodes(near, far, metrics)


class Collector:
    """A subscriber that keeps what it gets."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self._changed = asyncio.Condition()

    async def __call__(self, event: object) -> None:
        """Keep."""
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    async def wait(self, count: int) -> list[object]:
        """Wait for `count` events."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: len(self.events) >= count)
        return self.events


async def echo(command: bytes) -> bytes:
    """Answer with the command."""
    return b"echo:" + command


# -- life


async def test_a_started_bus_is_connected_and_a_stopped_one_is_not(nodes: Nodes) -> None:
    """`connected` follows start and stop, and so does the gauge."""
    gauge = nodes.metrics.bus_connected.labels()
    assert (nodes.near.connected, gauge.value) == (True, 1)
    await nodes.near.stop()
    assert (nodes.near.connected, gauge.value) == (False, 0)


# -- live events


async def test_events_reach_subscribers_of_their_class_on_every_node_in_order(nodes: Nodes) -> None:
    """A subscriber gets its classes, in the order of one publisher, here and elsewhere."""
    here, there, other = Collector(), Collector(), Collector()
    await nodes.near.subscribe([Measured, FrameSeen], here)
    await nodes.far.subscribe([Measured, FrameSeen], there)
    await nodes.far.subscribe([FrameSeen], other)
    sent: list[Measured] = [Measured(charger_id="A", value=n) for n in range(100)]
    for event in sent:
        nodes.near.publish(event)
    frame = FrameSeen(text="ü\n")
    nodes.near.publish(frame)
    assert await here.wait(101) == [*sent, frame]
    assert await _by_class(there, 101) == {"Measured": sent, "FrameSeen": [frame]}
    assert await other.wait(1) == [frame]


async def _by_class(collector: Collector, count: int) -> dict[str, list[object]]:
    """Order is kept within a class; between nodes, classes travel on channels of their own."""
    found: dict[str, list[object]] = {}
    for event in await collector.wait(count):
        found.setdefault(type(event).__name__, []).append(event)
    return found


async def test_an_event_arrives_as_a_copy_that_was_encoded_and_decoded(nodes: Nodes) -> None:
    """What is not in the bytes does not arrive, even in one process."""
    here = Collector()
    await nodes.near.subscribe([Measured], here)
    event = Measured(charger_id="A", value=1)
    nodes.near.publish(event)
    (received,) = await here.wait(1)
    assert received == event
    assert received is not event


async def test_publishing_what_is_durable_or_unknown_is_a_programming_error(nodes: Nodes) -> None:
    """Durable events travel by the outbox only; unknown classes by nothing."""
    with pytest.raises(TypeError, match="durable"):
        nodes.near.publish(Ended(charger_id="A", number=1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="durable"):
        await nodes.near.subscribe([Ended], Collector())  # type: ignore[type-var]
    with pytest.raises(TypeError, match="Unregistered"):
        nodes.near.publish(Unregistered())
    with pytest.raises(TypeError, match="Unregistered"):
        await nodes.near.subscribe([Unregistered], Collector())


async def test_a_raising_subscriber_hurts_neither_itself_nor_others(
    nodes: Nodes, caplog: pytest.LogCaptureFixture
) -> None:
    """The exception is logged and counted, the next event is delivered."""
    seen: list[int] = []
    good = Collector()

    async def bad(event: Measured) -> None:
        seen.append(event.value)
        raise RuntimeError("subscriber is broken")

    await nodes.near.subscribe([Measured], bad)
    await nodes.near.subscribe([Measured], good)
    for n in range(3):
        nodes.near.publish(Measured(charger_id="A", value=n))
    await good.wait(3)
    async with asyncio.timeout(5):
        while nodes.metrics.bus_subscriber_errors.labels().value < 3:
            await asyncio.sleep(0)
    assert seen == [0, 1, 2]
    assert "subscriber is broken" in caplog.text


async def test_a_slow_subscriber_loses_the_oldest_of_a_topic_and_holds_up_nobody(nodes: Nodes) -> None:
    """Bounded: with room for four, the newest of the busy topic and the lonely topic's only event survive."""
    gate = asyncio.Event()
    got: list[tuple[str, int]] = []
    fast = Collector()

    async def slow(event: Measured) -> None:
        await gate.wait()
        got.append((event.charger_id, event.value))

    await nodes.near.subscribe([Measured], slow, capacity=4)
    await nodes.near.subscribe([Measured], fast)
    nodes.near.publish(Measured(charger_id="first", value=0))
    await fast.wait(1)  # the slow one is inside its handler now
    nodes.near.publish(Measured(charger_id="quiet", value=1))
    for n in range(50):
        nodes.near.publish(Measured(charger_id="busy", value=n))
    await fast.wait(52)
    gate.set()
    async with asyncio.timeout(5):
        while len(got) < 5:
            await asyncio.sleep(0)
    assert got == [("first", 0), ("quiet", 1), ("busy", 47), ("busy", 48), ("busy", 49)]
    assert nodes.metrics.bus_dropped.labels("subscriber_full").value == 47


async def test_a_closed_subscription_gets_nothing_more(nodes: Nodes) -> None:
    """`async with` ends the delivery, also of what comes from elsewhere."""
    closed, open_ = Collector(), Collector()
    await nodes.near.subscribe([Measured], open_)
    async with await nodes.near.subscribe([Measured], closed):
        nodes.far.publish(Measured(charger_id="A", value=1))
        await closed.wait(1)
    nodes.far.publish(Measured(charger_id="A", value=2))
    await open_.wait(2)
    assert len(closed.events) == 1


# -- request and reply


async def test_a_request_reaches_the_server_of_its_address(nodes: Nodes) -> None:
    """The reply is the handler's; the asking node does not matter."""
    await nodes.far.serve("charger.A", echo)
    assert await nodes.near.request("charger.A", b"\x00\xff", 5) == b"echo:\x00\xff"
    assert await nodes.far.request("charger.A", b"", 5) == b"echo:"
    assert nodes.metrics.bus_requests.labels("ok").value >= 1


async def test_nobody_there_is_unreachable_at_once(nodes: Nodes) -> None:
    """A long timeout is not waited for, neither before the address was served nor after it was closed."""
    async with asyncio.timeout(5):
        with pytest.raises(Unreachable):
            await nodes.near.request("charger.nobody", b"", 60)
        serving = await nodes.far.serve("charger.A", echo)
        await nodes.near.request("charger.A", b"", 5)
        await serving.close()
        with pytest.raises(Unreachable):
            await nodes.near.request("charger.A", b"", 60)


async def test_a_slow_handler_times_out_and_is_cancelled(nodes: Nodes) -> None:
    """The requester hears TimedOut, and the command is not carried out afterwards."""
    cancelled = asyncio.Event()

    async def slow(command: bytes) -> bytes:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return b""

    await nodes.far.serve("charger.A", slow)
    with pytest.raises(TimedOut):
        await nodes.near.request("charger.A", b"", 0.2)
    async with asyncio.timeout(5):
        await cancelled.wait()


async def test_a_raising_handler_is_a_failed_request(nodes: Nodes, caplog: pytest.LogCaptureFixture) -> None:
    """The requester hears the kind of error only; the serving side logs the rest."""

    async def broken(command: bytes) -> bytes:
        raise ValueError("secret detail")

    await nodes.far.serve("charger.A", broken)
    with pytest.raises(RequestFailed, match="ValueError") as caught:
        await nodes.near.request("charger.A", b"", 5)
    assert "secret detail" not in str(caught.value)
    assert "secret detail" in caplog.text


async def test_a_thousand_requests_at_once_get_their_own_replies(nodes: Nodes) -> None:
    """Replies are matched to requests whatever order they come in."""

    async def reversed_order(command: bytes) -> bytes:
        await asyncio.sleep((1000 - int(command)) / 20_000)
        return b"for " + command

    for n in range(10):
        await nodes.far.serve(f"charger.{n}", reversed_order)
    requests = [nodes.near.request(f"charger.{n % 10}", b"%d" % n, 30) for n in range(1000)]
    replies = await asyncio.gather(*requests)
    assert replies == [b"for %d" % n for n in range(1000)]


async def test_a_requester_that_goes_away_leaves_the_bus_usable(nodes: Nodes) -> None:
    """Cancelling a request harms neither the next one nor the handler."""
    entered = asyncio.Event()
    release = asyncio.Event()

    async def handler(command: bytes) -> bytes:
        entered.set()
        await release.wait()
        return b"done"

    await nodes.far.serve("charger.A", handler)
    task = asyncio.create_task(nodes.near.request("charger.A", b"", 30))
    async with asyncio.timeout(5):
        await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
    assert await nodes.near.request("charger.A", b"", 5) == b"done"


async def test_stopping_ends_requests_that_wait(nodes: Nodes) -> None:
    """A request in flight when its own node stops is unreachable, not stuck."""
    entered = asyncio.Event()

    async def handler(command: bytes) -> bytes:
        entered.set()
        await asyncio.Event().wait()
        return b""

    await nodes.far.serve("charger.A", handler)
    task = asyncio.create_task(nodes.near.request("charger.A", b"", 60))
    async with asyncio.timeout(5):
        await entered.wait()
        await nodes.near.stop()
        with pytest.raises(Unreachable):
            await task


# -- epochs


async def test_the_higher_epoch_takes_the_address_and_the_older_hears_of_it(nodes: Nodes) -> None:
    """A charger that reconnects elsewhere is served there; the old connection is told once."""
    told = asyncio.Event()

    async def old(command: bytes) -> bytes:
        return b"old"

    async def new(command: bytes) -> bytes:
        return b"new"

    first = await nodes.near.serve("charger.A", old, epoch=1, on_superseded=told.set)
    second = await nodes.far.serve("charger.A", new, epoch=2)
    async with asyncio.timeout(5):
        await told.wait()
    assert not first.active
    assert second.active
    assert await nodes.near.request("charger.A", b"", 5) == b"new"
    assert await nodes.far.request("charger.A", b"", 5) == b"new"


async def test_closing_the_older_epoch_never_removes_the_newer(nodes: Nodes) -> None:
    """The late goodbye of a dead socket does not evict the new one."""
    first = await nodes.near.serve("charger.A", echo, epoch=1)
    await nodes.far.serve("charger.A", echo, epoch=2)
    await first.close()
    assert await nodes.near.request("charger.A", b"x", 5) == b"echo:x"


@pytest.mark.parametrize("epoch", [4, 5])
async def test_an_older_or_equal_epoch_never_overwrites(nodes: Nodes, epoch: int) -> None:
    """A slow handshake that lost the race is refused."""
    await nodes.far.serve("charger.A", echo, epoch=5)
    with pytest.raises(Superseded):
        await nodes.near.serve("charger.A", echo, epoch=epoch)
    assert await nodes.near.request("charger.A", b"x", 5) == b"echo:x"


async def test_an_address_can_be_served_again_after_it_was_closed(nodes: Nodes) -> None:
    """Also with the same epoch, and by another node."""
    async with await nodes.near.serve("worker.report", echo):
        pass
    async with await nodes.near.serve("worker.report", echo):
        pass
    await nodes.far.serve("worker.report", echo)
    assert await nodes.near.request("worker.report", b"", 5) == b"echo:"


# -- bells


async def test_a_bell_wakes_its_consumer_on_every_node(nodes: Nodes) -> None:
    """A ring is heard elsewhere, and only by its consumer."""
    nodes.near.wake("other")
    assert not await nodes.far.wait_woken("alerts", 0.05)
    waiting = asyncio.create_task(nodes.far.wait_woken("alerts", 10))
    nodes.near.wake("alerts")
    assert await waiting


async def test_a_ring_before_the_wait_is_remembered_once(nodes: Nodes) -> None:
    """No wake-up is lost between two waits, and two rings are one."""
    nodes.near.wake("alerts")
    nodes.near.wake("alerts")
    assert await nodes.near.wait_woken("alerts", 5)
    assert not await nodes.near.wait_woken("alerts", 0.02)
