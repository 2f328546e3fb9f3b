# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Ten thousand chargers at one gateway: memory of each, processor time of an ordinary minute, waits in a busy one."""

import asyncio
from dataclasses import dataclass

from bench import servers
from bench.load import Fleet, Station
from bench.steady import SCRIPT, quantile

FLOOR_KB = 40.0
FLOOR_CORES = 0.1
FLOOR_S = 0.1
_GROUP = 1_000
_SETTLE_S = 3.0
_BACKLOG_S = 300.0
_IDLE_CORES = 0.08
# Each sends its readings once a minute and a heartbeat every five.
_CALM = [*[Station.meter_values] * 5, Station.heartbeat]
_CALM_S = 300.0


@dataclass
class Many:
    """Times in seconds; `calm` and `busy` are messages a second."""

    chargers: int
    each_kb: float
    calm: float
    calm_cores: float
    busy: float
    busy_cores: float
    p50_s: float
    p99_s: float
    worst_s: float


async def run(chargers: int, rate: float, seconds: float) -> Many:
    """Connect, boot and start in groups; then the ordinary minute, then the busy one."""
    async with servers.gateway(chargers) as server:
        first = Fleet(server.port, secret=server.secret)  # so that what is loaded once is not counted
        await first.connect(1)
        await first.everyone(Station.boot)
        await first.everyone(Station.start)
        await first.hang_up()
        await asyncio.sleep(_SETTLE_S)
        before_mb = server.resident_mb()
        fleet = Fleet(server.port, secret=server.secret)
        await fleet.connect(chargers)
        for at in range(0, chargers, _GROUP):
            group = Fleet.of(fleet.stations[at : at + _GROUP])
            await group.everyone(Station.boot)
            await group.everyone(Station.start)
        await asyncio.sleep(_SETTLE_S)
        each_kb = (server.resident_mb() - before_mb) * 1024 / chargers
        servers.pin(servers.processes_of(server.cluster), 1)
        await _settled(server)
        calm = chargers * len(_CALM) / _CALM_S
        cpu = server.cpu_s()
        _, calm = await fleet.steady(_CALM, calm, seconds)
        calm_cores = (server.cpu_s() - cpu) / seconds
        in_session = [step for step, word in enumerate(SCRIPT) if word is not Station.start]
        for number, station in enumerate(fleet.stations):
            station.step = in_session[number % 7]
        await fleet.steady(SCRIPT, rate, 2.0)
        cpu = server.cpu_s()
        waited, busy = await fleet.steady(SCRIPT, rate, seconds)
        busy_cores = (server.cpu_s() - cpu) / seconds
        await fleet.hang_up()
    return Many(
        chargers, each_kb, calm, calm_cores, busy, busy_cores, quantile(waited, 0.5), quantile(waited, 0.99),
        max(waited),
    )  # fmt: skip


async def _settled(server: servers.Csms) -> None:
    """What began with ten thousand transactions is worked off in the background: that is no ordinary minute yet."""
    async with asyncio.timeout(_BACKLOG_S):
        used = 1.0
        while used > _IDLE_CORES:
            cpu = server.cpu_s()
            await asyncio.sleep(_SETTLE_S)
            used = (server.cpu_s() - cpu) / _SETTLE_S
