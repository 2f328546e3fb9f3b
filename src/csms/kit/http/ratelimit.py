# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How often somebody may try: the attempts of the last minute, in this process's memory."""

import math
import time
from typing import Final

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from csms.kit.http.problems import TooManyRequestsError

_MAX_KEY: Final = 128


class RateLimit:
    """A limit such as `10/minute` per key. Attempts are counted before they are looked at, so none slips past."""

    def __init__(self, name: str, rate: str) -> None:
        self._name = name
        self._item = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def hit(self, key: str) -> None:
        """Count an attempt; TooManyRequestsError when there were too many."""
        key = key[:_MAX_KEY]
        if await self._limiter.hit(self._item, self._name, key):
            return
        stats = await self._limiter.get_window_stats(self._item, self._name, key)
        wait_s = max(1, math.ceil(stats.reset_time - time.time()))
        raise TooManyRequestsError(f"too many attempts: try again in {wait_s} s", wait_s)

    async def forget(self, key: str) -> None:
        """The attempts under a key were honest."""
        await self._limiter.clear(self._item, self._name, key[:_MAX_KEY])
