# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Kept answers never show what was changed, or what somebody may not see any more."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from csms.kit.clock import SystemClock
from csms.kit.db import changes, rights
from csms.kit.db.changes import ChangeListener
from csms.kit.db.uow import UnitOfWork, UnitsOfWork
from csms.kit.http import answers as kept
from csms.kit.http.answers import Answers
from csms.kit.metrics import Metrics
from csms.main.answers import HARMLESS, KEPT
from tests.api.support import Product, product
from tests.support.eventually import eventually
from tests.support.postgres import Database

MAX_BYTES = 1_000_000
PROFILE = {
    "purpose": "tx_default_profile",
    "kind": "absolute",
    "stack_level": 1,
    "schedules": [{"unit": "A", "periods": [{"start_s": 0, "limit": 10}]}],
}


class Node:
    """One process of the API with what it keeps."""

    def __init__(self, database: Database) -> None:
        self.metrics = Metrics(process=False)
        self.answers = Answers(KEPT, MAX_BYTES, self.metrics, harmless=HARMLESS)
        self.listener = ChangeListener(database.app_url, self.answers, SystemClock())
        self.api: Product

    def counted(self, outcome: str) -> float:
        """The metric."""
        return self.metrics.answers.labels(outcome).value

    async def is_kept(self, path: str, client: httpx2.AsyncClient | None = None) -> bool:
        """Whether an answer came from memory."""
        before = self.counted("kept")
        answer = await (client or self.api.client).get(path)
        assert answer.status_code == 200, answer.text
        return self.counted("kept") > before

    async def sure(self) -> bool:
        """Whether something would be given from memory now."""
        return self.answers.mark(UUID(int=0), ()) is not None


@asynccontextmanager
async def running(database: Database, folder: Path, count: int) -> AsyncIterator[list[Node]]:
    """Nodes on one database."""
    async with AsyncExitStack() as stack:
        nodes = [Node(database) for _ in range(count)]
        for node in nodes:
            await node.listener.start()
            stack.push_async_callback(node.listener.stop)
            node.api = await stack.enter_async_context(product(database, folder, answers=node.answers))
            await eventually(node.sure)
        yield nodes


async def _user(node: Node, username: str, **body: Any) -> tuple[str, httpx2.AsyncClient]:
    """Somebody who signed in there."""
    password = f"the horse of {username}"
    made = await node.api.create("/api/v1/users", username=username, password=password, **body)
    await node.api.sql.execute("UPDATE users SET must_change_password = false WHERE username = $1", username)
    client = node.api.as_nobody()
    client.headers.update(await node.api.site.bearer(username, password))
    return made["id"], client


async def _things(api: Product) -> dict[str, str]:
    """One of everything that has a path of its own; and what stands in the paths' braces."""
    site = await api.create("/api/v1/sites", name="Depot")
    group = await api.create("/api/v1/charger-groups", name="Fast")
    await api.create("/api/v1/chargers", id="CP1", site_id=site["id"])
    await api.client.post(f"/api/v1/charger-groups/{group['id']}/members", json={"add": ["CP1"]})
    template = await api.create("/api/v1/configuration-templates", name="T", values={"A": "1"})
    profile = await api.create("/api/v1/charging-profiles", name="P", profile=PROFILE)
    flag = {"key": "k", "type": "boolean", "variants": {"on": True, "off": False}, "default_variant": "off"}
    await api.create("/api/v1/feature-flags", **flag)
    await api.create("/api/v1/roles", key="mine", name="Mine", permissions=["site:site:read"])
    await api.create("/api/v1/tokens", value="T1", group="fleet")
    image = await api.client.post("/api/v1/firmware", params={"name": "f.bin"}, content=b"image")
    assert image.status_code == 201, image.text
    return {
        "site_id": site["id"],
        "group_id": group["id"],
        "template_id": template["id"],
        "profile_id": profile["id"],
        "firmware_id": image.json()["id"],
        "key": "k",
        "kind": "alert_raised",
    }


