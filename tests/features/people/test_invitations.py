# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Invitations by mail: a real mail server, a real job, and links that nobody else sees."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from csms.features.accounts.identity import IdentityOptions
from csms.features.accounts.jobs import ATTEMPTS
from csms.features.accounts.letters import NoMailsError
from tests.api.support import Product, product
from tests.features.accounts.support import PASSWORD
from tests.features.whole import whole
from tests.support.eventually import eventually
from tests.support.letters import Post, post, text_of
from tests.support.postgres import Database
from tests.support.smtp import smtp

NEW = "correct horse battery"
ANN = {"username": "ann", "email": "Ann@example.com", "role": "viewer"}


@asynccontextmanager
async def installation(database: Database, folder: Path) -> AsyncIterator[tuple[Product, Post]]:
    """All routes of an installation that sends mails, on a clock that stands."""
    options = IdentityOptions(origin="https://csms.test", mails=True)
    async with (
        product(database, folder, identity=options) as api,
        post(api.units, api.site.accounts, api.clock, api.sql) as mails,
    ):
        yield api, mails


async def accept(api: Product, token: str, password: str = NEW) -> tuple[int, Any]:
    """Open a link."""
    async with api.as_nobody() as nobody:
        answer = await nobody.post("/api/v1/auth/accept-invitation", json={"token": token, "password": password})
        return answer.status_code, answer.json()


async def test_the_worker_sends_it(database: Database, tmp_path: Path) -> None:
    """From the request over the queue to the mailbox, and from the link in it to a session."""
    async with smtp() as server:
        mail = {"host": "127.0.0.1", "port": server.port, "tls": "none"}
        async with whole(database, tmp_path, mail=mail, http={"public_url": "https://csms.example/"}) as found:
            made = await found.create("/api/v1/users", **ANN)
            assert made["invitation_url"] is None
            assert (made["mail"]["recipient"], made["mail"]["status"]) == ("Ann@example.com", "queued")
            path = f"/api/v1/users/{made['id']}/invitation"

            async def sent() -> bool:
                return bool((await found.client.get(path)).json()["mail"]["status"] == "sent")

            await eventually(sent)
            (_, recipients, message) = server.mails[0]
            assert recipients == ["Ann@example.com"]
            token = text_of(message).partition("https://csms.example/invitation#")[2].split()[0]
            async with found.as_nobody() as nobody:
                body = {"token": token, "password": NEW}
                answer = await nobody.post("/api/v1/auth/accept-invitation", json=body)
                assert answer.json() == {"username": "ann"}
            state = (await found.client.get(path)).json()
            assert state["accepted_at"] is not None


async def test_a_mail_server_that_fails(database: Database, tmp_path: Path) -> None:
    """The invitation is there at once; the mail is tried again with the same link, given up in the end, and told."""
    async with installation(database, tmp_path) as (api, mails):
        mails.server.answer = "451 later"
        made = await api.create("/api/v1/users", **ANN)
        path = f"/api/v1/users/{made['id']}/invitation"
        assert len(await mails.deliver()) == 1
        state = (await api.client.get(path)).json()
        assert (state["mail"]["status"], state["mail"]["attempts"], state["accepted_at"]) == ("queued", 1, None)
        assert "451" in state["mail"]["error"]
        assert state["mail"]["last_attempt_at"] is not None
        assert len(await mails.deliver(ATTEMPTS)) == 1
        state = (await api.client.get(path)).json()
        assert (state["mail"]["status"], state["mail"]["attempts"]) == ("failed", 2)
        assert state["mail"]["finished_at"] is not None
        mails.server.answer = "250 taken"
        assert await mails.deliver() == []
        assert mails.server.mails == []
        letter = await api.sql.fetchval("SELECT id FROM account_letters")
        await mails.send(letter)  # a job that comes once more, or too late
        assert mails.server.mails == []

        again = await api.client.post(path)
        assert (again.json()["url"], again.json()["mail"]["status"]) == (None, "queued")
        mails.server.answer = "451 later"
        assert len(await mails.deliver()) == 1
        mails.server.answer = "250 taken"
        assert await mails.deliver(2) == []
        assert (await api.client.get(path)).json()["mail"]["status"] == "sent"
        stored = await api.sql.fetch(
            "SELECT l::text, j::text, convert_from(q.payload, 'UTF8') FROM account_letters l, jobs j, pgqueuer q"
        )
        assert len(stored) == 4  # two jobs, as the queue and as people see them
        assert mails.token() not in str(stored)
        assert (await accept(api, mails.token()))[0] == 200
        assert (await accept(api, mails.token()))[1]["code"] == "link_invalid"
        assert (await api.site.login("ann", NEW)).status_code == 200
        audit = await api.items("/api/v1/audit", action="account:user:invite")
        assert audit[0]["after"] == {"mail": True, "link_shown": False}


async def test_what_does_not_go_out(database: Database, tmp_path: Path) -> None:
    """No link to an address that is not the user's any more, and none without a host: that is told instead."""
    async with installation(database, tmp_path) as (api, mails):
        made = await api.create("/api/v1/users", **ANN)
        mails.sender._letters._origin = None
        letter = await api.sql.fetchval("SELECT id FROM account_letters")
        with pytest.raises(NoMailsError):
            await mails.send(letter, attempt=ATTEMPTS)
        state = (await api.client.get(f"/api/v1/users/{made['id']}/invitation")).json()
        assert (state["mail"]["status"], state["mail"]["error"]) == ("failed", "NoMailsError")
        mails.sender._letters._origin = "https://csms.test"
        await api.create("/api/v1/users", username="bob", email="bob@example.com")
        await api.sql.execute("UPDATE users SET email = 'eve@example.com' WHERE username = 'bob'")
        assert await mails.deliver() == []
        failed = await api.sql.fetchval("SELECT error FROM account_letters WHERE recipient = 'bob@example.com'")
        assert failed == "the user was locked, or has another address now"
        assert mails.server.mails == []


