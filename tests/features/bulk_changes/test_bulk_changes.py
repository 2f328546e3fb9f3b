# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One change to many: tried, done one after the other, with what became of it at each."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from csms.features.bulk_changes import jobs
from csms.features.bulk_changes.rules import Kind
from csms.kit.errors import CollisionError, UnavailableError
from csms.main.bulk_changes import kinds
from tests.api.support import Product
from tests.features.bulk_changes.support import CHARGERS, TOKENS, done, now, runner_of, start_of
from tests.features.whole import Whole
from tests.support.charger import connected
from tests.support.eventually import eventually


async def _fleet(api: Product, count: int, **columns: Any) -> None:
    for number in range(count):
        await api.insert("chargers", id=f"C{number:02}", vendor="ACME", security_profile=0, **columns)


async def _actions(api: Product, action: str) -> list[Any]:
    rows = await api.sql.fetch(
        "SELECT subject_id, before, after, actor_name FROM audit_log WHERE action = $1 ORDER BY subject_id", action
    )
    return [tuple(row) for row in rows]


async def test_chargers_by_a_filter(api: Product) -> None:
    """A preview changes nothing; each charger has its own audit line, or its reason; what failed is tried again."""
    site = await api.create("/api/v1/sites", name="Nord")
    await _fleet(api, 24)
    await api.sql.execute("UPDATE chargers SET retired_at = now() WHERE id = 'C23'")
    await api.sql.execute("UPDATE chargers SET site_id = $1 WHERE id = 'C00'", UUID(site["id"]))
    body = {"filter": {"vendor": ["ACME", "Other"], "id[prefix]": "c"}, "change": {"site_id": site["id"]}}
    tried = await api.client.post(CHARGERS, json={**body, "dry_run": True})
    assert (tried.status_code, tried.json()["total"], len(tried.json()["first"])) == (200, 23, 20)
    assert tried.json()["first"][0] == {"id": "C00", "label": "C00", "status": "unchanged", "reason": None}
    assert {each["status"] for each in tried.json()["first"][1:]} == {"changed"}
    assert await api.items(CHARGERS) == []
    assert await _actions(api, "charger:charger:update") == []

    answer = await api.client.post(CHARGERS, json=body, headers={"Idempotency-Key": "once"})
    again = await api.client.post(CHARGERS, json=body, headers={"Idempotency-Key": "once"})
    assert again.json() == answer.json()
    found = answer.json()
    assert answer.headers["location"] == f"{CHARGERS}/{found['id']}"
    assert (found["status"], found["total"], found["counts"]) == ("running", 23, {"waiting": 23})
    await api.sql.execute("UPDATE chargers SET retired_at = now() WHERE id = 'C05'")
    await api.sql.execute("DELETE FROM chargers WHERE id = 'C06'")
    counted = {"changed": 20, "unchanged": 1, "refused": 1}
    assert await runner_of(api).run(start_of(answer, CHARGERS)) == counted
    over = await now(api, CHARGERS, found["id"])
    assert (over["status"], over["counts"], over["change"]) == ("done", counted, {"site_id": site["id"]})
    (refused,) = await api.items(f"{CHARGERS}/{found['id']}/results", status="refused")
    assert (refused["charger_id"], refused["reason"]) == ("C05", "charger 'C05' is retired")
    lines = await _actions(api, "charger:charger:update")
    assert len(lines) == 20
    assert lines[0] == ("C01", {"site_id": None}, {"site_id": site["id"]}, "admin")
    (line,) = await _actions(api, "charger:charger:update_many")
    assert line[2] == {"by": ["id[prefix]", "vendor"], "fields": ["site_id"], "chargers": 23}

    assert await api.refused("POST", f"{CHARGERS}/{found['id']}/cancel") == (409, "bulk_change_over")
    await api.sql.execute("UPDATE chargers SET retired_at = NULL WHERE id = 'C05'")
    retried = await api.client.post(f"{CHARGERS}/{found['id']}/retry")
    assert (retried.json()["status"], retried.json()["round"]) == ("running", 1)
    await runner_of(api).run(start_of(retried, CHARGERS))
    assert (await now(api, CHARGERS, found["id"]))["counts"] == {"changed": 21, "unchanged": 1}
    assert await api.refused("POST", f"{CHARGERS}/{found['id']}/retry") == (409, "nothing_left")
    assert [each["id"] for each in await api.items(CHARGERS, status="done")] == [found["id"]]
    assert await api.refused("GET", f"{TOKENS}/{found['id']}") == (404, "bulk_change_not_found")
    await api.sql.execute("UPDATE bulk_changes SET created_at = created_at - interval '900 days'")
    last = await done(api, CHARGERS, ids=["c01"], change={"name": "x"})
    assert [each["id"] for each in await api.items(CHARGERS)] == [last["id"]]


