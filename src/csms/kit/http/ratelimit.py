# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How often somebody may try. Counted in this process's memory, or in Redis for all processes together."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import structlog
from limits import parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.storage.memory import Entry
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import BlockingConnectionPool

from csms.kit.http.problems import TooManyRequestsError

log = structlog.get_logger(__name__)

T = TypeVar("T")
_MAX_KEY: Final = 128
_PATIENCE_S: Final = 0.5
_PAUSE_S: Final = 5.0
_SWEEP_S: Final = 5.0


class _Memory(MemoryStorage):
    """The counters of this process.

    The library's own looks through the keys of everybody at each attempt, with a thread for each of them: a request of
    one costs more the more others there are. What is over is forgotten here every few seconds instead.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sweep_s = 0.0

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, from none where the last count is over."""
        self._sweep()
        await self.get(key)
        self.storage[key] += amount
        if self.storage[key] == amount:
            self.expirations[key] = time.time() + expiry
        return self.storage[key]

    async def decr(self, key: str, amount: int = 1) -> int:
        """Take back, down to none."""
        await self.get(key)
        self.storage[key] = max(self.storage[key] - amount, 0)
        return self.storage[key]

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Keep an attempt in a moving window, the newest first, unless there were too many."""
        if amount > limit:
            return False
        self._sweep()
        entries, since = self.events.setdefault(key, []), time.time() - expiry
        if len(entries) > limit - amount and entries[limit - amount].atime >= since:
            return False
        entries[:0] = [Entry(expiry)] * amount
        return True

    def _sweep(self) -> None:
        now = time.time()
        if time.monotonic() - self._sweep_s < _SWEEP_S:
            return
        self._sweep_s = time.monotonic()
        for key in [key for key, over in self.expirations.items() if over <= now]:
            self.storage.pop(key, None)
            del self.expirations[key]
        for key, entries in list(self.events.items()):
            entries[:] = [each for each in entries if each.expiry > now]
            if not entries:
                del self.events[key]


class Counters:
    """Where attempts and requests are counted. While Redis is away each process counts for itself: nobody passes
    uncounted.

    Redis has `patience_s` for an answer. When it gives none it is left alone for `pause_s`; then one asks it again, and
    the others when that one was answered. So a Redis that hangs costs few requests half a second, and not each of them.
    """

    def __init__(
        self,
        redis_url: str | None = None,
        *,
        patience_s: float = _PATIENCE_S,
        pause_s: float = _PAUSE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory = _Memory()
        self._pool = None if redis_url is None else _pool(redis_url, patience_s)
        self._shared = None if redis_url is None or self._pool is None else _storage(redis_url, self._pool)
        self._patience_s = patience_s
        self._pause_s = pause_s
        self._monotonic = monotonic
        self._is_away = False
        self._ask_again_s = 0.0

    async def ask(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """The answer of the shared storage, or of this process's own."""
        if self._shared is not None and (not self._is_away or self._monotonic() >= self._ask_again_s):
            self._ask_again_s = self._monotonic() + self._pause_s  # where it is away, this one tries for all
            try:
                async with asyncio.timeout(self._patience_s):
                    answer = await work(self._shared)
            except (StorageError, TimeoutError) as error:
                self._left(error)
            else:
                self._came_back()
                return answer
        return await work(self._memory)

    def _left(self, error: Exception) -> None:
        if not self._is_away:
            log.warning("each process counts for itself: Redis is away", error=str(error) or repr(error))
        self._is_away = True
        self._ask_again_s = self._monotonic() + self._pause_s

    def _came_back(self) -> None:
        if self._is_away:
            log.info("all processes count together again: Redis is back")
        self._is_away = False

    async def close(self) -> None:
        """Let go of connections."""
        if self._pool is not None:
            await self._pool.aclose()


def _pool(url: str, patience_s: float) -> BlockingConnectionPool:
    """Whoever finds all connections taken waits for one: a burst of requests does not mean that Redis is away."""
    patience: dict[str, Any] = {"socket_timeout": patience_s, "socket_connect_timeout": patience_s}
    return BlockingConnectionPool.from_url(url, max_connections=20, timeout=patience_s, **patience)


def _storage(url: str, pool: BlockingConnectionPool) -> RedisStorage:
    address = f"redis+{url}" if url.startswith("unix:") else url
    options: dict[str, Any] = {"connection_pool": pool}
    return RedisStorage(
        f"async+{address}", wrap_exceptions=True, implementation="redispy", key_prefix="csms:attempts", **options
    )


def _too_many(wait_s: float) -> TooManyRequestsError:
    seconds = max(1, math.ceil(wait_s))
    return TooManyRequestsError(f"too many attempts: try again in {seconds} s", seconds)


class RateLimit:
    """A limit such as `10/minute` per key. Attempts are counted before they are looked at, so none slips past."""

    def __init__(self, name: str, rate: str, counters: Counters | None = None) -> None:
        self._name = name
        self._item = parse(rate)
        self._counters = counters or Counters()

    async def hit(self, key: str) -> None:
        """Count an attempt; TooManyRequestsError when there were too many."""
        key = key[:_MAX_KEY]

        async def attempt(storage: Any) -> float | None:
            limiter = MovingWindowRateLimiter(storage)
            if await limiter.hit(self._item, self._name, key):
                return None
            return (await limiter.get_window_stats(self._item, self._name, key)).reset_time

        reset_time = await self._counters.ask(attempt)
        if reset_time is not None:
            raise _too_many(reset_time - time.time())

    async def forget(self, key: str) -> None:
        """The attempts under a key were honest."""
        await self._counters.ask(
            lambda storage: MovingWindowRateLimiter(storage).clear(self._item, self._name, key[:_MAX_KEY])
        )


class SlowDown:
    """Some attempts are free; from there on each waits twice as long as the one before, up to a bound.

    An attempt is counted before it is looked at. Of those that come at once when one is due, one is let through.
    """

    def __init__(
        self,
        name: str,
        counters: Counters,
        *,
        free: int = 10,
        first_wait_s: int = 30,
        longest_wait_s: int = 900,
        remembered_s: int = 86_400,
    ) -> None:
        self._name = name
        self._counters = counters
        self._free = free
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._remembered_s = remembered_s

    async def hit(self, key: str) -> None:
        """Count an attempt; TooManyRequestsError while it has to wait."""
        count_key, wait_key = self._keys(key)

        async def attempt(storage: Any) -> float | None:
            if await storage.get(wait_key):
                return float(await storage.get_expiry(wait_key))
            count = await storage.incr(count_key, self._remembered_s)
            if count < self._free:
                return None
            doubled = min(count - self._free, 30)
            wait_s = min(self._first_wait_s * 2**doubled, self._longest_wait_s)
            if await storage.incr(wait_key, wait_s) == 1:
                return None
            return float(await storage.get_expiry(wait_key))

        free_at = await self._counters.ask(attempt)
        if free_at is not None:
            raise _too_many(free_at - time.time())

    async def forget(self, key: str) -> None:
        """The attempts under a key were honest."""

        async def clear(storage: Any) -> None:
            for each in self._keys(key):
                await storage.clear(each)

        await self._counters.ask(clear)

    def _keys(self, key: str) -> tuple[str, str]:
        key = key[:_MAX_KEY]
        return f"{self._name}/count/{key}", f"{self._name}/wait/{key}"
