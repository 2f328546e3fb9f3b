# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One's own mail address: another one takes effect once its mail was read, and the present one is told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pyotp
import pytest

from tests.api.support import Product
from tests.features.accounts.support import PASSWORD
from tests.features.people.test_addresses import verify
from tests.features.people.test_invitations import installation
from tests.features.people.test_people import NEW, client_of, code
from tests.support.letters import Post, text_of
from tests.support.postgres import Database

CHANGE = "/api/v1/me/email-change"
SECURITY = "/api/v1/me/security"


@dataclass
class Ann:
    """Somebody with a verified address, signed in."""

    api: Product
    mails: Post
    http: httpx2.AsyncClient
    id: str

    async def ask(self, email: str = "new@example.com", **shown: str) -> httpx2.Response:
        """For another address."""
        return await self.http.post(CHANGE, json={"email": email, **(shown or {"password": PASSWORD})})

    async def sent(self) -> list[tuple[str, str]]:
        """Who gets mails by now, and the subjects; those that were not looked at."""
        assert await self.mails.deliver() == []
        found = [(to[0], str(mail["subject"])) for _, to, mail in self.mails.server.mails]
        self.mails.server.mails.clear()
        return found

    async def token(self) -> str:
        """Of the link that goes out."""
        assert await self.mails.deliver() == []
        found = self.mails.token()
        self.mails.server.mails.clear()
        return found

    async def shown(self) -> tuple[str | None, bool, str | None]:
        """The address, whether it is verified, and which one is to be."""
        user = (await self.api.client.get(f"/api/v1/users/{self.id}")).json()
        answer = await self.http.get(SECURITY)
        pending = answer.json()["pending_email"] if answer.status_code == 200 else "signed out"
        return user["email"], user["email_verified_at"] is not None, pending


@pytest.fixture
async def ann(database: Database, tmp_path: Path) -> AsyncIterator[Ann]:
    """At an installation that sends mails."""
    async with installation(database, tmp_path) as (api, mails):
        made = await api.create("/api/v1/users", username="ann", email="ann@example.com", role="viewer", password=NEW)
        await api.sql.execute(
            "UPDATE users SET email_verified_at = now(), must_change_password = false WHERE username = 'ann'"
        )
        http = client_of(api, **await api.site.bearer("ann", NEW))
        body = {"current_password": NEW, "new_password": PASSWORD}
        header = (await http.post("/api/v1/auth/change-password", json=body)).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {header}"
        await api.sql.execute("DELETE FROM account_letters")
        yield Ann(api, mails, http, made["id"])


async def audit(ann: Ann, action: str) -> list[tuple[Any, Any]]:
    """What changed, in order."""
    lines = await ann.api.items("/api/v1/audit", action=action, subject_id=ann.id, sort="at")
    return [(line["before"], line["after"]) for line in lines]


async def test_from_asking_to_the_new_address(ann: Ann) -> None:
    """Nothing changes before the link is opened; then the address does, all sessions end, older links are worth nothing."""
    elsewhere = client_of(ann.api, **await ann.api.site.bearer("ann"))
    assert (await ann.ask("New@example.com")).status_code == 202
    assert await ann.shown() == ("ann@example.com", True, "New@example.com")
    assert await ann.mails.deliver() == []
    mails = {to[0]: text_of(mail) for _, to, mail in ann.mails.server.mails}
    assert set(mails) == {"ann@example.com", "New@example.com"}
    told = mails["ann@example.com"]
    assert "go to another address" in told
    assert "New@" not in told
    assert "#" not in told
    assert "all your sessions" in mails["New@example.com"]
    token = mails["New@example.com"].partition("https://csms.test/verify-email#")[2].split()[0]
    ann.mails.server.mails.clear()

    forgot = {"username": "ann"}
    assert (await ann.http.post("/api/v1/auth/forgot-password", json=forgot)).status_code == 202
    await ann.api.site.accounts.identity.later.drain()
    reset = await ann.token()  # to the address that holds until then
    assert await verify(ann.api, token) == (200, "New@example.com")
    assert await ann.shown() == ("New@example.com", True, "signed out")
    assert (await elsewhere.get("/api/v1/me")).status_code == 401
    body = {"token": reset, "new_password": NEW}
    assert await ann.api.refused("POST", "/api/v1/auth/reset-password", json=body) == (400, "reset_token_invalid")
    assert await verify(ann.api, token) == (400, "verification_link_invalid")
    assert await audit(ann, "account:email:propose") == [({"email": "ann@example.com"}, {"email": "New@example.com"})]
    assert await audit(ann, "account:email:change") == [({"email": "ann@example.com"}, {"email": "New@example.com"})]
    ann.http.headers.update(await ann.api.site.bearer("ann"))
    assert (await ann.http.get("/api/v1/me")).json()["email"] == "New@example.com"
    assert await code(await ann.ask("NEW@example.com")) == (409, "email_unchanged")


