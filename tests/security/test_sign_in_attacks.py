# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Attacks on signing in: guessing, locking out, fixation, foreign pages, stolen sessions, forged passkeys (attack 32)."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pyotp
import pytest

from csms.features.accounts.identity import IdentityOptions
from csms.features.accounts.tokens import new_refresh_token
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from tests.features.accounts.support import PASSWORD, Site, site
from tests.support.authenticator import Device, encoded
from tests.support.postgres import Database

ORIGIN = "http://csms.test"
LOGIN = {"username": "admin", "password": PASSWORD}
COOKIE = {**LOGIN, "session": "cookie"}


@pytest.fixture
async def home(database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    """An installation with an administrator."""
    async with site(database, tmp_path, identity=IdentityOptions(origin=ORIGIN)) as found:
        await found.accounts.ensure_first_admin(PASSWORD)
        yield found


async def guess(home: Site, address: str, times: int, username: str = "admin") -> list[int]:
    """Wrong passwords from somewhere."""
    async with home.client_from(address) as client:
        return [
            (await client.post("/api/v1/auth/login", json={"username": username, "password": f"guess {n}"})).status_code
            for n in range(times)
        ]


async def test_an_attacker_locks_nobody_out(home: Site) -> None:
    """After guesses from all over, the name is closed to strangers; where its owner signed in before, it is open."""
    assert (await home.login()).status_code == 200
    statuses = [status for n in range(1, 8) for status in await guess(home, f"192.0.2.{n}", 3)]
    assert statuses == [401] * 10 + [429] * 11
    assert (await home.login()).status_code == 200
    async with home.client_from("198.51.100.1") as stranger:
        right = await stranger.post("/api/v1/auth/login", json=LOGIN)
        assert right.status_code == 429  # the owner's coming in does not open the door to others
    assert (await guess(home, "127.0.0.1", 11))[-2:] == [401, 429]  # nor are guesses endless at home
    await home.accounts.identity.later.drain()
    sql = await home.database.connect()
    refused = await sql.fetchval("SELECT count(*) FROM audit_log WHERE action = 'account:session:refuse'")
    await sql.close()
    assert refused == 20  # those that were looked at, and no more


async def test_guesses_at_once_are_counted_one_by_one(home: Site) -> None:
    """Forty at the same moment: no more are looked at than one after the other."""
    found = await asyncio.gather(*(guess(home, f"2001:db8:{n:x}::1", 1) for n in range(40)))
    assert sorted(status for each in found for status in each) == [401] * 10 + [429] * 30


async def test_a_session_is_never_one_that_was_there_before(home: Site) -> None:
    """Fixation: what a browser brought to a sign-in is not what it leaves with, and good for nothing afterwards."""
    planted = (await home.client.post("/api/v1/auth/login", json=COOKIE)).cookies["csms_session"]
    made_up = new_refresh_token(DEFAULT_ORGANIZATION_ID)
    for value in (planted, made_up, "x"):
        home.client.cookies.clear()
        home.client.cookies.set("csms_session", value, domain="csms.test")
        await home.client.get("/api/v1/me")  # whoever is asked a moment ago is remembered
        answer = await home.client.post("/api/v1/auth/login", json=COOKIE)
        assert answer.cookies["csms_session"] not in {planted, made_up, value}
        for path in ("/api/v1/me", "/api/v1/me/security"):
            kept = await home.client.get(path, headers={"Cookie": f"csms_session={value}"})
            assert kept.status_code == 401
    home.client.cookies.clear()
    before = (await home.client.post("/api/v1/auth/login", json=COOKIE)).cookies["csms_session"]
    body = {"current_password": PASSWORD, "new_password": "another horse, no battery"}
    changed = await home.client.post("/api/v1/auth/change-password", json=body, headers={"Origin": ORIGIN})
    assert (changed.status_code, changed.json()["session"]) == (200, "cookie")
    assert changed.cookies["csms_session"] != before
    assert (await home.client.get("/api/v1/me", headers={"Cookie": f"csms_session={before}"})).status_code == 401


async def test_foreign_pages_change_nothing(home: Site) -> None:
    """With a cookie, what changes something has to come from our own pages; a token has no such weakness."""
    await home.client.post("/api/v1/auth/login", json=COOKIE)
    act = "/api/v1/me/sessions/revoke-others"
    foreign: list[dict[str, str]] = [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://csms.test.evil.example"},
        {"Origin": "https://csms.test"},
        {"Origin": "http://csms.test:81"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Referer": "http://csms.test/"},
    ]
    for headers in foreign:
        for method, path in (("POST", act), ("DELETE", f"/api/v1/me/sessions/{new_id()}")):
            refused = await home.client.request(method, path, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "cross_origin"), headers
    own: list[dict[str, str]] = [{"Origin": ORIGIN}, {"Sec-Fetch-Site": "same-origin"}]
    for headers in own:
        assert (await home.client.post(act, headers=headers)).status_code == 200
    assert (await home.client.get("/api/v1/me", headers={"Origin": "https://evil.example"})).status_code == 200
    # nor does a foreign page sign its victim into an account of its own
    home.client.cookies.clear()
    for headers in foreign[1:-1]:
        refused = await home.client.post("/api/v1/auth/login", json=COOKIE, headers=headers)
        assert refused.json()["code"] == "cross_origin", headers
    token = {**await home.bearer(), "Origin": "https://evil.example"}
    assert (await home.client.post(act, headers=token)).status_code == 200


async def test_one_credential_counts(home: Site) -> None:
    """A bad token is not made good by a cookie, and neither counts in the address."""
    await home.client.post("/api/v1/auth/login", json=COOKIE)
    assert (await home.client.get("/api/v1/me", headers={"Authorization": "Bearer x"})).status_code == 401
    assert (await home.client.get("/api/v1/me", headers={"Authorization": ""})).status_code == 401
    value = home.client.cookies["csms_session"]
    token = (await home.login()).json()["access_token"]
    home.client.cookies.clear()
    for query in (f"access_token={token}", f"csms_session={value}", f"token={token}"):
        assert (await home.client.get(f"/api/v1/me?{query}")).status_code == 401
    assert (await home.client.get("/api/v1/me", headers={"Authorization": f"Bearer {value}"})).status_code == 401
    assert (await home.client.get("/api/v1/me", headers={"Cookie": f"csms_session={token}"})).status_code == 401


async def test_a_stolen_session_does_not_take_the_account(home: Site) -> None:
    """Without the password: no second factor is added or removed, and guessing it there is slowed too."""
    headers = await home.bearer()
    for method, path in (
        ("POST", "/api/v1/me/totp"),
        ("DELETE", "/api/v1/me/totp"),
        ("POST", "/api/v1/me/recovery-codes"),
        ("POST", "/api/v1/me/passkeys/options"),
        ("DELETE", f"/api/v1/me/passkeys/{new_id()}"),
    ):
        refused = await home.client.request(method, path, json={}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "confirmation_required")
    async with home.client_from("192.0.2.1") as thief:
        codes = [
            (await thief.post("/api/v1/me/totp", json={"password": f"guess {n}"}, headers=headers)).status_code
            for n in range(12)
        ]
    assert codes == [400] * 10 + [429] * 2


async def test_codes_are_not_guessed(home: Site) -> None:
    """Whoever has the password gets five tries at the code, then longer and longer waits; another person gets none."""
    headers = await home.bearer()
    seed = (await home.client.post("/api/v1/me/totp", json={"password": PASSWORD}, headers=headers)).json()["secret"]
    code = pyotp.TOTP(seed).at(int(home.clock.now().timestamp()))
    confirmed = await home.client.post("/api/v1/me/totp/confirm", json={"code": code}, headers=headers)
    assert confirmed.status_code == 200

    async def tries(address: str, times: int) -> list[int]:
        async with home.client_from(address) as client:
            token = (await client.post("/api/v1/auth/login", json=LOGIN)).json()["mfa_token"]
            return [
                (await client.post("/api/v1/auth/mfa", json={"mfa_token": token, "code": "12345" + str(n)})).status_code
                for n in range(times)
            ]

    assert await tries("192.0.2.1", 6) == [401] * 6  # the sixth: the sign-in is over
    assert await tries("192.0.2.2", 2) == [429, 429]
    home.clock.advance(60)
    token = (await home.login()).json()["mfa_token"]  # at home
    code = pyotp.TOTP(seed).at(int(home.clock.now().timestamp()))
    body = {"mfa_token": token, "code": code}
    found = await asyncio.gather(*(home.client.post("/api/v1/auth/mfa", json=body) for _ in range(3)))
    assert sorted(answer.status_code for answer in found) == [200, 401, 401]


async def test_forged_passkeys(home: Site) -> None:
    """Another page, another server, another key, an old answer, a copied device, nobody behind it: all look the same."""
    headers = await home.bearer()
    device = Device(ORIGIN, "csms.test")
    addresses = itertools.count(1)

    async def post(path: str, body: Any, **more: Any) -> httpx2.Response:
        async with home.client_from(f"192.0.2.{next(addresses)}") as client:  # to be slowed is another test's story
            return await client.post(f"/api/v1{path}", json=body, **more)

    async def options(path: str, body: Any = None) -> dict[str, Any]:
        answer = await post(path, body, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def keep(made: dict[str, Any]) -> int:
        body = {"name": "x", "credential": made}
        return (await home.client.post("/api/v1/me/passkeys", json=body, headers=headers)).status_code

    async def enter(shown: dict[str, Any]) -> tuple[int, str]:
        answer = await post("/auth/passkey", {"credential": shown})
        return answer.status_code, answer.json().get("code", "")

    shown = {"password": PASSWORD}
    for wrong in (Device("https://evil.example", "csms.test"), Device(ORIGIN, "evil.example")):
        assert await keep(wrong.make(await options("/me/passkeys/options", shown))) == 400
    late = await options("/me/passkeys/options", shown)
    home.clock.advance(300)
    assert await keep(device.make(late)) == 400
    made = device.make(await options("/me/passkeys/options", shown))
    broken = {**made, "response": {**made["response"], "attestationObject": "AAAA"}}
    assert await keep(broken) == 400
    assert await keep({**made, "response": {**made["response"], "clientDataJSON": "AAAA"}}) == 400
    assert await keep(device.make(await options("/me/passkeys/options", shown))) == 201

    refused = (401, "passkey_refused")
    ask = "/auth/passkey/options"
    handle = device.handle
    assert await enter(device.show(await options(ask))) == (200, "")
    assert await enter(device.show(await options(ask), type="webauthn.create")) == refused
    assert await enter(device.show(await options(ask), signature=b"\x30\x06\x02\x01\x01\x02\x01\x01")) == refused
    for other in (b"x", handle[:16] + new_id().bytes, new_id().bytes + handle[16:], handle + b"x"):
        assert await enter(device.show(await options(ask), handle=other)) == refused
    answer = device.show(await options(ask))
    assert await enter(answer) == (200, "")
    assert await enter(answer) == refused
    assert await enter(device.show({"challenge": encoded(b"x" * 64)})) == refused
    late = await options(ask)
    home.clock.advance(300)
    assert await enter(device.show(late)) == refused
    device.count -= 3
    assert await enter(device.show(await options(ask))) == refused  # a copy counts for itself
    device.count += 9
    device.verifies = False
    assert await enter(device.show(await options(ask))) == refused
    device.verifies = True
    device.origin = "https://evil.example"
    assert await enter(device.show(await options(ask))) == refused
    device.origin = ORIGIN
    stranger = Device(ORIGIN, "csms.test", credential_id=device.credential_id, handle=handle, count=99)
    assert await enter(stranger.show(await options(ask))) == refused
    unknown = Device(ORIGIN, "csms.test", handle=handle)
    assert await enter(unknown.show(await options(ask))) == refused
    good = device.show(await options(ask))
    assert await enter({**good, "rawId": encoded(b"another")}) == refused
    sql = await home.database.connect()
    await sql.execute("UPDATE users SET is_active = false")
    assert await enter(device.show(await options(ask))) == refused
    await sql.close()


async def test_strangers_cannot_fill_the_table(home: Site) -> None:
    """What is begun without a password is bounded by address, and gone once it is over."""
    async with home.client_from("192.0.2.9") as stranger:
        statuses = [(await stranger.post("/api/v1/auth/passkey/options")).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    home.clock.advance(301)
    await home.client.post("/api/v1/auth/passkey/options")
    sql = await home.database.connect()
    assert await sql.fetchval("SELECT count(*) FROM challenges") == 1
    await sql.close()
