# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Hears which tables change, from triggers of the database (NOTIFY): whoever changed them, and by whatever way.

PostgreSQL tells it with the commit, to every process that listens. A connection of its own waits for it, and is asked
twice a second whether it still lives.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, Protocol
from uuid import UUID

import asyncpg
import structlog

from csms.kit.clock import Clock, Seldom
from csms.kit.db.migrate import driver

log = structlog.get_logger(__name__)

CHANNEL: Final = "csms_changes"
_ASK_S: Final = 0.5
_PATIENCE_S: Final = 5.0  # a slow answer only makes unsure for a while; another connection makes forget all


class Hearer(Protocol):
    """Who wants to know of changes."""

    def changed(self, organization_id: UUID, table: str) -> None:
        """A table changed, for an organization."""

    def forget_all(self) -> None:
        """Changes may have gone by untold."""

    def sure(self, at_s: float) -> None:
        """All that was committed before this instant was told."""

    def unsure(self) -> None:
        """Nobody tells of changes now."""


class ChangeListener:
    """One connection that listens; when it breaks, another."""

    def __init__(self, url: str, hearer: Hearer, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._hearer = hearer
        self._monotonic = monotonic
        self._complaint = Seldom(clock)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen in the background; whoever starts does not wait for it."""
        self._task = asyncio.create_task(self._run(), name="change-listener")

    async def stop(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._hearer.unsure()

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001  (nothing is kept meanwhile; another connection is tried)
                self._hearer.unsure()
                if self._complaint.due():
                    log.warning("changes are not heard: answers are made anew each time", error=repr(error))
            await asyncio.sleep(_ASK_S)

    async def _listen(self) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            connection = await asyncpg.connect(
                driver(self._url), server_settings={"role": "csms_app", "application_name": "csms-changes"}
            )
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await connection.add_listener(CHANNEL, self._heard)
            self._hearer.forget_all()  # after LISTEN: what changed before it is read anew, what changes now is told
            while True:
                asked_s = self._monotonic()
                async with asyncio.timeout(_PATIENCE_S):
                    await connection.execute("SELECT 1")
                self._hearer.sure(asked_s)
                self._complaint.over()
                await asyncio.sleep(_ASK_S)
        finally:
            connection.terminate()

    def _heard(self, _connection: Any, _process: int, _channel: str, payload: object) -> None:
        table, _, organization_id = str(payload).partition(" ")
        try:
            self._hearer.changed(UUID(organization_id), table)
        except ValueError:
            log.warning("a change that nobody understands: all is read anew", payload=str(payload)[:200])
            self._hearer.forget_all()
