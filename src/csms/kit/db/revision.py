# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What every process keeps in memory and few change: a number that grows with each change, and whoever watches it.

A live event makes a change known at once. It may be lost (a broker that is away, a process that is just starting), so
the number is looked at every few seconds too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.kit.clock import Clock, Seldom

log = structlog.get_logger(__name__)

INTERVAL_S: Final = 15.0
_TIMEOUT_S: Final = 30.0


async def lock(connection: AsyncConnection) -> None:
    """Whoever else wants to change something waits for the end of this transaction."""
    await connection.execute(text("SELECT settings_revision FROM installation FOR UPDATE"))


async def bump(connection: AsyncConnection) -> None:
    """Something changes with this transaction."""
    await connection.execute(text("UPDATE installation SET settings_revision = settings_revision + 1"))


async def current(connection: AsyncConnection) -> int:
    """The number now."""
    found = await connection.scalar(text("SELECT settings_revision FROM installation"))
    return int(found or 0)


class RevisionWatch:
    """Reads anew whatever is kept in memory when the number has grown."""

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[AsyncConnection]],
        reload: Sequence[Callable[[], Awaitable[None]]],
        clock: Clock,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._connect = connect
        self._reload = reload
        self._interval_s = interval_s
        self._seen = -1
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._complaint = Seldom(clock)

    async def start(self) -> None:
        """Read all once, then watch."""
        await self._look()
        self._task = asyncio.create_task(self._watch(), name="revision-watch")

    async def stop(self) -> None:
        """Watch no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def heard(self, _: object) -> None:
        """Somebody says that something changed."""
        self._bell.set()

    async def _watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._interval_s):
                    await self._bell.wait()
            except TimeoutError:
                pass  # nobody rang: look all the same
            self._bell.clear()
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    await self._look()
            except Exception as error:  # noqa: BLE001  (what is known stays in force; the next look may succeed)
                if self._complaint.due():
                    log.warning("settings could not be read anew, the known ones stay", error=repr(error))
            else:
                self._complaint.over()

    async def _look(self) -> None:
        async with self._connect() as connection:
            now = await current(connection)  # before the rest: what changes meanwhile is read the next time
        if now == self._seen:
            return
        for reload in self._reload:
            await reload()
        self._seen = now
