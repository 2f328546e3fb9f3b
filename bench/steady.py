# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Many chargers at a steady rate of mixed messages: how long each waits for its answer; and a storm of boots before."""

from dataclasses import dataclass

from bench import servers
from bench.load import Fleet, Station

FLOOR_S = 0.1
# One charging session, and the life around it; each charger begins somewhere else in it.
SCRIPT = [
    Station.meter_values,
    Station.heartbeat,
    Station.meter_values,
    Station.meter_values,
    Station.heartbeat,
    Station.meter_values,
    Station.stop,
    Station.available,
    Station.heartbeat,
    Station.preparing,
    Station.authorize,
    Station.start,
    Station.charging,
    Station.meter_values,
    Station.heartbeat,
    Station.meter_values,
]


@dataclass
class Steady:
    """Times in seconds."""

    chargers: int
    connected_s: float
    boots_s: float
    starts_s: float
    rate: float
    p50_s: float
    p99_s: float
    worst_s: float
    server_cores: float
    server_mb: float


def quantile(times: list[float], share: float) -> float:
    """The time that this share of them stays within."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def run(chargers: int, rate: float, seconds: float) -> Steady:
    """Connect, boot all at once, start all at once, then the steady rate."""
    async with servers.csms(chargers) as server:
        fleet = Fleet(server.port, secret=server.secret)
        connected_s = await fleet.connect(chargers)
        boots = await fleet.everyone(Station.boot)
        starts = await fleet.everyone(Station.start)
        servers.pin(servers.processes_of(server.cluster), 1)
        in_session = [step for step, word in enumerate(SCRIPT) if word is not Station.start]
        for number, station in enumerate(fleet.stations):
            # Everybody has started: begin inside the session, not where it would start once more.
            station.step = in_session[number % 7]
        await fleet.steady(SCRIPT, rate, 2.0)
        cpu = server.cpu_s()
        waited, reached = await fleet.steady(SCRIPT, rate, seconds)
        cores = (server.cpu_s() - cpu) / seconds
        await fleet.hang_up()
        return Steady(
            chargers, connected_s, max(boots), max(starts), reached, quantile(waited, 0.5), quantile(waited, 0.99),
            max(waited), cores, server.resident_mb(),
        )  # fmt: skip
