# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Remote commands through two nodes: the API node that is asked, and whichever gateway has the charger.

The same number of chargers and the same commands a second with 1, 2 and 4 gateways: neither the processor time of csms
nor the messages on the bus of one command may grow with the number of nodes. The rate is held whatever becomes of the
commands before: a machine that others use too shows it, by what is refused and by how much of it they took.
"""

import asyncio
import os
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from dataclasses import astuple, dataclass
from pathlib import Path

import aiohttp
from redis.asyncio import Redis
from tests.faults.cluster import Cluster, cluster
from tests.faults.process import ADMIN_PASSWORD

from bench import servers
from bench.load import SECRET, Fleet, Station, identity
from bench.steady import quantile

FLOOR_S = 0.05
FLOOR_GROWTH = 1.2
NODES = (1, 2, 4)
_GROUP = 1_000
_WARM_UP_S = 3.0
_PATIENCE_S = 180.0  # four gateways, an API node and a worker start at once
_SETTINGS = {"CSMS_HTTP__REQUESTS_PER_MINUTE": "100000"}  # one program asks it all


@dataclass
class Relay:
    """Of one command: seconds, processor seconds of csms and PostgreSQL, messages on the bus, bytes of Valkey."""

    gateways: int
    chargers: int
    rate: float
    p50_s: float
    p99_s: float
    cpu_s: float
    bus: float
    bytes: float
    database_s: float
    others: float  # processor cores that were busy with none of this
    failed: int
    reason: str  # of one of those


async def run(chargers: int, rate: float, seconds: float) -> AsyncIterator[Relay]:
    """A cluster of its own for each number of gateways."""
    for count in NODES:
        folder = Path(tempfile.mkdtemp(prefix="csms-bench-"))
        folder.chmod(0o755)
        try:
            async with cluster(
                folder, gateways=count, apis=1, workers=1, settings=_SETTINGS, patience_s=_PATIENCE_S
            ) as nodes:
                await servers.provision(nodes.postgres.url("superuser"), nodes.apis[0].data_dir, chargers)
                yield await _relayed(nodes, chargers, rate, seconds)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


async def _relayed(nodes: Cluster, chargers: int, rate: float, seconds: float) -> Relay:
    share = chargers // len(nodes.gateways)
    fleets = [
        Fleet(gateway.ocpp_port, secret=SECRET, first=number * share) for number, gateway in enumerate(nodes.gateways)
    ]
    for fleet in fleets:
        await fleet.connect(share)
        for at in range(0, share, _GROUP):
            await Fleet.of(fleet.stations[at : at + _GROUP]).everyone(Station.boot)
    names = [identity(number) for number in range(share * len(fleets))]
    asking = _Asking(nodes, names, rate)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        await asking.sign_in(http)
        await asking.ask(http, _WARM_UP_S)
        client = nodes.valkey.client()
        # With nobody commanding, csms works and talks too: that is not what a command costs.
        idle = await _spent(nodes, client, asyncio.sleep(seconds))
        busy = await _spent(nodes, client, asking.ask(http, seconds))
        await client.aclose()
    for fleet in fleets:
        await fleet.hang_up()
    times, count = asking.times, len(asking.times)
    cost = busy - idle * (busy.seconds / idle.seconds)
    return Relay(
        gateways=len(fleets),
        chargers=len(names),
        rate=count / seconds,
        p50_s=quantile(times, 0.5),
        p99_s=quantile(times, 0.99),
        cpu_s=cost.csms_s / count,
        bus=cost.bus / count,
        bytes=cost.bytes / count,
        database_s=cost.database_s / count,
        others=busy.others_s / busy.seconds,
        failed=len(asking.failed),
        reason=asking.failed[0] if asking.failed else "",
    )


@dataclass
class _Spent:
    """Processor seconds of csms, of PostgreSQL and of all else on the machine; messages that were published, and bytes
    that Valkey sent. What else it is asked, mostly to count requests, is left out: it is given up when it is slow.
    """

    seconds: float
    csms_s: float
    database_s: float
    others_s: float
    bus: float
    bytes: float

    def __sub__(self, other: "_Spent") -> "_Spent":
        return _Spent(*(one - two for one, two in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, factor: float) -> "_Spent":
        return _Spent(*(one * factor for one in astuple(self)))


async def _spent(nodes: Cluster, client: Redis, work: Awaitable[object]) -> _Spent:
    """What is spent while something is done."""

    async def now() -> _Spent:
        stats = await client.info()
        published = (await client.info("commandstats")).get("cmdstat_publish", {"calls": 0})["calls"]
        csms_s = servers.cpu_s([node.pid for node in nodes.nodes])
        database_s = servers.cpu_s(nodes.postgres.processes())
        ours_s = csms_s + database_s + servers.cpu_s([os.getpid(), stats["process_id"]])
        sent = stats["total_net_output_bytes"]
        return _Spent(time.perf_counter(), csms_s, database_s, servers.busy_s() - ours_s, published, sent)

    before = await now()
    await work
    return await now() - before


class _Asking:
    """Commands at a rate, to any charger, whatever becomes of the ones before."""

    def __init__(self, nodes: Cluster, names: list[str], rate: float) -> None:
        self._base = f"http://127.0.0.1:{nodes.apis[0].http_port}/api/v1"
        self._names = names
        self._rate = rate
        self._random = random.Random(1)
        self._headers: dict[str, str] = {}
        self.times: list[float] = []
        self.failed: list[str] = []

    async def sign_in(self, http: aiohttp.ClientSession) -> None:
        body = {"username": "admin", "password": ADMIN_PASSWORD}
        async with http.post(f"{self._base}/auth/login", json=body) as answer:
            self._headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}

    async def ask(self, http: aiohttp.ClientSession, seconds: float) -> None:
        """Times count from when a command was due."""
        self.times, self.failed = [], []
        began, tasks = time.perf_counter(), []
        for number in range(int(self._rate * seconds)):
            due = began + number / self._rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(self._one(http, due)))
        await asyncio.gather(*tasks)

    async def _one(self, http: aiohttp.ClientSession, due: float) -> None:
        charger = self._random.choice(self._names)
        url = f"{self._base}/chargers/{charger}/commands?wait=10"
        async with http.post(url, json={"type": "clear_cache"}, headers=self._headers) as answer:
            # a server that has too much to do says so in plain words
            outcome = await answer.json() if answer.content_type.endswith("json") else {"detail": await answer.text()}
        self.times.append(time.perf_counter() - due)
        if outcome.get("status") != "accepted":
            self.failed.append(
                f"{answer.status} {outcome.get('status')}: {outcome.get('detail') or outcome.get('reason')}"
            )
