# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Whose a mail address is: shown by a link that went there, or said by a provider, and forgotten with a change."""

from pathlib import Path
from typing import Any

import httpx2

from csms.features.accounts.identity import IdentityOptions
from tests.api.support import Product, product
from tests.features.accounts.support import PASSWORD
from tests.features.people.test_invitations import NEW, accept, installation
from tests.support.idp import CLIENT, SECRET, running_idp
from tests.support.letters import Post, post
from tests.support.postgres import Database


async def verify(api: Product, token: str) -> tuple[int, Any]:
    """Open a link."""
    async with api.as_nobody() as nobody:
        answer = await nobody.post("/api/v1/auth/verify-email", json={"token": token})
        return answer.status_code, answer.json().get("email") or answer.json()["code"]


async def is_verified(api: Product, user: dict[str, Any]) -> bool:
    """As it is shown."""
    found = (await api.client.get(f"/api/v1/users/{user['id']}")).json()
    return found["email_verified_at"] is not None


async def refused(client: httpx2.AsyncClient, path: str) -> tuple[int, str]:
    """Status and code of a refusal."""
    answer = await client.post(path)
    return answer.status_code, answer.json()["code"]


async def test_from_a_link_to_a_new_password(database: Database, tmp_path: Path) -> None:
    """A user with a password is asked; a new password goes to a verified address only; a change begins anew."""
    async with installation(database, tmp_path) as (api, mails):
        user = await api.create("/api/v1/users", username="ann", email="ann@example.com", password=PASSWORD)
        path = f"/api/v1/users/{user['id']}"
        assert await mails.deliver() == []
        assert mails.links[0].startswith("https://csms.test/verify-email#")
        await forgot(api, mails)
        assert len(mails.links) == 1
        assert await verify(api, mails.token()) == (200, "ann@example.com")
        assert await is_verified(api, user)
        for token in (mails.token(), "x", "A" * 64):
            assert await verify(api, token) == (400, "verification_link_invalid")
        await forgot(api, mails)
        assert mails.links[-1].startswith("https://csms.test/reset-password#token=")
        reset = mails.token()

        # a change: what went to the old address opens nothing, the new one is asked
        changed = await api.client.patch(path, json={"email": "new@example.com", "display_name": "Ann"})
        assert changed.json()["email_verified_at"] is None
        body = {"token": reset, "new_password": NEW}
        assert await api.refused("POST", "/api/v1/auth/reset-password", json=body) == (400, "reset_token_invalid")
        assert await mails.deliver() == []
        assert mails.server.mails[-1][1] == ["new@example.com"]
        first = mails.token()
        again = await api.client.post(f"{path}/email-verification")
        assert (again.status_code, again.json()["status"]) == (202, "queued")
        assert await mails.deliver() == []
        assert await verify(api, first) == (400, "verification_link_invalid")
        assert (await api.client.patch(path, json={"email": "third@example.com"})).status_code == 200
        assert await verify(api, mails.token()) == (400, "verification_link_invalid")
        assert await mails.deliver() == []
        api.clock.advance(24 * 3600)
        assert await verify(api, mails.token()) == (400, "verification_link_invalid")
        api.client.headers.update(await api.site.bearer())
        assert (await api.client.patch(path, json={"email": None})).status_code == 200
        assert await api.refused("POST", f"{path}/email-verification") == (409, "no_email")
        audit = await api.items("/api/v1/audit", action="account:email:verify")
        assert [line["after"] for line in audit] == [{"email": "ann@example.com"}]


async def forgot(api: Product, mails: Post) -> None:
    """Ann asks for a new password."""
    answer = await api.client.post("/api/v1/auth/forgot-password", json={"username": "ann"})
    assert answer.status_code == 202
    await api.site.accounts.identity.later.drain()
    assert await mails.deliver() == []


