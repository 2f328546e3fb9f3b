# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How much one user, key, address or charger may ask of the API, and the headers that tell them."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from typing import Any, ClassVar, Final

from limits import RateLimitItemPerMinute

from csms.kit.addresses import network_of
from csms.kit.http.problems import TooManyRequestsError
from csms.kit.http.ratelimit import Counters
from csms.kit.http.windows import Taken, Window

LEFT: Final = "csms.rate_limit"
"""Where the headers of an answer stand in the ASGI scope until it begins."""
_MAX_KEY: Final = 128
_KNOWN_S: Final = 60.0
_MAX_KNOWN: Final = 10_000


class TooFastError(TooManyRequestsError):
    """More requests than are allowed in a minute."""

    code: ClassVar[str] = "rate_limited"


class RequestLimits:
    """Requests a minute, counted in a window that slides; in this process, or in Redis for all nodes together."""

    def __init__(
        self,
        per_principal: int,
        per_address: int,
        commands_per_charger: int,
        counters: Counters | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counters = counters or Counters()
        self._monotonic = monotonic
        self._known: OrderedDict[str, float] = OrderedDict()
        self._principal = RateLimitItemPerMinute(per_principal)
        self._address = RateLimitItemPerMinute(per_address)
        self._charger = RateLimitItemPerMinute(commands_per_charger)

    def may_wait(self, address: str | None) -> bool:
        """Whether a request of an address is counted once it is known whose it is, together with theirs.

        That saves a way to Redis; and nobody is looked up uncounted for it who did not show lately that they are
        somebody: not with the first request, and not after one that was refused.
        """
        until_s = self._known.get(network_of(address), 0.0)
        return self._counters.are_shared and self._monotonic() < until_s

    async def of_address(self, address: str | None) -> None:
        """Count a request of an address, before anything is looked up for it or after it was in vain.

        Raises TooFastError.
        """
        network = network_of(address)
        self._known.pop(network, None)
        await self._count(Window(self._address, "address", network))

    async def of_principal(
        self, scope: MutableMapping[str, Any], kind: str, key: str, address: str | None, *, waited: bool
    ) -> None:
        """Count a request of a user or a key, and keep what is left for the answer's headers; where it waited for that,
        of its address too. Raises TooFastError.
        """
        network, item = network_of(address), self._principal
        own = Window(item, kind, key)
        windows = (Window(self._address, "address", network), own) if waited else (own,)
        taken = await self._counters.ask(lambda storage: storage.take(windows))
        full = None if taken.full is None else windows[taken.full]
        if full is not None and full is not own:
            self._known.pop(network, None)
            raise _too_fast(full, taken)
        reset_s = math.ceil(taken.reset_s)
        # the fields of the IETF's RateLimit header draft (httpapi): a policy, and what is left of it
        scope[LEFT] = (
            f'"{kind}";q={item.amount};w={item.get_expiry()}',
            f'"{kind}";r={max(0, taken.remaining)};t={reset_s}',
        )
        if full is not None:
            raise TooFastError(f"more than {item.amount} requests in a minute: go on in {reset_s or 1} s", reset_s or 1)
        self._remember(network)

    async def of_charger(self, charger_id: str) -> None:
        """Count a command to a charger. Raises TooFastError."""
        await self._count(Window(self._charger, "charger", charger_id.lower()[:_MAX_KEY]))

    async def _count(self, window: Window) -> None:
        taken = await self._counters.ask(lambda storage: storage.take((window,)))
        if taken.full is not None:
            raise _too_fast(window, taken)

    def _remember(self, network: str) -> None:
        if not self._counters.are_shared:
            return
        self._known[network] = self._monotonic() + _KNOWN_S
        self._known.move_to_end(network)
        if len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)


def _too_fast(window: Window, taken: Taken) -> TooFastError:
    wait_s = max(1, math.ceil(taken.reset_s))
    return TooFastError(
        f"more than {window.item.amount} in a minute for this {window.kind}: go on in {wait_s} s", wait_s
    )
