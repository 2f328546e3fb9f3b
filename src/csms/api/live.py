# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Live events to browsers and programs: one stream, server-sent events (HTML Standard §9.2).

The first value of a topic goes out at once, repeats of meter values within a second are coalesced; everything else is
never held. A client that comes back with `Last-Event-ID` gets what it missed, or is told to read anew.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import StreamingResponse

from csms.domain.events import (
    AlertChanged,
    CampaignChanged,
    ChargerBooted,
    ChargerChanged,
    ChargerConnected,
    ChargerDisconnected,
    ChargerRetired,
    CommandClosed,
    Event,
    FileReceived,
    JobProgressed,
    MeterRecorded,
    ProgressMade,
    StatusChanged,
    TransactionChanged,
)
from csms.features.accounts.permissions import Permission
from csms.features.chargers.repository import seen_chargers
from csms.kit.bus.base import Bus, Subscription
from csms.kit.db.uow import UnitsOfWork
from csms.kit.errors import InvalidError, NotFoundError, UnavailableError
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.problems import ForbiddenError, TooManyRequestsError
from csms.kit.http.require import previewed, require
from csms.kit.http.routes import Route

TOPICS: Final[dict[str, tuple[type[Event], ...]]] = {
    "chargers": (ChargerConnected, ChargerDisconnected, ChargerBooted, ChargerChanged, ChargerRetired),
    "status": (StatusChanged,),
    "meter-values": (MeterRecorded,),
    "transactions": (TransactionChanged,),
    "commands": (CommandClosed,),
    "files": (ProgressMade, FileReceived, CampaignChanged),
    "alerts": (AlertChanged,),
    "jobs": (JobProgressed,),
}
PERMISSIONS: Final[dict[str, Permission]] = {
    "chargers": Permission.CHARGER_READ,
    "status": Permission.CHARGER_READ,
    "meter-values": Permission.TRANSACTION_READ,
    "transactions": Permission.TRANSACTION_READ,
    "commands": Permission.CHARGER_READ,
    "files": Permission.FILE_READ,
    "alerts": Permission.ALERT_READ,
    "jobs": Permission.JOB_READ,
}
"""What hearing of a topic needs, beside `system:event:read`."""
_COALESCE_S: Final = 1.0
_HEARTBEAT_S: Final = 15.0
_CHECK_S: Final = 15.0
_LIFETIME_S: Final = 3600.0
_RING: Final = 2_000
_QUEUE: Final = 1_000
_AGAIN_S: Final = 5

Again = Callable[[Principal], Awaitable[Principal | None]]
Look = Callable[[], Awaitable[tuple[bool, frozenset[str] | None]]]
"""Whether a stream may go on, and which chargers it sees; None: all."""


class TooManyStreamsError(TooManyRequestsError):
    """One user, key or organization has as many event streams open as it may."""

    code: ClassVar[str] = "too_many_streams"


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """How many streams are open at once: in all, of one organization, of one user or key."""

    most: int = 1_000
    per_organization: int = 500
    per_principal: int = 20


