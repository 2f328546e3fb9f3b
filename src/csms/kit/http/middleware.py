# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Around every request: its id, the limit of its body, safe headers, one line in the log, the metrics.

Pure ASGI: an endless answer (server-sent events) passes chunk by chunk, nothing is held back.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from csms.kit.clock import Clock
from csms.kit.errors import CrowdedError, NotFoundError
from csms.kit.http.limits import LEFT
from csms.kit.http.problems import PayloadTooLargeError, TookTooLongError, internal_error, of_error
from csms.kit.http.request_log import RequestLog
from csms.kit.http.unfinished import MOST, Unfinished
from csms.kit.http.versions import GONE
from csms.kit.ids import new_message_id
from csms.kit.metrics import OTHER, Metrics

log = structlog.get_logger(__name__)

MAX_BODY_BYTES: Final = 1024 * 1024
FORM_BYTES: Final = 64 * 1024  # what a form may have around a file
PATIENCE_S: Final = 90.0  # a command may be waited for during 60 s
CSP: Final = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
MOST_OPEN: Final = 2_000
"""Requests of a process at once, streams of events among them."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What requests under a path may take: bytes of a body, seconds until an answer begins."""

    prefix: str
    max_bytes: int
    patience_s: float


class _Exchange:
    """One request and what was answered so far."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, allowed: Allowance) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.allowed = allowed
        self.headers = Headers(scope=scope)
        self.read_bytes = 0
        self.sent_bytes = 0
        self.status = 0
        self.patience: asyncio.Timeout | None = None
        self.unfinished: Unfinished | None = None
        self._counted: str | None = None

    def arrived(self) -> None:
        """The body is there, or nobody waits for it any more."""
        if self.unfinished is not None and self._counted is not None:
            self.unfinished.end(self._counted)
        self.unfinished = self._counted = None

    async def _next(self) -> Message:
        """What comes next of the body. Only what has to be waited for takes one of its address's places."""
        if self.unfinished is not None and self._counted is None:
            try:
                async with asyncio.timeout(0):
                    return await self._receive()
            except TimeoutError:
                self._counted = self.unfinished.begin(self.scope["client"][0] if self.scope.get("client") else None)
        return await self._receive()

    async def receive(self) -> Message:
        message = await self._next()
        if message["type"] == "http.request":
            self.read_bytes += len(message.get("body", b""))
            if self.read_bytes > self.allowed.max_bytes:
                raise HTTPException(413, f"a body may have at most {self.allowed.max_bytes} bytes")
        if not message.get("more_body", False):
            self.arrived()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.patience is not None:
                self.patience.reschedule(None)  # an answer that has begun may last: live events do
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.scope["csms.request_id"]
            if LEFT in self.scope:
                headers["RateLimit-Policy"], headers["RateLimit"] = self.scope[LEFT]
            for name, value in self.scope.get(GONE, {}).items():
                headers[name] = value
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if self.scope["path"].startswith("/api/"):
                headers.setdefault("Cache-Control", "no-store")
            if self.scope["scheme"] == "https":
                headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        elif message["type"] == "http.response.body":
            self.sent_bytes += len(message.get("body", b""))
        await self._send(message)

    def announced_too_much(self) -> bool:
        announced = self.headers.get("content-length", "")
        return announced.isdigit() and (len(announced) > 18 or int(announced) > self.allowed.max_bytes)


