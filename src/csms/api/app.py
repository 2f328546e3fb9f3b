# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The HTTP application: dependencies in, routers in, one FastAPI out."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import structlog
from fastapi import APIRouter, FastAPI, Response
from fastapi.routing import APIRoute

from csms.api import static
from csms.api.openapi import install_document
from csms.features.accounts.service import AccountService
from csms.kit.bus.base import Bus
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http import problems
from csms.kit.http.json import rows_response
from csms.kit.http.middleware import HttpMiddleware
from csms.kit.metrics import CONTENT_TYPE, Metrics

log = structlog.get_logger(__name__)

DOCS: Final = "https://csms-lite.readthedocs.io"


@dataclass(frozen=True, kw_only=True)
class ApiDependencies:
    """What the routes stand on. Each field is `request.app.state.<its name>`.

    `ready` gives a word per check; the process is ready when every word is `ok`.
    """

    units: UnitsOfWork
    keys: InstallationKeys
    clock: Clock
    metrics: Metrics
    bus: Bus
    accounts: AccountService
    ready: Callable[[], Awaitable[dict[str, Any]]]
    version: str
    ocpp_url: str
    public_url: str | None = None
    docs_url: str = DOCS
    insecure_lan: bool = False


def _operation_id(route: APIRoute) -> str:
    """The function's name: generated clients keep their method names when a path changes."""
    return route.name


def build_app(deps: ApiDependencies, routers: Sequence[APIRouter]) -> FastAPI:
    """The application, with the routers of the features mounted in the order given."""
    app = FastAPI(
        title="CSMS Lite",
        version=deps.version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    for each in fields(deps):
        setattr(app.state, each.name, getattr(deps, each.name))
    app.state.authenticate = deps.accounts.authenticate
    problems.install(app)
    for router in routers:
        app.include_router(router)
    app.include_router(_operations(deps))
    app.include_router(static.router(deps.version, deps.ocpp_url, deps.docs_url, insecure_lan=deps.insecure_lan))
    install_document(app, deps.public_url)
    app.add_middleware(HttpMiddleware, metrics=deps.metrics, clock=deps.clock)
    return app


def _operations(deps: ApiDependencies) -> APIRouter:
    """For whoever watches the process."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz")
    async def get_health() -> Response:
        """The process is alive."""
        return rows_response({"status": "ok"})

    @router.get("/readyz", responses={503: {"description": "Not ready; the checks say why."}})
    async def get_ready() -> Response:
        """The process can do its work: database reachable, schema current, listeners open."""
        try:
            checks = await deps.ready()
        except Exception:
            log.exception("the readiness check failed")
            checks = {"readiness": "the check itself failed; the log says how"}
        ready = all(word == "ok" for word in checks.values())
        content = {"status": "ready" if ready else "not ready", "checks": checks}
        return rows_response(content, 200 if ready else 503, {"Cache-Control": "no-store"})

    @router.get("/metrics", response_class=Response)
    async def get_metrics() -> Response:
        """Prometheus text."""
        return Response(deps.metrics.render(), media_type=CONTENT_TYPE)

    return router
