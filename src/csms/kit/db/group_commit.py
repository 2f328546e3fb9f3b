# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Group commit: many small facts, one transaction.

Items gather while a group is being committed, so a group is as large as the load demands: one item when idle
(latency), a hundred under load (throughput). A group that fails is replayed one item at a time, so one poisonous item
never takes others with it; while the database is away the group waits and is tried again.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

import asyncpg
import structlog

from csms.kit.errors import UnavailableError
from csms.kit.metrics import Metrics

T = TypeVar("T")
log = structlog.get_logger(__name__)

# Gone or refused for now; the same statement may succeed on a new connection.
_AWAY: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a pooled connection that was just cut
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    TimeoutError,
)
# Also InterfaceErrors, but about a value or a statement of ours: trying again would not help.
_OUR_FAULT: Final = (ValueError, asyncpg.UnsupportedClientFeatureError)
_AGAIN: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
_ATTEMPTS: Final = 5
_LOOK_S: Final = 0.005


def is_away(error: BaseException) -> bool:
    """Whether an error means that the database cannot be reached, rather than that it refused a statement."""
    return isinstance(error, _AWAY) and not isinstance(error, _OUR_FAULT)


def is_from_connection(error: OSError) -> bool:
    """Whether the system said it of a connection, rather than of a file or of an address to listen on."""
    return isinstance(error, ConnectionError | TimeoutError | FileNotFoundError) and error.filename is None


class GroupCommit(Generic[T]):
    """Runs `commit(group)` in `lanes` concurrent transactions over the items submitted.

    Of fewer than `enough` one begins `rest_s()` after the one before at the earliest: what it costs is shared by more.
    `failed(item, error)` is told of an item that could not be stored: UnavailableError where the database stayed away
    for `patience_s`, else the error itself.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[T]], Awaitable[None]],
        failed: Callable[[T, Exception], None],
        metrics: Metrics,
        *,
        max_items: int = 500,
        lanes: int = 2,
        patience_s: float = 20.0,
        rest_s: Callable[[], float] = lambda: 0.0,
        enough: int = 20,
    ) -> None:
        self._commit = commit
        self._failed = failed
        self._size = metrics.group_commit_messages.labels()
        self._latency = metrics.group_commit_seconds.labels()
        self._replays = metrics.group_commit_replays.labels()
        self._max_items = max_items
        self._lanes = lanes
        self._patience_s = patience_s
        self._rest_s = rest_s
        self._enough = min(enough, max_items)
        self._began_s = -math.inf
        self._waiting: deque[T] = deque()
        self._ready = asyncio.Event()
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def depth(self) -> int:
        """Items that wait for a group."""
        return len(self._waiting)

    def submit(self, item: T) -> None:
        """Put an item into the next group."""
        if not self._waiting:
            self._ready.set()
            self._idle.clear()
        self._waiting.append(item)

    def start(self) -> None:
        """Open the lanes."""
        self._tasks = [asyncio.create_task(self._lane(), name=f"group-commit-{n}") for n in range(self._lanes)]

    async def drain(self, timeout_s: float) -> bool:
        """Wait until everything submitted was committed or failed; False if that took longer."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """Close the lanes; what still waits is dropped, and its senders will repeat it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _lane(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._ready.wait()
            # Let everything that is readable in this turn of the loop join the group.
            await asyncio.sleep(0)
            await self._rest()
            waiting = self._waiting
            if not waiting:
                self._ready.clear()
                continue
            self._began_s = loop.time()
            group = [waiting.popleft() for _ in range(min(len(waiting), self._max_items))]
            if not waiting:
                self._ready.clear()
            self._busy += 1
            try:
                await self._store(group)
            except Exception:
                log.exception("group commit failed outside its transaction", items=len(group))
            finally:
                self._busy -= 1
                if not self._busy and not waiting:
                    self._idle.set()

    async def _rest(self) -> None:
        """Until the next group may begin."""
        loop = asyncio.get_running_loop()
        while len(self._waiting) < self._enough:
            left_s = self._began_s + self._rest_s() - loop.time()
            if left_s <= 0:
                return
            await asyncio.sleep(min(left_s, _LOOK_S))

    async def _store(self, group: Sequence[T]) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            await self._attempt(group)
        except Exception as error:  # noqa: BLE001  (each item is told what became of it)
            if len(group) == 1 or isinstance(error, UnavailableError):
                for item in group:
                    self._failed(item, error)
                return
            self._replays.inc()
            log.warning("group refused, replaying one by one", items=len(group), error=repr(error))
            for item in group:
                await self._store([item])
            return
        self._size.observe(len(group))
        self._latency.observe(loop.time() - started)

    async def _attempt(self, group: Sequence[T]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_s
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._commit(group)
            except _AGAIN:
                if attempt >= _ATTEMPTS:
                    raise
                await asyncio.sleep(0.005 * attempt)
            except _AWAY as error:
                if not is_away(error):
                    raise
                if loop.time() >= deadline:
                    raise UnavailableError(f"the database was away for {self._patience_s:.0f} s: {error!r}") from error
                if attempt == 1:
                    log.warning("database away, holding a group", items=len(group), error=repr(error))
                await asyncio.sleep(min(0.05 * 2 ** min(attempt, 5), 1.0))
            else:
                return
