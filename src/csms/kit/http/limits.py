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
_SHARE: Final = 16
_MOST_KNOWN: Final = 10_000


class TooFastError(TooManyRequestsError):
    """More requests than are allowed in a minute."""

    code: ClassVar[str] = "rate_limited"


@dataclass(slots=True)
class _Known:
    """How a window stood a moment ago, less what was let in here since.

    While much of it is left some requests are let in without a way to Redis; the next one that goes there counts them.
    Several processes may so let in a little more than there was: of what is left each lets in a sixteenth a second.
    """

    reset_time: float = 0.0
    remaining: int = 0
    asked_s: float = -math.inf
    room: int = 0
    uncounted: int = 0

    def was_told(self, stats: WindowStats, amount: int) -> None:
        """As it was just asked for; whoever has nearly used it up is counted exactly."""
        self.reset_time, self.remaining, self.asked_s = stats.reset_time, stats.remaining, time.monotonic()
        self.room = 0 if self.is_near(amount) else stats.remaining // _SHARE

    def is_near(self, amount: int) -> bool:
        """Whether little is left."""
        return self.remaining <= max(_TOLD_EXACTLY, amount / 10)

    @property
    def is_fresh(self) -> bool:
        """Whether it can be told for the state of now."""
        return time.monotonic() - self.asked_s < _KNOWN_S

    def let_in(self, *, counted: bool) -> WindowStats:
        """How it stands with another one let in."""
        self.remaining -= 1
        if not counted:
            self.room -= 1
            self.uncounted += 1
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
        network = network_of(address)
        _refuse(self._address, "address", *await self._hit(self._address, "address", network))

    async def of_principal(self, scope: MutableMapping[str, Any], kind: str, key: str) -> None:
        """Count a request of a user or a key, and keep what is left for the answer's headers. Raises TooFastError."""
        item = self._principal
        let_in, stats = await self._hit(item, kind, key)
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
        item, key = self._charger, charger_id.lower()[:_MAX_KEY]
        _refuse(item, "charger", *await self._counters.ask(lambda storage: _hit(storage, item, "charger", key)))

    async def _hit(self, item: RateLimitItemPerMinute, kind: str, key: str) -> tuple[bool, WindowStats]:
        """Whether it is let in, and how the window stands."""
        known = self._known.get((kind, key)) or self._meet(kind, key)
        if known.is_fresh and known.room > 0:
            return True, known.let_in(counted=False)
        before, known.uncounted = known.uncounted, 0
        tell = known.is_near(item.amount) or not known.is_fresh
        let_in, stats = await self._counters.ask(lambda storage: _hit(storage, item, kind, key, 1 + before, tell=tell))
        if let_in and not tell:
            return True, known.let_in(counted=True)
        known.was_told(stats, item.amount)
        if not let_in:
            known.uncounted += before
        return let_in, stats

    def _meet(self, kind: str, key: str) -> _Known:
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        known = self._known[kind, key] = _Known()
        return known


def _refuse(item: RateLimitItemPerMinute, kind: str, let_in: bool, stats: WindowStats) -> None:
    if not let_in:
        wait_s = max(1, math.ceil(stats.reset_time - time.time()))
        raise TooFastError(f"more than {item.amount} in a minute for this {kind}: go on in {wait_s} s", wait_s)


async def _hit(
    storage: Any, item: RateLimitItemPerMinute, kind: str, key: str, cost: int = 1, *, tell: bool = False
) -> tuple[bool, WindowStats]:
    """Whether that is let in, and how the window stands: asked for where it is needed, which is a way more to Redis."""
    counter = SlidingWindowCounterRateLimiter(storage)
    let_in = await counter.hit(item, kind, key, cost=cost)
    if let_in and not tell:
        return True, WindowStats(0, item.amount)
    return let_in, await counter.get_window_stats(item, kind, key)
