# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What both buses do inside one process: deliver to subscribers, keep served addresses, hold wake-up bells."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from enum import IntEnum
from types import TracebackType
from typing import Any, Final, Self, cast

from csms.kit.bus.base import (
    LIVE,
    BusError,
    LiveEvent,
    RequestFailed,
    RequestHandler,
    Superseded,
    SupersededCallback,
    TimedOut,
    Unreachable,
)
from csms.kit.bus.buffer import LiveBuffer
from csms.kit.metrics import Metrics

log = logging.getLogger(__name__)

YIELD_EVERY: Final = 64
"""A handler that never waits must still let the others run."""


class Status(IntEnum):
    """How a request ended on the serving side."""

    OK = 0
    NOT_SERVED = 1
    FAILED = 2
    TIMED_OUT = 3


def reply_or_raise(address: str, status: int, body: bytes) -> bytes:
    """The reply's body, or the error it stands for."""
    match status:
        case Status.OK:
            return body
        case Status.NOT_SERVED:
            raise Unreachable(f"nobody serves {address}")
        case Status.TIMED_OUT:
            raise TimedOut(f"{address} did not answer in time")
        case _:
            raise RequestFailed(f"{address}: {body.decode(errors='replace')}")


def require_live(types: Sequence[type[Any]]) -> None:
    """Durable events are read from the outbox, never from the bus."""
    for event_class in types:
        if event_class.kind != LIVE:
            raise TypeError(f"{event_class.__name__} is durable: it travels by the outbox, not by the bus")


class LocalSubscription:
    """One subscriber: a bounded buffer and a task that feeds the handler."""

    def __init__(
        self,
        hub: "LocalHub",
        types: Sequence[type[Any]],
        handler: Callable[[Any], Awaitable[None]],
        capacity: int,
        on_close: Callable[[Sequence[type[Any]]], Awaitable[None]] | None = None,
    ) -> None:
        self.types = tuple(types)
        self._hub = hub
        self._handler = handler
        self._buffer: LiveBuffer[Any] = LiveBuffer(capacity)
        self._filled = asyncio.Event()
        self._on_close = on_close
        self._task = asyncio.create_task(self._run(), name="bus-subscriber")

    def deliver(self, event: LiveEvent) -> None:
        """Queue for the handler; never waits."""
        topic = event.topic
        if self._buffer.put(event, None if topic is None else (type(event), topic)):
            self._hub.dropped_by_subscriber.inc()
        self._filled.set()

    async def _run(self) -> None:
        handled = 0
        while True:
            await self._filled.wait()
            self._filled.clear()
            while len(self._buffer):
                event = self._buffer.pop()
                try:
                    await self._handler(event)
                except Exception:  # one subscriber's fault is nobody else's
                    self._hub.subscriber_errors.inc()
                    log.exception("bus subscriber failed on %s", type(event).__name__)
                handled += 1
                if handled % YIELD_EVERY == 0:
                    await asyncio.sleep(0)

    async def close(self) -> None:
        """Stop delivering; waits for a running handler to be cancelled."""
        if not self._hub.remove(self):
            return
        if self._task is not asyncio.current_task():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        else:
            self._task.cancel()
        if self._on_close is not None:
            await self._on_close(self.types)

    async def __aenter__(self) -> Self:
        """The subscription itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()


class LocalServing:
    """One address served by this process."""

    __slots__ = ("_hub", "_on_close", "_on_superseded", "active", "address", "epoch", "handler")

    def __init__(
        self,
        hub: "LocalHub",
        address: str,
        handler: RequestHandler,
        *,
        epoch: int,
        on_superseded: SupersededCallback | None,
        on_close: Callable[["LocalServing"], Awaitable[None]] | None,
    ) -> None:
        self._hub = hub
        self._on_superseded = on_superseded
        self._on_close = on_close
        self.address = address
        self.handler = handler
        self.epoch = epoch
        self.active = True

    def supersede(self) -> None:
        """A higher epoch took the address."""
        if not self.active:
            return
        self._hub.withdraw(self)
        if self._on_superseded is not None:
            try:
                self._on_superseded()
            except Exception:
                log.exception("on_superseded of %s failed", self.address)

    async def close(self) -> None:
        """Stop serving. Never takes the address from a newer epoch."""
        if not self.active:
            return
        self._hub.withdraw(self)
        if self._on_close is not None:
            await self._on_close(self)

    async def __aenter__(self) -> Self:
        """The serving itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()


