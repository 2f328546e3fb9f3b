# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The seam: what an event is, what a bus does, how it fails.

Events are frozen, tagged `msgspec.Struct`s. The classes live in the domain, which may not import the kit; so the kit
asks for a shape (the protocols below) and not for a base class.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import ClassVar, Final, Literal, Protocol, Self, TypeVar
from uuid import UUID

LIVE: Final = "live"
DURABLE: Final = "durable"


class Event(Protocol):
    """Something that happened, told after commit. A frozen Struct with `tag_field="type"`."""

    kind: ClassVar[Literal["live", "durable"]]

    @property
    def organization_id(self) -> UUID:
        """Whose event it is."""
        ...


class LiveEvent(Event, Protocol):
    """Best effort, the newest wins. Travels on the bus and is never stored."""

    @property
    def topic(self) -> str | None:
        """Events of one topic supersede one another when a buffer is full; None stands for itself only."""
        ...


class DurableEvent(Event, Protocol):
    """Must not be lost. Stored in the outbox by the transaction that caused it."""

    @property
    def key(self) -> str:
        """Events of one key (a charger's id) reach each consumer in order."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """When it happened, aware, UTC."""
        ...


L = TypeVar("L", bound=LiveEvent)

RequestHandler = Callable[[bytes], Awaitable[bytes]]
SupersededCallback = Callable[[], None]


class BusError(Exception):
    """The bus could not do what was asked."""


class Unreachable(BusError):  # noqa: N818  (the word of the product)
    """Nobody serves the address; the command was not delivered."""


class TimedOut(BusError):  # noqa: N818  (the word of the product)
    """No reply in time; whether the command was carried out is unknown."""


class RequestFailed(BusError):  # noqa: N818  (the word of the product)
    """The handler raised, or the serving node is overloaded."""


class Superseded(BusError):  # noqa: N818  (the word of the product)
    """The address is already served with the same or a higher epoch."""


class Subscription(Protocol):
    """Ends with `close()` or at the end of `async with`."""

    async def close(self) -> None:
        """Stop delivering; waits for a running handler to be cancelled."""
        ...

    async def __aenter__(self) -> Self:
        """The subscription itself."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...


class Serving(Protocol):
    """One served address."""

    @property
    def active(self) -> bool:
        """False once closed or superseded by a higher epoch."""
        ...

    async def close(self) -> None:
        """Stop serving. Never takes the address from a newer epoch."""
        ...

    async def __aenter__(self) -> Self:
        """The serving itself."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...


class Bus(Protocol):
    """What doors and features may ask of a bus."""

    @property
    def node_id(self) -> str:
        """This node's name on the bus."""
        ...

    @property
    def connected(self) -> bool:
        """Whether the other nodes can be reached now."""
        ...

    async def start(self) -> None:
        """Begin; never waits for a broker that is away."""
        ...

    async def stop(self) -> None:
        """Withdraw everything served, close all subscriptions."""
        ...

    def publish(self, event: LiveEvent) -> None:
        """Tell everybody, best effort, without waiting. Raises TypeError for a class the codec does not know."""
        ...

    async def subscribe(
        self, types: Sequence[type[L]], handler: Callable[[L], Awaitable[None]], *, capacity: int = 1000
    ) -> Subscription:
        """Call `handler` with each event of these classes, one at a time, in order.

        At most `capacity` events wait; then the oldest of the same topic is dropped, else the oldest of all.
        """
        ...

    async def request(self, address: str, command: bytes, timeout_s: float) -> bytes:
        """Ask whoever serves `address`. Raises Unreachable, TimedOut or RequestFailed."""
        ...

    async def serve(
        self,
        address: str,
        handler: RequestHandler,
        *,
        epoch: int = 0,
        on_superseded: SupersededCallback | None = None,
    ) -> Serving:
        """Answer requests to `address`. Raises Superseded when the same or a higher epoch is already there.

        The handler is cancelled when the requester's time is over. `on_superseded` is called once when a higher
        epoch takes the address, here or on another node.
        """
        ...

    def wake(self, consumer: str) -> None:
        """Ring for `consumer`, and everybody who waits as "<consumer>/<part>", on every node."""
        ...

    async def wait_woken(self, consumer: str, timeout_s: float) -> bool:
        """Wait for a ring since the last wait; False when the time is over."""
        ...
