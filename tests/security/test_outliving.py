# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What somebody left behind: keys, commands to many, commands that wait. None may do more than they may now."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2

from csms.kit.clock import SystemClock
from csms.kit.db.changes import ChangeListener
from csms.kit.db.rights import RightsHearer
from csms.kit.http.answers import Answers
from csms.kit.http.remembered import Remembered
from tests.api.support import Product, product
from tests.features.accounts.support import PASSWORD
from tests.features.people.test_people import client_of, code, person
from tests.features.whole import whole as open_whole
from tests.support.charger import connected
from tests.support.eventually import eventually
from tests.support.postgres import Database

KEYS, BULK, USERS = "/api/v1/api-keys", "/api/v1/bulk-commands", "/api/v1/users"
CHARGERS = "/api/v1/chargers"


async def test_a_key_does_what_its_maker_may(api: Product) -> None:
    """Fewer rights, fewer places, suspended, retired: the key with them, until somebody else answers for it."""
    site = (await api.create("/api/v1/sites", name="Depot"))["id"]
    await api.create(CHARGERS, id="IN", site_id=site)
    await api.create(CHARGERS, id="OUT")
    bob = await person(api, "bob", role="admin")
    path = f"{USERS}/{(await bob.get('/api/v1/me')).json()['id']}"
    permissions = ["charger:charger:read", "charger:charger:delete", "account:api_key:read", "account:api_key:write"]
    made = (await bob.post(KEYS, json={"name": "script", "permissions": permissions})).json()
    program = client_of(api, **{"X-API-Key": made["key"]})
    second = (await program.post(KEYS, json={"name": "its own", "permissions": ["charger:charger:read"]})).json()
    assert second["maker_id"] == made["maker_id"]  # a program's keys are answered for by whoever answers for it
    child = client_of(api, **{"X-API-Key": second["key"]})

    async def seen(client: httpx2.AsyncClient) -> Any:
        answer = await client.get(CHARGERS)
        return [item["id"] for item in answer.json()["items"]] if answer.status_code == 200 else await _code(answer)

    assert await seen(program) == ["IN", "OUT"]
    placed = {"role": "none", "assignments": [{"role": "technician", "site_id": site}]}
    assert (await api.client.patch(path, json=placed)).status_code == 200
    assert await seen(program) == await seen(child) == ["IN"]
    assert await code(await program.delete(f"{CHARGERS}/IN")) == (403, "forbidden")
    assert await code(await program.post(f"{KEYS}/{made['id']}/take-over")) == (403, "forbidden")

    assert (await api.client.post(f"{path}/suspend")).status_code == 200
    assert await seen(program) == await seen(child) == (401, "api_key_suspended")
    assert {item["status"] for item in await api.items(KEYS, status="suspended")} == {"suspended"}
    assert (await api.client.post(f"{path}/reactivate")).status_code == 200
    assert await seen(program) == ["IN"]
    assert (await api.client.delete(path)).status_code == 204
    assert await seen(program) == (401, "api_key_suspended")

    eve = await person(api, "eve", role="viewer")
    assert (await eve.post(f"{KEYS}/{made['id']}/take-over")).status_code == 403
    keeper = {"key": "keeper", "name": "Keeper", "permissions": ["account:api_key:read", "account:api_key:write"]}
    await api.create("/api/v1/roles", **keeper)
    kim = await person(api, "kim", role="keeper")
    assert await code(await kim.post(f"{KEYS}/{made['id']}/take-over")) == (403, "beyond_own_rights")
    taken = await api.client.post(f"{KEYS}/{made['id']}/take-over")
    assert (taken.status_code, taken.json()["status"]) == (200, "active")
    assert await seen(program) == ["IN", "OUT"]
    assert await seen(child) == (401, "api_key_suspended")
    new = (await api.client.post(f"{KEYS}/{second['id']}/rotate")).json()  # whoever has the new secret answers for it
    assert await seen(client_of(api, **{"X-API-Key": new["key"]})) == ["IN", "OUT"]


async def test_a_change_counts_at_once_everywhere(database: Database, tmp_path: Path) -> None:
    """Here with its commit; at another node, or done by SQL, as soon as the database told of it: nobody waits 5 s."""
    async with product(database, tmp_path) as here, product(database, tmp_path) as there:
        listener = ChangeListener(
            database.app_url, RightsHearer(there.units.rights, Answers({}, 0, there.site.metrics)), SystemClock()
        )
        await listener.start()
        try:
            bob = await person(here, "bob", role="admin")
            user = f"{USERS}/{(await bob.get('/api/v1/me')).json()['id']}"
            made = (await bob.post(KEYS, json={"name": "script", "permissions": ["charger:charger:read"]})).json()
            header = {"X-API-Key": made["key"]}
            near, far = client_of(here, **header), client_of(there, **header)
            away = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=there.app), base_url="http://csms.test", headers=bob.headers
            )

            async def everywhere(status: int, *clients: httpx2.AsyncClient) -> None:
                assert (await near.get(CHARGERS)).status_code == status

                async def told() -> bool:
                    return all([(await client.get(CHARGERS)).status_code == status for client in clients])

                assert await eventually(told, 4)  # by clocks that stand

            await everywhere(200, far, away)
            assert (await here.client.post(f"{user}/suspend")).status_code == 200
            await everywhere(401, far, away)
            assert (await here.client.post(f"{user}/reactivate")).status_code == 200
            await everywhere(200, far)
            assert (await here.client.patch(user, json={"role": "none"})).status_code == 200
            await everywhere(403, far)
            assert (await here.client.patch(user, json={"role": "admin"})).status_code == 200
            await everywhere(200, far)
            assert (await here.client.delete(f"{KEYS}/{made['id']}")).status_code == 204
            await everywhere(401, far)
            await here.sql.execute("UPDATE api_keys SET revoked_at = NULL")
            assert await eventually(lambda: _answers(far), 4)
            await here.sql.execute("UPDATE users SET is_active = false WHERE username = 'bob'")
            assert await eventually(lambda: _answers(far, 401), 4)
        finally:
            await listener.stop()


