# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where attempts and requests are counted: in this process's memory, or in Redis for all processes together.

Both count requests in windows that slide, several at once: in Redis that is one script, and so one way there.
"""

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

# By key: when the window began (ms, by the clock of Redis), how many came in it, and how many in the one before. What
# came before counts less and less as the window goes on. Answers which window is full (0: none, all have counted it),
# how many more the last one takes, and in how many ms it takes one more than that.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left, more_in = 0, 0
for i, key in ipairs(KEYS) do
    local most, length = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    local kept = redis.call('HMGET', key, 'began', 'count', 'before')
    local began, count, before = tonumber(kept[1]) or now, tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
    if now < began then
        began = now
    end
    if now - began >= 2 * length then
        began, count, before = now, 0, 0
    elseif now - began >= length then
        began, count, before = began + length, 0, count
    end
    local rest = length - (now - began)
    local used = math.floor(before * rest / length) + count
    local full = used >= most
    if not full then
        count, used = count + 1, used + 1
        redis.call('HSET', key, 'began', began, 'count', count, 'before', before)
        redis.call('PEXPIRE', key, rest + length)
    end
    left, more_in = math.max(0, most - used), rest
    if before > 0 then
        more_in = rest % (length / before)
    end
    if full then
        return {i, left, math.ceil(more_in)}
    end
end
return {0, left, math.ceil(more_in)}
"""


class Window(NamedTuple):
    """What is counted, and for whom."""

    item: RateLimitItem
    kind: str
    key: str


class Taken(NamedTuple):
    """Whether a request was counted in all its windows, and how the last one that was looked at stands."""

    full: int | None
    """Which window takes no more, from 0 on; it and those after it did not count the request."""
    remaining: int
    reset_s: float
    """In how many seconds there is room for one more."""


class OwnWindows(MemoryStorage):
    """In this process's memory."""

    async def take(self, windows: Sequence[Window]) -> Taken:
        """Count a request in each window, up to one that is full."""
        limiter = SlidingWindowCounterRateLimiter(self)
        full: int | None = None
        for number, (item, kind, key) in enumerate(windows):
            if not await limiter.hit(item, kind, key):
                full = number
                break
        item, kind, key = windows[-1 if full is None else full]
        reset_time, remaining = await limiter.get_window_stats(item, kind, key)
        return Taken(full, remaining, max(0.0, reset_time - time.time()))


class SharedWindows(RedisStorage):
    """In Redis. What fails there is a StorageError."""

    def __init__(self, url: str, pool: BlockingConnectionPool) -> None:
        address = f"redis+{url}" if url.startswith("unix:") else url
        options: dict[str, Any] = {"connection_pool": pool}
        super().__init__(
            f"async+{address}", wrap_exceptions=True, implementation="redispy", key_prefix="csms:attempts", **options
        )
        self._take = Redis(connection_pool=pool).register_script(_TAKE)

    async def take(self, windows: Sequence[Window]) -> Taken:
        """Count a request in each window, up to one that is full: one way to Redis and back."""
        keys = [f"csms:requests:{window.item.key_for(window.kind, window.key)}" for window in windows]
        arguments = [each for item, _, _ in windows for each in (item.amount, 1000 * item.get_expiry())]
        try:
            full, remaining, reset_ms = await self._take(keys, arguments)
        except RedisError as error:
            raise StorageError(error) from error
        return Taken(full - 1 if full else None, remaining, reset_ms / 1000)
