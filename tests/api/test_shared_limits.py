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

from csms.kit.config import HttpSettings
from csms.kit.http.problems import TooManyRequestsError
from csms.kit.http.ratelimit import Counters, RateLimit
from tests.features.accounts.support import PASSWORD, site
from tests.support.postgres import Database
from tests.support.valkey import ValkeyServer

ALLOWED = 12
PAUSE_S = 0.4


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
            counters = Counters(valkey.url, patience_s=0.2, pause_s=PAUSE_S)
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
    assert time.monotonic() - began < 2 * 0.2 + 1.0  # one waited, and one more at most after the pause
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
    """After the first wait nobody waits until the pause is over; then one does, and the others do not."""
    async with ValkeyServer() as valkey:
        now = 100.0
        counters = Counters(valkey.url, patience_s=0.15, pause_s=5, monotonic=lambda: now)
        limit = RateLimit("r", "5/minute", counters)

        async def waits(times: int) -> int:
            """How many of some attempts at once had to wait."""
            took = []

            async def attempt(number: int) -> None:
                began = time.monotonic()
                await limit.hit(str(number))
                took.append(time.monotonic() - began)

            await asyncio.gather(*(attempt(number) for number in range(times)))
            return sum(each > 0.1 for each in took)

        try:
            assert await waits(60) == 0  # more than there are connections
            valkey.freeze()
            assert await waits(1) == 1
            assert await waits(30) == 0
            now += 5.1
            assert await waits(30) == 1
            assert await waits(30) == 0
            valkey.thaw()
            now += 5.1
            await limit.hit("last")
            assert [key for key in await valkey.client().keys("*") if b"last" in key]
            for _ in range(4):
                await limit.hit("last")
            with pytest.raises(TooManyRequestsError):
                await limit.hit("last")
        finally:
            valkey.thaw()
            await counters.close()
