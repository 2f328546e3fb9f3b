# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Remote commands through two nodes: the API node that is asked, and whichever gateway has the charger.

The same number of chargers and the same commands a second with 1, 2 and 4 gateways: neither the processor time of csms
nor the messages on the bus of one command may grow with the number of nodes.
"""

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass
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
_SETTINGS = {"CSMS_HTTP__REQUESTS_PER_MINUTE": "100000"}  # one program asks it all


@dataclass
class Relay:
    """Of one command: seconds, processor seconds of csms, commands and messages that Valkey had to do with."""

    gateways: int
    chargers: int
    rate: float
    p50_s: float
    p99_s: float
    cpu_s: float
    bus: float
    bytes: float


async def run(chargers: int, rate: float, seconds: float) -> list[Relay]:
    """A cluster of its own for each number of gateways."""
    found = []
    for count in NODES:
        folder = Path(tempfile.mkdtemp(prefix="csms-bench-"))
        folder.chmod(0o755)
        try:
            async with cluster(folder, gateways=count, apis=1, workers=1, settings=_SETTINGS) as nodes:
                await servers.provision(nodes.postgres.url("superuser"), nodes.apis[0].data_dir, chargers)
                found.append(await _relayed(nodes, chargers, rate, seconds))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return found


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
    cpu_s, bus, size = ((one - other) / count for one, other in zip(busy, idle, strict=True))
    return Relay(
        len(fleets), len(names), count / seconds, quantile(times, 0.5), quantile(times, 0.99), cpu_s, bus, size
    )


async def _spent(nodes: Cluster, client: Redis, work: Awaitable[object]) -> tuple[float, float, float]:
    """Processor seconds of csms, commands that Valkey carried out, bytes that it sent, while something is done."""

    async def now() -> tuple[float, float, float]:
        stats = await client.info("stats")
        pids = [node.pid for node in nodes.nodes]
        return servers.cpu_s(pids), stats["total_commands_processed"], stats["total_net_output_bytes"]

    cpu_s, bus, size = await now()
    await work
    cpu_after_s, bus_after, size_after = await now()
    return cpu_after_s - cpu_s, bus_after - bus, size_after - size


class _Asking:
    """Commands at a rate, to any charger, whatever becomes of the ones before."""

    def __init__(self, nodes: Cluster, names: list[str], rate: float) -> None:
        self._base = f"http://127.0.0.1:{nodes.apis[0].http_port}/api/v1"
        self._names = names
        self._rate = rate
        self._random = random.Random(1)
        self._headers: dict[str, str] = {}
        self.times: list[float] = []

    async def sign_in(self, http: aiohttp.ClientSession) -> None:
        body = {"username": "admin", "password": ADMIN_PASSWORD}
        async with http.post(f"{self._base}/auth/login", json=body) as answer:
            self._headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}

    async def ask(self, http: aiohttp.ClientSession, seconds: float) -> None:
        """Times count from when a command was due."""
        self.times = []
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
            outcome = await answer.json()
        self.times.append(time.perf_counter() - due)
        if outcome.get("status") != "accepted":
            raise RuntimeError(f"{answer.status} {outcome}")
