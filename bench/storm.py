# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A gateway is killed with all its chargers: how soon they are back at the other one, and whom that disturbs.

Two gateways, an API node and a worker on one PostgreSQL and one Valkey. Chargers come back as fast as they may: within
a second of the loss, and again after a second, then two, four ..., where they were not let in.
"""

import asyncio
import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.cluster import Cluster, cluster

from bench import servers
from bench.load import SECRET, Fleet, Station
from bench.steady import quantile

FLOOR_S = 60.0
FLOOR_ESTABLISHED_S = 1.0
_SCRIPT = [Station.heartbeat]
_FIRST_S = 1.0
_LONGEST_S = 16.0
_GIVE_UP_S = 180.0


@dataclass
class Storm:
    """Times in seconds."""

    chargers: int
    established: int
    back_s: float = 0.0
    booted: list[float] = field(default_factory=list)  # since the kill
    refused: Counter[str] = field(default_factory=Counter)  # handshakes that were not let in, by charger
    waited: list[float] = field(default_factory=list)  # of those at the other gateway, for their answers

    @property
    def refused_twice(self) -> int:
        """Chargers that were turned away more than once."""
        return sum(count > 1 for count in self.refused.values())


async def run(chargers: int, established: int, rate: float) -> Storm:
    """Kill, and watch until the last one is booted again."""
    folder = Path(tempfile.mkdtemp(prefix="csms-bench-"))
    folder.chmod(0o755)
    try:
        async with cluster(folder, apis=1, workers=1) as nodes:
            await servers.provision(nodes.postgres.url("superuser"), nodes.apis[0].data_dir, chargers + established)
            _pin(nodes)
            return await _storm(nodes, Storm(chargers, established), rate)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pin(nodes: Cluster) -> None:
    """The gateways on the first core, all else on the second."""
    servers.pin([node.process.pid for node in nodes.gateways if node.process], 0)
    others = [node.process.pid for node in (*nodes.apis, *nodes.workers) if node.process]
    servers.pin([*others, *nodes.postgres.processes()], 1)


async def _storm(nodes: Cluster, storm: Storm, rate: float) -> Storm:
    doomed, other = nodes.gateways
    at_other = Fleet(other.ocpp_port, secret=SECRET, first=storm.chargers)
    await at_other.connect(storm.established)
    await at_other.everyone(Station.boot)
    lost = Fleet(doomed.ocpp_port, secret=SECRET)
    await lost.connect(storm.chargers)
    for part in range(0, storm.chargers, 1_000):  # they did not all boot at once when this day began
        await Fleet.of(lost.stations[part : part + 1_000]).everyone(Station.boot)
    returning = Fleet(other.ocpp_port, secret=SECRET)
    killed_at = time.perf_counter()
    doomed.kill()
    all_back = asyncio.gather(*(_come_back(returning, number, storm, killed_at) for number in range(storm.chargers)))
    async with asyncio.timeout(_GIVE_UP_S):
        while not all_back.done():
            waited, _ = await at_other.steady(_SCRIPT, rate, 1.0)
            storm.waited += waited
        await all_back
    storm.back_s = max(storm.booted)
    await returning.hang_up()
    await at_other.hang_up()
    return storm


async def _come_back(fleet: Fleet, number: int, storm: Storm, killed_at: float) -> None:
    pause_s = _FIRST_S
    await asyncio.sleep(random.uniform(0, _FIRST_S))
    while True:
        try:
            station = await fleet.connect_one(number)
            break
        except ConnectionError:
            storm.refused[str(number)] += 1
            await asyncio.sleep(pause_s * random.uniform(1, 1.5))
            pause_s = min(pause_s * 2, _LONGEST_S)
    booted = asyncio.get_running_loop().create_future()
    station.answered = lambda *_: booted.done() or booted.set_result(None)
    station.boot()
    await booted
    storm.booted.append(time.perf_counter() - killed_at)


def report(storm: Storm) -> tuple[str, bool]:
    """The line, and whether the floors are kept."""
    p99 = quantile(storm.waited, 0.99)
    half_s = quantile(storm.booted, 0.5)
    text = (
        f"{storm.chargers:,} chargers back and booted after {storm.back_s:.1f} s (half of them {half_s:.1f}); "
        f"{len(storm.refused):,} turned away once or more, {storm.refused_twice:,} twice; p99 of {storm.established:,} "
        f"others meanwhile {p99 * 1e3:.0f} ms"
    )
    return text, storm.back_s <= FLOOR_S and not storm.refused_twice and p99 <= FLOOR_ESTABLISHED_S
