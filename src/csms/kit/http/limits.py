# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How much one user, key, address or charger may ask of the API, and the headers that tell them."""

import math
import time
from collections.abc import MutableMapping
from typing import Any, ClassVar, Final

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from csms.kit.addresses import network_of
from csms.kit.http.problems import TooManyRequestsError

LEFT: Final = "csms.rate_limit"
"""Where the headers of an answer stand in the ASGI scope until it begins."""
_MAX_KEY: Final = 128


class TooFastError(TooManyRequestsError):
    """More requests than are allowed in a minute."""

    code: ClassVar[str] = "rate_limited"


class RequestLimits:
    """Requests a minute, counted in a window that slides; in this process, or in a storage that nodes share."""

    def __init__(
        self, per_principal: int, per_address: int, commands_per_charger: int, storage: Storage | None = None
    ) -> None:
        self._counter = SlidingWindowCounterRateLimiter(storage or MemoryStorage())
        self._principal = RateLimitItemPerMinute(per_principal)
        self._address = RateLimitItemPerMinute(per_address)
        self._charger = RateLimitItemPerMinute(commands_per_charger)

    async def of_address(self, address: str | None) -> None:
        """Count a request of an address, before anything is looked up for it. Raises TooFastError."""
        key = network_of(address)
        if not await self._counter.hit(self._address, "address", key):
            await self._refuse(self._address, "address", key)

    async def of_principal(self, scope: MutableMapping[str, Any], kind: str, key: str) -> None:
        """Count a request of a user or a key, and keep what is left for the answer's headers. Raises TooFastError."""
        item = self._principal
        let_in = await self._counter.hit(item, kind, key)
        stats = await self._counter.get_window_stats(item, kind, key)
        reset_s = max(0, math.ceil(stats.reset_time - time.time()))
        # the fields of the IETF's RateLimit header draft (httpapi): a policy, and what is left of it
        scope[LEFT] = (
            f'"{kind}";q={item.amount};w={item.get_expiry()}',
            f'"{kind}";r={max(0, stats.remaining)};t={reset_s}',
        )
        if not let_in:
            raise TooFastError(f"more than {item.amount} requests in a minute: go on in {reset_s or 1} s", reset_s or 1)

    async def of_charger(self, charger_id: str) -> None:
        """Count a command to a charger. Raises TooFastError."""
        key = charger_id.lower()[:_MAX_KEY]
        if not await self._counter.hit(self._charger, "charger", key):
            await self._refuse(self._charger, "charger", key)

    async def _refuse(self, item: RateLimitItemPerMinute, kind: str, key: str) -> None:
        stats = await self._counter.get_window_stats(item, kind, key)
        wait_s = max(1, math.ceil(stats.reset_time - time.time()))
        raise TooFastError(f"more than {item.amount} in a minute for this {kind}: go on in {wait_s} s", wait_s)
