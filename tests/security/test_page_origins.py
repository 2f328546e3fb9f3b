# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Whose pages may act with a browser's cookie: where ours are is what was set, and not what a request says (attack 32)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from csms.kit.config import load_settings
from csms.main.sign_in import identity_options
from tests.features.accounts.support import PASSWORD, site
from tests.support.postgres import Database

REFUSED = (403, "cross_origin")
LOGIN, ACT = "/api/v1/auth/login", "/api/v1/me/sessions/revoke-others"
Tries = Callable[..., Awaitable[tuple[int, str]]]


@asynccontextmanager
async def browser(database: Database, folder: Path, **http: Any) -> AsyncIterator[Tries]:
    """Tries something with the cookie of somebody who signed in: status and code of the answer."""
    options = identity_options(load_settings(http={"host": "127.0.0.1", "port": 8000, **http}))
    async with site(database, folder, identity=options) as found:
        await found.accounts.ensure_first_admin(PASSWORD)
        body = {"username": "admin", "password": PASSWORD, "session": "cookie"}
        signed = await found.client.post(LOGIN, json=body)
        cookie = signed.headers["set-cookie"].partition(";")[0]
        found.client.cookies.clear()

        async def tries(path: str = ACT, **headers: str) -> tuple[int, str]:
            sent = {"Cookie": cookie} | {name.replace("_", "-"): value for name, value in headers.items()}
            answer = await found.client.post(path, json=body if path == LOGIN else None, headers=sent)
            if answer.status_code == 403 and http.get("public_url"):
                assert "https://csms.example (CSMS_HTTP__PUBLIC_URL" in answer.json()["detail"]
            return answer.status_code, answer.json().get("code", "")

        yield tries


async def test_with_a_public_url_another_name_of_this_machine_is_foreign(database: Database, tmp_path: Path) -> None:
    """However alike its Origin and its Host are: a name that was rebound to this address brings pages of its own."""
    public = {"public_url": "https://csms.example/", "cors_origins": ("*", "https://app.example")}
    async with browser(database, tmp_path, **public) as tries:
        for path in (ACT, LOGIN):
            for scheme in ("http", "https"):
                for host in ("csms.test", "rebound.example", "127.0.0.1:8000"):
                    assert await tries(path, Origin=f"{scheme}://{host}", Host=host) == REFUSED
            assert await tries(path, Origin="*", Host="csms.example") == REFUSED
            assert await tries(path, Origin="http://csms.example", Host="csms.example") == REFUSED
            assert await tries(path, Sec_Fetch_Site="same-origin", Host="rebound.example") == REFUSED
            assert await tries(path, Sec_Fetch_Site="cross-site", Origin="https://app.example") == REFUSED
        for own in (
            {"Origin": "https://csms.example"},
            {"Origin": "https://csms.example", "Host": "10.0.0.7:8000"},  # behind a proxy that keeps the name to itself
            {"Origin": "https://app.example"},
            {"Sec_Fetch_Site": "same-origin", "Host": "CSMS.example"},
        ):
            assert (await tries(**own))[0] == 200, own


async def test_without_a_public_url_the_address_that_is_asked_counts(database: Database, tmp_path: Path) -> None:
    """By localhost and by 127.0.0.1, as `make run` is used; a page of elsewhere is foreign all the same."""
    async with browser(database, tmp_path) as tries:
        for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
            assert (await tries(Origin=f"http://{host}", Host=host))[0] == 200
            assert await tries(Origin="http://rebound.example", Host=host) == REFUSED
            assert await tries(Origin=f"https://{host}", Host=host) == REFUSED
        for host in ("localhost:8000", "127.0.0.1:8000"):  # ends the session that the browser had
            assert (await tries(LOGIN, Origin=f"http://{host}", Host=host))[0] == 200
