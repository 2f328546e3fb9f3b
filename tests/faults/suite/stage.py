# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What faults happen to: csms as several processes or as one, a line before each of its parts, and chargers."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import asyncpg

from tests.faults.cluster import cluster
from tests.faults.disk import small_disk
from tests.faults.external import ExternalPostgres
from tests.faults.fleet import ON_ITS_WAY_S, PASSWORD, TAG, V16, V201, Fleet
from tests.faults.process import CsmsProcess
from tests.faults.suite.operator import Operator
from tests.faults.suite.proxy import Line, to_any, to_port, to_socket
from tests.support.valkey import ValkeyServer

GATEWAYS: Final = ("gateway-1", "gateway-2")
API: Final = "api-1"
WORKER: Final = "worker-1"
ALONE: Final = "csms"
NAMES: Final = tuple(f"CP{number:02}" for number in range(1, 25))
GUEST: Final = "GUEST"  # does what no charger should
INSIDE: Final = "tests.faults.suite.inside"
PACE_S: Final = 1.0
_TIMEOUTS_S: Final = (2.0, 4.0, 8.0)
_DISK_MIB: Final = 512
_START_S: Final = 600.0  # of a whole installation, on a machine that has other work
_READY_S: Final = 5.0
SETTINGS: Final = {
    "CSMS_OCPP__CALL_TIMEOUT_S": "5",
    "CSMS_OCPP__PING_INTERVAL_S": "5",
    "CSMS_HTTP__REQUESTS_PER_MINUTE": "100000",
}


class Lag:
    """How late this process itself is: what it says of others' delays is that much wrong."""

    _EVERY_S = 0.1
    _KEPT_S = 10.0

    def __init__(self) -> None:
        self._seen: list[tuple[float, float]] = []

    async def watch(self) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + self._EVERY_S
            await asyncio.sleep(self._EVERY_S)
            now_s = loop.time()
            self._seen = [(at, late) for at, late in self._seen if at > now_s - self._KEPT_S]
            self._seen.append((now_s, now_s - due_s))

    @property
    def worst_s(self) -> float:
        """The worst of the last seconds."""
        return max((late for _, late in self._seen), default=0.0)


@dataclass
class Stage:
    """One csms, its lines and its fleet."""

    folder: Path
    seed: int
    patience_s: float  # for whatever has to come back
    pace_s: float  # of each connector
    nodes: dict[str, CsmsProcess] = field(default_factory=dict)
    postgres: ExternalPostgres | None = None  # None: it is embedded
    valkey: ValkeyServer | None = None
    disk: Path | None = None  # a small one of PostgreSQL's own
    lines: dict[str, Line] = field(default_factory=dict)  # of chargers
    wires: dict[tuple[str, str], Line] = field(default_factory=dict)  # of nodes, to "postgres" and "valkey"
    may_be_down: set[str] = field(default_factory=set)
    lag: Lag = field(default_factory=Lag)

    def __post_init__(self) -> None:
        self.fleet: Fleet
        self.operator: Operator

    @property
    def api(self) -> CsmsProcess:
        """Where people ask."""
        return self.nodes.get(API) or self.nodes[ALONE]

    @property
    def gateways(self) -> list[CsmsProcess]:
        """Where chargers knock."""
        return [node for node in self.nodes.values() if node.role in {"gateway", "all"}]

    async def sql(self) -> asyncpg.Connection:
        """Look into the database, by no line."""
        return await (self.nodes[ALONE].sql() if self.postgres is None else self.postgres.sql())

    def url(self, charger: str) -> str:
        """Where it connects: at its line."""
        return f"ws://127.0.0.1:{self.lines[charger].port}/ocpp"

    def all_lines(self) -> Iterable[Line]:
        """Of chargers and of nodes."""
        return [*self.lines.values(), *self.wires.values()]

    def allowance_s(self, charger: str) -> float | None:
        """How much later than its expiry a command may be seen there; None: the line is not fit to tell."""
        return ON_ITS_WAY_S + self.lag.worst_s if self.lines[charger].is_clear else None

    def set_clock(self, name: str, off_s: float) -> None:
        """Put the clock of a node wrong by so much."""
        (self.folder / f"{name}.clock").write_text(str(off_s))
        os.kill(self.nodes[name].pid, signal.SIGUSR1)

    def ended(self) -> list[str]:
        """Processes that ended though nobody ended them; they are started again."""
        found = []
        for name, node in self.nodes.items():
            if name in self.may_be_down or node.process is None or node.running:
                continue
            code, words = node.process.returncode, node.last_words()
            # With its own PostgreSQL killed under it csms may give up, if it says why in one line.
            if not (name == ALONE and code == 1 and words.rpartition("\n")[2].startswith("csms: ")):
                found.append(f"{name} ended with {code}: {words}")
            node.launch()
        return found

    def pids(self) -> list[int]:
        """Whoever needs a processor: we, who are the chargers too, and csms."""
        return [os.getpid(), *(node.pid for node in self.nodes.values() if node.running)]

    async def not_ready(self) -> list[str]:
        """Processes that do not say that they work."""

        async def works(node: CsmsProcess) -> bool:
            try:
                async with asyncio.timeout(_READY_S):
                    return await node.status("/readyz") == 200
            except TimeoutError:
                return False

        answers = await asyncio.gather(*(works(node) for node in self.nodes.values()))
        return [name for name, fine in zip(self.nodes, answers, strict=True) if not fine]

    async def quiet(self, patience_s: float) -> None:
        """No more commands; every charger tells what it still has to tell."""
        self.operator.stop()
        await self.fleet.run_dry(patience_s)

    # -- how it is made

    async def add_lines(self, stack: AsyncExitStack) -> None:
        """A line for each charger, to any gateway."""
        ports = [node.ocpp_port for node in self.gateways]
        for name in (*NAMES, GUEST):
            rng = Random(f"{self.seed}/line/{name}")
            self.lines[name] = await _started(stack, Line(to_any(ports, rng), rng))

    async def open(self, stack: AsyncExitStack) -> None:
        """Provision the fleet and let it talk."""
        await self.api.provision([*NAMES, GUEST], PASSWORD, TAG)
        status, body = await self.api.ask("PATCH", "/api/v1/settings/commands", send_within_s=5)
        assert status == 200, body
        self.fleet = Fleet(
            self.url,
            NAMES,
            self.seed,
            pace_s=self.pace_s,
            timeouts_s=_TIMEOUTS_S,
            words=(V16(), V201()),
            allowance_s=self.allowance_s,
        )
        self.operator = Operator(self.api, NAMES, self.seed, self.pace_s)
        self.operator.issued = self.fleet.issued
        await stack.enter_async_context(self.fleet.talking())
        await stack.enter_async_context(_beside(self.operator.run()))
        await stack.enter_async_context(_beside(self.lag.watch()))
        await self.fleet.progress(patience_s=_START_S)