class LocalHub:
    """Subscribers, served addresses and bells of one process."""

    def __init__(self, metrics: Metrics, max_requests: int = 10_000) -> None:
        self.served: dict[str, LocalServing] = {}
        self.subscriber_errors = metrics.bus_subscriber_errors.labels()
        self.dropped_by_subscriber = metrics.bus_dropped.labels("subscriber_full")
        self._max_requests = max_requests
        self._subscribers: dict[type, list[LocalSubscription]] = {}
        self._bells: dict[str, asyncio.Event] = {}
        self._requests: set[asyncio.Task[Any]] = set()

    # -- events

    def wanted(self, event_class: type) -> bool:
        """Whether anybody here subscribed to the class."""
        return event_class in self._subscribers

    def add(
        self,
        types: Sequence[type[Any]],
        handler: Callable[[Any], Awaitable[None]],
        capacity: int,
        on_close: Callable[[Sequence[type[Any]]], Awaitable[None]] | None = None,
    ) -> LocalSubscription:
        """A new subscriber."""
        require_live(types)
        subscription = LocalSubscription(self, types, handler, capacity, on_close)
        for event_class in subscription.types:
            self._subscribers.setdefault(event_class, []).append(subscription)
        return subscription

    def remove(self, subscription: LocalSubscription) -> bool:
        """Forget a subscriber; False when it was gone already."""
        found = False
        for event_class in subscription.types:
            subscribers = self._subscribers.get(event_class, [])
            if subscription in subscribers:
                found = True
                subscribers.remove(subscription)
                if not subscribers:
                    del self._subscribers[event_class]
        return found

    def deliver(self, event: LiveEvent) -> None:
        """Queue for everybody who subscribed; never waits."""
        for subscription in self._subscribers.get(type(event), ()):
            subscription.deliver(event)

    # -- addresses

    def serve(
        self,
        address: str,
        handler: RequestHandler,
        epoch: int,
        on_superseded: SupersededCallback | None,
        on_close: Callable[[LocalServing], Awaitable[None]] | None = None,
    ) -> LocalServing:
        """Take an address; the higher epoch wins."""
        current = self.served.get(address)
        if current is not None and current.epoch >= epoch:
            raise Superseded(f"{address} is served with epoch {current.epoch}, not lower than {epoch}")
        serving = LocalServing(self, address, handler, epoch=epoch, on_superseded=on_superseded, on_close=on_close)
        self.served[address] = serving
        if current is not None:
            current.supersede()
        return serving

    def withdraw(self, serving: LocalServing) -> None:
        """Forget an address unless somebody newer has it."""
        serving.active = False
        if self.served.get(serving.address) is serving:
            del self.served[serving.address]

    async def ask(self, address: str, command: bytes, timeout_s: float) -> tuple[Status, bytes]:
        """Run the handler in a task of its own, which survives a requester that goes away."""
        task = asyncio.create_task(self._answer(address, command, timeout_s), name="bus-request")
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if task.cancelled() and (current is None or not current.cancelling()):
                raise Unreachable(f"{address}: the bus was stopped") from None
            raise

    async def _answer(self, address: str, command: bytes, timeout_s: float) -> tuple[Status, bytes]:
        serving = self.served.get(address)
        if serving is None:
            return Status.NOT_SERVED, b""
        if len(self._requests) > self._max_requests:
            return Status.FAILED, b"too many requests at once"
        limit = asyncio.timeout(timeout_s)
        try:
            async with limit:
                return Status.OK, bytes(await serving.handler(command))
        except TimeoutError:
            if limit.expired():
                return Status.TIMED_OUT, b""
            log.exception("handler of %s failed", address)
            return Status.FAILED, b"TimeoutError"
        except BusError as error:
            return Status.FAILED, type(error).__name__.encode()
        except Exception as error:  # the requester hears the kind, the log has the rest
            log.exception("handler of %s failed", address)
            return Status.FAILED, type(error).__name__.encode()

    # -- bells

    def ring(self, consumer: str) -> None:
        """Remember that there is work for `consumer`, and for every "<consumer>/<part>"."""
        self._bell(consumer).set()
        part = consumer + "/"
        for name, bell in self._bells.items():
            if name.startswith(part):
                bell.set()

    async def wait(self, consumer: str, timeout_s: float) -> bool:
        """Wait for a ring since the last wait."""
        bell = self._bell(consumer)
        try:
            async with asyncio.timeout(timeout_s):
                await bell.wait()
        except TimeoutError:
            return False
        bell.clear()
        return True

    def _bell(self, consumer: str) -> asyncio.Event:
        return self._bells.setdefault(consumer, asyncio.Event())

    async def close(self) -> None:
        """End every subscriber and running request; serve nothing."""
        for serving in list(self.served.values()):
            self.withdraw(serving)
        subscriptions = {s for subscribers in self._subscribers.values() for s in subscribers}
        for subscription in subscriptions:
            await subscription.close()
        requests = list(self._requests)
        for task in requests:
            task.cancel()
        await asyncio.gather(*requests, return_exceptions=True)


def as_live(event: object) -> LiveEvent:
    """Narrow what a codec decoded."""
    return cast(LiveEvent, event)