class HttpMiddleware:
    """The outermost layer of the application."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        clock: Clock,
        max_body_bytes: int = MAX_BODY_BYTES,
        patience_s: float = PATIENCE_S,
        large: Sequence[Allowance] = (),
        requests: RequestLog | None = None,
        unfinished_per_address: int = MOST,
        most_open: int = MOST_OPEN,
    ) -> None:
        self._requests = requests
        self._unfinished = Unfinished(unfinished_per_address, clock)
        self._app = app
        self._metrics = metrics
        self._clock = clock
        self._max_body = max_body_bytes
        self._patience_s = patience_s
        self._large = large
        self._most_open = most_open
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._allowed(scope["path"]))
        offered = exchange.headers.get("x-request-id", "")
        trace = _TRACEPARENT.fullmatch(exchange.headers.get("traceparent", ""))
        scope["csms.trace_id"] = trace[1] if trace else new_message_id()
        accepted = _REQUEST_ID.fullmatch(offered)
        scope["csms.request_id"] = offered if accepted else scope["csms.trace_id"]
        began = self._clock.monotonic()
        with structlog.contextvars.bound_contextvars(
            request_id=scope["csms.request_id"], trace_id=scope["csms.trace_id"]
        ):
            self._open += 1
            try:
                await self._answer(exchange)
            finally:
                self._open -= 1
                exchange.arrived()
                self._account(exchange, self._clock.monotonic() - began)

    def _allowed(self, path: str) -> Allowance:
        found = (each for each in self._large if path.startswith(each.prefix))
        return next(found, Allowance("", self._max_body, self._patience_s))

    async def _answer(self, exchange: _Exchange) -> None:
        scope = exchange.scope
        refusal = self._refusal(exchange)
        if refusal is not None:
            await refusal(scope, exchange.receive, exchange.send)
            return
        if "content-length" in exchange.headers or "transfer-encoding" in exchange.headers:
            exchange.unfinished = self._unfinished
        patience = exchange.patience = asyncio.timeout(exchange.allowed.patience_s)
        try:
            async with patience:
                await self._app(scope, exchange.receive, exchange.send)
        except Exception:
            exchange.patience = None
            if patience.expired() and not exchange.status:
                waited_s = exchange.allowed.patience_s
                detail = f"this took more than {waited_s:g} s and was given up; whether it was done is unknown"
                await of_error(scope, TookTooLongError(detail))(scope, exchange.receive, exchange.send)
                return
            log.exception("request failed", method=scope["method"], path=_shown(scope["path"]))
            if exchange.status:
                raise  # half an answer is out: only a cut connection can still tell the client
            await internal_error(scope)(scope, exchange.receive, exchange.send)

    def _refusal(self, exchange: _Exchange) -> Response | None:
        if self._open > self._most_open and exchange.scope["path"] not in _QUIET:
            detail = f"more than {self._most_open} requests are open at this process; try again in a moment"
            return of_error(exchange.scope, CrowdedError(detail))
        if exchange.announced_too_much():
            detail = f"a body may have at most {exchange.allowed.max_bytes} bytes"
            return of_error(exchange.scope, PayloadTooLargeError(detail))
        if "\0" in exchange.scope["path"]:  # nothing is named so, and PostgreSQL cannot even be asked
            return of_error(exchange.scope, NotFoundError("there is nothing at this path"))
        return None

    def _account(self, exchange: _Exchange, took_s: float) -> None:
        scope = exchange.scope
        route = route_template(scope)
        method = scope["method"]
        status = exchange.status or 499  # the client left before an answer
        self._metrics.http_requests.labels(route, method, str(status)).inc()
        self._metrics.http_request_seconds.labels(route, method).observe(took_s)
        if scope["path"] in _QUIET and status < HTTPStatus.BAD_REQUEST:
            return
        if self._requests is not None:
            self._requests.note(scope, _shown(scope["path"]), status, took_s, exchange.sent_bytes)
        # the query string stays out: people paste secrets into it
        log.info(
            "http",
            method=method,
            path=_shown(scope["path"]),
            status=status,
            took_ms=round(took_s * 1000, 1),
            sent_bytes=exchange.sent_bytes,
            address=scope["client"][0] if scope.get("client") else None,
            user=scope.get("csms.user"),
        )


def _shown(path: str) -> str:
    """The token of a link to a file is as good as a password."""
    return "/files/***" if path.startswith("/files/") else path


def route_template(scope: Scope) -> str:
    """`/api/v1/chargers/{charger_id}`; what matched no route is `other`, so that strangers cannot make labels."""
    route: Any = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    return path if isinstance(path, str) else OTHER
