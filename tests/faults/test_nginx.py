# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A cluster behind the nginx configuration that is delivered. Where nginx is not installed it says so."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from tests.faults.cluster import Cluster, cluster, find_nginx
from tests.faults.fleet import PASSWORD, TAG
from tests.support.charger import NOW, connected

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
CHARGERS = [f"CP{number}" for number in range(1, 7)]


@pytest.fixture
async def behind_nginx(folder: Path) -> AsyncIterator[Cluster]:
    """Two nodes of each role, with chargers and a token."""
    program = find_nginx()
    if program is None:
        pytest.skip("nginx is not installed (Debian: apt install nginx)")
    async with cluster(folder, nginx=program) as all_:
        await all_.apis[0].provision(CHARGERS, PASSWORD, TAG)
        yield all_


async def test_chargers_are_spread_and_reached(behind_nginx: Cluster) -> None:
    """By least connections; a command that comes in by nginx finds its charger, wherever it is."""
    api = behind_nginx.apis[0]
    headers = {"Authorization": f"Bearer {api._token}"}
    async with AsyncExitStack() as stack, aiohttp.ClientSession(behind_nginx.http_url, headers=headers) as http:
        chargers = []
        for name in CHARGERS:
            charger = connected(behind_nginx.ocpp_url, name, password=PASSWORD, boot=True)
            chargers.append(await stack.enter_async_context(charger))
        sql = await behind_nginx.postgres.sql()
        try:
            rows = await sql.fetch("SELECT count(*) AS n FROM charger_connections WHERE online GROUP BY node_id")
        finally:
            await sql.close()
        assert sorted(row["n"] for row in rows) == [3, 3]
        for name, charger in zip(CHARGERS, chargers, strict=True):
            charger.answers["ClearCache"] = {"status": "Accepted"}
            url = f"/api/v1/chargers/{name}/commands?wait=20"
            async with http.post(url, json={"type": "clear_cache"}) as answer:
                assert (await answer.json())["status"] == "accepted", name
        async with http.get("/metrics") as answer:
            assert answer.status == 403


async def test_a_dead_node_costs_no_handshake(behind_nginx: Cluster) -> None:
    """nginx tries the next one within the same request, for chargers and for people."""
    behind_nginx.gateways[0].kill()
    behind_nginx.apis[1].kill()
    async with aiohttp.ClientSession(behind_nginx.http_url) as http:
        for name in CHARGERS:
            async with connected(behind_nginx.ocpp_url, name, password=PASSWORD, boot=True) as charger:
                await charger.start(TAG, timestamp=NOW)
            async with http.get("/healthz") as answer:
                assert answer.status == 200
