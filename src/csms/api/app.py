# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The HTTP application: dependencies in, routers in, one FastAPI out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

from csms.api import installation, probes, static
from csms.api.openapi import install_document
from csms.api.web import WebApp
from csms.features.accounts.preview import preview
from csms.features.accounts.service import AccountService
from csms.features.api_keys.service import ApiKeyService
from csms.features.chargers.repository import places_of
from csms.kit.bus.base import Bus
from csms.kit.clock import Clock
from csms.kit.config import FileSettings, HttpSettings, MailSettings, WebhookSettings
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http import problems
from csms.kit.http.answers import Answers
from csms.kit.http.exports import Exports
from csms.kit.http.limits import RequestLimits
from csms.kit.http.middleware import FORM_BYTES, Allowance, HttpMiddleware
from csms.kit.http.ratelimit import Counters
from csms.kit.http.request_log import RequestLog
from csms.kit.http.routes import mount
from csms.kit.metrics import Metrics
from csms.plugin.registry import Plugins

_TRANSFER_S: Final = 6 * 3600.0  # a slow link of a charger; silence ends it sooner
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
    charger_addresses: Sequence[installation.ChargerAddress]
    data_dir: Path
    public_url: str | None = None
    docs_url: str = DOCS
    insecure_lan: bool = False
    quirks: Path | None = None
    plugins: Plugins = field(default_factory=Plugins)
    files: FileSettings = field(default_factory=FileSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    exports: Exports = field(default_factory=Exports)
    certificates: Mapping[str, Path] = field(default_factory=dict)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    counters: Counters = field(default_factory=Counters)
    answers: Answers | None = None
    requests: RequestLog | None = None
    heartbeat_interval_s: int = 300
    map_origins: Callable[[], Sequence[str]] = tuple

    @cached_property
    def api_keys(self) -> ApiKeyService:
        """Keys of programs: one service, so that what it remembers is forgotten with a change."""
        return ApiKeyService(self.units, self.keys, self.clock)


def _let_in_origins(app: FastAPI, origins: Sequence[str]) -> None:
    """Scripts of other web apps, where they are named; without cookies."""
    if not origins:
        return
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "X-API-Key",
            "Content-Type",
            "If-Match",
            "If-None-Match",
            "Idempotency-Key",
        ],
        expose_headers=["ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id"],
        max_age=600,
    )


def build_app(deps: ApiDependencies, routers: Sequence[APIRouter]) -> FastAPI:
    """The application, with the routers of the features mounted in the order given."""
    app = FastAPI(
        title="CSMS Lite",
        version=deps.version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    for each in fields(deps):
        setattr(app.state, each.name, getattr(deps, each.name))
    http = deps.http
    app.state.limits = RequestLimits(
        http.requests_per_minute, http.requests_per_minute_address, http.commands_per_minute_charger, deps.counters
    )
    app.state.places_of = places_of
    app.state.authenticate = deps.accounts.authenticate
    app.state.api_keys = deps.api_keys
    app.state.authenticate_key = deps.api_keys.authenticate
    app.state.authenticate_cookie = deps.accounts.authenticate_cookie
    app.state.preview = preview(deps.units)
    app.state.session_cookie = deps.accounts.identity.cookie
    problems.install(app)
    told = installation.router(deps.version, deps.docs_url, deps.charger_addresses, insecure_lan=deps.insecure_lan)
    mount(app, *routers, told, probes.router(deps.ready, deps.metrics, deps.clock), static.router(deps.version))
    app.router.routes.extend(WebApp(origins=deps.map_origins).routes())
    install_document(app, deps.public_url)
    large = (
        Allowance("/api/v1/firmware", deps.files.max_firmware_bytes + FORM_BYTES, _TRANSFER_S),
        Allowance("/api/v1/imports", deps.files.max_import_bytes + FORM_BYTES, _TRANSFER_S),
        Allowance("/files/", deps.files.max_upload_bytes + FORM_BYTES, _TRANSFER_S),
    )
    _let_in_origins(app, http.cors_origins)
    app.add_middleware(
        HttpMiddleware,
        metrics=deps.metrics,
        clock=deps.clock,
        large=large,
        requests=deps.requests,
        unfinished_per_address=http.unfinished_per_address,
    )
    return app


def build_probes(
    ready: Callable[[], Awaitable[dict[str, Any]]], metrics: Metrics, clock: Clock, version: str
) -> FastAPI:
    """What a process without the API says of itself: alive, ready, metrics; nothing else."""
    app = FastAPI(title="CSMS Lite", version=version, docs_url=None, redoc_url=None, openapi_url=None)
    problems.install(app)
    mount(app, probes.router(ready, metrics, clock))
    app.add_middleware(HttpMiddleware, metrics=metrics, clock=clock)
    return app
