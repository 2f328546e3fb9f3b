# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages a second: csms stores before it answers, the PyPI and npm central systems never store.

Same generator, same chargers, one core for each server, interleaved rounds, medians. Transactions, which only csms
keeps, are measured beside its own MeterValues.
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

# MeterValues of csms beside those of others, in the same round.
FLOORS = {"bare loop": 0.6, "PyPI ocpp": 8.0, "npm ocpp-rpc": 0.4}
FLOOR_TRANSACTIONS = 0.6  # beside its own MeterValues
HEARTBEAT, METER_VALUES = "Heartbeat", "MeterValues"
START_STOP, TRANSACTION_EVENT = "Start/StopTransaction", "TransactionEvent (2.0.1)"


@dataclass
class Series:
    """What one server did with one kind of message, round by round."""

    rates: list[float] = field(default_factory=list)
    server_us: list[float] = field(default_factory=list)
    database_us: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(self.rates)


@dataclass(frozen=True)
class Word:
    """What is said, and whether others than csms are asked to answer it."""

    name: str
    say: Callable[[Station], None]
    protocol: str = "ocpp1.6"
    peers: bool = True


WORDS = (
    Word(HEARTBEAT, Station.heartbeat),
    Word(METER_VALUES, Station.meter_values),
    Word(START_STOP, Station.start_or_stop, peers=False),
    Word(TRANSACTION_EVENT, Station.transaction_event, "ocpp2.0.1", peers=False),
)


async def one_round(
    server: Server, database: Csms, word: Word, connections: int, seconds: float, series: Series
) -> int:
    fleet = Fleet(server.port, secret=server.secret, protocol=word.protocol)
    await fleet.connect(connections)
    if word.protocol == "ocpp1.6":
        await fleet.everyone(Station.boot)
    else:
        await fleet.everyone(Station.boot_2)
    if word.name == METER_VALUES:
        await fleet.everyone(Station.start)
    servers.pin(servers.processes_of(database.cluster), 1)
    cpu, database_cpu = server.cpu_s(), database.database_cpu_s()
    answers, elapsed = await fleet.flood(word.say, 1.0, seconds)
    # Processor time covers the warm-up too, and so does the count it is divided by.
    everything = max(1, fleet.total)
    series.rates.append(answers / elapsed)
    series.server_us.append((server.cpu_s() - cpu) / everything * 1e6)
    series.database_us.append((database.database_cpu_s() - database_cpu) / everything * 1e6)
    await fleet.hang_up()
    await asyncio.sleep(0.7)  # let it write what it buffers
    return everything


# How many rows a word leaves: all that was acknowledged has to be there afterwards.
_STORED = {
    METER_VALUES: "SELECT count(*) FROM meter_values",
    START_STOP: "SELECT count(*) + count(*) FILTER (WHERE status = 'completed') FROM transactions",
    TRANSACTION_EVENT: "SELECT count(*) FROM meter_values",
}


async def _stored(url: str, word: Word) -> int:
    if word.name not in _STORED:
        return 0
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(_STORED[word.name]))
    finally:
        await connection.close()


async def run(connections: int, seconds: float, rounds: int, peers: bool = True) -> dict[tuple[str, str], Series]:
    """All series by (server, message)."""
    figures: dict[tuple[str, str], Series] = {}
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(servers.gateway(connections))
        everyone: list[Server] = [ours]
        if peers:
            bare = servers.peer("bare loop", "bench.peers.bare_loop", ours.superuser_url)
            everyone.append(await stack.enter_async_context(servers.peer("PyPI ocpp", "bench.peers.pypi_ocpp")))
            if servers.find_node() is not None:
                npm = servers.node_peer("npm ocpp-rpc", "npm_ocpp_rpc.mjs")
                everyone.append(await stack.enter_async_context(npm))
            everyone.append(await stack.enter_async_context(bare))
        for _ in range(rounds):
            for word in WORDS:
                for server in everyone if word.peers else (ours,):
                    series = figures.setdefault((server.name, word.name), Series())
                    before = await _stored(ours.app_database_url, word)
                    count = await one_round(server, ours, word, connections, seconds, series)
                    if server is not ours or word.name not in _STORED:
                        continue
                    stored = await _stored(ours.app_database_url, word) - before
                    if stored != count:
                        raise RuntimeError(f"csms acknowledged {count} times {word.name} and stored {stored}")
    return figures


def beside(figures: dict[tuple[str, str], Series], mine: tuple[str, str], other: tuple[str, str]) -> float:
    """The median of the rounds' ratios."""
    rounds = zip(figures[mine].rates, figures[other].rates, strict=True)
    return median(one / two for one, two in rounds)
