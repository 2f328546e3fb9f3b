# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A second factor that a role or the organization asks for: who has to have one, and what they can do before."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pyotp
import pytest

from csms.features.accounts.demands import Demand
from csms.features.accounts.identity import IdentityOptions
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from tests.api.support import Product, product
from tests.features.accounts.support import PASSWORD
from tests.support.authenticator import Device
from tests.support.idp import CLIENT, SECRET, running_idp
from tests.support.postgres import Database

ORIGIN = "http://localhost:8080"
NEW = "correct horse battery"
SETTINGS = "/api/v1/settings/sign_in"
REFUSED = (403, "second_factor_required")


@pytest.fixture
async def home(database: Database, tmp_path: Path) -> AsyncIterator[Product]:
    """All routes; passkeys work."""
    async with product(database, tmp_path, identity=IdentityOptions(origin=ORIGIN)) as found:
        yield found


class Person:
    """Somebody who signed in, with an authenticator app once they have set one up."""

    def __init__(self, home: Product, client: httpx2.AsyncClient, password: str = NEW) -> None:
        self.home = home
        self.client = client
        self.password = password
        self.seed = ""
        self.codes: list[str] = []

    async def ask(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """A request of theirs."""
        return await self.client.request(method, f"/api/v1{path}", json=body)

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = await self.ask(method, path, body)
        return answer.status_code, answer.json()["code"]

    async def state(self) -> dict[str, Any]:
        """What is asked of them."""
        found: dict[str, Any] = (await self.ask("GET", "/me")).json()["second_factor"]
        return found

    def code(self) -> str:
        """What the app shows: a new code each time."""
        self.home.clock.advance(30)
        return pyotp.TOTP(self.seed).at(int(self.home.clock.now().timestamp()))

    async def set_up(self, shown: dict[str, str] | None = None) -> None:
        """An authenticator app."""
        made = await self.ask("POST", "/me/totp", {"password": self.password} if shown is None else shown)
        assert made.status_code == 200, made.text
        self.seed = made.json()["secret"]
        self.codes = (await self.ask("POST", "/me/totp/confirm", {"code": self.code()})).json()["codes"]


def client_of(home: Product, **headers: str) -> httpx2.AsyncClient:
    """A client that is held to the API document."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=home.app),
        base_url="http://csms.test",
        headers=headers,
        event_hooks=home.client.event_hooks,
    )


async def person(home: Product, username: str, **body: Any) -> Person:
    """A new user, signed in."""
    made = await home.create("/api/v1/users", username=username, **body)
    token = made["invitation_url"].partition("#")[2]
    accepted = await home.client.post("/api/v1/auth/accept-invitation", json={"token": token, "password": NEW})
    assert accepted.status_code == 200
    return Person(home, client_of(home, **await home.site.bearer(username, NEW)))


def admin_of(home: Product) -> Person:
    """The administrator."""
    return Person(home, home.client, PASSWORD)


async def moment(home: Product) -> None:
    """What is remembered of sessions is over."""
    home.clock.advance(5)


async def test_who_turns_it_on_has_one(home: Product) -> None:
    """Without one it is refused, by any way; to ask less is not. A program may where some administrator has one."""
    admin = admin_of(home)
    own = (409, "own_second_factor_missing")
    role = {"key": "night", "name": "Night", "like": "viewer"}
    for body in ({"require_mfa": True}, {"require_mfa_roles": ["viewer"]}):
        assert await home.refused("PATCH", SETTINGS, json=body) == own
    assert await home.refused("POST", "/api/v1/roles", json={**role, "require_mfa": True}) == own
    assert (await home.create("/api/v1/roles", **role))["require_mfa"] is False
    assert await home.refused("PATCH", "/api/v1/roles/night", json={"require_mfa": True}) == own
    assert (await home.refused("PATCH", "/api/v1/roles/night", json={"require_mfa": None}))[0] == 400
    key = await home.create(
        "/api/v1/api-keys", name="k", permissions=["system:settings:update", "system:settings:read"]
    )
    program = client_of(home, **{"X-API-Key": key["key"]})
    answer = await program.patch(SETTINGS, json={"require_mfa": True})
    assert (answer.status_code, answer.json()["code"]) == own
    assert "administrator" in answer.json()["detail"]

    await admin.set_up()
    assert (await program.patch(SETTINGS, json={"require_mfa": True})).status_code == 200
    entry = (await home.items(f"{SETTINGS}/history"))[0]["id"]
    shown = await home.client.patch("/api/v1/roles/night", json={"require_mfa": True})
    assert shown.json()["require_mfa"] is True
    audit = await home.items("/api/v1/audit", action="account:role:update")
    assert audit[0]["after"] == {"require_mfa": True}
    assert (await home.client.delete(SETTINGS)).status_code == 204

    assert (await admin.ask("DELETE", "/me/totp", {"password": PASSWORD})).status_code == 204
    assert await home.refused("POST", f"{SETTINGS}/revert", json={"entry": entry}) == own
    off = await home.client.patch("/api/v1/roles/night", json={"require_mfa": False, "name": "Late"})
    assert (off.json()["require_mfa"], off.json()["name"]) == (False, "Late")
    assert (await home.client.patch(SETTINGS, json={"require_mfa_roles": ["owner"]})).status_code == 422
    assert (await home.client.patch(SETTINGS, json={"require_mfa_from": "2026-12-01T00:00:00"})).status_code == 422


async def test_who_has_none_can_only_set_one_up(home: Product) -> None:
    """Of everybody: an open session too. With one set up all goes on; a program is not concerned."""
    admin, ann = admin_of(home), await person(home, "ann", role="viewer")
    assert await ann.state() == {"state": "fine", "required": False, "required_from": None, "set_up": False}
    key = await home.create("/api/v1/api-keys", name="k", permissions=["charger:charger:read"])
    await admin.set_up()
    streams = await home.site.accounts.authenticate(ann.client.headers["authorization"].removeprefix("Bearer "))
    assert await home.site.accounts.again(streams) is not None
    assert (await home.client.patch(SETTINGS, json={"require_mfa": True})).status_code == 200
    await moment(home)
    assert await home.site.accounts.again(streams) is None  # what is open ends too
    assert await ann.state() == {"state": "missing", "required": True, "required_from": None, "set_up": False}
    for method, path, body in (
        ("GET", "/chargers", None),
        ("GET", "/organization", None),
        ("PATCH", "/me", {"display_name": "x"}),
        ("GET", "/me/sessions", None),
        ("POST", "/me/recovery-codes", {"password": NEW}),
        ("POST", "/me/second-factor", {"code": "123456"}),
        ("GET", "/events?topics=chargers", None),
    ):
        assert await ann.refused(method, path, body) == REFUSED, path
    program = client_of(home, **{"X-API-Key": key["key"]})
    assert (await program.get("/api/v1/chargers")).status_code == 200
    assert (await program.get("/api/v1/me")).json()["second_factor"] is None

    anew = Person(home, client_of(home, **await home.site.bearer("ann", NEW)))
    assert (await anew.ask("GET", "/me/security")).json()["totp"] is False
    assert await anew.refused("GET", "/chargers") == REFUSED
    await anew.set_up()
    assert len(anew.codes) == 10
    assert (await anew.ask("GET", "/chargers")).status_code == 200
    assert (await anew.state())["state"] == "fine"

    # the session from before was opened by a password alone: it shows the factor, and sets up no other instead
    await moment(home)
    assert (await ann.state())["state"] == "unshown"
    for path in ("/me/totp", "/me/passkeys/options"):
        assert await ann.refused("POST", path, {"password": NEW}) == REFUSED
    for path in ("/me/totp/confirm",):
        assert await ann.refused("POST", path, {"code": anew.code()}) == REFUSED
    wrong = {"recovery_code": "aaaa-bbbb-cccc"}
    assert await ann.refused("POST", "/me/second-factor", wrong) == (401, "second_factor_wrong")
    assert (await ann.ask("POST", "/me/second-factor", {"code": anew.code()})).status_code == 204
    assert (await ann.ask("GET", "/chargers")).status_code == 200

    # a new pair, a new password, and a sign-in with both are of the same worth
    body = {"current_password": NEW, "new_password": NEW + NEW}
    changed = (await ann.ask("POST", "/auth/change-password", body)).json()
    pair = (await home.client.post("/api/v1/auth/refresh", json={"refresh_token": changed["refresh_token"]})).json()
    again = Person(home, client_of(home, Authorization=f"Bearer {pair['access_token']}"))
    assert (await again.state())["state"] == "fine"
    begun = (await home.site.login("ann", NEW + NEW)).json()
    shown = {"mfa_token": begun["mfa_token"], "recovery_code": anew.codes[0]}
    pair = (await home.client.post("/api/v1/auth/mfa", json=shown)).json()
    both = Person(home, client_of(home, Authorization=f"Bearer {pair['access_token']}"))
    assert (await both.state())["state"] == "fine"
    assert (await both.ask("DELETE", "/me/totp", {"password": NEW + NEW})).status_code == 204
    for one in (both, again):  # what is not there any more was shown in vain, at once
        assert (await one.state())["state"] == "missing"
        assert await one.refused("GET", "/chargers") == REFUSED
    await home.site.accounts.reset_mfa("admin")  # whoever lost theirs begins as at first
    lost = Person(home, client_of(home, **await home.site.bearer()), PASSWORD)
    assert (await lost.state())["state"] == "missing"
    await lost.set_up()
    assert (await lost.ask("GET", "/users")).status_code == 200
    actions = {line["action"] for line in (await lost.ask("GET", "/audit?limit=100")).json()["items"]}
    assert {"system:settings:update", "account:session:confirm", "account:totp:create"} <= actions


async def test_by_role_place_and_day(home: Product) -> None:
    """A built-in role or one's own, held everywhere or at one site; before the day people are told and no more."""
    admin = admin_of(home)
    await admin.set_up()
    await home.create("/api/v1/roles", key="night", name="Night", like="viewer", require_mfa=True)
    site = (await home.create("/api/v1/sites", name="s"))["id"]
    day = home.clock.now() + timedelta(days=14)
    body = {"require_mfa_roles": ["finance", "technician"], "require_mfa_from": day.isoformat()}
    changed = await home.client.patch(SETTINGS, json=body)
    assert changed.json()["require_mfa_roles"] == ["finance", "technician"]
    roles = {role["key"]: role["require_mfa"] for role in await home.items("/api/v1/roles")}
    assert [key for key, asked in roles.items() if asked] == ["technician", "finance", "night"]
    people = {
        "free": await person(home, "free", role="viewer"),
        "built-in": await person(home, "fin", role="finance"),
        "own": await person(home, "own", role="night"),
        "placed": await person(home, "tech", assignments=[{"role": "technician", "site_id": site}]),
        "own placed": await person(home, "late", assignments=[{"role": "night", "site_id": site}]),
    }
    for name, each in people.items():
        state = await each.state()
        asked = name != "free"
        assert (state["state"], state["required"]) == ("fine", asked), name
        assert (state["required_from"] is not None) is asked
    home.clock.advance(14 * 86_400)
    for name, username in {
        "free": "free",
        "built-in": "fin",
        "own": "own",
        "placed": "tech",
        "own placed": "late",
    }.items():
        people[name].client.headers.update(await home.site.bearer(username, NEW))
        state = await people[name].state()
        assert state["state"] == ("fine" if name == "free" else "missing"), name
        assert state["required_from"] is None


async def test_passkeys(home: Product) -> None:
    """One that is set up counts, one that is signed in with counts, and one may be shown later."""
    admin, ann = admin_of(home), await person(home, "ann", role="viewer")
    await admin.set_up()
    assert (await home.client.patch(SETTINGS, json={"require_mfa_roles": ["viewer"]})).status_code == 200
    before = Person(home, client_of(home, **await home.site.bearer("ann", NEW)))
    await moment(home)
    device = Device(ORIGIN, "localhost")
    options = (await ann.ask("POST", "/me/passkeys/options", {"password": NEW})).json()
    added = await ann.ask("POST", "/me/passkeys", {"name": "key", "credential": device.make(options)})
    assert added.status_code == 201, added.text
    assert (await ann.state())["state"] == "fine"
    assert (await before.state())["state"] == "unshown"
    options = (await before.ask("POST", "/me/second-factor/passkey-options")).json()
    assert (await before.ask("POST", "/me/second-factor", {"passkey": device.show(options)})).status_code == 204
    assert (await before.ask("GET", "/chargers")).status_code == 200
    options = (await home.client.post("/api/v1/auth/passkey/options")).json()
    pair = await home.client.post("/api/v1/auth/passkey", json={"credential": device.show(options)})
    alone = Person(home, client_of(home, Authorization=f"Bearer {pair.json()['access_token']}"))
    assert (await alone.state())["state"] == "fine"


async def test_single_sign_on(database: Database, tmp_path: Path) -> None:
    """What a provider says of a second factor counts where it is trusted in that; else one's own is asked for."""
    options = IdentityOptions(origin="http://csms.test", private_hosts=("127.0.0.1",))
    async with running_idp() as idp, product(database, tmp_path, identity=options) as home:
        idp.now = int(home.clock.now().timestamp())
        await admin_of(home).set_up()
        row = {"username": "ada", "email": "ada@a.example", "password_hash": "!", "role": "admin"}
        await home.insert("users", id=new_id(), organization_id=DEFAULT_ORGANIZATION_ID, **row)
        body = {"label": "C", "issuer": idp.url, "client_id": CLIENT, "client_secret": SECRET, "domains": ["a.example"]}
        made = await home.create("/api/v1/identity-providers", **body)
        assert made["trust_mfa"] is False
        assert (await home.client.patch(SETTINGS, json={"require_mfa": True})).status_code == 200

        async def comes(amr: Any) -> Person:
            idp.claims["amr"] = amr
            browser = client_of(home, Origin="http://csms.test")
            away = await browser.get(f"/api/v1/auth/oidc/{made['id']}/start")
            assert (await browser.get(idp.back(away.headers["location"]))).status_code == 302
            return Person(home, browser)

        assert (await (await comes(["pwd", "mfa"])).state())["state"] == "missing"
        path = f"/api/v1/identity-providers/{made['id']}"
        assert (await home.client.patch(path, json={"trust_mfa": True})).json()["trust_mfa"] is True
        for amr in (["pwd"], [], None, [["mfa"]]):
            assert (await (await comes(amr)).state())["state"] == "missing", amr
        ada = await comes(["pwd", "mfa"])
        assert await ada.state() == {"state": "fine", "required": True, "required_from": None, "set_up": False}
        asked = await ada.ask("PATCH", "/settings/sign_in", {"require_mfa_roles": ["viewer"]})
        assert asked.status_code == 200, asked.text  # with a factor of the provider's one may ask others too

        ada = await comes(["pwd"])
        await ada.set_up({})
        assert (await ada.ask("GET", "/users")).status_code == 200
        again = await comes(["pwd"])
        assert (await again.state())["state"] == "unshown"
        assert await again.refused("GET", "/users") == REFUSED
        again.seed = ada.seed
        assert (await again.ask("POST", "/me/second-factor", {"code": again.code()})).status_code == 204
        assert (await again.ask("GET", "/users")).status_code == 200


def test_what_is_not_understood_asks_for_nothing() -> None:
    """A newer csms may have stored something else."""
    for stored in (
        None,
        {},
        {"require_mfa": "yes"},
        {"require_mfa_roles": "admin"},
        {"require_mfa_roles": [["admin"]]},
    ):
        assert not Demand.of(stored).concerns({"admin"}, own=False), stored
    assert Demand.of({"require_mfa_from": "soon"}).since is None
    since = Demand.of({"require_mfa_from": "2026-12-01T00:00:00"}).since
    assert since is not None
    assert since.tzinfo is not None