async def test_invitations_and_oneself(database: Database, tmp_path: Path) -> None:
    """A link that went by mail shows whose the address is, one that was shown does not; one asks for oneself."""
    async with installation(database, tmp_path) as (api, mails):
        bob = await api.create("/api/v1/users", username="bob", email="bob@example.com")
        assert await mails.deliver() == []
        assert (await accept(api, mails.token()))[0] == 200
        assert await is_verified(api, bob)
        assert await api.refused("POST", f"/api/v1/users/{bob['id']}/email-verification") == (409, "email_verified")

        eve = await api.create("/api/v1/users", username="eve", email="eve@example.com", show_link=True)
        assert (await accept(api, eve["invitation_url"].partition("#")[2]))[0] == 200
        assert not await is_verified(api, eve)
        own = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=api.app),
            base_url="http://csms.test",
            headers=await api.site.bearer("eve", NEW),
            event_hooks=api.client.event_hooks,
        )
        assert (await own.get("/api/v1/me")).json()["email_verified_at"] is None
        assert (await own.post("/api/v1/me/email-verification")).status_code == 202
        before = len(mails.links)
        assert await mails.deliver() == []
        assert len(mails.links) == before + 1  # and not the invitation that was waiting
        assert await verify(api, mails.token()) == (200, "eve@example.com")
        assert (await own.get("/api/v1/me")).json()["email_verified_at"] is not None
        assert await refused(own, "/api/v1/me/email-verification") == (409, "email_verified")
        assert await refused(api.client, "/api/v1/me/email-verification") == (409, "no_email")


async def test_without_mail(api: Product) -> None:
    """Nothing can be asked; users are made and changed all the same."""
    user = await api.create("/api/v1/users", username="ann", email="ann@example.com", password=PASSWORD)
    assert (await api.client.patch(f"/api/v1/users/{user['id']}", json={"email": "b@example.com"})).status_code == 200
    assert await api.refused("POST", f"/api/v1/users/{user['id']}/email-verification") == (409, "no_mails")


async def test_what_a_provider_says(database: Database, tmp_path: Path) -> None:
    """A provider that may speak for the domain verifies the address the user has here, and no other."""
    options = IdentityOptions(origin="http://csms.test", private_hosts=("127.0.0.1",), mails=True)
    async with (
        running_idp() as idp,
        product(database, tmp_path, identity=options) as api,
        post(api.units, api.site.accounts, api.clock, api.sql) as mails,
    ):
        idp.now = int(api.clock.now().timestamp())
        ada = await api.create("/api/v1/users", username="ada", email="ADA@a.example", role="viewer")
        assert await mails.deliver() == []
        body = {
            "label": "C",
            "issuer": idp.url,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "domains": ["a.example"],
            "auto_create": True,
            "default_role": "viewer",
        }
        provider = (await api.create("/api/v1/identity-providers", **body))["id"]

        async def comes(**claims: Any) -> dict[str, Any]:
            idp.claims = claims
            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=api.app), base_url="http://csms.test"
            ) as browser:
                away = await browser.get(f"/api/v1/auth/oidc/{provider}/start")
                assert (await browser.get(idp.back(away.headers["location"]))).status_code == 302
                found: dict[str, Any] = (await browser.get("/api/v1/me")).json()
                return found

        me = await comes(sub="1", email="Ada@a.example", email_verified=True)
        assert (me["username"], me["email_verified_at"] is not None) == ("ada", True)
        assert (await accept(api, mails.token()))[1]["code"] == "link_invalid"  # the provider vouches from now on
        assert (await api.client.post(f"/api/v1/users/{ada['id']}/invitation")).status_code == 201
        assert await mails.deliver() == []
        assert (await api.client.post(f"/api/v1/users/{ada['id']}/single-sign-on")).status_code == 200
        assert (await accept(api, mails.token()))[1]["code"] == "link_invalid"
        me = await comes(sub="1", email="Ada@a.example", email_verified=True)
        assert me["username"] == "ada"
        assert (await api.client.patch(f"/api/v1/users/{ada['id']}", json={"email": "x@b.example"})).status_code == 200
        for email, verified in (("ada@a.example", True), ("x@b.example", True), ("x@b.example", False)):
            me = await comes(sub="1", email=email, email_verified=verified)
            assert (me["username"], me["email_verified_at"]) == ("ada", None)
        me = await comes(sub="2", email="new@a.example", email_verified=True)
        assert (me["username"], me["email_verified_at"] is not None) == ("new@a.example", True)
