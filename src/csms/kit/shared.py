# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is dear to count is counted once for all who ask alike, and holds for a moment.

For sums over everything, of which nobody can tell an answer of now from one of two seconds ago. Not for what people
change themselves and look at next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

from csms.kit.clock import Clock

_KEPT_S: Final = 2.0
_MOST: Final = 500
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shared(Generic[K, V]):
    """Values by who may see them and what was asked: the key has to name both."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[K, tuple[float, V]] = {}
        self._making: dict[K, asyncio.Lock] = {}

    async def get(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """The value; who comes while it is made waits for it."""
        async with self._making.setdefault(key, asyncio.Lock()):
            now_s = self._clock.monotonic()
            known = self._known.get(key)
            if known is not None and now_s - known[0] < _KEPT_S:
                return known[1]
            try:
                value = await make()
            except BaseException:
                self._making.pop(key, None)  # what fails fills no memory either
                raise
            if len(self._known) >= _MOST:
                self._known.clear()
                self._making = {key: self._making[key]}
            self._known[key] = (now_s, value)
            return value
