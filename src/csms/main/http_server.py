# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The HTTP listener: uvicorn inside our own event loop, our own signals, TLS where it is set."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from csms.kit.config import HttpSettings
from csms.kit.errors import UnavailableError


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's business: it closes all doors in order."""
        yield


class HttpServer:
    """Listens from `start` to `stop`."""

    def __init__(self, app: FastAPI, settings: HttpSettings) -> None:
        self._settings = settings
        self._server = _Server(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                date_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(settings.trusted_proxies) or None,
                ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
                ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
                timeout_keep_alive=30,
                h11_max_incomplete_event_size=64 * 1024,
                limit_concurrency=2_000,
                timeout_graceful_shutdown=5,
            )
        )
        self._task: asyncio.Task[None] | None = None
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
        self._socket = socket.socket(family, socket.SOCK_STREAM)
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

    async def stop(self) -> None:
        """Let running requests end, then close."""
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()
