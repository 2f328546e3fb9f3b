# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Heartbeats and MeterValues a second: csms stores before it answers, the PyPI `ocpp` central system never stores.

Same generator, same chargers, one core for each server, interleaved rounds, medians.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import median

import asyncpg

from bench import servers
from bench.load import Fleet, Station
from bench.servers import Csms, Server

FLOOR = 5.0


@dataclass
class Series:
    """What one server did with one kind of message, round by round."""

    rates: list[float] = field(default_factory=list)
    server_us: list[float] = field(default_factory=list)
    database_us: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(self.rates)


async def _round(
    server: Server, database: Csms, word: Callable[[Station], None], connections: int, seconds: float, series: Series
) -> int:
    fleet = Fleet(server.port, secret=server.secret)
    await fleet.connect(connections)
    await fleet.everyone(Station.boot)
    await fleet.everyone(Station.start)
    servers.pin(servers.processes_of(database.cluster), 1)
    cpu, database_cpu = server.cpu_s(), database.database_cpu_s()
    answers, elapsed = await fleet.flood(word, 1.0, seconds)
    # Processor time covers the warm-up too, and so does the count it is divided by.
    everything = max(1, fleet.total)
    series.rates.append(answers / elapsed)
    series.server_us.append((server.cpu_s() - cpu) / everything * 1e6)
    series.database_us.append((database.database_cpu_s() - database_cpu) / everything * 1e6)
    await fleet.hang_up()
    await asyncio.sleep(0.7)  # let it write what it buffers
    return everything


async def _stored(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM meter_values"))
    finally:
        await connection.close()


async def run(connections: int, seconds: float, rounds: int, peers: bool = True) -> dict[tuple[str, str], Series]:
    """All series by (server, message)."""
    figures: dict[tuple[str, str], Series] = {}
    acknowledged = 0
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(servers.csms(connections))
        everyone: list[Server] = [ours]
        if peers:
            bare = servers.peer("bare loop", "bench.peers.bare_loop", ours.superuser_url)
            everyone.append(await stack.enter_async_context(servers.peer("PyPI ocpp", "bench.peers.pypi_ocpp")))
            if servers.find_node() is not None:
                npm = servers.node_peer("npm ocpp-rpc", "npm_ocpp_rpc.mjs")
                everyone.append(await stack.enter_async_context(npm))
            everyone.append(await stack.enter_async_context(bare))
        for _ in range(rounds):
            for name, word in (("Heartbeat", Station.heartbeat), ("MeterValues", Station.meter_values)):
                for server in everyone:
                    series = figures.setdefault((server.name, name), Series())
                    count = await _round(server, ours, word, connections, seconds, series)
                    if server is ours and name == "MeterValues":
                        acknowledged += count
        stored = await _stored(ours.app_database_url)
    if stored != acknowledged:
        raise RuntimeError(f"csms acknowledged {acknowledged} MeterValues and stored {stored}")
    return figures
