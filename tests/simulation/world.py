# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Two nodes, a database, a bus, chargers and an operator, and what goes wrong, all of it from one seed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

import asyncpg
import msgspec

from csms.dialects.v16.dialect import V16
from csms.domain.chargers import Provisioned, RegistrationStatus
from csms.domain.commands import ChangeConfiguration, CommandRequest
from csms.domain.events import EVENTS
from csms.domain.messages import Acknowledged, Answer, BootAnswer, BootReported, MeterReported, Received, StatusReported
from csms.gateway.directory import Directory, address_of
from csms.gateway.guesses import Guesses
from csms.gateway.held import Held
from csms.gateway.inbox import Pipeline
from csms.gateway.notices import Notices
from csms.gateway.settings import GatewaySettings, LinkSettings, Tuning, rest_s
from csms.kit.bus.base import BusError
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.db.ingest import Unit
from csms.kit.metrics import Metrics
from tests.simulation.charger import Charger
from tests.simulation.database import Database, Fact, Pool, SimRegistry, fence, session
from tests.simulation.loop import SimClock, SimLoop, owner
from tests.simulation.network import Line

ORGANIZATION: Final = UUID(int=1)
_SETTLED_S: Final = 1_200.0
_METRICS: Final = Metrics(process=False)
_CODEC: Final = EventCodec(EVENTS)
_SETTINGS: Final = GatewaySettings(link=LinkSettings(call_timeout_s=20.0, max_inbox=4), max_group=8)


@dataclass
class Outcome:
    """What came of a seed."""

    seed: int
    faults: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    facts: int = 0
    seconds: float = 0.0
    commands: int = 0


class Nothing:
    """Keeps no log and no findings."""

    async def write(self, unit: Unit, rows: Sequence[Any]) -> None:
        """One more round trip of the transaction."""
        if rows:
            await session(unit).database.turn(session(unit))


