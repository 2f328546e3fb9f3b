# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One command to many chargers: whom it is for, how many at a time, what became of it at each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from csms.features.bulk import repository
from csms.kit.http.ratelimit import RateLimit
from csms.kit.ids import new_id
from tests.features.whole import Whole
from tests.support.charger import Charger, connected
from tests.support.eventually import eventually

BULK = "/api/v1/bulk-commands"
RESET = {"type": "reset", "kind": "soft"}


@asynccontextmanager
async def _fleet(whole: Whole, count: int, **columns: Any) -> AsyncIterator[list[Charger]]:
    """F1, F2, … connected and booted, all of the vendor ACME."""
    async with AsyncExitStack() as stack:
        chargers = []
        for number in range(1, count + 1):
            identity = await whole.csms.charger(f"F{number}", **columns)
            charger = await stack.enter_async_context(connected(whole.csms.url, identity))
            await charger.call("BootNotification", {"chargePointVendor": "ACME", "chargePointModel": "One"})
            charger.answers["Reset"] = {"status": "Accepted"}
            chargers.append(charger)
        yield chargers


async def _done(whole: Whole, bulk: dict[str, Any]) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found: dict[str, Any] = (await whole.client.get(f"{BULK}/{bulk['id']}")).json()
        return found if found["status"] != "running" else None

    found: dict[str, Any] | None = await eventually(look, 30)
    assert found is not None
    return found


async def _start(whole: Whole, **body: Any) -> dict[str, Any]:
    answer = await whole.client.post(BULK, json={"filter": {"vendor": "ACME"}, "command": RESET, **body})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{BULK}/{found['id']}"
    return found