async def test_which_links_open(database: Database, tmp_path: Path) -> None:
    """One that is shown beside the mail is another one; the first that is used ends both, as a newer one does."""
    async with installation(database, tmp_path) as (api, mails):
        made = await api.create("/api/v1/users", **ANN, show_link=True)
        path = f"/api/v1/users/{made['id']}/invitation"
        assert await mails.deliver() == []
        shown = made["invitation_url"].partition("#")[2]
        assert shown != mails.token()
        for weak in (shown, mails.token()):
            assert (await accept(api, weak, "short"))[1]["code"] == "weak_password"  # does not use it up
        await api.client.post(path)
        for old in (shown, mails.token()):
            assert (await accept(api, old))[1]["code"] == "link_invalid"
        shown = (await api.client.post(path, json={"show_link": True})).json()["url"].partition("#")[2]
        assert await mails.deliver() == []
        assert (await accept(api, shown))[0] == 200
        assert (await accept(api, mails.token()))[1]["code"] == "link_invalid"

        for change in ("suspend", "over", "address"):
            body = {"username": change, "email": f"{change}@example.com"}
            user = await api.create("/api/v1/users", **body)
            before = len(mails.links)
            if change == "over":
                api.clock.advance(7 * 86_400)
                api.client.headers.update(await api.site.bearer())
            elif change == "address":
                await api.client.patch(f"/api/v1/users/{user['id']}", json={"email": "other@example.com"})
            else:
                await api.client.post(f"/api/v1/users/{user['id']}/suspend")
            assert await mails.deliver() == []
            assert len(mails.links) == before, change
        late = await api.create("/api/v1/users", username="late", email="late@example.com")
        assert await mails.deliver() == []
        api.clock.advance(7 * 86_400)
        assert (await accept(api, mails.token()))[1]["code"] == "link_invalid"
        api.client.headers.update(await api.site.bearer())
        for _ in range(9):
            assert (await api.client.post(f"/api/v1/users/{late['id']}/invitation")).status_code == 201
        assert (await api.client.post(f"/api/v1/users/{late['id']}/invitation")).status_code == 429  # a mailbox is full


async def test_what_stands_in_the_mail(database: Database, tmp_path: Path) -> None:
    """Names are text that leads nowhere; the end is told in the organization's time zone."""
    async with installation(database, tmp_path) as (api, mails):
        bad = {"name": '<b>evil.example</b> http://evil.example/ "x"', "time_zone": "Europe/Berlin"}
        assert (await api.client.patch("/api/v1/organization", json=bad)).status_code == 200
        name = "Win at www.evil.example <img src=x onerror=alert(1)> {link} \u202etxt"
        assert (await api.client.post("/api/v1/users", json={"username": name, "email": "a@b.c"})).status_code == 201
        assert await mails.deliver() == []
        message = mails.server.mails[0][2]
        html = message.get_body(("html",))
        assert html is not None
        page, text = html.get_content(), text_of(message)
        assert message["subject"] == "Your account at CSMS Lite"
        assert "evil.example" not in text + page
        assert "\u202e" not in text + page
        assert "<img" not in page
        assert "<b>" not in page
        assert page.count("<a ") == 1
        assert f'<a href="{mails.links[0]}">' in page
        assert "until 2026-11-30 13:00 (Europe/Berlin)" in text
        assert "{link}" in text


async def test_without_mail(api: Product) -> None:
    """No mail server, or no address: the link is in the answer as ever; who was never invited has no invitation."""
    made = await api.create("/api/v1/users", **ANN)
    assert made["mail"] is None
    assert made["invitation_url"].startswith("http://localhost:8080/invitation#")
    path = f"/api/v1/users/{made['id']}/invitation"
    state = (await api.client.get(path)).json()
    assert (state["mail"], state["accepted_at"]) == (None, None)
    assert (await accept(api, made["invitation_url"].partition("#")[2]))[0] == 200
    assert (await api.client.get(path)).json()["accepted_at"] is not None
    given = await api.create("/api/v1/users", username="bob", password=PASSWORD)
    answer = await api.client.get(f"/api/v1/users/{given['id']}/invitation")
    assert (answer.status_code, answer.json()["code"]) == (404, "invitation_not_found")


async def test_the_first_of_an_organization(database: Database, tmp_path: Path) -> None:
    """Their link goes by mail too, in the name of the new organization."""
    async with installation(database, tmp_path) as (api, mails):
        body = {"name": "Second", "admin": "eve", "admin_email": "eve@example.com"}
        made = await api.create("/api/v1/organizations", **body)
        assert (made["invitation_url"], made["mail"]["status"]) == (None, "queued")
        assert await mails.deliver() == []
        assert "\u201cSecond\u201d" in text_of(mails.server.mails[0][2])
        assert (await accept(api, mails.token()))[1] == {"username": "eve"}
        shown = await api.create("/api/v1/organizations", name="Third", admin="joe", show_link=True)
        assert shown["mail"] is None
        assert shown["invitation_url"] is not None
