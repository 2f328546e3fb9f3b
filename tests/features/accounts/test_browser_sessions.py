# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Sessions of browsers: the cookie, its life, and the list of where one is signed in."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from csms.features.accounts.identity import IdentityOptions
from csms.kit.config import load_settings
from csms.kit.http.cookies import SessionCookie, origin_of
from csms.main.sign_in import identity_options
from tests.api.contract import Contract
from tests.api.support import product
from tests.features.accounts.support import PASSWORD, Site, site
from tests.support.eventually import eventually
from tests.support.postgres import Database

COOKIE = {"username": "admin", "password": PASSWORD, "session": "cookie"}
OWN = {"Origin": "http://csms.test"}
LOGIN = "/api/v1/auth/login"
ME = "/api/v1/me"


async def test_a_browser_signs_in_works_and_signs_out(home: Site) -> None:
    """The cookie opens what the access token opens; its value is in no answer and not in the database."""
    browser = home.client
    browser.event_hooks = {"response": [Contract(home.app)]}
    answer = await browser.post(LOGIN, json=COOKIE)
    assert answer.json() == {
        "session": "cookie",
        "expires_at": "2026-11-30T12:00:00Z",
        "must_change_password": False,
    }
    header = answer.headers["set-cookie"]
    value = browser.cookies["csms_session"]
    assert value not in answer.text
    assert all(part in header for part in ("HttpOnly", "Path=/", "SameSite=lax", "Max-Age=604800"))
    assert "Domain" not in header
    me = await browser.get(ME)
    assert (me.status_code, me.json()["username"]) == (200, "admin")
    sql = await home.database.connect()
    row = dict(await sql.fetchrow("SELECT * FROM browser_sessions"))
    await sql.close()
    assert value not in str(row)
    assert row["address"] == "127.0.0.1"
    out = await browser.post("/api/v1/auth/logout", headers=OWN)
    assert out.status_code == 204
    assert "csms_session" not in browser.cookies
    kept = await browser.get(ME, headers={"Cookie": f"csms_session={value}"})
    assert (kept.status_code, kept.json()["code"]) == (401, "invalid_token")
    for other in ("x", "A" * 64, "A" * 300):
        assert (await browser.get(ME, headers={"Cookie": f"csms_session={other}"})).status_code == 401