@asynccontextmanager
async def several(folder: Path, seed: int, patience_s: float, pace_s: float) -> AsyncIterator[Stage]:
    """Two gateways, an API node and a worker, on PostgreSQL (on a small disk, for root) and Valkey."""
    async with AsyncExitStack() as stack:
        stage = Stage(folder, seed, patience_s, pace_s)
        stage.disk = await stack.enter_async_context(small_disk(folder / "disk", _DISK_MIB))

        async def wire(name: str, postgres: ExternalPostgres, valkey: ValkeyServer) -> Mapping[str, str]:
            rng = Random(f"{seed}/wire/{name}")
            sql = stage.wires[name, "postgres"] = await _started(stack, Line(to_port(postgres.port), rng))
            bus = stage.wires[name, "valkey"] = await _started(stack, Line(to_socket(str(valkey.socket)), rng))
            return {
                "CSMS_DATABASE__URL": postgres.url(port=sql.port),
                "CSMS_REDIS__URL": f"redis://127.0.0.1:{bus.port}",
                "CSMS_TEST_INSIDE": str(folder / name),
            }

        made = cluster(
            folder, apis=1, workers=1, disk=stage.disk, wire=wire, module=INSIDE, patience_s=_START_S, settings=SETTINGS
        )
        parts = await stack.enter_async_context(made)
        stage.nodes = {node.name: node for node in parts.nodes}
        stage.postgres, stage.valkey = parts.postgres, parts.valkey
        await stage.add_lines(stack)
        await stage.open(stack)
        yield stage


@asynccontextmanager
async def alone(folder: Path, seed: int, patience_s: float, pace_s: float) -> AsyncIterator[Stage]:
    """All of csms in one process, with its embedded PostgreSQL."""
    async with AsyncExitStack() as stack:
        inside = {"CSMS_TEST_INSIDE": str(folder / ALONE)}
        node = await stack.enter_async_context(CsmsProcess(folder, module=INSIDE, **SETTINGS, **inside))
        await node.start(_START_S)
        stage = Stage(folder, seed, patience_s, pace_s, {ALONE: node})
        await stage.add_lines(stack)
        await stage.open(stack)
        yield stage


async def _started(stack: AsyncExitStack, line: Line) -> Line:
    await line.start()
    stack.push_async_callback(line.stop)
    return line


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        if task.done():
            task.result()  # it was to go on
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
