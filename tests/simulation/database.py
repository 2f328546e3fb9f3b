# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A database that keeps what was committed, locks rows, is slow, goes away, and sometimes says nothing of a commit."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random
from typing import Final

import asyncpg
import msgspec

from csms.domain.chargers import Ending, Provisioned, Refusal
from csms.gateway.ports import SecurityEvent
from csms.kit.db.ingest import Unit
from tests.simulation.loop import instant

_SLOW_S: Final = 2.0


class Fact(msgspec.Struct, frozen=True):
    """What a charger told."""

    charger: str
    number: int


class Holding(msgspec.Struct):
    """The row of a charger's connection."""

    epoch: int = 0
    opened_at: datetime | None = None
    online: bool = False


class Database:
    """The one of the installation."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._turn_s = random.choice((0.0005, 0.005, 0.05))
        self.up = True
        self.slow = False
        self.forgetful = 0.0  # how likely a commit is done and not told
        self.generation = 0
        self.facts: dict[tuple[str, int], Fact] = {}
        self.order: dict[str, list[int]] = {}
        self.holdings: dict[str, Holding] = {}
        self.boots: dict[str, str] = {}
        self.faults: list[str] = []
        self._shared: dict[str, set[Connection]] = {}
        self._freed = asyncio.Condition()

    async def turn(self, connection: "Connection | None" = None) -> None:
        """One round trip."""
        self.require(connection)
        await asyncio.sleep(
            self._random.expovariate(1 / self._turn_s) + (self._random.random() * _SLOW_S if self.slow else 0)
        )
        self.require(connection)

    def require(self, connection: "Connection | None") -> None:
        """It has to be there, and the connection still be one."""
        if connection is not None and (connection.cut or connection.generation != self.generation):
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        if not self.up:
            raise ConnectionRefusedError("connect call failed")

    def crash(self) -> None:
        """Every connection and what was not committed on it is gone."""
        self.up = False
        self.generation += 1
        for held in self._shared.values():
            held.clear()
        self.wake()

    def wake(self) -> None:
        """Whoever waits for a row looks again."""

        async def tell() -> None:
            async with self._freed:
                self._freed.notify_all()

        asyncio.get_running_loop().create_task(tell())

    def share(self, charger: str, connection: "Connection") -> None:
        """Hold a row until the end of the transaction, beside others."""
        self._shared.setdefault(charger, set()).add(connection)

    def free(self, connection: "Connection") -> None:
        """The transaction is over."""
        for held in self._shared.values():
            held.discard(connection)
        self.wake()

    async def alone(self, charger: str, connection: "Connection") -> None:
        """Wait until nobody holds the row."""
        async with self._freed:
            while self._shared.get(charger):
                await self._freed.wait()
                self.require(connection)
        self.require(connection)

    def apply(self, facts: Sequence[Fact], connection: "Connection") -> None:
        """What a commit does; the same fact again changes nothing, as the real keys have it."""
        for fact in facts:
            if connection not in self._shared.get(fact.charger, ()):
                self.faults.append(f"{fact} was stored by a connection that is not the charger's any more")
            if (fact.charger, fact.number) not in self.facts:
                self.facts[fact.charger, fact.number] = fact
                self.order.setdefault(fact.charger, []).append(fact.number)

    def tells(self) -> bool:
        """Whether this commit is told of."""
        return self._random.random() >= self.forgetful


class Connection:
    """One of a node's connections."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.generation = database.generation
        self.cut = False
        self.staged: list[Fact] = []
        self.booted: dict[str, str] = {}

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All or nothing."""
        database = self.database
        await database.turn(self)
        try:
            yield
            await database.turn(self)
            database.apply(self.staged, self)
            database.boots |= self.booted
            if not database.tells():
                raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        finally:
            self.staged, self.booted = [], {}
            database.free(self)


class Pool:
    """A node's connections."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: set[Connection] = set()
        self._dead = False

    @asynccontextmanager
    async def acquire(self, timeout: float | None = None) -> AsyncIterator[Connection]:
        """One of them."""
        del timeout
        connection = Connection(self._database)
        connection.cut = self._dead
        self._open.add(connection)
        try:
            await self._database.turn(connection)
            yield connection
        finally:
            self._open.discard(connection)

    def die(self) -> None:
        """The process is gone: its connections are, and what they held is free."""
        self._dead = True
        for connection in self._open:
            connection.cut = True
            self._database.free(connection)


def session(unit: Unit) -> Connection:
    """The connection of a group's transaction."""
    connection = unit.connection
    assert isinstance(connection, Connection)
    return connection


async def fence(unit: Unit, owners: Sequence[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    """Those that are not current; the others are held until commit."""
    connection = session(unit)
    database = connection.database
    await database.turn(connection)
    stale = frozenset(pair for pair in owners if database.holdings[pair[0]].epoch != pair[1])
    for charger, epoch in owners:
        if (charger, epoch) not in stale:
            database.share(charger, connection)
    return stale


class SimRegistry:
    """Implements the gateway's port for one node."""

    def __init__(self, database: Database, pool: Pool, chargers: dict[str, Provisioned]) -> None:
        self._database = database
        self._pool = pool
        self._chargers = chargers

    async def find(self, identity: str) -> Provisioned | None:
        """From the table, or from memory while the database is away."""
        known = self._chargers[identity]
        return msgspec.structs.replace(known, boot_status=self._database.boots.get(identity, "pending"))

    async def claim(self, charger: Provisioned, protocol: str, address: str) -> int:
        """Take the connection."""
        del protocol, address
        epoch = await self._take(charger.id, None)
        assert epoch is not None
        return epoch

    async def claim_late(self, charger: Provisioned, protocol: str, address: str, opened_at: datetime) -> int | None:
        """Take a connection that was opened while the database was away."""
        del protocol, address
        return await self._take(charger.id, opened_at)

    async def _take(self, charger: str, opened_at: datetime | None) -> int | None:
        database, now = self._database, instant(asyncio.get_running_loop().time())
        async with self._pool.acquire() as connection:
            await database.turn(connection)
            await database.alone(charger, connection)
            holding = database.holdings.setdefault(charger, Holding())
            if opened_at is not None and holding.opened_at is not None and holding.opened_at > opened_at:
                return None
            holding.epoch += 1
            holding.online = True
            holding.opened_at = opened_at or now
            epoch = holding.epoch
            await database.turn(connection)  # the answer is on its way: another claim may overtake it
            return epoch

    async def release(self, charger_id: str, epoch: int, ending: Ending) -> bool:
        """The connection of that epoch ended."""
        del ending
        async with self._pool.acquire() as connection:
            await self._database.alone(charger_id, connection)
            holding = self._database.holdings[charger_id]
            if holding.epoch != epoch:
                return False
            holding.online = False
            return True

    async def seen(self, heartbeats: Sequence[tuple[str, int, datetime]]) -> frozenset[tuple[str, int]]:
        """Those that are not current any more."""
        async with self._pool.acquire():
            holdings = self._database.holdings
            return frozenset((who, epoch) for who, epoch, _ in heartbeats if holdings[who].epoch != epoch)

    def booted(self, charger_id: str, status: object) -> None:
        """Read from the table at the next handshake."""

    async def refusals(self, refusals: Sequence[Refusal]) -> None:
        """Not looked at here."""

    async def security_events(self, events: Sequence[SecurityEvent]) -> None:
        """Not looked at here."""