class Places:
    """Streams that are open or about to be; whoever takes a place gives it back."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._taken: Counter[UUID | None] = Counter()

    def take(self, organization_id: UUID, principal_id: UUID) -> Callable[[], None]:
        """One more; called, the answer gives it back. Nobody takes all that others need. Raises TooManyStreamsError."""
        limits = self._limits
        for key, most, whose in (
            (principal_id, limits.per_principal, "you have"),
            (organization_id, limits.per_organization, "your organization has"),
        ):
            if self._taken[key] >= most:
                raise TooManyStreamsError(f"{whose} {most} event streams open already: close one", _AGAIN_S)
        if self._taken[None] >= limits.most:
            raise UnavailableError(f"{limits.most} event streams are open already: close one, or try again later")
        keys = (None, organization_id, principal_id)
        self._taken.update(keys)

        def give_back() -> None:
            self._taken.subtract(keys)
            for key in keys:
                if not self._taken[key]:
                    del self._taken[key]

        return give_back

    def __len__(self) -> int:
        """How many are taken."""
        return self._taken[None]


class _Stream(StreamingResponse):
    """Gives its place back when it is over, also where the peer is gone before it began."""

    def __init__(self, frames: AsyncIterator[bytes], give_back: Callable[[], None]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(frames, media_type="text/event-stream", headers=headers)
        self._give_back = give_back

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._give_back()


@dataclass(slots=True)
class _Told:
    """One event as it went out."""

    number: int
    organization_id: UUID
    charger_id: str
    kind: type[Event]
    frame: bytes


@dataclass(slots=True, eq=False)
class _Client:
    """One stream."""

    organization_id: UUID
    kinds: frozenset[type[Event]]
    chargers: frozenset[str] | None = None  # that are seen; None: all
    frames: deque[bytes] = field(default_factory=deque)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    lost: bool = False

    def wants(self, told: _Told) -> bool:
        """Whether this client may and wants to hear it."""
        if told.organization_id != self.organization_id or told.kind not in self.kinds:
            return False
        return self.chargers is None or told.charger_id in self.chargers

    def push(self, frame: bytes) -> None:
        """Queue a frame; a client that does not keep up is told to read anew."""
        if len(self.frames) >= _QUEUE:
            self.frames.clear()
            self.lost = True
        self.frames.append(frame)
        self.ready.set()


class LiveHub:
    """Subscribes to the bus once, tells every client what it asked for."""

    def __init__(self, bus: Bus, run_id: str, limits: StreamLimits | None = None) -> None:
        self.places = Places(limits or StreamLimits())
        self._bus = bus
        self._run_id = run_id
        self._number = 0
        self._ring: deque[_Told] = deque(maxlen=_RING)
        self._clients: set[_Client] = set()
        self._subscription: Subscription | None = None
        self._held: dict[str, Event] = {}
        self._told_at: dict[str, float] = {}
        self._ticker: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen."""
        kinds = [kind for group in TOPICS.values() for kind in group]
        self._subscription = await self._bus.subscribe(kinds, self._hear, capacity=10_000)
        self._ticker = asyncio.create_task(self._tick(), name="live-tick")

    async def stop(self) -> None:
        """End all streams; clients come back by themselves."""
        self._closing.set()
        for client in self._clients:
            client.ready.set()
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        if self._subscription is not None:
            await self._subscription.close()

    async def _hear(self, event: Event) -> None:
        if not isinstance(event, MeterRecorded):
            self._tell(event)
            return
        now = asyncio.get_running_loop().time()
        if now - self._told_at.get(event.topic, -_COALESCE_S) >= _COALESCE_S:
            self._told_at[event.topic] = now
            self._tell(event)
        else:
            self._held[event.topic] = event

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0.1)
            now = loop.time()
            for topic in [topic for topic in self._held if now - self._told_at[topic] >= _COALESCE_S]:
                self._told_at[topic] = now
                self._tell(self._held.pop(topic))
            if len(self._told_at) > 10 * _RING:
                self._told_at = {topic: at for topic, at in self._told_at.items() if now - at < _COALESCE_S}

    def _tell(self, event: Event) -> None:
        self._number += 1
        tag = str(type(event).__struct_config__.tag)
        frame = b"id: %s-%d\nevent: %s\ndata: %s\n\n" % (
            self._run_id.encode(),
            self._number,
            tag.encode(),
            msgspec.json.encode(event),
        )
        told = _Told(self._number, event.organization_id, event.charger_id, type(event), frame)
        self._ring.append(told)
        for client in self._clients:
            if client.wants(told):
                client.push(frame)

    async def stream(
        self,
        organization_id: UUID,
        kinds: frozenset[type[Event]],
        last_id: str | None,
        look: Look,
        seen: frozenset[str] | None = None,
    ) -> AsyncIterator[bytes]:
        """One client's stream, for an hour at most; `look` says every 15 s whether it may go on, and what is `seen`."""
        client = _Client(organization_id, kinds, seen)
        missed = self._missed(client, last_id)  # at the moment from which on it hears for itself
        self._clients.add(client)
        loop = asyncio.get_running_loop()
        ends_at, check_at = loop.time() + _LIFETIME_S, loop.time() + _CHECK_S
        try:
            yield b"retry: 2000\n\n"
            for frame in missed:
                yield frame
            while not self._closing.is_set() and loop.time() < ends_at:
                if loop.time() >= check_at:
                    go_on, client.chargers = await look()
                    if not go_on:
                        return
                    check_at = loop.time() + _CHECK_S
                try:
                    async with asyncio.timeout(_HEARTBEAT_S):
                        await client.ready.wait()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                client.ready.clear()
                if client.lost:
                    client.lost = False
                    yield _RESYNC
                while client.frames:
                    yield client.frames.popleft()
        finally:
            self._clients.discard(client)

    def _missed(self, client: _Client, last_id: str | None) -> Sequence[bytes]:
        if last_id is None:
            return ()
        run_id, _, number = last_id.partition("-")
        if run_id != self._run_id or not (number.isascii() and number.isdigit()):
            return (_RESYNC,)
        seen = int(number)
        oldest = self._ring[0].number if self._ring else self._number + 1
        frames = [told.frame for told in self._ring if told.number > seen and client.wants(told)]
        return frames if seen >= oldest - 1 else (_RESYNC, *frames)