async def test_tokens_by_a_filter_or_by_ids(api: Product) -> None:
    """Status, expiry and group, as PATCH sets them; tokens that are gone meanwhile are nobody's failure."""
    ids = [(await api.create("/api/v1/tokens", value=f"T{number}", group="staff"))["id"] for number in range(4)]
    other = (await api.create("/api/v1/tokens", value="other"))["id"]
    change = {"status": "blocked", "group": None, "expires_at": "2027-01-01T00:00:00Z"}
    tried = await api.client.post(TOKENS, json={"filter": {"q": "t3"}, "change": change, "dry_run": True})
    assert tried.json() == {
        "total": 1,
        "first": [{"id": ids[3], "label": "T3", "status": "changed", "reason": None}],
    }
    found = await done(api, TOKENS, filter={"group": "staff"}, change=change)
    assert (found["status"], found["counts"], found["filter"]) == ("done", {"changed": 4}, {"group": "staff"})
    tokens = {token["value"]: token for token in await api.items("/api/v1/tokens")}
    assert {tokens[f"T{number}"]["status"] for number in range(4)} == {"blocked"}
    assert (tokens["T0"]["group"], tokens["T0"]["expires_at"]) == (None, "2027-01-01T00:00:00Z")
    assert tokens["other"]["status"] == "accepted"
    lines = await _actions(api, "token:token:update")
    assert {line[0] for line in lines} == set(ids)
    assert lines[0][1] == {"status": "accepted", "group": "staff", "expires_at": None}

    found = await done(api, TOKENS, ids=[ids[0], other, ids[0]], change={"status": "blocked"})
    assert (found["filter"], found["counts"]) == (None, {"changed": 1, "unchanged": 1})
    results = await api.items(f"{TOKENS}/{found['id']}/results", status="changed")
    assert [(each["token_id"], each["value"]) for each in results] == [(other, "other")]
    nulls = await done(api, TOKENS, ids=[other], change={"type": None})
    assert nulls["counts"] == {"refused": 1}
    answer = await api.client.post(TOKENS, json={"ids": ids, "change": {"note": "x"}})
    await api.client.delete(f"/api/v1/tokens/{ids[1]}")
    await runner_of(api).run(start_of(answer, TOKENS))
    assert (await now(api, TOKENS, answer.json()["id"]))["counts"] == {"changed": 3}


async def test_what_is_refused(api: Product) -> None:
    """Filters and ids that name nothing, changes that are none, or none for many; nothing is kept."""
    await _fleet(api, 1)
    for path, body, refusal in (
        (CHARGERS, {"filter": {"colour": "red"}, "change": {"name": "x"}}, (400, "invalid_filter")),
        (CHARGERS, {"filter": {"vendor": "Nobody"}, "change": {"name": "x"}}, (400, "nothing_named")),
        (CHARGERS, {"ids": ["c00", "NONE"], "change": {"name": "x"}}, (400, "ids_unknown")),
        (CHARGERS, {"filter": {"vendor": "ACME"}, "change": {}}, (422, "invalid_body")),
        (CHARGERS, {"filter": {"vendor": "ACME"}, "change": {"password": "0123456789abcdef"}}, (422, "invalid_body")),
        (CHARGERS, {"filter": {"vendor": "ACME"}, "change": {"secret_hash": "00"}}, (422, "invalid_body")),
        (CHARGERS, {"filter": {"vendor": "ACME"}, "ids": ["C00"], "change": {"name": "x"}}, (422, "invalid_body")),
        (CHARGERS, {"filter": {}, "change": {"name": "x"}}, (422, "invalid_body")),
        (CHARGERS, {"change": {"name": "x"}}, (422, "invalid_body")),
        (TOKENS, {"ids": [str(uuid4())], "change": {"status": "blocked"}}, (400, "ids_unknown")),
        (TOKENS, {"ids": [], "change": {"status": "blocked"}}, (422, "invalid_body")),
        (TOKENS, {"filter": {"status": "accepted"}, "change": {"driver_id": None}}, (422, "invalid_body")),
    ):
        assert await api.refused("POST", path, json=body) == refusal, body
    assert await api.items(CHARGERS) == await api.items(TOKENS) == []


