# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""uvicorn's protocol, with limits to the head of a request: how long it takes, how large it is, how many wait."""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from csms.kit.half_open import HalfOpen

MAX_HEAD_BYTES: Final = 64 * 1024


def heads_within(within_s: float, half_open: HalfOpen) -> type[asyncio.Protocol]:
    """A protocol that cuts who does not say in time what they want, on a new connection or on one that was used.

    What comes of a body after its answer counts as that: it is read by nobody.
    """

    class Protocol(HttpToolsProtocol):
        _cut: asyncio.TimerHandle | None = None
        _head_bytes = 0
        _network = ""
        _in_body = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._network = half_open.opened(transport)
            # whoever says nothing takes no place of those that ask for something
            self.connections.discard(self)
            self._begin()

        def connection_lost(self, exc: Exception | None) -> None:
            half_open.heard(self.transport)
            self._end()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            waited = self._cut is not None
            super().data_received(data)
            if self._in_body:
                return
            if waited and self._cut is not None:  # where it began in the middle, before it stood what was another's
                self._head_bytes += len(data)
                if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                    self.send_400_response("The head of the request is too large.")
            elif self._is_answered() and not self.transport.is_closing():
                self._begin()  # empty lines before a head that never comes

        def on_message_begin(self) -> None:
            self._begin()
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self._end()
            self._in_body = True
            half_open.heard(self.transport)
            self.connections.add(self)
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self._in_body = False
            super().on_message_complete()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.transport.is_closing() or not self._is_answered():
                return
            # between two requests it takes no place either, and not while a body comes that nobody reads any more
            self.connections.discard(self)
            half_open.again(self.transport, self._network)
            if self._in_body:
                self._begin()

        def _is_answered(self) -> bool:
            """All that was asked on it."""
            last: RequestResponseCycle | None = self.cycle
            return last is not None and last.response_complete

        def _begin(self) -> None:
            if self._cut is None:
                self._head_bytes = 0
                self._cut = self.loop.call_later(within_s, self.transport.abort)

        def _end(self) -> None:
            if self._cut is not None:
                self._cut.cancel()
                self._cut = None

    return Protocol
