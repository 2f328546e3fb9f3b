# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests whose body is waited for: of one address only so many, further ones are refused.

Who is connected by a trusted proxy counts by their own address. Requests that come in one go are not concerned.
"""

from typing import Final

import structlog
from starlette.exceptions import HTTPException

from csms.kit.addresses import network_of
from csms.kit.clock import Clock, Seldom

log = structlog.get_logger(__name__)

MOST: Final = 100
_AGAIN_S: Final = 5


class Unfinished:
    """How many there are of each address."""

    def __init__(self, most: int, clock: Clock) -> None:
        self._most = most
        self._complaint = Seldom(clock)
        self._of: dict[str, int] = {}

    def __len__(self) -> int:
        """How many there are."""
        return sum(self._of.values())

    def begin(self, address: str | None) -> str:
        """One more: as whose it counts, for `end`. Raises HTTPException (429) where there are as many as may be."""
        network = network_of(address)
        count = self._of.get(network, 0)
        if count >= self._most:
            if self._complaint.due():
                log.warning("too many requests whose body does not arrive, further ones are refused", address=network)
            detail = f"{self._most} requests of your address wait for the rest of their body: send it in one go"
            raise HTTPException(429, detail, {"Retry-After": str(_AGAIN_S)})
        self._of[network] = count + 1
        return network

    def end(self, network: str) -> None:
        """It arrived, or was given up."""
        count = self._of[network] - 1
        if count:
            self._of[network] = count
        else:
            del self._of[network]
