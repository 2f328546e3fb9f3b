# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything that arrives from Redis: requests and replies in the node's inbox, live events, bells."""

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import msgspec
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from csms.kit.bus.base import Unreachable
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.local import LocalHub, as_live
from csms.kit.bus.redis_directory import Directory
from csms.kit.bus.redis_link import (
    LIVE,
    NODE,
    REPLY,
    REQUEST,
    SUPERSEDED,
    WAKE,
    LinkDownError,
    LiveBatch,
    Outgoing,
    Reply,
    Request,
    UnknownOutcomeError,
)
from csms.kit.metrics import Metrics

log = logging.getLogger(__name__)

ENCODER: Final = msgspec.msgpack.Encoder()


class Inbox:
    """The subscribing connection of a node."""

    def __init__(
        self,
        node_id: str,
        *,
        codec: EventCodec,
        hub: LocalHub,
        directory: Directory,
        outgoing: Outgoing,
        metrics: Metrics,
        io_timeout_s: float,
    ) -> None:
        self._io_timeout_s = io_timeout_s
        self._node_id = node_id
        self._codec = codec
        self._hub = hub
        self._directory = directory
        self._outgoing = outgoing
        self._inbox = NODE + node_id
        self._channels: Counter[str] = Counter({self._inbox: 1, WAKE: 1})
        self._acks: dict[str, asyncio.Future[None]] = {}
        self._pending: dict[int, asyncio.Future[Reply]] = {}
        self._numbers = itertools.count(1)
        self._replies: set[asyncio.Task[None]] = set()
        self._pubsub: PubSub | None = None
        self._requests = msgspec.msgpack.Decoder(Request)
        self._answers = msgspec.msgpack.Decoder(Reply)
        self._batches = msgspec.msgpack.Decoder(LiveBatch)
        self._received = metrics.bus_events.labels("in")
        self._undecodable = metrics.bus_dropped.labels("undecodable")
        self.heard_s = 0.0

    # -- life

    async def open(self, pubsub: PubSub) -> None:
        """Subscribe to everything wanted and wait for the confirmations: no entry may point at a closed inbox."""
        channels = list(self._channels)
        await pubsub.subscribe(*channels)
        waiting = set(channels)
        while waiting:
            message = await pubsub.get_message(timeout=None)
            if message is not None and message["type"] == "subscribe":
                waiting.discard(message["channel"].decode())
        self._pubsub = pubsub
        self.heard_s = asyncio.get_running_loop().time()
        if late := self._channels.keys() - set(channels):
            await pubsub.subscribe(*late)

    def close(self) -> None:
        """The connection is gone; requests on their way keep waiting, their replies may still come."""
        self._pubsub = None
        for ack in self._acks.values():
            ack.cancel()
        self._acks.clear()

    async def stop(self) -> None:
        """End the replies that are being made, and the requests that wait for one."""
        for waiting in self._pending.values():
            if not waiting.done():
                waiting.set_exception(Unreachable("the bus was stopped"))
        for task in list(self._replies):
            task.cancel()
        await asyncio.gather(*self._replies, return_exceptions=True)

    # -- live channels

    async def join(self, tags: Iterable[str]) -> None:
        """One more subscriber to each of these types; waits for Redis only when a type is new here."""
        channels = [LIVE + tag for tag in tags]
        fresh = [channel for channel in channels if channel not in self._channels or channel in self._acks]
        self._channels.update(channels)
        if not fresh or self._pubsub is None:
            return
        loop = asyncio.get_running_loop()
        acks = [self._acks.setdefault(channel, loop.create_future()) for channel in fresh]
        with suppress(RedisError, OSError):  # the session notices by itself, and opens with all channels again
            async with asyncio.timeout(self._io_timeout_s):
                await self._pubsub.subscribe(*fresh)
            await asyncio.wait(acks, timeout=self._io_timeout_s)

    async def leave(self, tags: Iterable[str]) -> None:
        """One subscriber less."""
        channels = [LIVE + tag for tag in tags]
        self._channels.subtract(channels)
        gone = [channel for channel in channels if self._channels[channel] <= 0]
        for channel in gone:
            del self._channels[channel]
        if gone and self._pubsub is not None:
            with suppress(RedisError, OSError):  # TimeoutError is an OSError
                async with asyncio.timeout(self._io_timeout_s):
                    await self._pubsub.unsubscribe(*gone)

    # -- requests of this node

    async def ask(self, address: str, command: bytes, timeout_s: float) -> Reply:
        """Send to whoever serves the address and wait for the reply. Raises Unreachable: it was not sent."""
        number = next(self._numbers)
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._pending[number] = waiting
        try:
            request = ENCODER.encode(Request(number, self._node_id, address, timeout_s, command))
            try:
                if await self._directory.send(address, request) == 0:
                    raise Unreachable(f"nobody serves {address}")
            except LinkDownError:
                raise Unreachable(f"{address}: the connection to the other nodes was lost before it was sent") from None
            except (UnknownOutcomeError, RedisError):
                # perhaps it was delivered: only the reply or the end of the time can tell
                log.warning("bus: the connection broke under a request to %s", address)
            return await waiting
        finally:
            del self._pending[number]

    # -- incoming

    async def read(self, pubsub: PubSub) -> None:
        """Handle messages until the connection breaks."""
        loop = asyncio.get_running_loop()
        inbox, wake = self._inbox.encode(), WAKE.encode()
        while True:
            message = await pubsub.get_message(timeout=None)
            if message is None:
                continue
            self.heard_s = loop.time()
            channel, data = message["channel"], message["data"]
            match message["type"]:
                case "message":
                    try:
                        if channel == inbox:
                            self._on_frame(data)
                        elif channel == wake:
                            self._on_bell(data)
                        else:
                            self._on_live(data)
                    except (msgspec.MsgspecError, ValueError) as error:  # a node of another version
                        self._undecodable.inc()
                        log.warning("bus: what came on %r does not fit: %s", channel, error)
                case "subscribe":
                    ack = self._acks.pop(channel.decode(), None)
                    if ack is not None and not ack.done():
                        ack.set_result(None)
                case _:
                    pass

    def _on_bell(self, data: bytes) -> None:
        node, _, consumer = data.decode().partition(" ")
        if node != self._node_id:
            self._hub.ring(consumer)

    def _on_live(self, data: bytes) -> None:
        batch = self._batches.decode(data)
        if batch.node == self._node_id:
            return
        for encoded in batch.events:
            event = as_live(self._codec.decode(encoded))
            self._received.inc()
            self._hub.deliver(event)

    def _on_frame(self, data: bytes) -> None:
        kind, body = data[:1], data[1:]
        if kind == REQUEST:
            stamp, _, packed = body.partition(b" ")
            self._on_request(self._requests.decode(packed), self._directory.age_s(stamp))
        elif kind == REPLY:
            reply = self._answers.decode(body)
            waiting = self._pending.get(reply.number)
            if waiting is not None and not waiting.done():
                waiting.set_result(reply)
        elif kind == SUPERSEDED:
            epoch, _, address = body.decode().partition(" ")
            serving = self._hub.served.get(address)
            if serving is not None and serving.epoch < int(epoch):
                serving.supersede()

    def _on_request(self, request: Request, age_s: float) -> None:
        left_s = request.timeout_s - max(age_s, 0.0)
        if left_s <= 0:
            return  # this node slept: the requester has given up, and an expired command is never sent late
        task = asyncio.create_task(self._reply(request, left_s), name="bus-reply")
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)

    async def _reply(self, request: Request, left_s: float) -> None:
        status, body = await self._hub.ask(request.address, request.body, left_s)
        if self._pubsub is not None:
            frame = REPLY + ENCODER.encode(Reply(request.number, int(status), body))
            self._outgoing.post("PUBLISH", NODE + request.reply_to, frame)
