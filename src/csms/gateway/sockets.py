# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Listening: connections that say nothing, or half of it, are cut after a while."""

import asyncio
import ssl
from typing import Final, cast

from aiohttp import web

from csms.kit.half_open import HalfOpen

_BACKLOG: Final = 4096
# After a power cut a whole fleet shakes hands at once: ten thousand of them keep a core busy for half a minute.
_TLS_TIMES: Final = 3


class _Handler(web.RequestHandler):
    """One connection until it has said what it wants; aiohttp cuts one that waits for `keepalive_timeout`."""

    __slots__ = ("_connection", "_half_open")

    def __init__(self, server: web.Server, half_open: HalfOpen, within_s: float) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, access_log=None, keepalive_timeout=within_s)  # type: ignore[arg-type]
        self._half_open = half_open
        self._connection: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counted until it is heard."""
        self._connection = cast("asyncio.WriteTransport", transport)
        self._half_open.opened(self._connection)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Counted no more."""
        self._half_open.heard(self._connection)
        super().connection_lost(exc)


class Door(web.TCPSite):
    """A port. `within_s` is what a peer has for the head of a request, three times that for TLS before it."""

    __slots__ = ("_half_open", "_within_s")

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        half_open: HalfOpen,
        within_s: float,
        context: ssl.SSLContext | None = None,
        reuse_port: bool = False,
    ) -> None:
        super().__init__(runner, host, port, ssl_context=context, backlog=_BACKLOG, reuse_port=reuse_port or None)
        self._half_open = half_open
        self._within_s = within_s

    async def start(self) -> None:
        """Listen as TCPSite does, with handlers of our own and a limit to the handshake."""
        await web.BaseSite.start(self)
        server = self._runner.server
        assert server is not None
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Handler(server, self._half_open, self._within_s),
            self._host,
            self._port,
            ssl=self._ssl_context,
            backlog=self._backlog,
            reuse_port=self._reuse_port,
            ssl_handshake_timeout=None if self._ssl_context is None else _TLS_TIMES * self._within_s,
        )
