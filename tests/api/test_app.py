# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The application as a whole: probes, the API document, the pages, and headers on all of them."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from structlog.testing import capture_logs

from csms.api import static
from csms.api.app import ApiDependencies, build_app
from csms.api.openapi import build_document
from csms.features.accounts.routes import router as accounts_router
from csms.kit.http.routes import Route
from tests.features.accounts.support import Site, site
from tests.support.postgres import Database

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
async def home(database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    """A running API."""
    async with site(database, tmp_path, public_url="https://csms.example/") as found:
        yield found


async def test_probes(home: Site) -> None:
    """Alive, ready with its checks, and metrics of what was asked so far."""
    assert (await home.client.get("/healthz")).json() == {"status": "ok"}
    ready = await home.client.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "schema": "ok"}},
    )
    metrics = await home.client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'csms_http_requests_total{method="GET",route="/readyz",status="200"} 1.0' in metrics.text


async def _schema_behind() -> dict[str, Any]:
    return {"database": "ok", "schema": "the schema is older: run csms migrate"}


async def _broken() -> dict[str, Any]:
    raise RuntimeError("password=hunter2")


@pytest.mark.parametrize(("ready", "word"), [(_schema_behind, "csms migrate"), (_broken, "the check itself failed")])
async def test_not_ready(database: Database, tmp_path: Path, ready: Any, word: str) -> None:
    """One check that is not ok makes it 503, a check that breaks too; alive is another question."""
    async with site(database, tmp_path, ready=ready) as found:
        with capture_logs():
            answer = await found.client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["status"] == "not ready"
        assert word in answer.text
        assert "hunter2" not in answer.text
        assert (await found.client.get("/healthz")).status_code == 200


async def test_the_api_document(home: Site) -> None:
    """OpenAPI 3.1; ids are function names; every refusal is a Problem; guarded routes name the bearer scheme."""
    document = (await home.client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"] == "1.2.3"
    assert document["servers"] == [{"url": "https://csms.example"}]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert "HTTPValidationError" not in str(document)
    operations = [
        (path, operation)
        for path, item in document["paths"].items()
        for name, operation in item.items()
        if name in METHODS
    ]
    assert {operation["operationId"] for _, operation in operations} >= {"login", "refresh", "logout", "get_me"}
    for path, operation in operations:
        default = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
        assert default == {"$ref": "#/components/schemas/Problem"}, path
    guarded = {path for path, operation in operations if operation.get("security")}
    audited = {f"/api/v1/audit{end}" for end in ("", "/head", "/verify")} | {"/api/v1/users/{user_id}/activity"}
    assert guarded >= {"/api/v1/auth/logout", "/api/v1/auth/change-password", "/api/v1/me"} | audited
    assert not guarded & {"/api/v1/auth/login", "/api/v1/auth/mfa", "/api/v1/auth/passkey", "/api/v1/auth/providers"}
    audit = document["paths"]["/api/v1/audit"]["get"]
    assert {"401", "403"} <= set(audit["responses"])
    assert "at[gte]" in {parameter["name"] for parameter in audit["parameters"]}


async def test_references_in_the_document_lead_somewhere(home: Site) -> None:
    """No schema is named that is not there."""
    text = (await home.client.get("/api/openapi.json")).text
    document = home.app.openapi()
    for name in set(re.findall(r'#/components/schemas/([^"]+)"', text)):
        assert name in document["components"]["schemas"]


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")
def test_an_operation_id_used_twice_is_an_error() -> None:
    """Generated clients would lose one of the two."""
    app = FastAPI(generate_unique_id_function=lambda route: route.name)

    async def get_thing() -> None:
        return None

    app.add_api_route("/a", get_thing)
    app.add_api_route("/b", get_thing)
    with pytest.raises(RuntimeError, match="get_thing"):
        build_document(app, None)


class Links(HTMLParser):
    """What a page loads, and what it has inline."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self._in: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins."""
        given = dict(attrs)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        loaded = given.get("src") if tag in ("script", "img") else given.get("href") if tag == "link" else None
        if loaded:
            self.loads.append(loaded)


async def test_the_reference_loads_from_here_and_holds_nothing_inline(home: Site) -> None:
    """Every file of the page is served by this process, and the policy forbids all others."""
    answer = await home.client.get("/api/docs")
    if answer.status_code == 503:
        pytest.fail("the bundle is missing: make web/node_modules/.stamp")
    assert answer.status_code == 200
    links = Links(answer.text)
    assert links.inline == []
    assert links.loads
    for loaded in links.loads:
        assert loaded.startswith("/assets/")
        file = await home.client.get(loaded)
        assert file.status_code == 200, loaded
        assert file.headers["x-content-type-options"] == "nosniff"
        assert file.headers["content-type"].partition(";")[0] in {"text/css", "text/javascript", "image/svg+xml"}
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert "script-src" not in policy  # scripts: default-src, without 'unsafe-inline' and 'unsafe-eval'
    assert "unsafe-eval" not in policy


async def test_without_the_bundle_the_page_says_what_to_do() -> None:
    """Not an empty page: the command that builds it, and where the document is."""
    app = FastAPI()
    app.include_router(static.router("1<2", assets=Path("/nonexistent")))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as client:
        answer = await client.get("/api/docs")
    assert answer.status_code == 503
    assert "make run" in answer.text
    assert "/api/openapi.json" in answer.text
    assert "1&lt;2" in answer.text
    assert "{{" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/reference.html",
        "/assets/../app.py",
        "/assets/..%2fapp.py",
        "/assets/%2e%2e/app.py",
        "/assets/.%00",
        "/assets//etc/passwd",
        "/docs",
        "/redoc",
        "/openapi.json",
    ],
)
async def test_nothing_else_is_served(home: Site, path: str) -> None:
    """Files of the folder by name from a list; no way out of it; FastAPI's own pages, which load from afar, are off."""
    answer = await home.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_reference_talks_to_this_origin_only() -> None:
    """Telemetry, proxy, fonts and agent are off in its settings."""
    settings = (static.ASSETS / "reference.mjs").read_text(encoding="utf-8")
    for line in ("telemetry: false", 'proxyUrl: ""', "withDefaultFonts: false", "agent: { disabled: true }"):
        assert line in settings
    assert "https:" not in settings


async def test_state_is_what_was_given(home: Site) -> None:
    """Routes find their dependencies under the names of the fields."""
    assert home.app.state.accounts is home.accounts
    assert home.app.state.authenticate == home.accounts.authenticate
    assert home.app.state.keys is home.keys


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")
async def test_a_feature_cannot_mount_the_same_name_twice(home: Site) -> None:
    """Found when the document is built, at the latest in CI."""
    twice = APIRouter(route_class=Route)

    @twice.get("/twice")
    async def get_me() -> None:
        return None

    state = home.app.state
    names = ApiDependencies.__dataclass_fields__
    app = build_app(ApiDependencies(**{name: getattr(state, name) for name in names}), [accounts_router, twice])
    with pytest.raises(RuntimeError, match="get_me"):
        app.openapi()