async def _handle(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """Store statuses and readings; one kind of message the database refuses."""
    connection = session(unit)
    await connection.database.turn(connection)
    for item in items:
        report = item.report
        if isinstance(report, StatusReported):
            if report.vendor_error_code is not None:
                raise asyncpg.DataError("what it says cannot be stored")
            number = int(report.info or 0)
        else:
            assert isinstance(report, MeterReported)
            number = int(report.readings[0].samples[0].value)
        connection.staged.append(Fact(item.source.charger_id, number))
    return [Acknowledged()] * len(items)


async def _handle_boot(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    connection = session(unit)
    await connection.database.turn(connection)
    for item in items:
        connection.booted[item.source.charger_id] = RegistrationStatus.ACCEPTED.value
    return [BootAnswer(RegistrationStatus.ACCEPTED, 300, unit.now)] * len(items)


class NodeBus:
    """The bus as a node has it: a node that is gone answers nothing."""

    def __init__(self, bus: MemoryBus, node: "Node") -> None:
        self._bus = bus
        self._node = node

    async def serve(self, address: str, handler: Callable[[bytes], Awaitable[bytes]], **more: Any) -> Any:
        """Answer requests while the node lives."""

        async def handle(data: bytes) -> bytes:
            if self._node.dead:
                await asyncio.Event().wait()
            return await handler(data)

        return await self._bus.serve(address, handle, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)


class Node:
    """A gateway process."""

    def __init__(self, name: str, world: "World") -> None:
        self.name = name
        self.dead = False
        self.draining = False
        self._world = world
        self.pool = Pool(world.database)
        clock: Any = world.clock
        registry: Any = SimRegistry(world.database, self.pool, world.provisioned)
        self.registry = registry
        bus: Any = NodeBus(world.bus, self)
        tuning = Tuning(_SETTINGS)
        notices = Notices(registry, clock)
        self.directory = Directory(registry, notices, bus, clock)
        nothing = Nothing()

        async def outbox(unit: Unit) -> None:
            del unit

        pool: Any = self.pool
        self.pipeline = world.pipeline(
            pool,
            {StatusReported: _handle, MeterReported: _handle, BootReported: _handle_boot},
            {},
            nothing,
            nothing,
            outbox,
            fence,
            lambda _: None,
            lambda: None,
            self.directory.claim,
            registry.booted,
            Guesses(10, notices, clock),
            _METRICS,
            clock,
            max_group=_SETTINGS.max_group,
            lanes=_SETTINGS.lanes,
            rest_s=lambda: rest_s(world.outcome.seed % 2 * 1_000),  # in every second world as with many chargers
        )
        self.held = Held({"ocpp1.6": V16}, registry, self.pipeline, self.directory, tuning, _METRICS, clock)
        self._do(self._run())

    def _do(self, work: Any) -> None:
        token = owner.set(self)
        try:
            asyncio.get_running_loop().create_task(work)
        finally:
            owner.reset(token)

    async def _run(self) -> None:
        self.pipeline.start()
        self._do(self.held.turn_wheel())
        while True:
            await asyncio.sleep(10)
            try:
                await self.held.flush_seen()
            except (OSError, asyncpg.PostgresConnectionError):
                continue

    def open(self, charger: Charger) -> Line:
        """A handshake that succeeds."""
        line = Line(self._world.random)
        self._do(self._serve(charger, line))
        return line

    async def _serve(self, charger: Charger, line: Line) -> None:
        await asyncio.sleep(self._world.random.uniform(0, 0.1))
        found = await self.registry.find(charger.name)
        socket: Any = line.node
        try:
            await self.held.serve(socket, socket, found, "ocpp1.6", "192.0.2.1")
        finally:
            if not self.dead:
                socket.abort()

    def kill(self) -> None:
        """kill -9: whatever it was doing has no end."""
        self.dead = True
        self.pool.die()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimLoop)
        for link in self.directory:
            line = getattr(link, "_socket")._line  # noqa: B009
            line.cut()
        loop.kill(self)

    async def drain(self) -> None:
        """As `Gateway.stop` does."""
        self.draining = True
        for link in self.directory:
            link.stop_reading()
        await self.pipeline.stop(10)
        await self.directory.close_all(1001, "restart")


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, loop: SimLoop, pipeline: type[Pipeline]) -> None:
        self.random = Random(seed)
        self.clock = SimClock(loop)
        self.loop = loop
        self.pipeline = pipeline
        self.outcome = Outcome(seed)
        self.database = Database(self.random)
        self.database.faults = self.outcome.faults
        names = [f"CP{number}" for number in range(self.random.choice((1, 2, 3, 5, 8)))]
        self.provisioned = {name: _provisioned(name) for name in names}
        self.bus = MemoryBus(_CODEC, _METRICS, node_id="bus")
        self.nodes: list[Node] = []
        self.chargers: list[Charger] = []

    async def run(self) -> Outcome:
        """From the first connection to the last fact."""
        await self.bus.start()
        self.nodes = [Node(f"node{number}", self) for number in range(2)]
        self.chargers = [self._charger(name) for name in self.provisioned]
        telling = [self.loop.create_task(charger.run()) for charger in self.chargers]
        operator = self.loop.create_task(self._operate())
        await self._go_wrong()
        self.trace("everything works again")
        done, waiting = await asyncio.wait(telling, timeout=_SETTLED_S)
        operator.cancel()
        if waiting:
            left = {charger.name: charger.left for charger in self.chargers if charger.left}
            self.outcome.faults.append(f"not told within {_SETTLED_S:.0f} s: {left}")
        for task in done:
            task.result()
        self._judge()
        self.outcome.seconds = self.loop.time()
        return self.outcome

    def _charger(self, name: str) -> Charger:
        facts = self.random.randint(1, 12)
        self.outcome.facts += facts
        stored = self.database.facts
        return Charger(
            name,
            facts,
            self.random,
            self._connect,
            lambda who, number: (who, number) in stored,
            self.outcome.faults,
        )

    def _connect(self, charger: Charger) -> Line | None:
        nodes = [node for node in self.nodes if not node.dead and not node.draining]
        if not nodes or (not self.database.up and charger.name not in self.database.holdings):
            return None
        node = self.random.choice(nodes)
        self.trace(f"{charger.name} connects to {node.name}")
        return node.open(charger)

    async def _operate(self) -> None:
        """Commands, now and then; each has an explicit end."""
        while True:
            await asyncio.sleep(self.random.expovariate(1 / 8))
            name = self.random.choice(list(self.provisioned))
            lasts_s = self.random.uniform(0.05, 10)
            command = ChangeConfiguration(key="Deadline", value=f"{self.loop.time() + lasts_s:.3f}")
            expires_at = self.clock.now() + timedelta(seconds=lasts_s)
            request: Any = CommandRequest(UUID(int=self.outcome.commands), ORGANIZATION, name, command, expires_at)
            self.outcome.commands += 1
            try:
                answer = await self.bus.request(address_of(name), msgspec.json.encode(request), lasts_s + 45)
            except BusError as error:
                self.trace(f"{name} command: {type(error).__name__}")
            else:
                self.trace(f"{name} command: {msgspec.json.decode(answer)['status']}")

    async def _go_wrong(self) -> None:
        faults = (
            self._database_away,
            self._database_crash,
            self._database_slow,
            self._database_forgetful,
            self._node_killed,
            self._node_restarted,
            self._line_cut,
            self._line_silent,
            self._line_unread,
            self._second_connection,
        )
        for _ in range(self.random.randint(0, 6)):
            await asyncio.sleep(self.random.expovariate(1 / 3))
            fault = self.random.choice(faults)
            self.trace(fault.__name__)
            await fault()
        await asyncio.sleep(self.random.uniform(0, 5))
        for charger in self.chargers:
            if charger.line is not None:
                charger.line.reads = True

    async def _database_away(self) -> None:
        self.database.up = False
        await asyncio.sleep(self.random.choice((0.05, 1, 10, 45)) * self.random.uniform(0.5, 1.5))
        self.database.up = True

    async def _database_crash(self) -> None:
        self.database.crash()
        await asyncio.sleep(self.random.uniform(0.1, 10))
        self.database.up = True

    async def _database_slow(self) -> None:
        self.database.slow = True
        await asyncio.sleep(self.random.uniform(1, 15))
        self.database.slow = False

    async def _database_forgetful(self) -> None:
        self.database.forgetful = 0.3
        await asyncio.sleep(self.random.uniform(1, 15))
        self.database.forgetful = 0.0

    async def _node_killed(self) -> None:
        place = self.random.randrange(len(self.nodes))
        if self.nodes[place].draining:
            return
        self.nodes[place].kill()
        await asyncio.sleep(self.random.uniform(0.2, 8))
        self.nodes[place] = Node(f"{self.nodes[place].name}+", self)

    async def _node_restarted(self) -> None:
        place = self.random.randrange(len(self.nodes))
        await self.nodes[place].drain()
        self.nodes[place].kill()
        self.nodes[place] = Node(f"{self.nodes[place].name}+", self)

    def _line(self) -> Line | None:
        line = self.random.choice(self.chargers).line
        return line if line is not None and line.charger_open else None

    async def _line_cut(self) -> None:
        if (line := self._line()) is not None:
            line.cut()

    async def _line_silent(self) -> None:
        if (line := self._line()) is not None:
            line.silent = True

    async def _line_unread(self) -> None:
        if (line := self._line()) is not None:
            line.reads = line.always_read = False
            self.loop.call_later(self.random.uniform(1, 40), setattr, line, "reads", True)

    async def _second_connection(self) -> None:
        """The same charger once more, as one that lost its way: the newest wins, the old one goes on talking."""
        charger = self.random.choice(self.chargers)
        line = self._connect(charger)
        if line is not None:
            self.loop.call_later(self.random.uniform(0.1, 20), line.hang_up, None)

    def _judge(self) -> None:
        for charger in self.chargers:
            order = self.database.order.get(charger.name, [])
            if order != sorted(order):
                self.outcome.faults.append(f"{charger.name}: stored as {order}")
            lost = [number for number in charger.told if (charger.name, number) not in self.database.facts]
            if lost:
                self.outcome.faults.append(f"{charger.name}: {lost} were acknowledged and are lost")

    def trace(self, text: str) -> None:
        """Keep what happened, for whoever looks into a seed."""
        self.outcome.trace.append(f"{self.loop.time():9.3f} {text}")


def _provisioned(name: str) -> Provisioned:
    ids: Any = {"id": name, "organization_id": ORGANIZATION}
    return Provisioned(
        **ids,
        security_profile=1,
        secret_hash=None,
        next_secret_hash=None,
        next_security_profile=None,
        validation="advisory",
        default_protocol=None,
        ping=True,
        heartbeat_interval_s=None,
        boot_status="pending",
        registration=RegistrationStatus.ACCEPTED,
        retired=False,
    )


def play(seed: int, pipeline: type[Pipeline] = Pipeline) -> Outcome:
    """One world, from its seed. The same seed is the same world."""
    loop = SimLoop()
    asyncio.set_event_loop(loop)
    try:
        world = World(seed, loop, pipeline)
        numbers = iter(range(10**9))
        with (
            patch("csms.gateway.link.new_message_id", lambda: f"node-{next(numbers)}"),
            patch("csms.gateway.link.uniform", world.random.uniform),
        ):
            return loop.run_until_complete(world.run())
    finally:
        while tasks := asyncio.all_tasks(loop):
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.wait(tasks, timeout=60))
        asyncio.set_event_loop(None)
        loop.close()
