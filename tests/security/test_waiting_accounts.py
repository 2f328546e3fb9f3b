# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Accounts that somebody made for another: single sign-on does not join the two in one (account pre-hijacking)."""

from dataclasses import replace
from pathlib import Path

import httpx2

from csms.features.accounts.identity import IdentityOptions
from tests.api.support import Product, product
from tests.features.accounts.test_single_sign_on import Sso
from tests.features.people.test_people import client_of
from tests.support.idp import running_idp
from tests.support.postgres import Database


async def test_nobody_waits_in_an_account_for_its_owner(database: Database, tmp_path: Path) -> None:
    """An account with the victim's address that somebody else can enter: not linked, whatever the way in is.

    Otherwise whoever keeps users waits in it, with the role that the provider gives to its owner.
    """
    options = IdentityOptions(origin="http://csms.test", private_hosts=("127.0.0.1",))
    async with running_idp() as idp, product(database, tmp_path, identity=options) as api:
        idp.now = int(api.clock.now().timestamp())
        home = replace(api.site, app=api.app, client=api.client)
        await _story(api, Sso(home, idp, dict(api.client.headers)), client_of(api))


async def _story(api: Product, sso: Sso, anybody: httpx2.AsyncClient) -> None:
    provider = await sso.provider(role_claim="groups", role_map={"bosses": "admin"}, default_role="viewer")
    sso.idp.claims = {"sub": "1", "email": "vic@a.example", "email_verified": True, "groups": "bosses"}
    made = await sso.admin("POST", "/api/v1/users", {"username": "mallory", "email": "VIC@a.example", "role": "viewer"})
    link, path = made.json()["invitation_url"].partition("#")[2], f"/api/v1/users/{made.json()['id']}"
    accept = {"token": link, "password": "a long enough passphrase"}
    login = {"username": "mallory", "password": accept["password"]}
    assert (await anybody.post("/api/v1/auth/accept-invitation", json=accept)).status_code == 200
    refused = (401, "sso_not_handed_over")
    assert await sso.go(provider) == refused
    assert await api.sql.fetchval("SELECT role FROM users WHERE username = 'mallory'") == "viewer"
    for way in ("passkey", "identity"):
        await api.sql.execute("UPDATE users SET password_hash = '!' WHERE username = 'mallory'")
        if way == "passkey":
            await api.sql.execute(
                "INSERT INTO passkeys (id, organization_id, user_id, credential_id, public_key, sign_count, name,"
                " transports, backed_up) SELECT gen_random_uuid(), organization_id, id, '\\x01', '\\x02', 0, 'p', '{}',"
                " false FROM users WHERE username = 'mallory'"
            )
        else:
            await api.sql.execute("DELETE FROM passkeys")
            await api.sql.execute(
                "INSERT INTO linked_identities (id, organization_id, user_id, provider_id, issuer, subject, email)"
                " SELECT gen_random_uuid(), u.organization_id, u.id, p.id, p.issuer, 'mallory', 'mallory@a.example'"
                " FROM users u, identity_providers p WHERE u.username = 'mallory'"
            )
        assert await sso.go(provider) == refused, way

    # Handed over, nothing opens it but the provider: neither what was known before, nor an invitation from before.
    again = (await sso.admin("POST", f"{path}/invitation")).json()["url"].partition("#")[2]
    assert (await anybody.post("/api/v1/auth/accept-invitation", json={**accept, "token": again})).status_code == 200
    session = await anybody.post("/api/v1/auth/login", json=login)
    headers = {"Authorization": f"Bearer {session.json()['access_token']}"}
    handed = await sso.admin("POST", f"{path}/single-sign-on")
    assert (handed.status_code, handed.json()["status"]) == (200, "invited")
    assert (await anybody.get("/api/v1/me", headers=headers)).status_code == 401
    assert (await anybody.post("/api/v1/auth/login", json=login)).status_code == 401
    late = (await sso.admin("POST", f"{path}/invitation")).json()["url"].partition("#")[2]
    assert await sso.go(provider) == (302, "mallory /chargers?x=1")
    taken = await anybody.post("/api/v1/auth/accept-invitation", json={**accept, "token": late})
    assert (taken.status_code, taken.json()["code"]) == (400, "link_invalid")
    assert (await anybody.post("/api/v1/auth/login", json=login)).status_code == 401
    assert await sso.go(provider) == (302, "mallory /chargers?x=1")

    own = (await sso.admin("GET", "/api/v1/users?username=admin")).json()["items"][0]["id"]
    answer = await sso.admin("POST", f"/api/v1/users/{own}/single-sign-on")
    assert (answer.status_code, answer.json()["code"]) == (403, "own_account")
    bare = (await sso.admin("POST", "/api/v1/users", {"username": "bare", "role": "viewer"})).json()["id"]
    assert (await sso.admin("POST", f"/api/v1/users/{bare}/single-sign-on")).status_code == 400
