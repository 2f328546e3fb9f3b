# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The HTTP listener: uvicorn inside our own event loop, our own signals, TLS where it is set, proxies seen through."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final

import structlog
import uvicorn
from fastapi import FastAPI

from csms.gateway.tls import Reloader, TlsFiles, TlsFilesError, make_context
from csms.kit.addresses import TrustedProxies
from csms.kit.config import HttpSettings
from csms.kit.errors import InvalidError, UnavailableError
from csms.kit.half_open import HalfOpen
from csms.kit.http.forwarded import ForwardedMiddleware
from csms.kit.http.middleware import MOST_OPEN
from csms.main.http_heads import heads_within

log = structlog.get_logger(__name__)

TLS_FILES_S: Final = 10.0
_SUITES: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2: forward secrecy; browsers have had them for long


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's business: it closes all doors in order."""
        yield


class HttpServer:
    """Listens from `start` to `stop`."""

    def __init__(self, app: FastAPI, settings: HttpSettings) -> None:
        self._settings = settings
        self._context, self._reloader = _tls(settings)
        self._half_open = HalfOpen(settings.half_open_per_address, "http")
        self._server = _Server(
            uvicorn.Config(
                ForwardedMiddleware(app, TrustedProxies(settings.trusted_proxies)),
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                date_header=False,
                proxy_headers=False,  # ours knows the host too, and takes out what others say
                ssl_context_factory=self._factory if self._context is not None else None,
                http=heads_within(settings.head_timeout_s, self._half_open),
                timeout_keep_alive=30,
                limit_concurrency=2 * MOST_OPEN,  # connections too; it says no in plain text
                timeout_graceful_shutdown=5,
            )
        )
        self._task: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port that was bound."""
        if self._socket is None:
            raise RuntimeError("the HTTP server is not listening")
        return int(self._socket.getsockname()[1])

    async def start(self) -> None:
        """Bind and listen; UnavailableError where the address is taken."""
        settings = self._settings
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((settings.host, settings.port))
        except OSError as error:
            self._socket.close()
            self._socket = None
            raise UnavailableError(
                f"cannot listen on {settings.host}:{settings.port} for HTTP: {error.strerror}. "
                "Stop what uses it, or choose another with CSMS_HTTP__PORT"
            ) from error
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="http")
        while not self._server.started:
            if self._task.done():
                await self._task
                raise UnavailableError("the HTTP server ended before it began")
            await asyncio.sleep(0.005)

        if self._reloader is not None:
            self._watch = asyncio.create_task(self._look(self._reloader), name="http-tls-files")

    def _factory(self, *_: Any) -> ssl.SSLContext:
        assert self._context is not None
        return self._context

    @staticmethod
    async def _look(reloader: Reloader) -> None:
        while True:
            await asyncio.sleep(TLS_FILES_S)
            try:
                await reloader.look()
            except Exception as error:  # noqa: BLE001  (looked at again at the next turn)
                log.warning("TLS files could not be looked at", error=repr(error))

    async def stop(self) -> None:
        """Let running requests end, then close."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        self._server.should_exit = True
        self._half_open.close()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()


def _tls(settings: HttpSettings) -> tuple[ssl.SSLContext | None, Reloader | None]:
    """The context, and who reads changed files into it. Raises InvalidError for files that cannot be used."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None, None
    files = TlsFiles(settings.tls_cert, settings.tls_key)
    try:
        context = make_context(files, _SUITES)
    except TlsFilesError as error:
        raise InvalidError(f"{error}: see CSMS_HTTP__TLS_CERT and CSMS_HTTP__TLS_KEY") from error
    return context, Reloader(context, files)
