# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Connections that have not said yet what they want, or what next: of one address only so many, the oldest are cut."""

import asyncio
from collections import OrderedDict
from typing import Final

import structlog

from csms.kit.addresses import network_of

log = structlog.get_logger(__name__)

# Of many that come at the same moment, as after a power cut, none is older than this: what they said is read next.
_FRESH_S: Final = 1.0
_TOLD_EVERY_S: Final = 60.0


class HalfOpen:
    """Newcomers are let in all the same, so that nobody is locked out by others behind the same address."""

    def __init__(self, most: int, door: str) -> None:
        self._most = most
        self._door = door
        self._waiting: dict[str, OrderedDict[asyncio.WriteTransport, float]] = {}
        self._networks: dict[asyncio.WriteTransport, str] = {}
        self._told_at_s = -_TOLD_EVERY_S
        self._again: set[str] = set()
        self._closed = False

    def __len__(self) -> int:
        """How many there are."""
        return len(self._networks)

    def opened(self, transport: asyncio.WriteTransport) -> str:
        """A connection was made, and nothing was said on it yet: of which network it is, for `again`."""
        peer = transport.get_extra_info("peername")
        network = network_of(peer[0] if isinstance(peer, tuple) and peer else None)
        self.again(transport, network)
        return network

    def again(self, transport: asyncio.WriteTransport, network: str) -> None:
        """What was said on it is answered: it waits for the next."""
        if self._closed:
            transport.close()
            return
        now = asyncio.get_running_loop().time()
        waiting = self._waiting.setdefault(network, OrderedDict())
        self._networks[transport] = network  # one that ended does not tell any more who it was
        waiting[transport] = now
        waiting.move_to_end(transport)
        self._trim(network)

    def _trim(self, network: str) -> None:
        """Cut the oldest beyond the limit. A burst of fresh ones is looked at again when they had their moment."""
        loop = asyncio.get_running_loop()
        waiting, now, cut = self._waiting.get(network), loop.time(), False
        while waiting is not None and len(waiting) > self._most:
            oldest, since = next(iter(waiting.items()))
            if now - since < _FRESH_S:
                if network not in self._again:
                    self._again.add(network)
                    loop.call_later(since + _FRESH_S - now, self._look_again, network)
                break
            self.heard(oldest)
            oldest.abort()  # without a word: whoever is there did not listen to any
            cut = True
        if cut and now - self._told_at_s >= _TOLD_EVERY_S:
            self._told_at_s = now
            log.warning("too many connections that say nothing, the oldest are cut", door=self._door, address=network)

    def _look_again(self, network: str) -> None:
        self._again.discard(network)
        self._trim(network)

    def close(self) -> None:
        """The door closes: nobody waits for those that say nothing."""
        self._closed = True
        for transport in list(self._networks):
            if transport.get_write_buffer_size():
                transport.close()  # the end of an answer is on its way
            else:
                transport.abort()

    def heard(self, transport: asyncio.WriteTransport | None) -> None:
        """It said what it wants, or ended."""
        network = None if transport is None else self._networks.pop(transport, None)
        if transport is None or network is None:
            return
        waiting = self._waiting[network]
        del waiting[transport]
        if not waiting:
            del self._waiting[network]
