# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is done after an answer, so that the answer's time says nothing of what was found."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import structlog

log = structlog.get_logger(__name__)

_MOST: Final = 100
_PATIENCE_S: Final = 30.0


class Later:
    """A bounded number of small works; what is too much is left out and said in the log."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def do(self, what: str, work: Coroutine[Any, Any, Any]) -> None:
        """Begin it now, and wait for nothing."""
        if len(self._tasks) >= _MOST:
            work.close()
            log.warning("left out: too much is being done already", work=what)
            return
        task = asyncio.create_task(self._run(what, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait for what was begun."""
        await asyncio.gather(*self._tasks)

    async def _run(self, what: str, work: Coroutine[Any, Any, Any]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await work
        except Exception:
            log.exception("what was to be done after an answer failed", work=what)
