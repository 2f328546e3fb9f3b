# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How much one user, key, address or charger may ask of the API, and the headers that tell them."""

import math
import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from limits import RateLimitItemPerMinute, WindowStats
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from csms.kit.addresses import network_of
from csms.kit.http.problems import TooManyRequestsError
from csms.kit.http.ratelimit import Counters

LEFT: Final = "csms.rate_limit"
"""Where the headers of an answer stand in the ASGI scope until it begins."""
_MAX_KEY: Final = 128
_KNOWN_S: Final = 1.0
_TOLD_EXACTLY: Final = 10
_MOST_KNOWN: Final = 10_000


class TooFastError(TooManyRequestsError):
    """More requests than are allowed in a minute."""

    code: ClassVar[str] = "rate_limited"


@dataclass(slots=True)
class _Known:
    """How a window stood a moment ago, less what was let in here since: what a header tells needs no way to Redis."""

    reset_time: float
    remaining: int
    asked_s: float

    def is_near(self, amount: int) -> bool:
        """Whether it can be told for the state of now: whoever has nearly used it up is told exactly."""
        return self.remaining > max(_TOLD_EXACTLY, amount / 10) and time.monotonic() - self.asked_s < _KNOWN_S

    def after_one_more(self) -> WindowStats:
        """How it stands with another one let in."""
        self.remaining -= 1
        return WindowStats(self.reset_time, self.remaining)


class RequestLimits:
    """Requests a minute, counted in a window that slides; in this process, or in Redis for all nodes together."""

    def __init__(
        self, per_principal: int, per_address: int, commands_per_charger: int, counters: Counters | None = None
    ) -> None:
        self._counters = counters or Counters()
        self._principal = RateLimitItemPerMinute(per_principal)
        self._address = RateLimitItemPerMinute(per_address)
        self._charger = RateLimitItemPerMinute(commands_per_charger)
        self._known: dict[tuple[str, str], _Known] = {}

    async def of_address(self, address: str | None) -> None:
        """Count a request of an address, before anything is looked up for it. Raises TooFastError."""
        await self._count(self._address, "address", network_of(address))

    async def of_principal(self, scope: MutableMapping[str, Any], kind: str, key: str) -> None:
        """Count a request of a user or a key, and keep what is left for the answer's headers. Raises TooFastError."""
        item = self._principal
        known = self._known.get((kind, key))
        is_known = known is not None and known.is_near(item.amount)
        let_in, stats = await self._counters.ask(lambda storage: _hit(storage, item, kind, key, tell=not is_known))
        if known is not None and is_known and let_in:
            stats = known.after_one_more()
        else:
            self._remember(kind, key, stats)
        reset_s = max(0, math.ceil(stats.reset_time - time.time()))
        # the fields of the IETF's RateLimit header draft (httpapi): a policy, and what is left of it
        scope[LEFT] = (
            f'"{kind}";q={item.amount};w={item.get_expiry()}',
            f'"{kind}";r={max(0, stats.remaining)};t={reset_s}',
        )
        if not let_in:
            raise TooFastError(f"more than {item.amount} requests in a minute: go on in {reset_s or 1} s", reset_s or 1)

    def _remember(self, kind: str, key: str, stats: WindowStats) -> None:
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[kind, key] = _Known(stats.reset_time, stats.remaining, time.monotonic())

    async def of_charger(self, charger_id: str) -> None:
        """Count a command to a charger. Raises TooFastError."""
        key = charger_id.lower()[:_MAX_KEY]
        await self._count(self._charger, "charger", key)

    async def _count(self, item: RateLimitItemPerMinute, kind: str, key: str) -> None:
        let_in, stats = await self._counters.ask(lambda storage: _hit(storage, item, kind, key))
        if not let_in:
            wait_s = max(1, math.ceil(stats.reset_time - time.time()))
            raise TooFastError(f"more than {item.amount} in a minute for this {kind}: go on in {wait_s} s", wait_s)


async def _hit(
    storage: Any, item: RateLimitItemPerMinute, kind: str, key: str, *, tell: bool = False
) -> tuple[bool, WindowStats]:
    """Whether it is let in, and how the window stands: asked for where it is needed, which is a way more to Redis."""
    counter = SlidingWindowCounterRateLimiter(storage)
    let_in = await counter.hit(item, kind, key)
    if let_in and not tell:
        return True, WindowStats(0, item.amount)
    return let_in, await counter.get_window_stats(item, kind, key)
