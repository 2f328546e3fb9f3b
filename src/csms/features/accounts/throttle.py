# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Guesses at what only one person knows are slowed, without locking that person out.

Who guesses from somewhere counts against the name, and after some guesses waits longer and longer. Where somebody
signed in before, their own attempts count apart: a stranger's failures do not reach them there.
"""

from collections.abc import Iterable
from typing import Final

from csms.features.accounts.clients import Client
from csms.kit.addresses import network_of
from csms.kit.http.ratelimit import Counters, RateLimit, SlowDown

_OF_ALL: Final = "strangers"


class Throttle:
    """One per kind of secret."""

    def __init__(self, name: str, counters: Counters, *, free: int = 10) -> None:
        self._at_home = SlowDown(f"{name}-home", counters, free=free)
        self._per_name = SlowDown(f"{name}-name", counters, free=free)
        self._of_all = RateLimit(f"{name}-all", "600/minute", counters)

    async def hit(self, name: str, client: Client, *, at_home: bool) -> None:
        """Count an attempt; TooManyRequestsError where it has to wait."""
        if at_home:
            await self._at_home.hit(_pair(name, client))
            return
        await self._of_all.hit(_OF_ALL)
        await self._per_name.hit(name)

    async def passed(self, name: str, client: Client, *, at_home: bool) -> None:
        """It was the right person. What strangers tried stays counted against the name when they were at home."""
        if at_home:
            await self._at_home.forget(_pair(name, client))
        else:
            await self._per_name.forget(name)


def is_home(client: Client, addresses: Iterable[str]) -> bool:
    """Whether a client asks from one of these places."""
    network = client.network
    return network != "unknown" and any(network_of(address) == network for address in addresses)


def _pair(name: str, client: Client) -> str:
    return f"{client.network}|{name}"
