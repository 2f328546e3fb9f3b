# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Changes to many reach no further than whoever asks, when they ask and when it is done (attacks 28 and 29)."""

from typing import Any
from uuid import UUID

import httpx2

from csms.features.accounts.permissions import Permission
from csms.features.bulk_changes import jobs
from tests.api.support import Product
from tests.features.bulk_changes.support import CHARGERS, TOKENS, done, now, runner_of, start_of
from tests.features.people.test_people import person

CHANGE = {"filter": {"retired": "false"}, "change": {"name": "x"}}


async def _names(api: Product) -> dict[str, str | None]:
    return {row["id"]: row["name"] for row in await api.sql.fetch("SELECT id, name FROM chargers")}


async def _technician(api: Product, site: str, name: str = "tom") -> httpx2.AsyncClient:
    return await person(api, name, assignments=[{"role": "technician", "site_id": site}])


async def _code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_only_at_the_sites_where_the_role_holds(api: Product) -> None:
    """Neither a filter, an id, a move nor a retry reaches further; what is for others is not seen."""
    nord, sud = [(await api.create("/api/v1/sites", name=name))["id"] for name in ("Nord", "Sud")]
    for number, site in enumerate((nord, nord, sud, None)):
        await api.insert("chargers", id=f"C{number}", security_profile=0, site_id=None if site is None else UUID(site))
    tom = await _technician(api, nord)
    tried = (await tom.post(CHARGERS, json={**CHANGE, "dry_run": True})).json()
    assert [each["id"] for each in tried["first"]] == ["C0", "C1"]
    found = await done(api, CHARGERS, tom, **CHANGE)
    assert (found["actor_name"], found["counts"]) == ("tom", {"changed": 2})
    assert await _names(api) == {"C0": "x", "C1": "x", "C2": None, "C3": None}
    answer = await tom.post(CHARGERS, json={"ids": ["C2"], "change": {"name": "y"}})
    assert await _code(answer) == (400, "ids_unknown")
    away = {"ids": ["C0"], "change": {"site_id": sud}}
    for place in (sud, None):
        away["change"] = {"site_id": place}
        tried = (await tom.post(CHARGERS, json={**away, "dry_run": True})).json()
        assert [each["status"] for each in tried["first"]] == ["refused"]
        assert (await done(api, CHARGERS, tom, **away))["counts"] == {"refused": 1}

    whole = await done(api, CHARGERS, filter={"retired": "false"}, change={"name": "z", "heartbeat_interval_s": 60})
    part = (await tom.get(f"{CHARGERS}/{whole['id']}/results")).json()["items"]
    assert [each["charger_id"] for each in part] == ["C0", "C1"]
    assert (whole["total"], whole["counts"]) == (4, {"changed": 4})
    for seen in ((await tom.get(f"{CHARGERS}/{whole['id']}")).json(), (await tom.get(CHARGERS)).json()["items"][0]):
        assert (seen["id"], seen["total"], seen["counts"]) == (whole["id"], 2, {"changed": 2})
    assert await _code(await tom.post(f"{CHARGERS}/{whole['id']}/retry")) == (403, "out_of_reach")
    alone = await done(api, CHARGERS, ids=["C2"], change={"name": "secret"})
    for path in ("", "/results"):
        assert await _code(await tom.get(f"{CHARGERS}/{alone['id']}{path}")) == (404, "bulk_change_not_found")
    assert alone["id"] not in str((await tom.get(CHARGERS)).json())
    for path in ("cancel", "retry"):
        assert await _code(await tom.post(f"{CHARGERS}/{alone['id']}/{path}")) == (404, "bulk_change_not_found")
    assert await _code(await tom.post(TOKENS, json={"filter": {"q": "x"}, "change": {"status": "blocked"}})) == (
        403,
        "forbidden",
    )
    assert await _code(await tom.get(TOKENS)) == (403, "forbidden")


async def test_what_is_lost_meanwhile_counts(api: Product, monkeypatch: Any) -> None:
    """A site that is not theirs any more is refused there; without the permission, or suspended, it stops and says so."""
    monkeypatch.setattr(jobs, "BATCH", 1)
    nord, sud = [(await api.create("/api/v1/sites", name=name))["id"] for name in ("Nord", "Sud")]
    for number in range(4):
        await api.insert("chargers", id=f"C{number}", security_profile=0, site_id=UUID(nord))
    tom = await _technician(api, nord)

    async def moved(over: int) -> None:
        await api.sql.execute("UPDATE role_assignments SET site_id = $1", UUID(sud))

    answer = await tom.post(CHARGERS, json=CHANGE)
    await runner_of(api).run(start_of(answer, CHARGERS, moved))
    found = await now(api, CHARGERS, answer.json()["id"])
    assert (found["status"], found["counts"]) == ("done", {"changed": 1, "refused": 3})
    (first, *_) = await api.items(f"{CHARGERS}/{found['id']}/results", status="refused")
    assert "beyond the sites" in first["reason"]

    await api.sql.execute("UPDATE role_assignments SET site_id = $1", UUID(nord))
    for number, (change, told) in enumerate(
        (
            ("UPDATE role_assignments SET role = 'viewer'", "tom has lost a permission: this needs the permission"),
            ("UPDATE users SET is_active = false WHERE username = 'tom'", "tom was suspended or is gone"),
        )
    ):
        await api.sql.execute("UPDATE role_assignments SET role = 'technician'")
        api.clock.advance(6)  # what the API remembers of tom
        answer = await tom.post(CHARGERS, json={"ids": ["C0", "C1", "C2"], "change": {"name": f"n{number}"}})

        async def lost(over: int, change: str = change) -> None:
            await api.sql.execute(change)

        await runner_of(api).run(start_of(answer, CHARGERS, lost))
        found = await now(api, CHARGERS, answer.json()["id"])
        assert (found["status"], found["counts"]) == ("failed", {"changed": 1, "waiting": 2})
        assert found["error"]["code"] == "rights_lost"
        assert told in found["error"]["message"]
    retried = await api.client.post(f"{CHARGERS}/{found['id']}/retry")
    assert (retried.json()["actor_name"], retried.json()["error"]) == ("admin", None)
    await runner_of(api).run(start_of(retried, CHARGERS))
    assert (await now(api, CHARGERS, found["id"]))["counts"] == {"changed": 3}
    assert (await _names(api)) == {"C0": "n1", "C1": "n1", "C2": "n1", "C3": None}


async def test_reading_is_not_changing_and_changing_is_not_reading(api: Product) -> None:
    """A preview would be a way to read: who changes what a filter names may read it."""
    await api.create("/api/v1/tokens", value="T1")
    roles: dict[str, list[str]] = {
        "writer": [Permission.TOKEN_UPDATE],
        "reader": [Permission.TOKEN_READ],
        "both": [Permission.TOKEN_UPDATE, Permission.TOKEN_READ],
    }
    body = {"filter": {"status": "accepted"}, "change": {"status": "blocked"}}
    codes = []
    for key, permissions in roles.items():
        made = await api.client.post("/api/v1/roles", json={"key": key, "name": key, "permissions": permissions})
        assert made.status_code == 201
        http = await person(api, key, role=key)
        codes += [(await http.post(TOKENS, json=each)).status_code for each in (body, {**body, "dry_run": True})]
    assert codes == [403, 403, 403, 403, 202, 200]
    assert await api.sql.fetchval("SELECT count(*) FROM bulk_changes") == 1