async def test_what_was_read_before_a_change_is_not_remembered(api: Product) -> None:
    """A request that asked who somebody is, and was overtaken by the change, does not bring the old rights back."""
    memory: Remembered[str] = Remembered(api.units.rights, api.clock)
    principal = await api.site.accounts.authenticate(api.client.headers["authorization"].removeprefix("Bearer "))
    before = memory.before()
    api.units.rights.changed(principal.organization_id)
    memory.keep("k", principal, before)
    assert memory.find("k") is None
    memory.keep("k", principal, memory.before())
    assert memory.find("k") is principal
    api.units.rights.own_change(principal.organization_id, ["account:session:create", "charger:charger:update"])
    assert memory.find("k") is principal
    api.clock.advance(5)
    assert memory.find("k") is None
    memory.keep("k", principal, memory.before())
    api.units.rights.forget_all()
    assert memory.find("k") is None


async def _answers(client: httpx2.AsyncClient, status: int = 200) -> bool:
    return (await client.get(CHARGERS)).status_code == status


async def _code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_commands_of_somebody_who_left(database: Database, tmp_path: Path) -> None:
    """The rest of a command to many is refused, and says why; one that waits for its charger is not sent any more."""
    async with open_whole(database, tmp_path) as whole:
        boss = whole.client
        body = {"username": "bob", "role": "operator", "password": PASSWORD}
        bob = await whole.create(USERS, **body)
        path = f"{USERS}/{bob['id']}"
        await whole.csms.rows("UPDATE users SET must_change_password = false WHERE username = 'bob'")
        signed = await boss.post("/api/v1/auth/login", json={"username": "bob", "password": body["password"]})
        token = signed.json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        site = (await whole.create("/api/v1/sites", name="Depot"))["id"]
        for name in ("F1", "F2", "F3", "LATE", "THERE"):
            await whole.csms.charger(name)
        for name in ("F1", "F2", "THERE"):
            assert (await boss.patch(f"{CHARGERS}/{name}", json={"site_id": site})).status_code == 200
        went_on = asyncio.Event()

        async def slowly(_: Any) -> dict[str, str]:
            await went_on.wait()
            return {"status": "Accepted"}

        async def bulk(many: list[str]) -> str:
            sent = {"filter": {"id": many}, "command": {"type": "clear_cache"}, "at_once": 1}
            answer = await boss.post(BULK, json=sent, headers=headers)
            assert answer.status_code == 202, answer.text
            return f"{BULK}/{answer.json()['id']}"

        async def over(at: str) -> list[tuple[str, str, str | None]]:
            async def look() -> bool:
                return bool((await boss.get(at)).json()["status"] == "done")

            await eventually(look, 30)
            return [(r["charger_id"], r["status"], r["reason"]) for r in await whole.items(f"{at}/results")]

        async with connected(whole.csms.url, "F1", boot=True) as first:
            first.answers["ClearCache"] = slowly
            at = await bulk(["F1", "F2", "F3"])
            await eventually(lambda: _heard(first.heard), 10)
            placed = {"role": "none", "assignments": [{"role": "technician", "site_id": site}]}
            assert (await boss.patch(path, json=placed)).status_code == 200
            went_on.set()
            assert await over(at) == [
                ("F1", "accepted", None),
                ("F2", "unreachable", "the charger is not connected"),
                ("F3", "refused", "there is no charger 'F3'"),  # by now they do not see it
            ]
            queued = {}
            for name in ("LATE", "THERE"):
                assert (await boss.patch(path, json={"role": "operator"})).status_code == 200
                await asyncio.sleep(0)
                answer = await boss.post(
                    f"{CHARGERS}/{name}/commands?queue=3600", json={"type": "clear_cache"}, headers=headers
                )
                assert answer.status_code == 202, answer.text
                queued[name] = f"{CHARGERS}/{name}/commands/{answer.json()['id']}"
            went_on.clear()
            first.heard.clear()
            at = await bulk(["F1", "F2", "F3"])
            await eventually(lambda: _heard(first.heard), 10)
            assert (await boss.patch(path, json=placed)).status_code == 200

            async def ended(name: str) -> str | None:
                found = (await boss.get(queued[name])).json()
                return None if found["status"] == "pending" else f"{found['status']}: {found['reason']}"

            async with connected(whole.csms.url, "LATE", boot=True) as late:
                gone = "expired: whoever asked for this may not any more at this charger"
                assert await eventually(lambda: ended("LATE"), 30) == gone
                assert not await _heard(late.heard)
            assert (await boss.post(f"{path}/suspend")).status_code == 200
            went_on.set()
            left = "whoever asked for this is suspended or has left"
            assert await over(at) == [("F1", "accepted", None), ("F2", "refused", left), ("F3", "refused", left)]
            async with connected(whole.csms.url, "THERE", boot=True) as there:
                assert await eventually(lambda: ended("THERE"), 30) == f"expired: {left}"
                assert not await _heard(there.heard)


async def _heard(heard: list[tuple[str, Any]]) -> bool:
    return any(action == "ClearCache" for action, _ in heard)
