# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests and their answers, on their way to a table: noted in memory, written once a second, beside the requests.

Only those of users and keys are noted: a stranger could fill the disk, and belongs to no organization. What was refused
because there was too much of it is counted and not noted, for the same reason.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import structlog
from starlette.types import Scope

from csms.kit.clock import Clock, Seldom
from csms.kit.db.group_commit import is_away
from csms.kit.http.can import PRINCIPAL
from csms.kit.http.principal import Principal
from csms.kit.ids import new_id
from csms.kit.metrics import OTHER, Metrics

log = structlog.get_logger(__name__)

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED: Final = 400
_TOO_MANY: Final = 429
_MAX_TEXT: Final = 500
_MAX_MS: Final = 2**31 - 1
ROOM: Final = 10_000
INTERVAL_S: Final = 1.0
_PATIENCE_S: Final = 15.0
_AT_THE_END_S: Final = 3.0


class Line(NamedTuple):
    """One request, by the columns of its table."""

    id: UUID
    organization_id: UUID
    at: datetime
    method: str
    path: str
    route: str
    status: int
    actor_kind: str
    actor_id: str
    actor_name: str
    address: str | None
    request_id: str
    trace_id: str
    took_ms: int
    sent_bytes: int


class RequestLog:
    """Lines that wait to be written. `every`: also of what was only read, and answered."""

    def __init__(
        self,
        write: Callable[[Sequence[Line]], Awaitable[None]],
        clock: Clock,
        metrics: Metrics,
        *,
        every: bool = False,
        room: int = ROOM,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._write = write
        self._clock = clock
        self._every = every
        self._room = room
        self._interval_s = interval_s
        self._lines: deque[Line] = deque()
        self._count = {name: metrics.request_log.labels(name) for name in ("stored", "dropped", "failed")}
        self._complaint = Seldom(clock)
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def note(self, scope: Scope, path: str, status: int, took_s: float, sent_bytes: int) -> None:
        """Keep a line of a request that is over; where there is no room it is counted as dropped."""
        principal: Principal | None = scope.get(PRINCIPAL)
        if principal is None or status == _TOO_MANY:
            return
        if not self._every and scope["method"] in _SAFE and status < _REFUSED:
            return
        if len(self._lines) >= self._room:
            self._count["dropped"].inc()
            return
        line = Line(
            id=new_id(),
            organization_id=principal.organization_id,
            at=self._clock.now(),
            method=_stored(scope["method"]),
            path=_stored(path),
            route=getattr(scope.get("route"), "path", OTHER),
            status=status,
            actor_kind=principal.kind,
            actor_id=str(principal.user_id),
            actor_name=principal.username,
            address=scope["client"][0] if scope.get("client") else None,
            request_id=scope["csms.request_id"],
            trace_id=scope["csms.trace_id"],
            took_ms=min(round(took_s * 1000), _MAX_MS),
            sent_bytes=sent_bytes,
        )
        self._lines.append(line)

    async def start(self) -> None:
        """Write now and then."""
        self._task = asyncio.create_task(self._run(), name="request-log")

    async def stop(self) -> None:
        """Write what waits, and no more."""
        self._ending.set()
        try:
            async with asyncio.timeout(_AT_THE_END_S):
                if self._task is not None:
                    await self._task
        except TimeoutError:
            log.warning("the request log was not written to its end", lines=len(self._lines))
        self._count["dropped"].inc(len(self._lines))

    async def flush(self) -> None:
        """Write what waits. While the database is away it goes on waiting; what it refuses is counted and gone."""
        lines = list(self._lines)
        if not lines:
            return
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._write(lines)
        except Exception as error:  # noqa: BLE001  (whoever asks the API is not to notice)
            if self._complaint.due():
                log.warning("the request log was not written", lines=len(lines), error=repr(error))
            if is_away(error):
                return
            self._count["failed"].inc(len(lines))
        else:
            self._complaint.over()
            self._count["stored"].inc(len(lines))
        for _ in lines:
            self._lines.popleft()

    async def _run(self) -> None:
        while not self._ending.is_set():
            try:
                async with asyncio.timeout(self._interval_s):
                    await self._ending.wait()
            except TimeoutError:
                pass  # not yet: what came meanwhile is written
            await self.flush()


def _stored(text: str) -> str:
    """As PostgreSQL can hold it."""
    return text[:_MAX_TEXT].encode(errors="replace").decode()
