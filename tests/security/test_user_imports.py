# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of users from attackers: nobody gets more than the importer has, by any row, at any time (attacks 28 and 29)."""

import tracemalloc
from typing import Any
from uuid import UUID

import bcrypt
import httpx2
import msgspec
import pytest

from csms.features.accounts.passwords import is_importable_hash
from csms.features.accounts.permissions import PLACE_BOUND, Permission
from csms.features.imports.jobs import BATCH
from csms.features.imports.service import Work
from csms.kit.jobs.base import JobId
from tests.api.support import Product
from tests.features.imports.support import IMPORTS, Start, applied, counts, now, runner_of, send
from tests.features.people.test_people import person

OTHER = UUID("0192f000-0000-7000-8000-0000000000aa")
THEIRS = UUID("0192f000-0000-7000-8000-0000000000ab")
KEEPER = [Permission.USER_READ, Permission.USER_WRITE, Permission.IMPORT_RUN, Permission.IMPORT_READ]


async def _keeper(api: Product, name: str = "keeper") -> httpx2.AsyncClient:
    """Somebody who may make users and import, and little else."""
    body = {"key": name, "name": name, "permissions": [*KEEPER, Permission.CHARGER_READ]}
    assert (await api.client.post("/api/v1/roles", json=body)).status_code == 201
    return await person(api, name, role=name)


async def _sent(http: httpx2.AsyncClient, table: str, **form: Any) -> httpx2.Response:
    return await http.post(IMPORTS, data={"kind": "users", **form}, files={"file": ("t.csv", table.encode())})


async def _codes(api: Product, key: str) -> dict[int, str]:
    rows = await api.items(f"{IMPORTS}/{key}/rows", status="failed", limit=100)
    return {row["number"]: row["errors"][0]["code"] for row in rows}


async def test_nobody_gives_more_than_they_have(api: Product) -> None:
    """Not a role, not a role at a place, not a place of others, not a name or an address of others, not themselves."""
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    await api.insert("sites", id=THEIRS, organization_id=OTHER, name="Theirs")
    await api.insert(
        "users", id=THEIRS, organization_id=OTHER, username="theirs", email="their@example.com", password_hash="!",
        role="admin",
    )  # fmt: skip
    site = await api.create("/api/v1/sites", name="Nord")
    await api.create("/api/v1/users", username="support", role="support")
    keeper = await _keeper(api)
    rows = (
        ("u2", "admin", "", "", "beyond_own_rights"),
        ("u3", "Operator", "Nord", "", "beyond_own_rights"),
        ("u4", "keeper", str(THEIRS), "", "not_found"),
        ("u5", "keeper", "Theirs", "", "site_unclear"),
        ("theirs", "keeper", "", "", "username_taken"),
        ("u7", "keeper", "", "THEIR@example.com", "username_taken"),
        ("support", "keeper", "", "", "beyond_own_rights"),
        ("admin", "", "", "evil@example.com", "beyond_own_rights"),
        ("keeper", "", "", "evil@example.com", "own_account"),
        ("u11", "admin;keeper", "", "", "roles_unclear"),
        ("U2", "keeper", "", "", "twice_in_file"),
        ("u13", "root", "", "", "roles_unclear"),
        ("9E+10", "keeper", "", "", "invalid_cell"),
        ("=cmd|' /C calc'!A0", "keeper", str(site["id"]), "", ""),
    )
    table = "user,role,site,email,organization_id,is_active\n" + "".join(
        f'"{name}",{role},"{place}",{mail},{OTHER},true\n' for name, role, place, mail, _ in rows
    )
    found = await applied(api, await _sent(keeper, table, on_conflict="update"))
    assert counts(found) == (1, 0, 0, len(rows) - 1)
    assert await _codes(api, found["id"]) == {number: row[4] for number, row in enumerate(rows, 2) if row[4]}
    assert OTHER.hex not in str(await api.items(f"{IMPORTS}/{found['id']}/rows", status="failed")).replace("-", "")
    people = {row["username"]: row["role"] for row in await api.sql.fetch("SELECT username, role FROM users")}
    assert people == {
        "admin": "admin", "theirs": "admin", "support": "support", "keeper": "keeper", rows[-1][0]: "none"
    }  # fmt: skip
    handed = (await keeper.get(f"{IMPORTS}/{found['id']}/secrets")).text.splitlines()
    assert handed[1].split(",")[1].startswith("'=cmd")
    assert await api.refused("GET", f"{IMPORTS}/{found['id']}/secrets") == (404, "secrets_gone")
    for mapping in ('{"x": "password"}', '{"x": "is_active"}', '{"x": "assignments"}', '{"x": "must_change_password"}'):
        assert (await _sent(keeper, "user,x\na,1\n", mapping=mapping)).json()["code"] == "unknown_field"
    importer = {"key": "importer", "name": "i", "permissions": [Permission.IMPORT_RUN, Permission.CHARGER_CREATE]}
    assert (await api.client.post("/api/v1/roles", json=importer)).status_code == 201
    assert (await _sent(await person(api, "imp", role="importer"), "user\na\n")).status_code == 403


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE users SET is_active = false WHERE username = 'keeper'", "was suspended"),
        (
            "UPDATE roles SET permissions = '{data:import:run}' WHERE key = 'keeper'",
            "lost the permission account:user:",
        ),
    ],
)
async def test_who_was_stopped_imports_no_more(api: Product, change: str, told: str) -> None:
    """Suspended or with less rights in the middle of it: it stops there, says why, and somebody else may go on."""
    keeper = await _keeper(api)
    table = "user,role\n" + "".join(f"u{number},keeper\n" for number in range(BATCH * 2))
    sent = (await _sent(keeper, table)).json()
    runner, start = runner_of(api), Start(JobId(UUID(sent["job"])), msgspec.json.encode(Work(UUID(sent["id"]))))

    async def later(done: int, total: int | None = None) -> None:
        if done:
            await api.sql.execute(change)

    start.progress = later  # type: ignore[method-assign]
    await runner.run(start)
    stopped = await now(api, sent["id"])
    assert (stopped["status"], counts(stopped), stopped["error"]["code"]) == ("failed", (BATCH, 0, 0, 0), "rights_lost")
    assert told in stopped["error"]["message"]
    waiting = await api.client.post(f"{IMPORTS}/{sent['id']}/run")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "secrets_wait")
    await api.sql.execute("UPDATE import_rows SET generated = NULL")
    done = await applied(api, await api.client.post(f"{IMPORTS}/{sent['id']}/run"))
    assert (done["status"], counts(done), done["error"]) == ("done", (BATCH * 2, 0, 0, 0), None)
    actors = await api.sql.fetch(
        "SELECT actor_name, count(*) FROM audit_log WHERE action = 'account:user:create' AND after ? 'invited'"
        " AND after->>'username' LIKE 'u%' GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in actors] == [("admin", BATCH), ("keeper", BATCH)]


async def test_more_rights_than_at_the_time_of_asking_count_for_nothing(api: Product) -> None:
    """A key that was revoked stops it too; and rights that came later are not what was asked with."""
    keeper = await _keeper(api)
    sent = await _sent(keeper, "user,role\na,support\nb,keeper\n")
    await api.sql.execute("UPDATE users SET role = 'admin' WHERE username = 'keeper'")
    found = await applied(api, sent)
    assert counts(found) == (1, 0, 0, 1)
    assert await _codes(api, found["id"]) == {2: "beyond_own_rights"}
    key = await api.create("/api/v1/api-keys", name="program", permissions=[str(each) for each in KEEPER])
    program = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=api.app), base_url="http://csms.test", headers={"X-API-Key": key["key"]}
    )
    assert counts(await applied(api, await _sent(program, "user\nc\n"))) == (1, 0, 0, 0)
    sent = await _sent(program, "user\nd\n")
    assert (await api.client.delete(f"/api/v1/api-keys/{key['id']}")).status_code == 204
    stopped = await applied(api, sent)
    assert (stopped["status"], stopped["error"]["code"]) == ("failed", "rights_lost")
    assert PLACE_BOUND.isdisjoint(KEEPER)  # nobody has them for a part only: the route asks for the whole