async def test_the_tables_are_those_that_are_read(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each route locks for reading, policies and functions too, is told of: each of the tables has the trigger."""
    read: set[str] = set()
    original = UnitsOfWork._write

    async def look(self: UnitsOfWork, unit: UnitOfWork) -> None:
        rows = await unit.connection.execute(
            text(
                "SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n"
                " ON n.oid = c.relnamespace WHERE l.pid = pg_backend_pid() AND c.relkind IN ('r', 'p')"
                " AND n.nspname = 'public'"
            )
        )
        if unit.scope.actor.kind == "user":  # and not the look at whose session it is
            read.update(row[0] for row in rows)
        await original(self, unit)

    async with running(database, tmp_path, 1) as (node,):
        api = node.api
        told = await api.sql.fetch(
            "SELECT DISTINCT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname = 'told'"
        )
        assert {row["name"] for row in told} == {table for tables in KEPT.values() for table in tables} | rights.TABLES
        things = await _things(api)
        _, somewhere = await _user(
            node, "here", role="none", assignments=[{"role": "operator", "site_id": things["site_id"]}]
        )
        monkeypatch.setattr(UnitsOfWork, "_write", look)
        for path, tables in KEPT.items():
            values = things | ({"key": "mine"} if path.startswith("/api/v1/roles") else {})
            for client in (api.client, somewhere):
                read.clear()
                node.answers.forget_all()
                answer = await client.get(path.format(**values))
                assert answer.status_code == 200 or (client is somewhere and answer.status_code in {403, 404}), path
                if "{" not in path:
                    await client.get(path, params={"q": "depot"})
                assert read <= {*tables}, path
                assert read or client is somewhere, path
            node.answers.forget_all()
            assert not await node.is_kept(path.format(**values)), path
            assert await node.is_kept(path.format(**values)), path
        await somewhere.aclose()


async def test_rights_and_places_hold_at_once(database: Database, tmp_path: Path) -> None:
    """A role that loses a right, a user who is kept out, a site and a charger that move: no answer of before."""
    async with running(database, tmp_path, 1) as (node,):
        api = node.api
        north = (await api.create("/api/v1/sites", name="North"))["id"]
        south = (await api.create("/api/v1/sites", name="South"))["id"]
        depot = (await api.create("/api/v1/sites", name="Depot", parent_id=north))["id"]
        await api.create("/api/v1/chargers", id="CP1", site_id=depot)
        await api.create(
            "/api/v1/roles", key="looker", name="L", permissions=["site:site:read", "charger:charger:read"]
        )
        user, client = await _user(node, "anna", role="none", assignments=[{"role": "looker", "site_id": north}])

        async def seen() -> dict[str, int]:
            await client.get("/api/v1/sites")
            answer = await client.get("/api/v1/sites")
            assert answer.status_code == 200, answer.text
            return {each["name"]: each["chargers"] for each in answer.json()["items"]}

        async def change(path: str, **body: Any) -> None:
            answer = await api.client.patch(path, json=body)
            assert answer.status_code == 200, answer.text
            api.clock.advance(6)  # for so long a session's rights are remembered

        assert await seen() == {"Depot": 1, "North": 1}
        assert await node.is_kept("/api/v1/sites", client)
        assert {each["name"] for each in await api.items("/api/v1/sites")} == {"Depot", "North", "South"}
        await change("/api/v1/chargers/CP1", site_id=north)
        assert await seen() == {"Depot": 0, "North": 1}
        await change(f"/api/v1/sites/{depot}", parent_id=south)
        assert await seen() == {"North": 1}
        await change(f"/api/v1/sites/{depot}", parent_id=north)
        assert await seen() == {"Depot": 0, "North": 1}
        await change("/api/v1/roles/looker", permissions=["charger:charger:read"])
        assert (await client.get("/api/v1/sites")).status_code == 403
        await change("/api/v1/roles/looker", permissions=["site:site:read"])
        assert await seen() == {"Depot": 0, "North": 1}
        assert (await api.client.post(f"/api/v1/users/{user}/suspend")).status_code == 200
        assert (await client.get("/api/v1/sites")).status_code == 401
        await client.aclose()


Write = Callable[[Node, int], Awaitable[None]]


async def test_no_answer_is_older_than_said(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two nodes, readers and writers of them and of SQL by hand in any order, connections that break now and then.

    What a node wrote is seen there at once. What the other wrote, or somebody by hand, is seen within the time that is
    said, also when it is not heard of.
    """
    monkeypatch.setattr(kept, "SURE_S", 0.3)
    monkeypatch.setattr(changes, "_ASK_S", 0.05)
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    async with running(database, tmp_path, 2) as nodes:
        site = (await nodes[0].api.create("/api/v1/sites", name="0"))["id"]
        loop = asyncio.get_running_loop()
        written: list[tuple[float, int, Node | None]] = []  # when its writer knew, what, where
        writing = asyncio.Lock()
        ends_s = loop.time() + 2.5

        def goes_on() -> bool:
            """For that long, and until there was enough of everything: a busy machine takes longer for it."""
            counted = [sum(node.counted(outcome) for node in nodes) for outcome in ("kept", "unsure")]
            enough = len(written) > 5 and counted[0] > 20 and counted[1] > 0
            return loop.time() < ends_s or (not enough and loop.time() < ends_s + 20)

        async def write(number: int) -> None:
            node = dice.choice([*nodes, None])
            if node is None:
                await nodes[0].api.sql.execute("UPDATE sites SET name = $1", str(number))
            else:
                answer = await node.api.client.patch(f"/api/v1/sites/{site}", json={"name": str(number)})
                assert answer.status_code == 200, answer.text
            written.append((loop.time(), number, node))

        async def writer() -> None:
            number = 0
            while goes_on():
                async with writing:
                    number += 1
                    await write(number)
                await asyncio.sleep(dice.choice([0, 0.001, 0.02, 0.2, 0.5]))

        async def reader() -> None:
            while goes_on():
                node = dice.choice(nodes)
                began_s = loop.time()
                due = [number for at, number, where in written if where is node or at < began_s - kept.SURE_S]
                answer = await node.api.client.get(dice.choice(["/api/v1/sites", f"/api/v1/sites/{site}"]))
                body = answer.json()
                found = int(body["items"][0]["name"] if "items" in body else body["name"])
                assert found >= max(due, default=0), f"seed {seed}"
                await asyncio.sleep(dice.choice([0, 0, 0.001, 0.01]))

        async def breaker() -> None:
            while goes_on():
                await asyncio.sleep(dice.uniform(0.3, 0.9))
                await nodes[1].api.sql.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'csms-changes'"
                    " AND datname = current_database()"
                )

        await asyncio.gather(writer(), breaker(), *(reader() for _ in range(4)))
        assert len(written) > 5
        assert sum(node.counted("kept") for node in nodes) > 20, "nothing was given from memory"
        assert sum(node.counted("unsure") for node in nodes) > 0, "no connection broke"