_RESYNC: Final = b"event: resync\ndata: {}\n\n"
Topics = Annotated[str | None, Query(max_length=200, description=f"Some of {', '.join(TOPICS)}; all if left out.")]
Watches = Annotated[Principal, require(Permission.EVENT_READ)]


def read_topics(topics: str | None, permissions: Collection[str]) -> tuple[str, ...]:
    """The topics of a comma-separated list; all that may be heard without one. Raises InvalidError."""
    if not topics:
        return tuple(name for name in TOPICS if PERMISSIONS[name] in permissions)
    names = tuple(dict.fromkeys(name.strip() for name in topics.split(",") if name.strip()))
    if unknown := [name for name in names if name not in TOPICS]:
        raise InvalidError(f"there is no topic {unknown[0][:60]!r}; there are: {', '.join(TOPICS)}")
    return names


def router(hub: LiveHub) -> APIRouter:
    """The route."""
    api = APIRouter(prefix="/api/v1", tags=["events"], route_class=Route)

    @api.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
    async def stream_events(
        request: Request,
        principal: Watches,
        topics: Topics = None,
        last_event_id: Annotated[str | None, Header(max_length=100)] = None,
    ) -> Any:
        """Live events as server-sent events, with replay by Last-Event-ID and a comment every 15 s of silence."""
        names = read_topics(topics, principal.permissions)
        needed = [PERMISSIONS[name] for name in names]
        scope_of(request, principal, *needed)
        units: UnitsOfWork = request.app.state.units
        key = principal.kind == "api_key"
        again: Again = request.app.state.api_keys.again if key else request.app.state.accounts.again

        async def seen(who: Principal) -> frozenset[str] | None:
            scope = replace(scope_of(request, who, *needed), claim=None)
            if scope.places is None:
                return None
            async with units(scope) as uow:
                return frozenset(await seen_chargers(uow.connection))

        last = await seen(principal)

        async def look() -> tuple[bool, frozenset[str] | None]:
            nonlocal last
            try:
                who = await again(principal)
                if who is None:
                    return False, last
                last = await seen(await previewed(request, who))
            except (ForbiddenError, NotFoundError):
                return False, last  # what was allowed at the beginning is no more, or the role that was looked through
            except UnavailableError:
                pass  # nobody is signed out by a database that is away
            return True, last

        kinds = frozenset(kind for name in names for kind in TOPICS[name])
        give_back = hub.places.take(principal.organization_id, principal.user_id)
        return _Stream(hub.stream(principal.organization_id, kinds, last_event_id, look, last), give_back)

    return api
