# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The door of time: consumers of the outbox, jobs by queue and by clock, sweeps of what was left open."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

import structlog

from csms.kit.db.group_commit import is_away
from csms.kit.errors import UnavailableError
from csms.kit.jobs.worker import Worker

log = structlog.get_logger(__name__)

_SWEEP_S: Final = 5.0
_FIRST_S: Final = 1.0  # who just started has chargers at the door, and what was left open waited longer
_STOP_S: Final = 10.0


class Loop(Protocol):
    """A consumer of the outbox, or lanes of work: runs until it is stopped."""

    @property
    def name(self) -> str:
        """What it is called in logs."""
        ...

    async def run(self) -> None:
        """Work."""
        ...

    async def stop(self) -> None:
        """Let what runs finish, take nothing new."""
        ...


class WorkerDoor:
    """Starts and stops what works without being asked."""

    def __init__(self, loops: Sequence[Loop], jobs: Worker, sweeps: Sequence[Callable[[], Awaitable[None]]]) -> None:
        self._loops = loops
        self._jobs = jobs
        self._sweeps = sweeps
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Begin."""
        self._tasks = [
            *(asyncio.create_task(loop.run(), name=f"loop-{loop.name}") for loop in self._loops),
            asyncio.create_task(self._jobs.run(), name="jobs"),
            *(asyncio.create_task(self._sweep_on(sweep), name="sweep") for sweep in self._sweeps),
        ]

    async def stop(self) -> None:
        """Let what runs finish, take nothing new."""
        self._stopping.set()
        await asyncio.gather(*(loop.stop() for loop in self._loops), self._jobs.stop())
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_STOP_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _sweep_on(self, sweep: Callable[[], Awaitable[None]]) -> None:
        """None waits for another: what takes its time keeps no command from its end."""
        pause_s = _FIRST_S
        while not await self._stopped_within(pause_s):
            pause_s = _SWEEP_S
            try:
                await sweep()
            except Exception as error:
                if not (is_away(error) or isinstance(error, UnavailableError)):
                    log.exception("the sweep failed")

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True
