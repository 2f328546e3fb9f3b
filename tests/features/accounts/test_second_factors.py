# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Authenticator apps, recovery codes and passkeys: set up, asked for, removed, reset on the host."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pyotp
import pytest

from csms.features.accounts.identity import IdentityOptions
from csms.kit.ids import new_id
from tests.api.contract import Contract
from tests.features.accounts.support import PASSWORD, Site, site
from tests.support.authenticator import Device
from tests.support.postgres import Database

ORIGIN = "http://localhost:8080"
SHOWN = {"password": PASSWORD}


@pytest.fixture
async def home(database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    """An installation that knows its address; answers are held to the API document."""
    async with site(database, tmp_path, identity=IdentityOptions(origin=ORIGIN)) as found:
        await found.accounts.ensure_first_admin(PASSWORD)
        found.client.event_hooks = {"response": [Contract(found.app)]}
        yield found


class Person:
    """Somebody with an access token."""

    def __init__(self, home: Site, headers: dict[str, str]) -> None:
        self.home = home
        self.headers = headers

    async def ask(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """A request of theirs."""
        return await self.home.client.request(method, f"/api/v1{path}", json=body, headers=self.headers)

    def code(self, seed: str, steps: int = 0) -> str:
        """What the app shows, now or some steps away."""
        return pyotp.TOTP(seed).at(int(self.home.clock.now().timestamp()) + 30 * steps)


async def signed_in(home: Site) -> Person:
    """The administrator."""
    return Person(home, await home.bearer())


async def mfa(home: Site, token: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """Show a second factor."""
    answer = await home.client.post("/api/v1/auth/mfa", json={"mfa_token": token, **body})
    return answer.status_code, answer.json()


async def begun(home: Site, **more: Any) -> dict[str, Any]:
    """The password was right, and something more is asked for."""
    answer = await home.client.post("/api/v1/auth/login", json={"username": "admin", "password": PASSWORD, **more})
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 200
    assert body["mfa_required"] is True
    assert "access_token" not in body
    assert "set-cookie" not in answer.headers
    return body


async def with_totp(person: Person) -> tuple[str, list[str]]:
    """Set up an authenticator app."""
    made = (await person.ask("POST", "/me/totp", SHOWN)).json()
    codes = await person.ask("POST", "/me/totp/confirm", {"code": person.code(made["secret"])})
    assert codes.status_code == 200, codes.text
    return made["secret"], codes.json()["codes"]


async def test_an_authenticator_app(home: Site) -> None:
    """Set up with a code of it; from then on each sign-in asks for one, and each code is good once."""
    person = await signed_in(home)
    assert (await person.ask("POST", "/me/totp", {})).json()["code"] == "confirmation_required"
    assert (await person.ask("POST", "/me/totp", {"password": "wrong"})).json()["code"] == "wrong_password"
    assert (await person.ask("POST", "/me/totp/confirm", {"code": "000000"})).json()["code"] == "totp_not_begun"
    first = (await person.ask("POST", "/me/totp", SHOWN)).json()
    made = (await person.ask("POST", "/me/totp", SHOWN)).json()  # the last one counts
    assert made["uri"].startswith("otpauth://totp/CSMS%20Lite:admin?secret=")
    wrong = await person.ask("POST", "/me/totp/confirm", {"code": person.code(first["secret"])})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_code")
    seed = made["secret"]
    assert (await home.login()).json()["token_type"] == "Bearer"  # not confirmed: not asked for
    codes = (await person.ask("POST", "/me/totp/confirm", {"code": person.code(seed)})).json()["codes"]
    assert len(codes) == len(set(codes)) == 10
    assert (await person.ask("POST", "/me/totp", SHOWN)).json()["code"] == "totp_enabled"
    assert (await person.ask("GET", "/me/security")).json() == {
        "has_password": True,
        "totp": True,
        "passkeys": 0,
        "recovery_codes": 10,
        "passkeys_available": True,
        "pending_email": None,
    }
    sql = await home.database.connect()
    stored = str([dict(row) for row in await sql.fetch("SELECT * FROM totp_seeds")])
    audit = str([dict(row) for row in await sql.fetch("SELECT * FROM audit_log")])
    await sql.close()
    assert seed not in stored + audit
    assert not any(code in audit for code in codes)

    body = await begun(home)
    assert body["methods"] == ["totp", "recovery_code"]
    replayed = await mfa(home, body["mfa_token"], code=person.code(seed))
    assert (replayed[0], replayed[1]["code"]) == (401, "second_factor_wrong")
    home.clock.advance(30)
    pair = await mfa(home, body["mfa_token"], code=person.code(seed))
    assert (pair[0], pair[1]["token_type"]) == (200, "Bearer")
    assert (await mfa(home, body["mfa_token"], code=person.code(seed)))[1]["code"] == "mfa_token_invalid"
    again = await begun(home)
    assert (await mfa(home, again["mfa_token"], code=person.code(seed)))[0] == 401
    assert (await mfa(home, again["mfa_token"], code=person.code(seed, 2)))[0] == 401
    assert (await mfa(home, again["mfa_token"], code=person.code(seed, 1)))[0] == 200


async def test_recovery_codes_and_removal(home: Site) -> None:
    """A code is good once, in any writing; new ones replace the old; with the last factor all are gone."""
    person = await signed_in(home)
    assert (await person.ask("POST", "/me/recovery-codes", SHOWN)).json()["code"] == "no_second_factor"
    seed, codes = await with_totp(person)
    body = await begun(home, session="cookie")
    answer = await home.client.post(
        "/api/v1/auth/mfa", json={"mfa_token": body["mfa_token"], "recovery_code": codes[0].upper().replace("-", " ")}
    )
    assert answer.json()["session"] == "cookie"  # as it was asked for with the password
    assert "csms_session" in answer.headers["set-cookie"]
    body = await begun(home)
    assert (await mfa(home, body["mfa_token"], recovery_code=codes[0]))[0] == 401
    assert (await person.ask("GET", "/me/security")).json()["recovery_codes"] == 9
    renewed = (await person.ask("POST", "/me/recovery-codes", SHOWN)).json()["codes"]
    assert (await mfa(home, body["mfa_token"], recovery_code=codes[1]))[0] == 401
    assert (await mfa(home, body["mfa_token"], recovery_code=renewed[1]))[0] == 200
    home.clock.advance(60)
    assert (await person.ask("DELETE", "/me/totp", {"code": "000000"})).json()["code"] == "wrong_code"
    assert (await person.ask("DELETE", "/me/totp", {"password": PASSWORD, "code": "000000"})).status_code == 422
    assert (await person.ask("DELETE", "/me/totp", {"code": person.code(seed)})).status_code == 204
    assert (await person.ask("DELETE", "/me/totp", SHOWN)).json()["code"] == "totp_not_begun"
    assert (await person.ask("GET", "/me/security")).json()["recovery_codes"] == 0
    assert (await home.login()).json()["token_type"] == "Bearer"


async def test_a_begun_sign_in_ends(home: Site) -> None:
    """After five minutes, after five wrong codes, and when the password is changed meanwhile."""
    person = await signed_in(home)
    seed, _ = await with_totp(person)
    old = await begun(home)
    home.clock.advance(300)
    assert (await mfa(home, old["mfa_token"], code=person.code(seed)))[1]["code"] == "mfa_token_invalid"
    changed = await begun(home)
    body = {"current_password": PASSWORD, "new_password": "another horse, no battery"}
    assert (await person.ask("POST", "/auth/change-password", body)).status_code == 200
    assert (await mfa(home, changed["mfa_token"], code=person.code(seed)))[1]["code"] == "mfa_token_invalid"
    for token in ("x", "A" * 64):
        assert (await mfa(home, token, code="123456"))[1]["code"] == "mfa_token_invalid"


async def make_passkey(person: Person, device: Device, name: str = "phone") -> httpx2.Response:
    """Have the device make one, and keep it."""
    options = await person.ask("POST", "/me/passkeys/options", SHOWN)
    assert options.status_code == 200, options.text
    made = device.make(options.json())
    return await person.ask("POST", "/me/passkeys", {"name": name, "credential": made})


async def test_passkeys(home: Site) -> None:
    """A real signature signs in, as second factor and alone; a list shows them, and they are removed one by one."""
    person, device = await signed_in(home), Device(ORIGIN, "localhost")
    added = await make_passkey(person, device, "  phone ")
    assert added.status_code == 201, added.text
    assert added.json()["passkey"]["name"] == "phone"
    assert len(added.json()["recovery_codes"]) == 10
    twice = await make_passkey(person, device)
    assert (twice.status_code, twice.json()["code"]) == (400, "passkey_invalid")

    body = await begun(home)
    assert body["methods"] == ["passkey", "recovery_code"]
    token = {"mfa_token": body["mfa_token"]}
    options = (await home.client.post("/api/v1/auth/mfa/passkey-options", json=token)).json()
    assert [each["transports"] for each in options["allowCredentials"]] == [["internal"]]
    shown = device.show(options)
    assert (await mfa(home, token=body["mfa_token"], passkey=shown))[0] == 200
    again = await begun(home)
    assert (await mfa(home, again["mfa_token"], passkey=shown))[0] == 401  # the question was answered once

    options = (await home.client.post("/api/v1/auth/passkey/options")).json()
    assert (options["userVerification"], options["rpId"], options["allowCredentials"]) == ("required", "localhost", [])
    alone = await home.client.post(
        "/api/v1/auth/passkey", json={"credential": device.show(options), "session": "cookie"}
    )
    assert (alone.status_code, alone.json()["session"]) == (200, "cookie")
    items = (await person.ask("GET", "/me/passkeys")).json()["items"]
    assert items[0]["last_used_at"] is not None
    second = Device(ORIGIN, "localhost")
    assert (await make_passkey(person, second, "key")).json()["recovery_codes"] == []
    assert (await person.ask("DELETE", f"/me/passkeys/{items[0]['id']}", {})).json()["code"] == "confirmation_required"
    assert (await person.ask("DELETE", f"/me/passkeys/{items[0]['id']}", SHOWN)).status_code == 204
    gone = await person.ask("DELETE", f"/me/passkeys/{items[0]['id']}", SHOWN)
    assert (gone.status_code, gone.json()["code"]) == (404, "passkey_not_found")
    options = (await home.client.post("/api/v1/auth/passkey/options")).json()
    refused = await home.client.post("/api/v1/auth/passkey", json={"credential": device.show(options)})
    assert (refused.status_code, refused.json()["code"]) == (401, "passkey_refused")
    assert (await person.ask("GET", "/me/security")).json()["recovery_codes"] == 10


async def test_a_passkey_is_called_otherwise(home: Site) -> None:
    """By its owner; the audit log tells both names."""
    person = await signed_in(home)
    made = (await make_passkey(person, Device(ORIGIN, "localhost"), "phone")).json()["passkey"]
    path = f"/me/passkeys/{made['id']}"
    assert (await person.ask("PATCH", path, {"name": " key ring "})).status_code == 204
    assert [each["name"] for each in (await person.ask("GET", "/me/passkeys")).json()["items"]] == ["key ring"]
    assert (await person.ask("PATCH", path, {"name": " "})).status_code == 422
    other = await person.ask("PATCH", f"/me/passkeys/{new_id()}", {"name": "mine"})
    assert (other.status_code, other.json()["code"]) == (404, "passkey_not_found")
    audit = (await person.ask("GET", "/audit?action=account:passkey:update")).json()["items"]
    assert [(each["before"], each["after"]) for each in audit] == [({"name": "phone"}, {"name": "key ring"})]


async def test_the_host_lets_in_whoever_lost_their_device(home: Site) -> None:
    """`csms user reset-mfa`: the password alone counts again, sessions end, and the audit log tells."""
    person = await signed_in(home)
    await with_totp(person)
    assert (await make_passkey(person, Device(ORIGIN, "localhost"))).status_code == 201
    waiting = await begun(home)
    await home.accounts.reset_mfa("ADMIN")
    home.clock.advance(5)
    assert (await person.ask("GET", "/me")).status_code == 401
    assert (await mfa(home, waiting["mfa_token"], code="123456"))[1]["code"] == "mfa_token_invalid"
    headers = await home.bearer()
    audit = (await home.client.get("/api/v1/audit?action=account:factors:reset", headers=headers)).json()["items"]
    assert [(item["actor_kind"], item["before"]) for item in audit] == [("cli", {"totp": True, "passkeys": 1})]


async def test_without_an_address_there_are_no_passkeys(database: Database, tmp_path: Path) -> None:
    """They are made for one address, and nobody knows it; the answer says what to set."""
    async with site(database, tmp_path) as found:
        await found.accounts.ensure_first_admin(PASSWORD)
        person = await signed_in(found)
        assert (await person.ask("GET", "/me/security")).json()["passkeys_available"] is False
        refused = await person.ask("POST", "/me/passkeys/options", SHOWN)
        assert (refused.status_code, refused.json()["code"]) == (409, "passkeys_unavailable")
        asked = await found.client.post("/api/v1/auth/passkey/options")
        assert asked.json()["code"] == "passkeys_unavailable"
