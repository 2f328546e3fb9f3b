# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The bus of a single process. It encodes and decodes, so that nothing works here that breaks between two nodes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from csms.kit.bus.base import (
    BusError,
    LiveEvent,
    RequestFailed,
    RequestHandler,
    Serving,
    Subscription,
    SupersededCallback,
    TimedOut,
    Unreachable,
)
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.local import LocalHub, as_live, reply_or_raise, require_live
from csms.kit.ids import new_id
from csms.kit.metrics import Metrics

L = TypeVar("L", bound=LiveEvent)


class MemoryBus:
    """Implements `csms.kit.bus.base.Bus` inside one process."""

    def __init__(self, codec: EventCodec, metrics: Metrics, *, node_id: str | None = None) -> None:
        self._codec = codec
        self._metrics = metrics
        self._node_id = node_id or new_id().hex
        self._hub = LocalHub(metrics)
        self._running = False
        self._published = metrics.bus_events.labels("out")

    @property
    def node_id(self) -> str:
        """This node's name on the bus."""
        return self._node_id

    @property
    def connected(self) -> bool:
        """True between start and stop: there is nobody else to reach."""
        return self._running

    async def start(self) -> None:
        """Begin."""
        self._running = True
        self._metrics.bus_connected.labels().set(1)

    async def stop(self) -> None:
        """Withdraw everything served, close all subscriptions."""
        self._running = False
        self._metrics.bus_connected.labels().set(0)
        await self._hub.close()

    def publish(self, event: LiveEvent) -> None:
        """Tell every subscriber, without waiting."""
        require_live((type(event),))
        data = self._codec.encode(event)
        self._published.inc()
        if self._running and self._hub.wanted(type(event)):
            self._hub.deliver(as_live(self._codec.decode(data)))

    async def subscribe(
        self, types: Sequence[type[L]], handler: Callable[[L], Awaitable[None]], *, capacity: int = 1000
    ) -> Subscription:
        """Call `handler` with each event of these classes, one at a time, in order."""
        for event_class in types:
            self._codec.tag(event_class)
        return self._hub.add(types, handler, capacity)

    async def request(self, address: str, command: bytes, timeout_s: float) -> bytes:
        """Ask whoever serves `address`."""
        started_s = asyncio.get_running_loop().time()
        try:
            if not self._running:
                raise Unreachable("the bus is not running")
            status, body = await self._hub.ask(address, bytes(command), timeout_s)
            reply = reply_or_raise(address, status, body)
        except BusError as error:
            self._metrics.bus_requests.labels(outcome_of(error)).inc()
            raise
        self._metrics.bus_requests.labels("ok").inc()
        self._metrics.bus_request_seconds.labels().observe(asyncio.get_running_loop().time() - started_s)
        return reply

    async def serve(
        self,
        address: str,
        handler: RequestHandler,
        *,
        epoch: int = 0,
        on_superseded: SupersededCallback | None = None,
    ) -> Serving:
        """Answer requests to `address`."""
        return self._hub.serve(address, handler, epoch, on_superseded)

    def wake(self, consumer: str) -> None:
        """Ring for `consumer`."""
        self._hub.ring(consumer)

    async def wait_woken(self, consumer: str, timeout_s: float) -> bool:
        """Wait for a ring since the last wait; False when the time is over."""
        return await self._hub.wait(consumer, timeout_s)


def outcome_of(error: BusError) -> str:
    """The metrics label of a failed request."""
    match error:
        case Unreachable():
            return "unreachable"
        case TimedOut():
            return "timed_out"
        case RequestFailed():
            return "failed"
        case _:
            return "failed"
