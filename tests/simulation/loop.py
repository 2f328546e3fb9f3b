# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""An event loop without a machine below it: time stands still while anything can run, and jumps to what comes next."""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any, Final

START: Final = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
owner: ContextVar[object] = ContextVar("owner")
"""Whose work it is; every task belongs to whoever made it, so that a process can be killed with all its tasks."""


def instant(seconds: float) -> datetime:
    """A time of the loop as a date."""
    return START + timedelta(seconds=seconds)


class StuckError(RuntimeError):
    """Something is waited for that never comes."""


class SimLoop(asyncio.BaseEventLoop):
    """asyncio's own scheduler over a clock of its own. Nothing in it depends on the machine, so it runs alike twice."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 0.0
        self._selector = self  # what waits for sockets in a real loop
        self._clock_resolution = 1e-9
        self._tasks: dict[object, dict[asyncio.Task[Any], None]] = {}
        self.set_task_factory(_make_task)

    def time(self) -> float:
        """Seconds since the beginning of the world."""
        return self._now_s

    def select(self, timeout: float | None) -> tuple[()]:
        """Nothing is ready by itself: the time of the next timer has come."""
        if timeout is None:
            raise StuckError("nothing is left that could happen")
        self._now_s += timeout
        return ()

    def _process_events(self, event_list: object) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""

    def belongs(self, task: asyncio.Task[Any]) -> None:
        """Remember whose task it is."""
        mine = self._tasks.setdefault(owner.get(None), {})
        mine[task] = None
        task.add_done_callback(lambda done: mine.pop(done, None) and None)

    def kill(self, who: object) -> None:
        """End all that somebody was doing, at once."""
        for task in list(self._tasks.pop(who, ())):
            task.cancel()


def _make_task(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **more: Any) -> "asyncio.Task[Any]":
    assert isinstance(loop, SimLoop)
    task = asyncio.Task(work, loop=loop, **more)
    loop.belongs(task)
    return task


class SimClock:
    """The loop's time as the product reads it."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        """Wall clock, aware, UTC."""
        return instant(self._loop.time())

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return self._loop.time()
