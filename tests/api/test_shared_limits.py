# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests are counted for all nodes together, and by each alone while Redis is away or hangs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from limits.aio.storage import MemoryStorage, Storage

from csms.kit.config import HttpSettings
from csms.kit.http.ratelimit import Counters
from tests.features.accounts.support import PASSWORD, site
from tests.support.postgres import Database
from tests.support.valkey import ValkeyServer

ALLOWED = 12
PATIENCE_S = 1.0
PAUSE_S = 1.0


@dataclass
class Nodes:
    """Two nodes of the API on one database and one Valkey, and the header of somebody who signed in."""

    valkey: ValkeyServer
    clients: list[httpx2.AsyncClient]
    header: dict[str, str]

    async def ask(self, node: int, times: int) -> list[int]:
        """The statuses of some requests to a node."""
        found = []
        for _ in range(times):
            found.append((await self.clients[node].get("/api/v1/me", headers=self.header)).status_code)
        return found


@pytest.fixture
async def nodes(database: Database, tmp_path: Path) -> AsyncIterator[Nodes]:
    """Of one user, 12 requests a minute are let in."""
    async with AsyncExitStack() as stack:
        valkey = await stack.enter_async_context(ValkeyServer())
        clients: list[httpx2.AsyncClient] = []
        header: dict[str, str] = {}
        for _ in range(2):
            counters = Counters(valkey.url, patience_s=PATIENCE_S, pause_s=PAUSE_S)
            stack.push_async_callback(counters.close)
            http = HttpSettings(requests_per_minute=ALLOWED)
            node = await stack.enter_async_context(site(database, tmp_path, counters=counters, http=http))
            await node.accounts.ensure_first_admin(PASSWORD)
            header = header or await node.bearer()
            clients.append(node.client)
        yield Nodes(valkey, clients, header)


async def test_nodes_share_a_limit_and_outlive_redis(nodes: Nodes) -> None:
    """What one let in counts at the other; killed or hanging, Redis refuses nobody and hardly slows anybody."""
    assert await nodes.ask(0, ALLOWED - 2) == [200] * (ALLOWED - 2)
    answer = await nodes.clients[1].get("/api/v1/me", headers=nodes.header)
    assert answer.headers["RateLimit"].startswith('"user";r=1;t=')
    assert await nodes.ask(1, 3) == [200, 429, 429]
    assert await nodes.ask(0, 1) == [429]

    nodes.valkey.freeze()
    began = time.monotonic()
    assert await nodes.ask(0, ALLOWED + 2) == [200] * ALLOWED + [429] * 2  # each node for itself, from nought
    assert time.monotonic() - began < ALLOWED * PATIENCE_S  # not each of them waited
    nodes.valkey.thaw()
    await asyncio.sleep(PAUSE_S)
    assert await nodes.ask(1, 2) == [429, 429]  # together again: what was counted before still counts

    nodes.valkey.kill()
    assert await nodes.ask(1, ALLOWED + 1) == [200] * ALLOWED + [429]
    await nodes.valkey.start()  # and knows nothing any more
    await asyncio.sleep(PAUSE_S)
    assert await nodes.ask(0, ALLOWED - 1) == [200] * (ALLOWED - 1)
    assert await nodes.ask(1, 2) == [200, 429]


async def test_one_in_many_asks_a_redis_that_hangs() -> None:
    """After the first wait nobody asks it until the pause is over; then one does, and the others do not."""
    async with ValkeyServer() as valkey:
        now = 100.0
        counters = Counters(valkey.url, patience_s=1.0, pause_s=5, monotonic=lambda: now)

        async def asked(times: int) -> tuple[int, int]:
            """How often some attempts at once asked Redis, and how often this process's own memory."""
            memory: list[bool] = []

            async def attempt(storage: Storage) -> int:
                memory.append(isinstance(storage, MemoryStorage))
                return await storage.incr("key", 60)

            await asyncio.gather(*(counters.ask(attempt) for _ in range(times)))
            return memory.count(False), memory.count(True)

        try:
            assert await asked(60) == (60, 0)  # more than there are connections
            valkey.freeze()
            assert await asked(1) == (1, 1)
            assert await asked(30) == (0, 30)
            now += 5.1
            assert await asked(30) == (1, 30)
            assert await asked(30) == (0, 30)
            valkey.thaw()
            now += 5.1
            assert await asked(1) == (1, 0)
            assert await asked(30) == (30, 0)
        finally:
            valkey.thaw()
            await counters.close()
