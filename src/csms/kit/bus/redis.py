# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The bus of several nodes, over Redis or Valkey: one inbox per node, one lease per node, one entry per address.

A node that loses Redis keeps its own subscribers and its own addresses, and loses the others until it is back; then
everything it serves is registered again. Nothing here waits for Redis on behalf of a charger.
"""

import asyncio
import itertools
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import msgspec
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
from csms.kit.bus.local import LocalHub, LocalServing, Status, as_live, reply_or_raise, require_live
from csms.kit.bus.memory import outcome_of
from csms.kit.bus.redis_directory import Directory
from csms.kit.bus.redis_link import (
    BATCH,
    LIVE,
    NODE,
    REPLY,
    REQUEST,
    SUPERSEDED,
    WAKE,
    Argument,
    LinkDownError,
    LiveBatch,
    Outgoing,
    Reply,
    Request,
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
        self._outgoing = Outgoing()
        self._directory = Directory(self._node_id, self._hub, self._outgoing, lease_s)
        self._live: LiveBuffer[tuple[str, bytes]] = LiveBuffer(outgoing_capacity)
        self._bells: set[str] = set()
        self._channels: Counter[str] = Counter({NODE + self._node_id: 1, WAKE: 1})
        self._acks: dict[str, asyncio.Future[None]] = {}
        self._pending: dict[int, asyncio.Future[Reply]] = {}
        self._numbers = itertools.count(1)
        self._pubsub: PubSub | None = None
        self._heard_s = 0.0
        self._connected = False
        self._sessions = 0
        self._task: asyncio.Task[None] | None = None
        self._replies: set[asyncio.Task[None]] = set()
        self._request_decoder = msgspec.msgpack.Decoder(Request)
        self._reply_decoder = msgspec.msgpack.Decoder(Reply)
        self._batch_decoder = msgspec.msgpack.Decoder(LiveBatch)
        self._encode = msgspec.msgpack.Encoder().encode
        self._sent_events = metrics.bus_events.labels("out")
        self._received_events = metrics.bus_events.labels("in")
        self._dropped_full = metrics.bus_dropped.labels("outgoing_full")
        self._dropped_down = metrics.bus_dropped.labels("disconnected")
        self._undecodable = metrics.bus_dropped.labels("undecodable")

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
        tasks = [*self._replies, *([self._task] if self._task is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
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
            await self._open(client, pubsub)
            self._set_connected(True)
            first.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(pubsub))
                group.create_task(self._send(client))
                group.create_task(self._renew(pubsub))
                self._directory.register_all()
        finally:
            self._set_connected(False)
            self._pubsub = None
            self._outgoing.fail()
            self._bells.clear()
            self._dropped_down.inc(self._live.clear())
            for ack in self._acks.values():
                ack.cancel()
            self._acks.clear()
            with suppress(RedisError, OSError):
                await pubsub.aclose()  # type: ignore[no-untyped-call]
            with suppress(RedisError, OSError):
                await client.aclose()

    async def _open(self, client: Redis, pubsub: PubSub) -> None:
        async with asyncio.timeout(self._io_timeout_s * 2):
            await self._directory.open(client)
            channels = list(self._channels)
            await pubsub.subscribe(*channels)
            # the inbox must be open before any entry points at it
            waiting = set(channels)
            while waiting:
                message = await pubsub.get_message(timeout=None)
                if message is not None and message["type"] == "subscribe":
                    waiting.discard(message["channel"].decode())
            for channel in self._channels.keys() - set(channels):
                await pubsub.subscribe(channel)
        self._pubsub = pubsub
        self._heard_s = asyncio.get_running_loop().time()

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
            ("PUBLISH", LIVE + tag, self._encode(LiveBatch(self._node_id, events))) for tag, events in by_tag.items()
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
            await pubsub.ping()
            if loop.time() - self._heard_s > silence_s:
                raise TimeoutError("the inbox is silent")

    # -- incoming

    async def _read(self, pubsub: PubSub) -> None:
        loop = asyncio.get_running_loop()
        inbox = (NODE + self._node_id).encode()
        wake = WAKE.encode()
        while True:
            message = await pubsub.get_message(timeout=None)
            if message is None:
                continue
            self._heard_s = loop.time()
            channel, data = message["channel"], message["data"]
            match message["type"]:
                case "subscribe":
                    self._acknowledge(channel.decode())
                case "message" if channel == inbox:
                    self._on_frame(data)
                case "message" if channel == wake:
                    node, _, consumer = data.decode().partition(" ")
                    if node != self._node_id:
                        self._hub.ring(consumer)
                case "message":
                    self._on_live(data)
                case _:
                    pass

    def _acknowledge(self, channel: str) -> None:
        ack = self._acks.pop(channel, None)
        if ack is not None and not ack.done():
            ack.set_result(None)

    def _on_live(self, data: bytes) -> None:
        try:
            batch = self._batch_decoder.decode(data)
            if batch.node == self._node_id:
                return
            for encoded in batch.events:
                event = as_live(self._codec.decode(encoded))
                self._received_events.inc()
                self._hub.deliver(event)
        except msgspec.MsgspecError as error:  # a node of another version during an upgrade
            self._undecodable.inc()
            log.warning("bus: a live event does not fit: %s", error)

    def _on_frame(self, data: bytes) -> None:
        kind, body = data[:1], data[1:]
        try:
            if kind == REQUEST:
                stamp, _, packed = body.partition(b" ")
                self._on_request(self._request_decoder.decode(packed), self._directory.age_s(stamp))
            elif kind == REPLY:
                reply = self._reply_decoder.decode(body)
                waiting = self._pending.get(reply.number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(reply)
            elif kind == SUPERSEDED:
                epoch, _, address = body.decode().partition(" ")
                serving = self._hub.served.get(address)
                if serving is not None and serving.epoch < int(epoch):
                    serving.supersede()
        except (msgspec.MsgspecError, ValueError) as error:
            self._undecodable.inc()
            log.warning("bus: a frame does not fit: %s", error)

    def _on_request(self, request: Request, age_s: float) -> None:
        left_s = request.timeout_s - max(age_s, 0.0)
        if left_s <= 0:
            return  # this node slept: the requester has given up, and an expired command is never sent late
        task = asyncio.create_task(self._reply(request, left_s), name="bus-reply")
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)

    async def _reply(self, request: Request, left_s: float) -> None:
        status, body = await self._hub.answer(request.address, request.body, left_s)
        if self._connected:
            frame = REPLY + self._encode(Reply(request.number, int(status), body))
            self._outgoing.post("PUBLISH", NODE + request.reply_to, frame)

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
        if self._live.put((self._codec.tag(event_class), data), event.topic):
            self._dropped_full.inc()
        self._outgoing.filled.set()

    async def subscribe(
        self, types: Sequence[type[L]], handler: Callable[[L], Awaitable[None]], *, capacity: int = 1000
    ) -> Subscription:
        """Call `handler` with each event of these classes, one at a time, in order."""
        channels = [LIVE + self._codec.tag(event_class) for event_class in types]
        subscription = self._hub.add(types, handler, capacity, self._unsubscribe)
        fresh = [channel for channel in channels if channel not in self._channels]
        self._channels.update(channels)
        if fresh and self._pubsub is not None:
            acks = [self._acks.setdefault(channel, asyncio.get_running_loop().create_future()) for channel in fresh]
            with suppress(RedisError, OSError):
                await self._pubsub.subscribe(*fresh)
                await asyncio.wait(acks, timeout=self._io_timeout_s)
        return subscription

    async def _unsubscribe(self, types: Sequence[type[Any]]) -> None:
        channels = [LIVE + self._codec.tag(event_class) for event_class in types]
        self._channels.subtract(channels)
        gone = [channel for channel in channels if self._channels[channel] <= 0]
        for channel in gone:
            del self._channels[channel]
        if gone and self._pubsub is not None:
            with suppress(RedisError, OSError):
                await self._pubsub.unsubscribe(*gone)

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
            return await asyncio.shield(self._hub.answer(address, command, timeout_s))
        number = next(self._numbers)
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._pending[number] = waiting
        try:
            request = self._encode(Request(number, self._node_id, address, timeout_s, command))
            try:
                if await self._directory.send(address, request) == 0:
                    return Status.NOT_SERVED, b""
            except LinkDownError:
                raise Unreachable(f"{address}: the connection to the other nodes broke") from None
            except (UnknownOutcomeError, RedisError):
                # perhaps it was delivered: only the reply or the end of the time can tell
                log.warning("bus: the connection broke under a request to %s", address)
            reply = await waiting
        finally:
            del self._pending[number]
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
