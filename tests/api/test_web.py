# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The web app as it is served: its page for every address of a browser, its files, and what programs get instead."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from csms.api import web
from tests.features.accounts.support import Site, site
from tests.support.postgres import Database

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGE = b"<!doctype html><title>the app</title>"
SCRIPT = b"console.log('the app')"


def build(folder: Path) -> None:
    """What `make web` leaves behind, in small."""
    (folder / "static").mkdir(parents=True)
    for name, content in {"index.html": PAGE, "static/app-Ab12.js": SCRIPT, "icon.svg": b"<svg/>"}.items():
        (folder / name).write_bytes(content)
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        (folder / f"{name}.br").write_bytes(b"brotli of " + content)
    (folder / "static" / "font-Cd34.woff2").write_bytes(b"font")


@pytest.fixture
async def home(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A running API with a built app."""
    build(tmp_path / "app")
    monkeypatch.setattr(web.WebApp.__init__, "__defaults__", (tmp_path / "app",))
    async with site(database, tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/chargers/CP%201", "/invitation", "/reset-password", "/verify-email"]
)
async def test_a_browser_gets_the_page_at_every_address(home: Site, path: str) -> None:
    """The app itself finds out what the address is for; the page is asked for anew each time."""
    answer = await home.client.get(path, headers=BROWSER | {"accept-encoding": "identity"})
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("accepted", ["*/*", "application/json", ""])
async def test_the_root_is_the_app_whatever_is_accepted(home: Site, accepted: str) -> None:
    """Who looks with curl or a load balancer whether something is there finds the app; elsewhere programs err."""
    plain = {"accept": accepted, "accept-encoding": "identity"}
    answer = await home.client.get("/", headers=plain)
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert (await home.client.get("/chargers", headers=plain)).status_code == 404


async def test_the_page_may_load_nothing_from_elsewhere(home: Site) -> None:
    """Scripts of ours only, no inline style but the one that is known by its hash, in nobody's frame."""
    answer = await home.client.get("/", headers=BROWSER)
    rules = dict(each.strip().split(" ", 1) for each in answer.headers["content-security-policy"].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == rules["worker-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["style-src"].startswith("'self' 'sha256-")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    maps = web.policy(("https://tiles.example",))
    assert "connect-src 'self' https://tiles.example" in maps
    assert "script-src 'self';" in maps


async def test_maps_come_from_where_the_settings_say_by_now(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy is made at each request, also where the browser has the page already."""
    build(tmp_path / "app")
    monkeypatch.setattr(web.WebApp.__init__, "__defaults__", (tmp_path / "app",))
    origins = ["https://tiles.example.org"]
    async with site(database, tmp_path, map_origins=lambda: origins) as found:
        first = await found.client.get("/map", headers=BROWSER)
        origins[:] = ["https://maps.example.org:8443"]
        known = BROWSER | {"if-none-match": first.headers["etag"]}
        second = await found.client.get("/map", headers=known)
    assert second.status_code == 304
    for answer, origin in ((first, "https://tiles.example.org"), (second, "https://maps.example.org:8443")):
        rules = dict(each.strip().split(" ", 1) for each in answer.headers["content-security-policy"].split(";"))
        assert rules["img-src"] == f"'self' data: blob: {origin}"
        assert rules["connect-src"] == f"'self' {origin}"
        assert rules["script-src"] == rules["worker-src"] == rules["font-src"] == "'self'"


@pytest.mark.parametrize(
    "bad",
    [
        "https://tiles.example.org; script-src *",
        "https://tiles.example.org 'unsafe-inline'",
        "https://tiles.example.org\r\nX-Other: 1",
        "https://tiles.example.org/",
        "https://tiles.example.org,default-src *",
        "https://*.example.org",
        "http://tiles.example.org",
        "https:",
        "data:",
        "*",
        "'unsafe-eval'",
        "",
    ],
)
def test_what_is_no_origin_gets_into_no_policy(bad: str) -> None:
    """Whatever was stored, by whatever version: no further directive, no wider source."""
    good = "https://tiles.example.org"
    assert web.policy([bad]) == web.policy()
    assert web.policy([bad, good]) == web.policy([good])


@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [
        ("gzip, br", "br", b"brotli of " + SCRIPT),
        ("br;q=0, gzip", "gzip", SCRIPT),
        ("gzip;q=0.5", "gzip", SCRIPT),
        ("br;q=0.000,gzip; q=0", None, SCRIPT),
        ("identity", None, SCRIPT),
        ("", None, SCRIPT),
    ],
)
async def test_files_come_as_small_as_the_client_takes_them(
    home: Site, accepted: str, encoding: str | None, content: bytes
) -> None:
    """Compressed when the app was built; with a name that changes with the content they are kept for good."""
    request = home.client.build_request("GET", "/static/app-Ab12.js", headers={"accept-encoding": accepted})
    answer = await home.client.send(request, stream=True)
    raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    assert (gzip.decompress(raw) if encoding == "gzip" else raw) == content
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_what_a_browser_has_is_not_sent_again(home: Site) -> None:
    """304 for the same form of the file; another form has another tag."""
    plain = {"accept-encoding": "identity"}
    first = await home.client.get("/", headers=BROWSER | plain)
    tag = first.headers["etag"]
    again = await home.client.get("/chargers", headers=BROWSER | plain | {"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert "content-security-policy" in again.headers
    other = await home.client.get("/", headers=BROWSER | {"accept-encoding": "gzip", "if-none-match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag


async def test_head(home: Site) -> None:
    """As GET, without the content."""
    for path in ("/", "/static/app-Ab12.js", "/icon.svg"):
        answer = await home.client.head(path, headers=BROWSER)
        assert (answer.status_code, answer.content) == (200, b""), path


async def test_files_beside_the_page(home: Site) -> None:
    """Those that are not named after their content are asked for each time; what has no type of text is not guessed."""
    icon = await home.client.get("/icon.svg")
    assert icon.headers["cache-control"] == "no-cache"
    assert icon.headers["content-type"].startswith("image/svg+xml")
    font = await home.client.get("/static/font-Cd34.woff2", headers={"accept-encoding": "br, gzip"})
    assert font.headers["content-type"] == "font/woff2"
    assert "content-encoding" not in font.headers


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/chargers", "application/json"),
        ("/chargers", "*/*"),
        ("/api/v1/nothing", BROWSER["accept"]),
        ("/api/v1", BROWSER["accept"]),
        ("/files/nothing", BROWSER["accept"]),
        ("/assets/nothing.js", BROWSER["accept"]),
    ],
)
async def test_programs_get_a_problem(home: Site, path: str, accept: str) -> None:
    """A wrong address of the API is a 404 with a document that says so, not a page with 200."""
    answer = await home.client.get(path, headers={"accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_other_methods_get_no_page(home: Site) -> None:
    """A form that is sent to a page of the app is refused."""
    answer = await home.client.post("/sign-in", headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret.txt",
        "/static/..%2fsecret.txt",
        "/static/%2e%2e/secret.txt",
        "/static//etc/passwd",
        "/static/app-Ab12.js.gz",
        "/static/.%00",
        "/static/",
    ],
)
async def test_no_way_out_of_the_folder(home: Site, tmp_path: Path, path: str) -> None:
    """Files are served by name, from the list of those that were there at the start."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "app" / "secret.txt").write_text("secret")
    answer = await home.client.get(path)
    assert answer.status_code == 404
    assert b"secret" not in answer.content


async def test_where_the_app_is_not_built_the_page_says_what_to_do(tmp_path: Path) -> None:
    """Not an empty page: the command that builds it, and that the API is there."""
    routes = web.WebApp(tmp_path / "nothing").routes()
    transport = httpx2.ASGITransport(app=Starlette(routes=routes))
    async with httpx2.AsyncClient(transport=transport, base_url="http://t") as client:
        answer = await client.get("/chargers", headers=BROWSER)
    assert answer.status_code == 503
    assert "make web" in answer.text
    assert "/api/docs" in answer.text
    assert answer.headers["content-security-policy"] == web.policy()