def test_hashes_that_nobody_pays_for() -> None:
    """Whoever could name the price of a sign-in could stop the process with one."""
    good = bcrypt.hashpw(b"x", bcrypt.gensalt(4)).decode()
    salt, digest = "c29tZXNhbHRzb21lc2FsdA", "UkVBTExZLUEtREdHRVNULU9GLVRIUkVFVFdP"
    assert is_importable_hash(good)
    assert is_importable_hash(good.replace("$2b$", "$2y$"))
    assert is_importable_hash(f"$argon2id$v=19$m=65536,t=3,p=4${salt}${digest}")
    for bad in (
        f"$argon2id$v=19$m=4194304,t=1,p=1${salt}${digest}",
        f"$argon2id$v=19$m=262144,t=99,p=1${salt}${digest}",
        f"$argon2id$v=19$m=65536,t=3,p=99${salt}${digest}",
        f"$argon2id$v=19$m=7,t=3,p=1${salt}${digest}",
        f"$argon2id$v=19$m=65536,t=3,p=4${salt[:-1]}B${digest}",
        f"$argon2id$v=19$m=65536,t=3,p=4${salt}${digest}A",
        f"$argon2i$v=19$m=65536,t=3,p=4${salt}${digest}",
        good.replace("$04$", "$31$"),
        good[:28] + "z" + good[29:],
        good[:-1],
        good + "\n",
        "!",
        "!sso",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "",
    ):
        assert not is_importable_hash(bad), bad


async def test_many_rows_take_no_more_memory(api: Product) -> None:
    """Ten thousand rows: a piece at a time is held while they are read and while they are applied, never the file."""
    table = "user,display_name,email\n" + "".join(f"u{each},{'x' * 1000},{'y' * 999}\n" for each in range(10_000))
    sent = (await send(api, table, kind="users")).json()
    start = Start(JobId(UUID(sent["job"])), msgspec.json.encode(Work(UUID(sent["id"]))), stop=lambda done: done >= 50)
    runner = runner_of(api)
    tracemalloc.start()
    try:
        with pytest.raises(ConnectionError):
            await runner.run(start)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    found = await now(api, sent["id"])
    assert (found["total"], counts(found)) == (10_000, (0, 0, 0, 50))
    assert peak < len(table) / 2
