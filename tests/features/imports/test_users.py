# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Users of another system: with their passwords or with links, with roles and where these hold."""

import csv
from typing import Any

import bcrypt
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from tests.api.support import Product
from tests.features.imports.support import IMPORTS, applied, book, counts, imported, send
from tests.features.people.test_people import NEW, client_of
from tests.features.whole import Whole

OLD = "the password of before"
USERS = "/api/v1/users"


async def _users(api: Product) -> dict[str, dict[str, Any]]:
    return {row["username"]: row for row in await api.items(USERS, limit=100)}


async def _errors(api: Product, key: str) -> dict[int, tuple[str | None, str]]:
    rows = await api.items(f"{IMPORTS}/{key}/rows", status="failed")
    return {row["number"]: (row["errors"][0]["field"], row["errors"][0]["code"]) for row in rows}


async def test_they_come_with_their_passwords_or_get_links(api: Product) -> None:
    """Tried, done, done again: nothing twice; hashes sign in and are replaced; links are handed out once."""
    nord = await api.create("/api/v1/sites", name="Depot, hall 2")
    await api.create("/api/v1/sites", name="Süd")
    fast = await api.create("/api/v1/charger-groups", name="Fast ones")
    await api.client.post("/api/v1/roles", json={"key": "night", "name": "Night shift", "like": "viewer"})
    by_bcrypt = bcrypt.hashpw(OLD.encode(), bcrypt.gensalt(4)).decode()
    by_argon2 = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=16, parallelism=1),)).hash(OLD)
    table = book(
        [
            ["Benutzername", "Name", "E-Mail", "Rollen", "Standorte", "Gruppen", "Password hash"],
            ["Ann", "Ann Ä", "ann@example.com", "viewer", "", "", by_bcrypt],
            ["ben", "", "", "Technician; night", "depot, hall 2 | süd", "Fast ones", by_argon2],
            ["cid", "'=1+1", "cid@example.com", "", nord["id"], "", ""],
            ["cid2", "=2", "cid@example.com", "Night Shift", nord["id"], "", ""],
            ["dora", "", "", "", "", "", ""],
        ],
        text=True,
    )
    tried = await applied(api, await send(api, table, name="people.xlsx", kind="users", dry_run="true"))
    assert (counts(tried), tried["sample"][0][-1]) == ((4, 0, 0, 1), "***")
    assert list(await _users(api)) == ["admin"]
    assert await api.sql.fetchval("SELECT count(*) FROM account_links") == 0
    done = await applied(api, await api.client.post(f"{IMPORTS}/{tried['id']}/run"))
    assert (counts(done), done["secrets"]) == ((4, 0, 0, 1), 2)
    assert await _errors(api, done["id"]) == {4: ("roles", "roles_unclear")}
    users = await _users(api)
    told = {name: (user["role"], len(user["assignments"]), user["status"]) for name, user in users.items()}
    assert told == {
        "admin": ("admin", 0, "active"),
        "Ann": ("viewer", 0, "active"),
        "ben": ("none", 6, "active"),
        "cid2": ("none", 1, "invited"),
        "dora": ("none", 0, "invited"),
    }
    assert users["cid2"]["assignments"] == [{"role": "night", "site_id": nord["id"], "group_id": None}]
    places = {each["site_id"] or each["group_id"] for each in users["ben"]["assignments"] if each["role"] == "night"}
    assert {nord["id"], fast["id"]} < places
    assert (users["Ann"]["must_change_password"], users["cid2"]["display_name"]) == (False, "=2")
    for name in ("ann", "ben"):
        assert (await api.site.login(name, OLD)).status_code == 200
    hashes = {row["password_hash"] for row in await api.sql.fetch("SELECT password_hash FROM users")}
    assert not hashes & {by_bcrypt, by_argon2}

    handed = await api.client.get(f"{IMPORTS}/{done['id']}/secrets")
    head, *lines = csv.reader(handed.text.splitlines())
    assert head == ["id", "username", "email", "invitation_url"]
    assert [line[1:3] for line in lines] == [["cid2", "cid@example.com"], ["dora", ""]]
    assert await api.refused("GET", f"{IMPORTS}/{done['id']}/secrets") == (404, "secrets_gone")
    token = lines[0][3].partition("#")[2]
    accepted = await client_of(api).post("/api/v1/auth/accept-invitation", json={"token": token, "password": NEW})
    assert accepted.json() == {"username": "cid2"}
    left = str([dict(row) for row in await api.sql.fetch("SELECT * FROM import_rows")])
    audit = str([dict(row) for row in await api.sql.fetch("SELECT before, after FROM audit_log")])
    for secret in (by_bcrypt, by_argon2, token):
        assert secret not in left + audit

    again = await applied(api, await send(api, table, name="people.xlsx", kind="users", on_conflict="update"))
    assert (counts(again), again["secrets"]) == ((0, 0, 4, 1), 0)
    assert counts(await applied(api, await send(api, table, name="p.xlsx", kind="users", on_conflict="skip")))[2] == 4


async def test_who_is_there_is_changed_and_keeps_their_password(api: Product) -> None:
    """What a row does not say stays; a password and a session are nobody's to change by a table."""
    site = await api.create("/api/v1/sites", name="Nord")
    own = await api.create(USERS, username="Ann", role="viewer", password=NEW)
    foreign = bcrypt.hashpw(OLD.encode(), bcrypt.gensalt(4)).decode()
    table = f"user,name,role,site,hash\nANN,Anna,,,{foreign}\nadmin,Root,viewer,,\nnew,,viewer,Nord,\n,x,,,\n"
    found = await applied(api, await send(api, table, kind="users", on_conflict="update"))
    assert counts(found) == (1, 1, 0, 2)
    assert await _errors(api, found["id"]) == {3: (None, "own_account"), 5: ("username", "missing")}
    ann = (await api.client.get(f"{USERS}/{own['id']}")).json()
    assert (ann["display_name"], ann["role"], ann["username"]) == ("Anna", "viewer", "Ann")
    assert (await api.site.login("ann", OLD)).status_code == 401
    assert (await api.site.login("ann", NEW)).status_code == 200
    moved = await applied(
        api, await send(api, "user,role,site\nann,viewer;support,nord\n", kind="users", on_conflict="update")
    )
    assert counts(moved) == (0, 1, 0, 0)
    ann = (await api.client.get(f"{USERS}/{own['id']}")).json()
    assert (ann["role"], [each["role"] for each in ann["assignments"]]) == ("none", ["support", "viewer"])
    assert {each["site_id"] for each in ann["assignments"]} == {site["id"]}
    lines = await api.items("/api/v1/audit", subject_id=own["id"], action="account:user:update")
    assert {line["actor_name"] for line in lines} == {"admin"}
    assert counts(await applied(api, await send(api, "user\nann\n", kind="users"))) == (0, 0, 0, 1)


async def test_the_worker_imports_users_too(whole: Whole) -> None:
    """As it is wired: from the form to the link that the new user can use."""
    found = await imported(whole, "user,role\nann,support\n", kind="users")
    assert (counts(found), found["secrets"]) == ((1, 0, 0, 0), 1)
    (line,) = list(csv.reader((await whole.client.get(f"{IMPORTS}/{found['id']}/secrets")).text.splitlines()))[1:]
    body = {"token": line[3].partition("#")[2], "password": NEW}
    assert (await whole.client.post("/api/v1/auth/accept-invitation", json=body)).status_code == 200
