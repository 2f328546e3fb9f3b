# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Faults of what csms stands on: PostgreSQL and Valkey, and the lines to them."""

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from tests.faults.disk import fill
from tests.faults.external import ExternalPostgres
from tests.faults.suite.fault import Fault
from tests.faults.suite.kinds_processes import kill_backend
from tests.faults.suite.stage import API, GATEWAYS, WORKER, Stage
from tests.support.valkey import ValkeyServer


def postgres_of(stage: Stage) -> ExternalPostgres:
    """There is one where csms is several processes."""
    assert stage.postgres is not None
    return stage.postgres


def valkey_of(stage: Stage) -> ValkeyServer:
    """The same."""
    assert stage.valkey is not None
    return stage.valkey


class PostgresKilled(Fault):
    """kill -9 of its head, or of all of it; it recovers from its log."""

    def choose(self) -> None:
        self.head_only = self.rng.random() < 0.5
        self.hold_s = self.rng.uniform(0, 2)
        which = "the head of PostgreSQL" if self.head_only else "all of PostgreSQL"
        self.what = f"kill -9 {which}, started again after {self.hold_s:.1f} s"

    async def begin(self, stage: Stage) -> None:
        await postgres_of(stage).kill(head_only=self.head_only)

    async def end(self, stage: Stage) -> None:
        await postgres_of(stage).start()


class PostgresRestarted(Fault):
    """Stopped in order (its sessions are told) or at once, and started again."""

    def choose(self) -> None:
        self.signal = self.rng.choice((signal.SIGINT, signal.SIGQUIT))
        self.what = f"PostgreSQL is restarted ({self.signal.name})"

    async def begin(self, stage: Stage) -> None:
        await postgres_of(stage).stop(self.signal)

    async def end(self, stage: Stage) -> None:
        await postgres_of(stage).start()


class PostgresAway(PostgresRestarted):
    """Away for a while; in a long run for five minutes, far longer than messages are held."""

    def choose(self) -> None:
        self.signal = self.rng.choice((signal.SIGINT, signal.SIGQUIT))
        self.hold_s = 300.0 if self.long else self.rng.uniform(5, 9)
        self.what = f"PostgreSQL is away for {self.hold_s:.1f} s ({self.signal.name})"


class BackendsKilled(Fault):
    """kill -9 of backends in mid commit: whether it was committed, nobody was told."""

    def choose(self) -> None:
        self.times = self.rng.randint(1, 3)
        self.what = f"kill -9 a backend of PostgreSQL in mid commit, {self.times} times"

    async def begin(self, stage: Stage) -> None:
        postgres = postgres_of(stage)
        committing = 0
        for _ in range(self.times):
            committing += await kill_backend(lambda: {*postgres.processes()} - {postgres.head}, self)
            await postgres.answers()
        self.seen["committing"] = committing


class PostgresFrozen(Fault):
    """It stands still: connections stay open, nothing is answered."""

    def choose(self) -> None:
        self.hold_s = self.rng.uniform(3, 7)
        self.what = f"PostgreSQL stands still for {self.hold_s:.1f} s"
        self.stack = AsyncExitStack()

    async def begin(self, stage: Stage) -> None:
        await self.stack.enter_async_context(postgres_of(stage).frozen())

    async def end(self, stage: Stage) -> None:
        await self.stack.aclose()


class DiskFull(Fault):
    """PostgreSQL's disk is full to the last byte: what cannot be stored is not answered."""

    def choose(self) -> None:
        self.hold_s = self.rng.uniform(3, 6)
        self.what = f"PostgreSQL's disk is full for {self.hold_s:.1f} s"
        self.filler: Path | None = None

    def skipped(self, stage: Stage) -> str | None:
        return None if stage.disk is not None else "needs the right to mount a tmpfs (root)"

    async def begin(self, stage: Stage) -> None:
        assert stage.disk is not None
        self.filler = stage.disk / "filler"
        await asyncio.to_thread(fill, self.filler)

    async def end(self, stage: Stage) -> None:
        if self.filler is not None:
            self.filler.unlink(missing_ok=True)
        try:
            await postgres_of(stage).answers(stage.patience_s)
        except AssertionError:  # it does not go on without room for its log
            self.seen["postgres"] = "ended, and was started again"
            await postgres_of(stage).start()


class ValkeyKilled(Fault):
    """kill -9; it comes back knowing nothing."""

    def choose(self) -> None:
        self.hold_s = self.rng.choice((0.0, self.rng.uniform(3, 8)))
        self.what = f"kill -9 Valkey, away for {self.hold_s:.1f} s"

    async def begin(self, stage: Stage) -> None:
        valkey_of(stage).kill()

    async def end(self, stage: Stage) -> None:
        await valkey_of(stage).start()


class ValkeyFrozen(Fault):
    """It stands still."""

    def choose(self) -> None:
        self.hold_s = self.rng.uniform(2, 7)
        self.what = f"Valkey stands still for {self.hold_s:.1f} s"

    async def begin(self, stage: Stage) -> None:
        valkey_of(stage).freeze()

    async def end(self, stage: Stage) -> None:
        valkey_of(stage).thaw()


# -- the lines to them


class _OfWire(Fault):
    """Of the line between one process and one of what it stands on."""

    to = "postgres"

    def choose(self) -> None:
        self.node = self.rng.choice((*GATEWAYS, *GATEWAYS, API, WORKER))
        self.hold_s = self.rng.uniform(3, 7)
        self.words()

    def words(self) -> None:
        """Say it."""

    async def end(self, stage: Stage) -> None:
        stage.wires[self.node, self.to].flow()


class PostgresPartition(_OfWire):
    """Nothing arrives, one way or both; nothing is closed."""

    def words(self) -> None:
        self.ways = self.rng.choice((("up",), ("down",), ("up", "down")))
        self.what = f"nothing goes {'/'.join(self.ways)} between {self.node} and {self.to} for {self.hold_s:.1f} s"

    async def begin(self, stage: Stage) -> None:
        stage.wires[self.node, self.to].hold(*self.ways)


class ValkeyPartition(PostgresPartition):
    """The same of Valkey."""

    to = "valkey"


class PostgresSlow(_OfWire):
    """A long and lossy way to the database."""

    def words(self) -> None:
        self.delay_s = self.rng.uniform(0.01, 0.05)
        self.loss = self.rng.choice((0.0, 0.02))
        self.what = (
            f"{self.node} is {self.delay_s * 1000:.0f} ms from {self.to}, {self.loss:.0%} lost, {self.hold_s:.1f} s"
        )

    async def begin(self, stage: Stage) -> None:
        wire = stage.wires[self.node, self.to]
        wire.delay_s, wire.loss = self.delay_s, self.loss


class ValkeySlow(PostgresSlow):
    """The same of Valkey."""

    to = "valkey"


class WireCut(_OfWire):
    """All connections of one process to the database are reset."""

    def words(self) -> None:
        self.hold_s = 0.0
        self.what = f"the connections between {self.node} and {self.to} are reset"

    async def begin(self, stage: Stage) -> None:
        stage.wires[self.node, self.to].cut()