async def test_it_goes_on_and_it_stops(api: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crash nobody is changed twice; what was cancelled or has another job is left; then it can be resumed."""
    monkeypatch.setattr(jobs, "BATCH", 2)
    await _fleet(api, 6)
    answer = await api.client.post(CHARGERS, json={"filter": {"vendor": "ACME"}, "change": {"name": "x"}})
    path = f"{CHARGERS}/{answer.json()['id']}"

    async def die(over: int) -> None:
        raise ConnectionError("the worker died")

    with pytest.raises(ConnectionError):
        await runner_of(api).run(start_of(answer, CHARGERS, die))
    assert (await api.client.get(path)).json()["counts"] == {"changed": 2, "waiting": 4}
    assert await api.refused("POST", f"{path}/retry") == (409, "bulk_change_running")

    async def cancel(over: int) -> None:
        assert over == 4
        assert (await api.client.post(f"{path}/cancel")).json()["status"] == "cancelled"

    await runner_of(api).run(start_of(answer, CHARGERS, cancel))
    assert (await api.client.get(path)).json()["counts"] == {"changed": 4, "waiting": 2}
    retried = await api.client.post(f"{path}/retry")
    stale = start_of(answer, CHARGERS)
    await runner_of(api).run(stale)  # the job of before
    assert (await api.client.get(path)).json()["counts"] == {"changed": 4, "waiting": 2}
    await api.sql.execute("UPDATE jobs SET status = 'failed' WHERE id = $1", UUID(retried.json()["job"]))
    assert [each["status"] for each in await api.items(CHARGERS)] == ["failed"]
    last = await api.client.post(f"{path}/retry")
    await runner_of(api).run(start_of(last, CHARGERS))
    assert (await api.client.get(path)).json()["counts"] == {"changed": 6}
    assert len(await _actions(api, "charger:charger:update")) == 6


async def test_whose_fault_it_is(api: Product) -> None:
    """Two in each other's way are tried again; a database that is away fails the start, and no charger."""
    await _fleet(api, 2)
    real = kinds(api.site.keys, api.clock)["chargers"]
    troubles: list[Exception] = [CollisionError("once"), CollisionError("twice")]

    async def troubled(uow: Any, key: Any, body: Any) -> Any:
        if troubles:
            raise troubles.pop()
        return await real.update(uow, key, body)

    runner = runner_of(api)
    runner._kinds = {"chargers": replace(real, update=troubled)}
    answer = await api.client.post(CHARGERS, json={"ids": ["c00", "C01"], "change": {"name": "x"}})
    assert await runner.run(start_of(answer, CHARGERS)) == {"changed": 2}
    for trouble in ([UnavailableError("away")], [CollisionError("always")] * jobs._TRIES):
        answer = await api.client.post(CHARGERS, json={"ids": ["C00"], "change": {"name": trouble[0].detail}})
        troubles = list(trouble)
        with pytest.raises(UnavailableError):
            await runner.run(start_of(answer, CHARGERS))
        assert troubles == []
        assert (await now(api, CHARGERS, answer.json()["id"]))["counts"] == {"waiting": 1}
    assert isinstance(real, Kind)


async def test_a_connection_is_opened_anew_where_it_has_to_be(whole: Whole) -> None:
    """By the worker, as it is wired: who is changed connects anew, and who is so already keeps the connection."""
    await whole.csms.charger("CP2", ping=False)
    async with connected(whole.csms.url, "CP1") as first, connected(whole.csms.url, "CP2", boot=True) as second:
        body = {"ids": ["cp1", "cp2"], "change": {"ping": False}}
        found = (await whole.client.post(CHARGERS, json=body)).json()

        async def over() -> bool:
            now = (await whole.client.get(f"{CHARGERS}/{found['id']}")).json()
            return bool(now["counts"] == {"changed": 1, "unchanged": 1} and now["status"] == "done")

        assert await eventually(over, 30)
        async with asyncio.timeout(10):
            await first.closed.wait()
        await second.call("Heartbeat", {})
