# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The bus of several nodes, over Redis or Valkey: one inbox per node, one lease per node, one entry per address.

A node that loses Redis keeps its own subscribers and its own addresses, and loses the others until it is back; then
everything it serves is registered again. Nothing here waits for Redis on behalf of a charger.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from csms.kit.bus.base import (
    BusError,
    LiveEvent,
    RequestHandler,
    Serving,
    Subscription,
    Superseded,
    SupersededCallback,
    TimedOut,
    Unreachable,
)
from csms.kit.bus.buffer import LiveBuffer
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.local import LocalHub, LocalServing, as_live, reply_or_raise, require_live
from csms.kit.bus.memory import outcome_of
from csms.kit.bus.redis_directory import Directory
from csms.kit.bus.redis_inbox import ENCODER, Inbox
from csms.kit.bus.redis_link import (
    BATCH,
    LIVE,
    WAKE,
    Argument,
    LinkDownError,
    LiveBatch,
    Outgoing,
    UnknownOutcomeError,
    connect,
)
from csms.kit.ids import new_id
from csms.kit.metrics import Metrics

log = logging.getLogger(__name__)

L = TypeVar("L", bound=LiveEvent)

BACKOFF_S: Final = (0.05, 2.0)


class RedisBus:
    """Implements `csms.kit.bus.base.Bus` between nodes."""

    def __init__(
        self,
        url: str,
        codec: EventCodec,
        metrics: Metrics,
        *,
        node_id: str | None = None,
        lease_s: float = 10.0,
        io_timeout_s: float = 2.0,
        outgoing_capacity: int = 10_000,
    ) -> None:
        self._url = url
        self._codec = codec
        self._metrics = metrics
        self._node_id = node_id or new_id().hex
        self._io_timeout_s = io_timeout_s
        self._hub = LocalHub(metrics)
        self._outgoing = Outgoing(io_timeout_s)
        self._directory = Directory(self._node_id, self._hub, self._outgoing, lease_s)
        self._live: LiveBuffer[tuple[str, bytes]] = LiveBuffer(outgoing_capacity)
        self._bells: set[str] = set()
        self._inbox = Inbox(
            self._node_id,
            codec=codec,
            hub=self._hub,
            directory=self._directory,
            outgoing=self._outgoing,
            metrics=metrics,
            io_timeout_s=io_timeout_s,
        )
        self._connected = False
        self._sessions = 0
        self._task: asyncio.Task[None] | None = None
        self._sent_events = metrics.bus_events.labels("out")
        self._dropped_full = metrics.bus_dropped.labels("outgoing_full")
        self._dropped_down = metrics.bus_dropped.labels("disconnected")

    # -- life

    @property
    def node_id(self) -> str:
        """This node's name on the bus."""
        return self._node_id

    @property
    def connected(self) -> bool:
        """Whether Redis answers now."""
        return self._connected

    async def start(self) -> None:
        """Begin; waits a moment for Redis and goes on without it."""
        if self._task is not None:
            raise RuntimeError("the bus is already started")
        first = asyncio.Event()
        self._task = asyncio.create_task(self._supervise(first), name="bus-redis")
        await first.wait()

    async def stop(self) -> None:
        """Withdraw everything served, close all subscriptions."""
        if self._connected:
            with suppress(LinkDownError, UnknownOutcomeError, RedisError, TimeoutError):
                async with asyncio.timeout(self._io_timeout_s):
                    futures = [self._directory.unregister(serving) for serving in self._hub.served.values()]
                    await asyncio.gather(*futures, self._directory.withdraw_lease())
        await self._hub.close()
        await self._inbox.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _supervise(self, first: asyncio.Event) -> None:
        delay_s = BACKOFF_S[0]
        while True:
            before = self._sessions
            try:
                await self._session(first)
            except* (RedisError, OSError, TimeoutError) as errors:
                log.warning("bus: no connection to Redis: %r", errors.exceptions[0])
            except* Exception:  # our own fault, but a bus that has ended for ever would be worse
                log.exception("bus: the session failed")
            if self._sessions > before:
                delay_s = BACKOFF_S[0]
            first.set()
            # spread the nodes: a Redis that comes back meets them one after the other
            await asyncio.sleep(delay_s * random.uniform(0.5, 1.5))  # noqa: S311  (jitter)
            delay_s = min(delay_s * 2, BACKOFF_S[1])

    async def _session(self, first: asyncio.Event) -> None:
        client = connect(self._url, self._io_timeout_s)
        pubsub = client.pubsub()
        try:
            async with asyncio.timeout(self._io_timeout_s * 2):
                await self._directory.open(client)
                await self._inbox.open(pubsub)
            self._set_connected(True)
            first.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._inbox.read(pubsub))
                group.create_task(self._send(client))
                group.create_task(self._renew(pubsub))
                self._directory.register_all()
        finally:
            self._set_connected(False)
            self._inbox.close()
            self._outgoing.fail()
            self._bells.clear()
            self._dropped_down.inc(self._live.clear())
            for close in (pubsub.aclose, client.aclose):
                with suppress(RedisError, OSError, TimeoutError):
                    async with asyncio.timeout(self._io_timeout_s):
                        await close()

    def _set_connected(self, connected: bool) -> None:
        if connected:
            self._sessions += 1
            if self._sessions > 1:
                self._metrics.bus_reconnects.labels().inc()
            log.info("bus: connected to Redis as node %s", self._node_id)
        self._connected = connected
        self._metrics.bus_connected.labels().set(float(connected))

    # -- outgoing

    async def _send(self, client: Redis) -> None:
        while True:
            await self._outgoing.filled.wait()
            self._outgoing.filled.clear()
            while len(self._live) or self._bells:
                await self._outgoing.flush(client, self._drain())
            await self._outgoing.flush(client)

    def _drain(self) -> list[tuple[Argument, ...]]:
        """Everything published since the last pipeline: one PUBLISH per type, one per bell."""
        by_tag: dict[str, list[bytes]] = {}
        for _ in range(min(len(self._live), BATCH)):
            tag, data = self._live.pop()
            by_tag.setdefault(tag, []).append(data)
        commands: list[tuple[Argument, ...]] = [
            ("PUBLISH", LIVE + tag, ENCODER.encode(LiveBatch(self._node_id, events))) for tag, events in by_tag.items()
        ]
        commands += [("PUBLISH", WAKE, f"{self._node_id} {consumer}") for consumer in self._bells]
        self._bells.clear()
        return commands

    async def _renew(self, pubsub: PubSub) -> None:
        """Beat for the directory, and make the inbox prove that it is alive."""
        loop = asyncio.get_running_loop()
        silence_s = 2 * self._directory.beat_s + self._io_timeout_s
        while True:
            await asyncio.sleep(self._directory.beat_s)
            await self._directory.beat()
            async with asyncio.timeout(self._io_timeout_s):
                await pubsub.ping()
            if loop.time() - self._inbox.heard_s > silence_s:
                raise TimeoutError("the inbox is silent")

    # -- the bus

    def publish(self, event: LiveEvent) -> None:
        """Tell every subscriber on every node, without waiting."""
        event_class = type(event)
        require_live((event_class,))
        data = self._codec.encode(event)
        self._sent_events.inc()
        if self._hub.wanted(event_class):
            self._hub.deliver(as_live(self._codec.decode(data)))
        if not self._connected:
            self._dropped_down.inc()
            return
        tag, topic = self._codec.tag(event_class), event.topic
        if self._live.put((tag, data), None if topic is None else (tag, topic)):
            self._dropped_full.inc()
        self._outgoing.filled.set()

    async def subscribe(
        self, types: Sequence[type[L]], handler: Callable[[L], Awaitable[None]], *, capacity: int = 1000
    ) -> Subscription:
        """Call `handler` with each event of these classes, one at a time, in order."""
        tags = [self._codec.tag(event_class) for event_class in types]
        subscription = self._hub.add(types, handler, capacity, self._leave)
        await self._inbox.join(tags)
        return subscription

    async def _leave(self, types: Sequence[type[Any]]) -> None:
        await self._inbox.leave([self._codec.tag(event_class) for event_class in types])

    async def request(self, address: str, command: bytes, timeout_s: float) -> bytes:
        """Ask whoever serves `address`, wherever that is."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        try:
            async with asyncio.timeout(timeout_s):
                status, body = await self._ask(address, bytes(command), timeout_s)
            reply = reply_or_raise(address, status, body)
        except TimeoutError:
            self._metrics.bus_requests.labels("timed_out").inc()
            raise TimedOut(f"{address} did not answer in time") from None
        except BusError as error:
            self._metrics.bus_requests.labels(outcome_of(error)).inc()
            raise
        self._metrics.bus_requests.labels("ok").inc()
        self._metrics.bus_request_seconds.labels().observe(loop.time() - started_s)
        return reply

    async def _ask(self, address: str, command: bytes, timeout_s: float) -> tuple[int, bytes]:
        if not self._connected:
            if address not in self._hub.served:
                raise Unreachable(f"{address}: no connection to the other nodes")
            return await self._hub.ask(address, command, timeout_s)
        reply = await self._inbox.ask(address, command, timeout_s)
        return reply.status, reply.body

    async def serve(
        self,
        address: str,
        handler: RequestHandler,
        *,
        epoch: int = 0,
        on_superseded: SupersededCallback | None = None,
    ) -> Serving:
        """Answer requests to `address`. Without Redis: here at once, elsewhere after the reconnect."""
        serving = self._hub.serve(address, handler, epoch, on_superseded, self._on_serving_closed)
        if self._connected:
            try:
                taken = await self._directory.register(serving)
            except (LinkDownError, UnknownOutcomeError, RedisError):
                return serving
            except asyncio.CancelledError:
                await serving.close()
                raise
            if taken == 0:
                self._hub.withdraw(serving)
                raise Superseded(f"{address} is served by another node with the same or a higher epoch")
        return serving

    async def _on_serving_closed(self, serving: LocalServing) -> None:
        if self._connected:
            with suppress(LinkDownError, UnknownOutcomeError, RedisError):
                await self._directory.unregister(serving)

    def wake(self, consumer: str) -> None:
        """Ring for `consumer` on every node."""
        self._hub.ring(consumer)
        if self._connected:
            self._bells.add(consumer)
            self._outgoing.filled.set()

    async def wait_woken(self, consumer: str, timeout_s: float) -> bool:
        """Wait for a ring since the last wait; False when the time is over."""
        return await self._hub.wait(consumer, timeout_s)