async def test_the_list_of_sessions(home: Site) -> None:
    """Both kinds are listed with where and when; one may be ended, or all others, and only one's own."""
    home.client.event_hooks = {"response": [Contract(home.app)]}
    await home.client.post(LOGIN, json=COOKIE, headers={"User-Agent": "Firefox"})
    async with home.client_from("192.0.2.7") as program:
        pair = (await program.post(LOGIN, json=COOKIE | {"session": "token"}, headers={"User-Agent": "curl"})).json()
        token = {"Authorization": f"Bearer {pair['access_token']}"}
        home.clock.advance(70)
        items = (await home.client.get(f"{ME}/sessions")).json()["items"]
        assert [(item["kind"], item["user_agent"], item["address"], item["current"]) for item in items] == [
            ("cookie", "Firefox", "127.0.0.1", True),
            ("token", "curl", "192.0.2.7", False),
        ]
        assert items[0]["last_seen_at"] == "2026-11-23T12:01:10Z"
        assert items[0]["created_at"] == "2026-11-23T12:00:00Z"
        home.clock.advance(30)  # not a minute since it was written down
        again = (await home.client.get(f"{ME}/sessions")).json()["items"]
        assert again[0]["last_seen_at"] == items[0]["last_seen_at"]
        mine = (await program.get(f"{ME}/sessions", headers=token)).json()["items"]
        assert [item["current"] for item in mine] == [False, True]
        assert (await program.get(ME, headers=token)).status_code == 200
        gone = await home.client.delete(f"{ME}/sessions/{items[1]['id']}", headers=OWN)
        assert gone.status_code == 204
        assert (await program.get(ME, headers=token)).status_code == 401
        twice = await home.client.delete(f"{ME}/sessions/{items[1]['id']}", headers=OWN)
        assert (twice.status_code, twice.json()["code"]) == (404, "session_not_found")
        token = await home.bearer()
        refreshed = await program.post("/api/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})
        assert refreshed.status_code == 401
    ended = await home.client.post(f"{ME}/sessions/revoke-others", headers=OWN)
    assert ended.json() == {"ended": 1}
    assert (await home.client.get(ME, headers=token)).status_code == 401
    assert (await home.client.get(ME)).status_code == 200


async def test_sessions_end_without_use_and_by_age(home: Site) -> None:
    """Twelve hours without a request, or seven days in all."""
    await home.client.post(LOGIN, json=COOKIE)
    home.clock.advance(11 * 3600)
    assert (await home.client.get(ME)).status_code == 200
    home.clock.advance(12 * 3600)
    assert (await home.client.get(ME)).status_code == 401
    await home.client.post(LOGIN, json=COOKIE)
    for _ in range(16):
        home.clock.advance(10 * 3600)
        assert (await home.client.get(ME)).status_code == 200
    home.clock.advance(8 * 3600)
    assert (await home.client.get(ME)).status_code == 401


async def test_over_tls_the_cookie_is_for_tls_and_for_nobody_else(database: Database, tmp_path: Path) -> None:
    """`__Host-` and Secure; without a public URL a page of the address that is asked may ask."""
    options = IdentityOptions(origin="https://csms.example", secure_cookies=True)
    async with site(database, tmp_path, identity=options) as found:
        await found.accounts.ensure_first_admin(PASSWORD)
        answer = await found.client.post(LOGIN, json=COOKIE)
        assert answer.headers["set-cookie"].startswith("__Host-csms=")
        assert "; Secure" in answer.headers["set-cookie"]
        value = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        header = {"Cookie": f"__Host-csms={value}"}
        plain = await found.client.get(ME, headers={"Cookie": f"csms_session={value}"})
        assert plain.status_code == 401
        for origin in ("https://csms.example", "http://csms.test"):
            done = await found.client.post(f"{ME}/sessions/revoke-others", headers={**header, "Origin": origin})
            assert done.status_code == 200, origin


def test_origins_are_written_as_browsers_write_them() -> None:
    """Small letters, no port that goes without saying, no path."""
    assert origin_of("https://CSMS.example:443/path") == "https://csms.example"
    assert origin_of("http://[::1]:8080") == "http://[::1]:8080"
    assert origin_of(None) is None
    assert SessionCookie().name == "csms_session"


async def test_live_events_come_by_cookie(database: Database, tmp_path: Path) -> None:
    """A browser cannot add a header to an EventSource; its cookie opens the stream, and ends it with the session."""
    async with product(database, tmp_path) as api, api.as_nobody() as browser:
        await browser.post(LOGIN, json=COOKIE)
        value = browser.cookies["csms_session"]
        principal = await api.app.state.authenticate_cookie(
            value, Request({"type": "http", "headers": [], "client": None})
        )
        assert await api.site.accounts.again(principal) is not None

        async def listens() -> bool:
            return len(api.hub._clients) == 1

        async def told() -> bool:
            return api.hub._number > 0

        reader = asyncio.create_task(browser.get("/api/v1/events?topics=chargers"))
        await eventually(listens)
        await api.create("/api/v1/chargers", id="CP1")
        await eventually(told)
        await api.hub.stop()
        answer = await reader
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "event: charger_changed" in answer.text
        await browser.post("/api/v1/auth/logout", headers=OWN)
        assert await api.site.accounts.again(principal) is None


def test_what_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cookies are for TLS wherever there is TLS; the address is the public one, else localhost, else unknown."""

    def said(**http: Any) -> tuple[bool, str | None]:
        options = identity_options(load_settings(http=http))
        return options.secure_cookies, options.origin

    assert said() == (False, "http://localhost:8080")
    assert said(public_url="https://csms.example/") == (True, "https://csms.example")
    assert said(public_url="https://csms.example", host="0.0.0.0", insecure_lan=True) == (False, "https://csms.example")
    assert said(host="0.0.0.0", trusted_proxies=("10.0.0.1",)) == (True, None)
    assert said(host="0.0.0.0", tls_cert="c.pem", tls_key="k.pem") == (True, None)
    assert said(tls_cert="c.pem", tls_key="k.pem") == (True, "https://localhost:8080")
    assert said(port=0) == (False, None)
