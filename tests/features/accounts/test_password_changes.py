# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Passwords that are refused, hashes of an older make, and links for whoever forgot theirs."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import bcrypt
import pytest
from structlog.testing import capture_logs

from csms.features.accounts.identity import IdentityOptions
from csms.features.accounts.later import Later
from csms.features.accounts.passwords import Passwords, WeakPasswordError, check_new, common_passwords
from tests.features.accounts.support import CHEAP, PASSWORD, Site, site
from tests.support.letters import Post, post
from tests.support.postgres import Database

NEW = "another horse, no battery"


@pytest.fixture
async def home(database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    """An installation that sends mail; the administrator has an address."""
    options = IdentityOptions(origin="http://csms.test", mails=True)
    async with site(database, tmp_path, identity=options) as found:
        await found.accounts.ensure_first_admin(PASSWORD)
        await sql(found, "UPDATE users SET email = 'Root@a.example', email_verified_at = now()")
        yield found


@pytest.fixture
async def mails(home: Site) -> AsyncIterator[Post]:
    """A mail server, and what goes there."""
    connection = await home.database.connect()
    async with post(home.app.state.units, home.accounts, home.clock, connection) as found:
        yield found
    await connection.close()


async def sql(home: Site, statement: str, *values: object) -> None:
    """Behind everybody's back."""
    connection = await home.database.connect()
    await connection.execute(statement, *values)
    await connection.close()


async def forgot(home: Site, mails: Post, login: str) -> None:
    """Ask for a link, and let what was begun be done."""
    answer = await home.client.post("/api/v1/auth/forgot-password", json={"username": login})
    assert (answer.status_code, answer.content) == (202, b"")
    await home.accounts.identity.later.drain()
    assert await mails.deliver() == []


async def reset(home: Site, token: str, password: str = NEW) -> tuple[int, str]:
    """Use a link."""
    body = {"token": token, "new_password": password}
    answer = await home.client.post("/api/v1/auth/reset-password", json=body)
    return answer.status_code, "" if answer.status_code == 204 else answer.json()["code"]


async def test_a_link_sets_a_password_once(home: Site, mails: Post) -> None:
    """By name or address; all sessions end; used, over or made up it does nothing, and a weak password does not use it up."""
    headers = await home.bearer()
    await home.client.post("/api/v1/auth/login", json={"username": "admin", "password": PASSWORD, "session": "cookie"})
    await forgot(home, mails, "ROOT@a.example")
    await forgot(home, mails, "admin")
    assert [to for _, to, _ in mails.server.mails] == [["Root@a.example"]] * 2
    assert all(link.startswith("http://csms.test/reset-password#token=") for link in mails.links)
    assert await reset(home, mails.token(0)) == (400, "reset_token_invalid")  # the newest one counts
    assert await reset(home, mails.token(), "short") == (400, "weak_password")
    assert await reset(home, mails.token(), PASSWORD) == (400, "weak_password")
    assert await reset(home, mails.token()) == (204, "")
    for token in (mails.token(), "x", "A" * 64):
        assert await reset(home, token) == (400, "reset_token_invalid")
    assert (await home.client.get("/api/v1/me", headers=headers)).status_code == 401
    assert (await home.client.get("/api/v1/me")).status_code == 401
    assert (await home.login()).status_code == 401
    headers = await home.bearer(password=NEW)
    audit = await home.client.get("/api/v1/audit?action=account:password:reset", headers=headers)
    assert len(audit.json()["items"]) == 1
    await forgot(home, mails, "admin")
    home.clock.advance(3600)
    assert await reset(home, mails.token(), PASSWORD) == (400, "reset_token_invalid")
    await forgot(home, mails, "admin")
    headers = await home.bearer(password=NEW)
    body = {"current_password": NEW, "new_password": "yet another horse, no battery"}
    assert (await home.client.post("/api/v1/auth/change-password", json=body, headers=headers)).status_code == 200
    assert await reset(home, mails.token()) == (400, "reset_token_invalid")  # a new password ends it


async def test_who_gets_no_link(home: Site, mails: Post) -> None:
    """Nobody, the locked, those without an address or password, whoever asked three times this hour, all without mail."""
    await forgot(home, mails, "nobody")
    await sql(home, "UPDATE users SET email = NULL")
    await forgot(home, mails, "admin")
    await sql(home, "UPDATE users SET email = 'root@a.example', is_active = false, email_verified_at = now()")
    await forgot(home, mails, "admin")
    await sql(home, "UPDATE users SET is_active = true, password_hash = '!' || password_hash")
    await forgot(home, mails, "admin")
    await sql(home, "UPDATE users SET password_hash = substr(password_hash, 2)")
    await sql(home, "UPDATE users SET email_verified_at = NULL, is_active = true")
    await forgot(home, mails, "admin")  # whose address that is, nobody knows
    await sql(home, "UPDATE users SET email_verified_at = now()")
    letters = home.accounts.identity.letters
    letters._mails = False
    await forgot(home, mails, "admin")
    assert mails.links == []
    letters._mails = True
    for _ in range(4):
        await forgot(home, mails, "admin")
    assert len(mails.links) == 3
    await sql(home, "UPDATE users SET is_active = false")
    assert await reset(home, mails.token()) == (400, "reset_token_invalid")


async def test_the_last_five_passwords(home: Site) -> None:
    """They are not taken again; the sixth last may be."""
    chosen = [PASSWORD, *(f"password of the {n}. month" for n in range(1, 6))]

    async def change(current: str, new: str) -> tuple[int, dict[str, str]]:
        body = {"current_password": current, "new_password": new}
        headers = await home.bearer(password=current)
        answer = await home.client.post("/api/v1/auth/change-password", json=body, headers=headers)
        return answer.status_code, answer.json()

    for current, new in itertools.pairwise(chosen):
        assert (await change(current, new))[0] == 200
    status, body = await change(chosen[-1], chosen[1])
    assert (status, body["code"]) == (400, "weak_password")
    assert (await change(chosen[-1], PASSWORD))[0] == 200


async def test_hashes_of_an_older_make(home: Site) -> None:
    """bcrypt of imported users, and Argon2 of weaker settings: they sign in, and are hashed anew as they do."""
    long = "x1" * 40  # longer than bcrypt reads
    made = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode()
    for stored, password in (
        (made, long),
        ("$2y$" + made[4:], long),
        (Passwords()._hasher.hash(PASSWORD), PASSWORD),
    ):
        await sql(home, "UPDATE users SET password_hash = $1", stored)
        assert (await home.login(password="x" + password)).status_code == 401
        assert (await home.login(password=password)).status_code == 200
        connection = await home.database.connect()
        now = await connection.fetchval("SELECT password_hash FROM users")
        await connection.close()
        assert now.startswith("$argon2id$v=19$m=8,t=1,p=1$")
        assert (await home.login(password=password)).status_code == 200
    found = Passwords(CHEAP)
    for stored in ("$2b$31$" + made[7:], "$2b$04$", "!", ""):  # would take hours, is none
        assert await found.check(PASSWORD, stored) == (False, None)


@pytest.mark.parametrize("password", ["Password123456", "qwertyuiop123", "root@a.example", "Root-of-all-a"])
def test_what_is_tried_first_is_no_password(password: str) -> None:
    """From the list, or made of the e-mail address."""
    with pytest.raises(WeakPasswordError):
        check_new(password, "admin", email="Root@a.example" if "@" in password else "root-of-all-a@a.example")
    assert len(common_passwords()) > 1000


async def test_what_is_done_later_is_bounded_and_cannot_fail_an_answer() -> None:
    """A failure goes into the log; of a flood some is left out, and said."""

    async def fails() -> None:
        raise ValueError("x")

    later = Later()
    with capture_logs() as logs:
        later.do("failing", fails())
        await later.drain()
        for _ in range(101):
            later.do("much", fails())
        await later.drain()
    events = [entry["event"] for entry in logs]
    assert events.count("left out: too much is being done already") == 1
    assert events.count("what was to be done after an answer failed") == 101