async def test_links_that_open_nothing(ann: Ann) -> None:
    """Of an older wish, withdrawn, too old, ended by a new password, of somebody who was locked, of another's wish."""
    assert (await ann.ask("one@example.com")).status_code == 202
    first = await ann.token()
    assert (await ann.ask("two@example.com")).status_code == 202
    second = await ann.token()
    over = (400, "verification_link_invalid")
    assert await verify(ann.api, first) == over
    assert (await ann.http.delete(CHANGE)).status_code == 204
    assert await verify(ann.api, second) == over
    assert await code(await ann.http.delete(CHANGE)) == (404, "email_change_not_found")
    assert await audit(ann, "account:email:withdraw") == [({"email": "two@example.com"}, None)]

    assert (await ann.ask("three@example.com")).status_code == 202
    third = await ann.token()
    body = {"current_password": PASSWORD, "new_password": "yet another horse, no battery"}
    answer = await ann.http.post("/api/v1/auth/change-password", json=body)
    ann.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    assert await verify(ann.api, third) == over

    assert (await ann.ask("four@example.com", password=body["new_password"])).status_code == 202
    fourth = await ann.token()
    await ann.api.sql.execute("UPDATE users SET is_active = false WHERE username = 'ann'")
    assert await verify(ann.api, fourth) == over
    await ann.api.sql.execute("UPDATE users SET is_active = true WHERE username = 'ann'")
    ann.api.clock.advance(24 * 3600)
    assert await verify(ann.api, fourth) == over
    await ann.api.sql.execute("UPDATE users SET is_active = true")
    ann.api.client.headers.update(await ann.api.site.bearer())
    ann.http.headers.update(await ann.api.site.bearer("ann", body["new_password"]))
    assert await ann.shown() == ("ann@example.com", True, None)


async def test_an_administrator_ends_it(ann: Ann) -> None:
    """Another address by an administrator, factors taken back, a sign-out, single sign-on: what was asked for is gone."""
    path = f"/api/v1/users/{ann.id}"
    for method, act, body in (
        ("PATCH", "", {"email": "by-admin@example.com"}),
        ("POST", "/sign-out", None),
        ("POST", "/suspend", None),
    ):
        assert (await ann.ask(f"n{len(act)}@example.com")).status_code == 202
        token = await ann.token()
        answer = await ann.api.client.request(method, f"{path}{act}", json=body)
        assert answer.status_code < 300, answer.text
        if act == "/suspend":
            await ann.api.client.post(f"{path}/reactivate")
        assert await verify(ann.api, token) == (400, "verification_link_invalid"), act
        ann.http.headers.update(await ann.api.site.bearer("ann"))


async def test_the_notice_goes_out_whatever_happens_after(ann: Ann) -> None:
    """A mail server that was away sends it later, to the address that was; until then the address stays the new one."""
    ann.mails.server.answer = "451 later"
    assert (await ann.ask()).status_code == 202
    assert len(await ann.mails.deliver()) == 2
    change = await ann.api.sql.fetchval("SELECT id FROM account_letters WHERE purpose = 'change'")
    ann.mails.server.answer = "250 ok"
    await ann.mails.send(change)
    assert await verify(ann.api, ann.mails.token()) == (200, "new@example.com")
    ann.mails.server.mails.clear()
    ann.http.headers.update(await ann.api.site.bearer("ann"))
    assert await code(await ann.ask("third@example.com")) == (409, "email_changed_lately")
    assert await ann.sent() == [("ann@example.com", "Mails of CSMS Lite are to go to another address")]
    assert (await ann.ask("third@example.com")).status_code == 202
    assert sorted(to for to, _ in await ann.sent()) == ["new@example.com", "third@example.com"]


async def test_by_a_code_or_a_fresh_session(ann: Ann) -> None:
    """An authenticator's code is as good as a password; who came by single sign-on asks in a session just begun."""
    secret = (await ann.http.post("/api/v1/me/totp", json={"password": PASSWORD})).json()["secret"]
    totp = pyotp.TOTP(secret)
    now = ann.api.clock.now
    await ann.http.post("/api/v1/me/totp/confirm", json={"code": totp.at(now())})
    ann.api.clock.advance(60)
    assert (await ann.ask(code=totp.at(now()))).status_code == 202
    assert await code(await ann.ask(code=totp.at(now()))) == (400, "wrong_code")  # each is good once
    await ann.api.sql.execute("UPDATE users SET password_hash = '!sso' WHERE username = 'ann'")
    assert (await ann.http.post(CHANGE, json={"email": "c@example.com"})).status_code == 202
    ann.api.clock.advance(700)
    assert await code(await ann.http.post(CHANGE, json={"email": "d@example.com"})) == (403, "confirmation_required")


async def test_without_mail_and_without_an_address(api: Product) -> None:
    """Nobody could show that an address is theirs: it stays for another administrator to set."""
    answer = await api.client.post(CHANGE, json={"email": "root@example.com", "password": PASSWORD})
    assert await code(answer) == (409, "no_mails")
    assert "another administrator" in answer.json()["detail"]
    assert (await api.client.get(SECURITY)).json()["pending_email"] is None


async def test_who_had_none_gets_one(ann: Ann) -> None:
    """There is no address that could be told."""
    await ann.api.sql.execute("UPDATE users SET email = NULL, email_verified_at = NULL WHERE username = 'ann'")
    assert (await ann.ask()).status_code == 202
    assert await ann.sent() == [("new@example.com", "Is this your new address? CSMS Lite asks")]
    for wrong in ("x", "a@b@c", "a b@example.com", "a@example.com\n", ""):
        assert (await ann.ask(wrong)).status_code == 422
