# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Single sign-on against a real provider on loopback: the way there and back, and everything that is refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from csms.features.accounts.identity import IdentityOptions
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from tests.api.contract import Contract
from tests.features.accounts.support import PASSWORD, Site, site
from tests.support.idp import CLIENT, SECRET, Idp, running_idp
from tests.support.postgres import Database

PROVIDERS = "/api/v1/identity-providers"


@dataclass
class Sso:
    """An installation, a provider, and an administrator who joins them."""

    home: Site
    idp: Idp
    headers: dict[str, str]
    browsers: int = 0

    async def admin(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """A request of the administrator."""
        return await self.home.client.request(method, path, json=body, headers=self.headers)

    async def provider(self, **changes: Any) -> str:
        """Add the provider; its id."""
        body = {
            "label": "Company",
            "issuer": self.idp.url,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "domains": ["a.example"],
            **changes,
        }
        made = await self.admin("POST", PROVIDERS, body)
        assert made.status_code == 201, made.text
        found: str = made.json()["id"]
        return found

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx2.AsyncClient]:
        """A browser without cookies, at an address of its own; it does not follow redirects by itself."""
        self.browsers += 1
        transport = httpx2.ASGITransport(app=self.home.app, client=(f"192.0.2.{self.browsers}", 40_000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://csms.test") as client:
            yield client

    async def start(self, browser: httpx2.AsyncClient, provider: str, return_to: str = "/chargers?x=1") -> str:
        """To the provider."""
        answer = await browser.get(f"/api/v1/auth/oidc/{provider}/start", params={"return_to": return_to})
        assert answer.status_code == 302, answer.text
        location: str = answer.headers["location"]
        return location

    async def go(self, provider: str, **changes: str | None) -> tuple[int, str]:
        """There and back: the status, and where it goes on or the code of the refusal."""
        async with self.browser() as browser:
            back = self.idp.back(await self.start(browser, provider), **changes)
            answer = await browser.get(back)
            if answer.status_code == 302:
                me = await browser.get("/api/v1/me")
                return 302, f"{me.json()['username']} {answer.headers['location']}"
            assert "csms_session" not in browser.cookies
            return answer.status_code, answer.json()["code"]


@pytest.fixture
async def sso(database: Database, tmp_path: Path) -> AsyncIterator[Sso]:
    """Ada has an account with her address; the provider runs beside."""
    options = IdentityOptions(origin="http://csms.test", private_hosts=("127.0.0.1",))
    async with running_idp() as idp, site(database, tmp_path, identity=options) as home:
        await home.accounts.ensure_first_admin(PASSWORD)
        idp.now = int(home.clock.now().timestamp())
        headers = await home.bearer()
        sql = await home.database.connect()
        await sql.execute(
            "INSERT INTO users (id, organization_id, username, email, password_hash, role)"
            " VALUES ($1, $2, 'ada', 'ada@A.example', '!', 'admin')",
            new_id(),
            DEFAULT_ORGANIZATION_ID,
        )
        await sql.close()
        home.client.event_hooks = {"response": [Contract(home.app)]}
        yield Sso(home, idp, headers)


async def test_a_provider_is_asked_before_anybody_comes(sso: Sso) -> None:
    """Anew each time: whether it answers, is who it says, and has keys; nobody is signed in."""
    provider = await sso.provider()
    path = f"{PROVIDERS}/{provider}/test"
    for _ in range(2):
        asked = await sso.admin("POST", path)
        assert (asked.status_code, asked.json()) == (200, {"ok": True, "error": None, "keys": 2})
    assert sso.idp.asked == ["discovery", "keys"] * 2
    sso.idp.document = {"issuer": "https://else.example"}
    wrong = (await sso.admin("POST", path)).json()
    assert (wrong["ok"], wrong["keys"]) == (False, 0)
    assert "of another issuer" in wrong["error"]
    gone = await sso.home.client.get(f"/api/v1/auth/oidc/{provider}/start")
    assert gone.json()["code"] == "provider_unavailable"  # what was believed of it is forgotten
    sso.idp.document = {}
    sso.idp.keys = {}
    assert "has no key" in (await sso.admin("POST", path)).json()["error"]
    await sso.admin("PATCH", f"{PROVIDERS}/{provider}", {"issuer": "https://nowhere.invalid"})
    assert "cannot be used" in (await sso.admin("POST", path)).json()["error"]
    assert (await sso.admin("POST", f"{PROVIDERS}/{new_id()}/test")).json()["code"] == "provider_not_found"
    audit = (await sso.admin("GET", "/api/v1/audit?action=account:provider:test")).json()["items"]
    assert {each["subject_id"] for each in audit} == {provider}
    assert len(audit) == 5


async def test_there_and_back(sso: Sso) -> None:
    """By e-mail the first time, by the provider's name for her from then on; with either kind of key and client."""
    provider = await sso.provider()
    offered = (await sso.home.client.get("/api/v1/auth/providers")).json()["items"]
    assert offered == [
        {"id": provider, "label": "Company", "start_url": f"/api/v1/auth/oidc/{provider}/start"},
    ]
    assert await sso.go(provider) == (302, "ada /chargers?x=1")
    sso.idp.claims = {"sub": "42", "email": "other@elsewhere.example"}
    sso.idp.algorithm = "ES256"
    assert await sso.go(provider) == (302, "ada /chargers?x=1")
    assert sso.idp.asked == ["discovery", "keys"]
    sso.idp.rotate()
    assert await sso.go(provider) == (401, "sso_refused")  # looked for keys a moment ago
    sso.home.clock.advance(61)
    assert await sso.go(provider) == (302, "ada /chargers?x=1")
    assert sso.idp.asked == ["discovery", "keys", "keys"]
    audit = (await sso.admin("GET", "/api/v1/audit?action=account:session:create&limit=1")).json()["items"]
    assert audit[0]["after"] == {"method": "sso:Company", "session": "cookie"}
    linked = (await sso.admin("GET", "/api/v1/audit?action=account:identity:link")).json()["items"]
    assert len(linked) == 1

    sso.home.clock.advance(3600)
    sso.idp.now += 3700
    sso.idp.methods = ["client_secret_post"]
    assert (await sso.go(provider))[0] == 302
    sso.headers = await sso.home.bearer()
    changed = await sso.admin("PATCH", f"{PROVIDERS}/{provider}", {"client_secret": None, "label": "Public"})
    assert changed.json()["has_secret"] is False
    assert (await sso.go(provider))[0] == 302
    assert (await sso.admin("PATCH", f"{PROVIDERS}/{provider}", {"enabled": False})).status_code == 200
    gone = await sso.home.client.get(f"/api/v1/auth/oidc/{provider}/start")
    assert (gone.status_code, gone.json()["code"]) == (404, "provider_not_found")
    assert (await sso.home.client.get("/api/v1/auth/providers")).json() == {"items": []}


async def test_tokens_that_are_not_believed(sso: Sso) -> None:
    """Of another audience, time, issuer or sign-in; signed by nobody, by somebody else, or with what all know."""
    provider = await sso.provider()
    good = dict(sso.idp.claims)
    now = sso.idp.now
    for name, claims in {
        "other nonce": {"nonce": "x"},
        "no nonce": {"nonce": None},
        "other audience": {"aud": "elsewhere"},
        "two audiences, for another": {"aud": [CLIENT, "elsewhere"], "azp": "elsewhere"},
        "two audiences, for nobody": {"aud": [CLIENT, "elsewhere"]},
        "over": {"exp": now - 61},
        "no end": {"exp": None},
        "of the future": {"iat": now + 3600, "nbf": now + 3600},
        "made in the future": {"iat": now + 3600},
        "no beginning": {"iat": None},
        "text as beginning": {"iat": "now"},
        "good from later on": {"nbf": now + 3600},
        "for us, and given to another": {"azp": "elsewhere"},
        "an issuer that begins like it": {"iss": sso.idp.url + "/"},
        "other issuer": {"iss": "https://accounts.elsewhere.example"},
        "no issuer": {"iss": None},
        "nobody": {"sub": None},
        "a number for somebody": {"sub": 42},
        "empty": {"sub": ""},
        "text as end": {"exp": "never"},
    }.items():
        sso.idp.claims = {**good, **claims}
        assert await sso.go(provider) == (401, "sso_refused"), name
    sso.idp.claims = good
    for forge in ("none", "public key as secret", "foreign key", "changed"):
        sso.idp.forge = forge
        assert await sso.go(provider) == (401, "sso_refused"), forge
        sso.home.clock.advance(70)
    sso.idp.forge = None
    sso.idp.header = {"kid": "unknown"}
    assert await sso.go(provider) == (401, "sso_refused")
    sso.idp.header = {"crit": ["x"], "x": 1}
    assert await sso.go(provider) == (401, "sso_refused")
    sso.idp.header = {}
    sso.idp.claims = {**good, "aud": [CLIENT, "elsewhere"], "azp": CLIENT}
    assert (await sso.go(provider))[0] == 302


async def test_answers_that_are_not_ours(sso: Sso) -> None:
    """A state twice, of another browser, of another provider, over or made up; another issuer's answer; a refusal."""
    sso.idp.iss = sso.idp.url
    provider = await sso.provider()
    other = await sso.provider(label="Other", client_id="other")
    assert await sso.go(provider, iss="https://elsewhere.example") == (401, "sso_refused")
    assert await sso.go(provider, iss=None) == (401, "sso_refused")
    assert await sso.go(provider, state="made up") == (401, "sso_refused")
    assert await sso.go(provider, state="A" * 64) == (401, "sso_refused")
    assert await sso.go(provider, state=None) == (401, "sso_refused")
    assert await sso.go(provider, code=None, error="access_denied") == (401, "sso_refused")
    assert await sso.go(provider, code="made up") == (401, "sso_refused")
    async with sso.browser() as browser, sso.browser() as stranger:
        back = sso.idp.back(await sso.start(browser, provider))
        assert (await stranger.get(back)).status_code == 401  # a link that was sent to somebody signs nobody in
        assert (await browser.get(back)).status_code == 401  # and is used up by it
        back = sso.idp.back(await sso.start(browser, provider))
        assert (await browser.get(back)).status_code == 302
        assert (await browser.get(back)).status_code == 401
        back = sso.idp.back(await sso.start(browser, provider))
        assert (await browser.get(back.replace(provider, other))).status_code == 401
        back = sso.idp.back(await sso.start(browser, provider))
        sso.home.clock.advance(601)
        assert (await browser.get(back)).status_code == 401
        for return_to in ("//evil.example", "/\\evil.example", "https://evil.example", "", "/\r\nSet-Cookie: x=1"):
            answer = await browser.get(f"/api/v1/auth/oidc/{provider}/start", params={"return_to": return_to})
            assert (answer.status_code, answer.json()["code"]) == (400, "return_to_invalid"), return_to


async def test_who_may_come_in(sso: Sso) -> None:
    """An address counts if it was checked and is of a domain that the provider speaks for; roles come from a claim."""
    provider = await sso.provider()
    good = dict(sso.idp.claims)
    for claims in (
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
        {"email": "ada@elsewhere.example"},
        {"email": "ada@a.example.evil.example"},
        {"email": "new@a.example"},  # no account, and none is made
        {"email": "@a.example"},
    ):
        sso.idp.claims = {**good, **claims}
        assert await sso.go(provider) == (401, "sso_unknown_user"), claims
    change = {
        "auto_create": True,
        "role_claim": "groups",
        "role_map": {"operators": "admin"},
    }
    assert (await sso.admin("PATCH", f"{PROVIDERS}/{provider}", change)).status_code == 200
    sso.idp.claims = {"sub": "7", "email": "New@a.example", "email_verified": True, "groups": ["staff"]}
    assert await sso.go(provider) == (401, "sso_unknown_user")
    sso.idp.claims["groups"] = ["staff", "operators"]
    assert await sso.go(provider) == (302, "New@a.example /chargers?x=1")
    sso.idp.claims["groups"] = "staff"
    assert await sso.go(provider) == (401, "sso_unknown_user")
    viewers = {"role_map": {"operators": "viewer"}}
    assert (await sso.admin("PATCH", f"{PROVIDERS}/{provider}", viewers)).status_code == 200
    sso.idp.claims["groups"] = "operators"
    assert (await sso.go(provider))[0] == 302
    sql = await sso.home.database.connect()
    assert await sql.fetchval("SELECT role FROM users WHERE username = 'New@a.example'") == "viewer"
    await sql.execute("UPDATE users SET is_active = false, role = 'viewer' WHERE username = 'admin'")
    sso.idp.claims = {**good, "groups": ["operators"]}
    assert (await sso.go(provider))[0] == 302
    assert await sql.fetchval("SELECT role FROM users WHERE username = 'ada'") == "admin"  # the last one stays
    sso.idp.claims = {"sub": "7", "groups": "operators"}
    await sql.execute("UPDATE users SET is_active = true, role = 'admin' WHERE username = 'admin'")
    await sql.execute("UPDATE users SET is_active = false WHERE username = 'New@a.example'")
    await sql.execute("UPDATE users SET email = 'root@a.example', username = 'x@a.example' WHERE username = 'admin'")
    await sql.close()
    assert await sso.go(provider) == (401, "sso_refused")
    sso.idp.claims = {
        **good,
        **sso.idp.claims,
        "sub": "8",
        "email": "x@a.example",
    }  # the name of somebody with another address
    assert await sso.go(provider) == (401, "sso_unknown_user")
    nothing = await sso.home.login("New@a.example", "!")
    assert nothing.status_code == 401


async def test_providers_are_kept(sso: Sso) -> None:
    """Added, listed, changed, removed; the secret is in no answer, line or table; what does not go together is refused."""
    provider = await sso.provider()
    shown = (await sso.admin("GET", f"{PROVIDERS}/{provider}")).json()
    assert shown["has_secret"] is True
    assert (await sso.admin("GET", PROVIDERS)).json()["items"] == [shown]
    sql = await sso.home.database.connect()
    rows = str([dict(row) for row in await sql.fetch("SELECT * FROM identity_providers")])
    rows += str([dict(row) for row in await sql.fetch("SELECT * FROM audit_log")])
    await sql.close()
    assert SECRET not in rows
    for body, code in (
        ({"domains": [], "auto_create": True, "default_role": "admin"}, "provider_invalid"),
        ({"auto_create": True}, "provider_invalid"),
        ({"default_role": "owner"}, "provider_invalid"),
        ({"role_map": {"x": "admin"}}, "provider_invalid"),
    ):
        refused = await sso.admin("PATCH", f"{PROVIDERS}/{provider}", body)
        assert (refused.status_code, refused.json()["code"]) == (400, code), body
    connection = await sso.home.database.connect()
    await connection.execute(
        "INSERT INTO roles (id, organization_id, key, name, permissions) VALUES ($1, $2, 'desk', 'Desk', $3)",
        new_id(),
        DEFAULT_ORGANIZATION_ID,
        ["account:provider:read", "account:provider:write", "charger:charger:read"],
    )
    await connection.execute("UPDATE users SET role = 'desk' WHERE username = 'ada'")
    await connection.close()
    other = await sso.provider(client_id="other", default_role="desk")
    assert (await sso.go(provider))[0] == 302
    async with sso.browser() as ada:
        await ada.get(sso.idp.back(await sso.start(ada, provider)))
        # whoever says who somebody is could come in as anybody: it takes all that an administrator may do
        for role, status in (("desk", 403), ("viewer", 403), ("admin", 403)):
            given = await ada.patch(
                f"{PROVIDERS}/{other}", json={"default_role": role}, headers={"Origin": "http://csms.test"}
            )
            assert given.status_code == status, role
    same = {"label": "x", "issuer": sso.idp.url, "client_id": CLIENT}
    twice = await sso.admin("POST", PROVIDERS, same)
    assert (twice.status_code, twice.json()["code"]) == (409, "provider_exists")
    moved = await sso.admin("PATCH", f"{PROVIDERS}/{other}", {"client_id": CLIENT})
    assert (moved.status_code, moved.json()["code"]) == (409, "provider_exists")
    # a secret is not told to a provider that it was not entered for
    elsewhere = await sso.admin("PATCH", f"{PROVIDERS}/{other}", {"issuer": "https://idp.example", "label": None})
    assert (elsewhere.json()["has_secret"], elsewhere.json()["label"]) == (False, "Company")
    assert (await sso.admin("DELETE", f"{PROVIDERS}/{other}")).status_code == 204
    assert (await sso.admin("GET", f"{PROVIDERS}/{other}")).json()["code"] == "provider_not_found"


async def test_nobody_writes_over_what_somebody_else_changed(sso: Sso) -> None:
    """What is sent with the tag of an older state is refused, and leaves everything as it is."""
    path = f"{PROVIDERS}/{await sso.provider()}"
    tag = (await sso.admin("GET", path)).headers["etag"]
    theirs = await sso.admin("PATCH", path, {"label": "Theirs"})
    assert theirs.headers["etag"] not in ("", tag)

    async def change(label: str, tag: str) -> httpx2.Response:
        return await sso.home.client.patch(path, json={"label": label}, headers={**sso.headers, "If-Match": tag})

    late = await change("Mine", tag)
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert (await sso.admin("GET", path)).json()["label"] == "Theirs"
    assert (await change("Mine", theirs.headers["etag"])).json()["label"] == "Mine"


async def test_providers_that_cannot_be_used(sso: Sso) -> None:
    """Away, in our own network, by plain http, of another issuer, or sending secrets elsewhere: 503, and no more said."""
    for issuer, document in (
        ("http://127.0.0.1:1", {}),
        ("https://169.254.169.254", {}),
        ("http://localhost:80", {}),
        ("https://127.0.0.2", {}),
        (sso.idp.url, {"issuer": "https://accounts.elsewhere.example"}),
        (sso.idp.url, {"token_endpoint": "http://169.254.169.254/token"}),
        (sso.idp.url, {"jwks_uri": "file:///etc/passwd"}),
        (sso.idp.url, {"jwks_uri": 5}),
    ):
        sso.idp.document = document
        provider = await sso.provider(issuer=issuer)
        answer = await sso.home.client.get(f"/api/v1/auth/oidc/{provider}/start")
        assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable"), (issuer, document)
        assert (await sso.admin("DELETE", f"{PROVIDERS}/{provider}")).status_code == 204


async def test_without_an_address_nobody_is_sent_away(database: Database, tmp_path: Path) -> None:
    """A provider could not send them back."""
    async with site(database, tmp_path) as home:
        assert (await home.client.get("/api/v1/auth/providers")).json() == {"items": []}
        refused = await home.client.get(f"/api/v1/auth/oidc/{new_id()}/start")
        assert (refused.status_code, refused.json()["code"]) == (409, "sso_unavailable")


async def test_people_who_are_refused_see_the_sign_in_page(sso: Sso) -> None:
    """It has words for the code; programs get the document."""
    provider, page = await sso.provider(), {"accept": "text/html,*/*;q=0.8"}
    async with sso.browser() as browser:
        back = sso.idp.back(await sso.start(browser, provider), state="made up")
        answer = await browser.get(back, headers=page)
        assert (answer.status_code, answer.headers["location"]) == (302, "/sign-in?problem=sso_refused")
        assert "csms_session" not in browser.cookies
        start = f"/api/v1/auth/oidc/{new_id()}/start"
        gone = await browser.get(start, headers=page)
        assert (gone.status_code, gone.headers["location"]) == (302, "/sign-in?problem=provider_not_found")
        assert (await browser.get(start)).status_code == 404
        away = await browser.get(f"/api/v1/auth/oidc/{provider}/start?return_to=//evil.example", headers=page)
        assert away.headers["location"] == "/sign-in?problem=return_to_invalid"
