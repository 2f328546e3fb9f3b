# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""For whoever watches the process: alive, ready, metrics. Open to everybody, so they cost little and say little."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import structlog
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from csms.kit.clock import Clock
from csms.kit.http.json import rows_response
from csms.kit.http.routes import operation_id
from csms.kit.metrics import CONTENT_TYPE, Metrics

log = structlog.get_logger(__name__)

_REMEMBER_S: Final = 1.0


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether the process can do its work."""

    status: Literal["ready", "not ready"]
    checks: dict[str, str] = Field(description="A word per check; `ok` where all is well.")


class _Checks:
    """Asks at most once a second, however many ask: each time a connection to the database is opened."""

    def __init__(self, ready: Callable[[], Awaitable[dict[str, Any]]], clock: Clock) -> None:
        self._ready = ready
        self._clock = clock
        self._lock = asyncio.Lock()
        self._asked_at = 0.0
        self._last: dict[str, Any] | None = None

    async def __call__(self) -> dict[str, Any]:
        async with self._lock:
            if self._last is None or self._clock.monotonic() - self._asked_at >= _REMEMBER_S:
                self._last = await self._ask()
                self._asked_at = self._clock.monotonic()
            return self._last

    async def _ask(self) -> dict[str, Any]:
        try:
            return await self._ready()
        except Exception:
            log.exception("the readiness check failed")
            return {"readiness": "the check itself failed; the log says how"}


def router(ready: Callable[[], Awaitable[dict[str, Any]]], metrics: Metrics, clock: Clock) -> APIRouter:
    """The routes. `ready` gives a word per check; the process is ready when every word is `ok`."""
    api = APIRouter(tags=["operations"], generate_unique_id_function=operation_id)
    checks = _Checks(ready, clock)

    @api.get("/healthz", response_model=Health)
    async def get_health() -> Response:
        """The process is alive."""
        return rows_response({"status": "ok"})

    @api.get(
        "/readyz",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Not ready; the checks say why."}},
    )
    async def get_ready() -> Response:
        """The process can do its work: database reachable, schema current, listeners open."""
        found = await checks()
        well = all(word == "ok" for word in found.values())
        content = {"status": "ready" if well else "not ready", "checks": found}
        return rows_response(content, 200 if well else 503, {"Cache-Control": "no-store"})

    @api.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def get_metrics() -> Response:
        """Prometheus text."""
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    return api
