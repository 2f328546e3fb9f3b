# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Work in lanes: one lane is served by one process at a time, many lanes beside one another, a slow one holds nobody.

`claim` takes lanes that have something to do, for a while (a lease in the database), those first that had to wait
longest; `serve` works on one and gives it back. A lane whose process died is taken by another when its lease is over.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from csms.kit.bus.base import Bus
from csms.kit.clock import Seldom, SystemClock
from csms.kit.db.group_commit import is_away
from csms.kit.errors import UnavailableError

L = TypeVar("L")
log = logging.getLogger(__name__)

_POLL_S: Final = 1.0
_GRACE_S: Final = 2.0


class Lanes(Generic[L]):
    """`run()` until cancelled, or until `stop()`: what runs then has two seconds, and is done again by somebody else.

    Ring `bus.wake(name)` when there is something to do; it is found within a second anyway.
    """

    def __init__(
        self,
        name: str,
        claim: Callable[[int], Awaitable[Sequence[L]]],
        serve: Callable[[L], Awaitable[None]],
        *,
        bus: Bus,
        at_once: int = 64,
        poll_s: float = _POLL_S,
    ) -> None:
        self.name = name
        self._claim = claim
        self._serve = serve
        self._bus = bus
        self._at_once = at_once
        self._poll_s = poll_s
        self._bell = f"{name}/{id(self)}"
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._seldom = Seldom(SystemClock())

    async def run(self) -> None:
        """Look for lanes and serve them."""
        self._idle.clear()
        try:
            while not self._stopping.is_set():
                await self._look()
                await self._pause()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=_GRACE_S)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._idle.set()

    async def stop(self) -> None:
        """Take no new lanes; returns when none is served any more."""
        self._stopping.set()
        self._bus.wake(self.name)
        await self._idle.wait()

    @property
    def stopping(self) -> bool:
        """Whether whoever serves a lane should give it back soon."""
        return self._stopping.is_set()

    async def _look(self) -> None:
        room = self._at_once - len(self._tasks)
        if not room:
            return
        try:
            found = await self._claim(room)
        except Exception as error:  # noqa: BLE001  (the work waits for the next look, which says why)
            self._tell(error)
            return
        for lane in found:
            task = asyncio.create_task(self._serve_one(lane), name=f"{self.name}-lane")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve_one(self, lane: L) -> None:
        try:
            await self._serve(lane)
        except Exception as error:  # noqa: BLE001  (told; the other lanes go on)
            self._tell(error)

    async def _pause(self) -> None:
        await self._bus.wait_woken(self._bell, self._poll_s)

    def _tell(self, error: Exception) -> None:
        if not (is_away(error) or isinstance(error, UnavailableError)):
            log.error("%s: %r", self.name, error, exc_info=error)
        elif self._seldom.due():
            log.warning("%s waits, the database is away: %r", self.name, error)