async def test_power_changes_a_few_chargers_at_a_time(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than is allowed in a minute: a person is told to wait, a bulk command waits by itself (attack 30)."""
    commands = whole.csms.application.commands
    assert commands is not None
    monkeypatch.setattr(commands, "_power_steps", RateLimit("test", "2/second"))
    async with _fleet(whole, 3):
        began = asyncio.get_running_loop().time()
        done = await _done(whole, await _start(whole, at_once=3))
        assert done["counts"] == {"accepted": 3}
        assert asyncio.get_running_loop().time() - began > 0.5
    monkeypatch.setattr(commands, "_power_steps", RateLimit("test", "1/minute"))
    sent = [await whole.client.post("/api/v1/chargers/CP1/commands", json={"type": "reset"}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [202, 429]
    asked = await whole.client.post("/api/v1/chargers/CP1/commands", json={"type": "clear_cache"})
    assert asked.status_code == 202  # what changes no power is not held up


async def test_each_charger_has_its_own_result(whole: Whole) -> None:
    """Taken, refused, not there: counted, listed, filtered; each is a command of the person who asked."""
    async with _fleet(whole, 3) as chargers:
        await whole.csms.charger("F4", vendor="ACME")
        chargers[1].answers["Reset"] = {"status": "Rejected"}
        bulk = await _start(whole)
        assert (bulk["total"], bulk["counts"]) == (4, {"waiting": 4})
        done = await _done(whole, bulk)
        assert (done["status"], done["counts"]) == ("done", {"accepted": 2, "rejected": 1, "unreachable": 1})
        assert done["finished_at"] is not None
        results = await whole.items(f"{BULK}/{bulk['id']}/results")
        assert [(each["charger_id"], each["status"]) for each in results] == [
            ("F1", "accepted"),
            ("F2", "rejected"),
            ("F3", "accepted"),
            ("F4", "unreachable"),
        ]
        assert [each["result"] for each in results[1:3]] == [{"status": "Rejected"}, {"status": "Accepted"}]
        assert results[0]["sent_at"] <= results[0]["finished_at"]
        assert results[3]["result"] is None
        (refused,) = await whole.items(f"{BULK}/{bulk['id']}/results", status="rejected")
        assert refused["charger_id"] == "F2"
        commands = await whole.items("/api/v1/commands", type="reset")
        assert {each["actor_name"] for each in commands} == {"admin"}
        assert {each["id"] for each in commands} == {each["command"] for each in results}
        assert [each["id"] for each in await whole.items(BULK, status="done")] == [bulk["id"]]
        audit = await whole.csms.rows("SELECT * FROM audit_log WHERE action = 'charger:command:bulk'")
        assert len(audit) == 1


async def test_the_counts_that_stay_are_of_its_end(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that ends after the bulk command was read, and before it is found to be over, is counted as it ended."""
    go_on = asyncio.Event()
    progress = repository.progress

    async def later(connection: Any, key: Any) -> tuple[int, int]:
        busy, over = await progress(connection, key)
        if busy:
            go_on.set()

            async def ended() -> bool:
                return bool(await whole.items("/api/v1/commands", type="reset", status="accepted"))

            await eventually(ended)
            busy, over = await progress(connection, key)
        return busy, over

    async def answer(_: Any) -> dict[str, str]:
        await go_on.wait()
        return {"status": "Accepted"}

    async with _fleet(whole, 1) as chargers:
        chargers[0].answers["Reset"] = answer
        monkeypatch.setattr(repository, "progress", later)
        done = await _done(whole, await _start(whole))
    assert (done["status"], done["counts"]) == ("done", {"accepted": 1})


async def test_a_few_at_a_time(whole: Whole) -> None:
    """Never more than at_once are busy with it: the grid, and the drivers, would notice."""
    busy, most = 0, 0

    async with _fleet(whole, 6) as chargers:

        async def slowly(_: Any) -> dict[str, str]:
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            await asyncio.sleep(0.2)
            busy -= 1
            return {"status": "Accepted"}

        for charger in chargers:
            charger.answers["Reset"] = slowly
        done = await _done(whole, await _start(whole, at_once=2))
        assert done["counts"] == {"accepted": 6}
        assert most == 2


async def test_nobody_gets_it_after_it_was_cancelled(whole: Whole) -> None:
    """What was sent goes on; the others wait for ever, and it cannot be cancelled twice."""
    async with _fleet(whole, 4) as chargers:
        release = asyncio.Event()

        async def hold(_: Any) -> dict[str, str]:
            await release.wait()
            return {"status": "Accepted"}

        for charger in chargers:
            charger.answers["Reset"] = hold
        bulk = await _start(whole, at_once=1)
        await chargers[0].heard_action("Reset")
        cancelled = (await whole.client.post(f"{BULK}/{bulk['id']}/cancel")).json()
        assert (cancelled["status"], cancelled["counts"]["waiting"]) == ("cancelled", 3)
        release.set()
        await asyncio.sleep(1)
        assert [len(charger.heard) for charger in chargers] == [1, 0, 0, 0]
        assert (await whole.client.get(f"{BULK}/{bulk['id']}")).json()["counts"] == {"accepted": 1, "waiting": 3}
        assert await whole.refused("POST", f"{BULK}/{bulk['id']}/cancel") == (409, "bulk_over")


async def test_it_goes_on_after_a_crash(whole: Whole) -> None:
    """The job is started again: who had a command has no second one."""
    async with _fleet(whole, 3) as chargers:
        bulk = await _start(whole)
        await _done(whole, bulk)
        await whole.csms.sql.execute("UPDATE bulk_commands SET status = 'running', finished_at = NULL")
        await whole.csms.sql.execute("UPDATE bulk_targets SET command = NULL WHERE charger_id = 'F2'")
        job = await whole.csms.row("SELECT * FROM jobs WHERE kind = 'bulk'")
        kit = whole.csms.application.kit
        assert kit is not None
        from csms.features.bulk.service import KIND, Work
        from csms.kit.db.uow import Scope
        from csms.kit.jobs.pgqueuer import PgJobs

        async with kit.units(Scope.system(job["organization_id"])) as uow:
            work = Work(bulk["id"])
            await PgJobs(kit.clock).enqueue(uow.connection, KIND, work, organization_id=job["organization_id"])
        done = await _done(whole, bulk)
        assert done["counts"] == {"accepted": 3}
        assert [len(charger.heard) for charger in chargers] == [1, 1, 1]


async def test_again_where_it_failed(whole: Whole) -> None:
    """Who refused or was away gets it once more, as a new command; who took it does not; it can fail again."""
    async with _fleet(whole, 3) as chargers:
        await whole.csms.charger("F4", vendor="ACME")
        chargers[1].answers["Reset"] = {"status": "Rejected"}
        bulk = await _start(whole)
        path = f"{BULK}/{bulk['id']}/retry"
        assert (await _done(whole, bulk))["counts"] == {"accepted": 2, "rejected": 1, "unreachable": 1}
        before = {each["charger_id"]: each["command"] for each in await whole.items(f"{BULK}/{bulk['id']}/results")}
        chargers[1].answers["Reset"] = {"status": "Accepted"}
        answer = await whole.client.post(path)
        assert (answer.status_code, answer.json()["status"], answer.json()["round"]) == (202, "running", 1)
        assert (await _done(whole, bulk))["counts"] == {"accepted": 3, "unreachable": 1}
        assert [len(charger.heard) for charger in chargers] == [1, 2, 1]
        after = {each["charger_id"]: each["command"] for each in await whole.items(f"{BULK}/{bulk['id']}/results")}
        assert {identity for identity in after if after[identity] != before[identity]} == {"F2", "F4"}
        await whole.csms.sql.execute("UPDATE bulk_targets SET refusal = 'x', command = NULL WHERE charger_id = 'F4'")
        await whole.csms.sql.execute("DELETE FROM chargers WHERE id = 'F4'")
        assert await whole.refused("POST", path) == (409, "nothing_failed")
    assert await whole.refused("POST", f"{BULK}/{new_id()}/retry") == (404, "bulk_not_found")


async def test_whom_it_would_be_for(whole: Whole) -> None:
    """A dry run tells and sends nothing; retired chargers never belong to it; nobody is an error, not a success."""
    for number in range(25):
        await whole.csms.charger(f"A{number:02}", vendor="ACME", firmware_version="1.2")
    await whole.csms.sql.execute("UPDATE chargers SET retired_at = now() WHERE id = 'A00'")
    body = {"filter": {"vendor": ["ACME", "Other"], "firmware_version[prefix]": "1."}, "command": RESET}
    answer = await whole.client.post(BULK, json={**body, "dry_run": True})
    assert (answer.status_code, answer.json()["total"]) == (200, 24)
    assert answer.json()["chargers"] == [f"A{number:02}" for number in range(1, 21)]
    assert await whole.items(BULK) == []
    nobody = {"filter": {"vendor": "Nobody"}, "command": RESET}
    assert await whole.refused("POST", BULK, json=nobody) == (400, "no_charger_concerned")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"filter": {"colour": "red"}, "command": RESET}, "invalid_filter"),
        (
            {"filter": {"vendor": "A"}, "command": {"type": "stop_transaction", "transaction_id": 7}},
            "invalid_request",
        ),
        (
            {
                "filter": {"vendor": "A"},
                "command": {"type": "change_configuration", "key": "AuthorizationKey", "value": "0123456789abcdef"},
            },
            "invalid_request",
        ),
    ],
)
async def test_what_is_not_sent_to_many(whole: Whole, body: dict[str, Any], code: str) -> None:
    """A filter that there is not, one charger's transaction, a secret that would be shared."""
    assert await whole.refused("POST", BULK, json=body) == (400, code)


async def test_a_refusal_is_of_one_charger(whole: Whole) -> None:
    """A charger that was retired meanwhile has its own reason; the others go on."""
    async with _fleet(whole, 2):
        await whole.csms.charger("F3", vendor="ACME")
        bulk = await _start(whole, at_once=1)
        await whole.csms.sql.execute("UPDATE chargers SET retired_at = now() WHERE id = 'F3'")
        done = await _done(whole, bulk)
        assert done["counts"] == {"accepted": 2, "refused": 1}
        (refused,) = await whole.items(f"{BULK}/{bulk['id']}/results", status="refused")
        assert "no charger 'F3'" in refused["reason"]
    assert await whole.refused("GET", f"{BULK}/00000000-0000-7000-8000-000000000009") == (404, "bulk_not_found")
