# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Faults of csms' own processes: killed, stopped in order, frozen, without files, with a wrong clock."""

import asyncio
import os
import resource
import signal
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from tests.faults.external import title
from tests.faults.process import CsmsProcess
from tests.faults.suite.fault import Fault
from tests.faults.suite.stage import ALONE, API, GATEWAYS, WORKER, Stage

_IN_ORDER_S = 30.0
_CHILDREN_S = 30.0
_LOOKS = 10  # at what each is doing, before it is asked anew who there is


class _OfNode(Fault):
    """Of one process, which `nodes` are to be chosen from."""

    nodes: ClassVar[tuple[str, ...]] = GATEWAYS

    def choose(self) -> None:
        self.node = self.rng.choice(self.nodes)


class Kill(_OfNode):
    """kill -9; started again as a service manager would. Sometimes once more while it starts."""

    def choose(self) -> None:
        super().choose()
        self.pause_s = self.rng.choice((0.0, self.rng.uniform(0, 2)))
        self.again_s = self.rng.choice((None, None, self.rng.uniform(0.3, 3)))
        again = "" if self.again_s is None else f", killed again {self.again_s:.1f} s later"
        self.what = f"kill -9 {self.node}, started again after {self.pause_s:.1f} s{again}"

    async def begin(self, stage: Stage) -> None:
        node = stage.nodes[self.node]
        stage.may_be_down.add(self.node)
        node.kill()
        await asyncio.sleep(self.pause_s)
        if self.again_s is not None:
            node.launch()
            await asyncio.sleep(self.again_s)
            node.kill()

    async def end(self, stage: Stage) -> None:
        stage.nodes[self.node].launch()
        stage.may_be_down.discard(self.node)


class KillApi(Kill):
    """The same of the API node."""

    nodes = (API,)


class KillWorker(Kill):
    """The same of the worker."""

    nodes = (WORKER,)


class KillBothGateways(Fault):
    """Both at once: nobody is there to come back to for a while."""

    def choose(self) -> None:
        self.hold_s = self.rng.uniform(0, 2)
        self.what = f"kill -9 both gateways, started again after {self.hold_s:.1f} s"

    async def begin(self, stage: Stage) -> None:
        stage.may_be_down.update(GATEWAYS)
        for name in GATEWAYS:
            stage.nodes[name].kill()

    async def end(self, stage: Stage) -> None:
        for name in GATEWAYS:
            stage.nodes[name].launch()
        stage.may_be_down.difference_update(GATEWAYS)


class Freeze(_OfNode):
    """SIGSTOP, and SIGCONT when others have its chargers: it still believes that it has them."""

    def choose(self) -> None:
        super().choose()
        self.hold_s = self.rng.choice((3.0, 7.0, 12.0)) + self.rng.uniform(0, 1)  # a lease is 10 s
        self.what = f"{self.node} stands still for {self.hold_s:.1f} s"

    async def begin(self, stage: Stage) -> None:
        os.kill(stage.nodes[self.node].pid, signal.SIGSTOP)

    async def end(self, stage: Stage) -> None:
        os.kill(stage.nodes[self.node].pid, signal.SIGCONT)


class FreezeOthers(Freeze):
    """The same of the API node or the worker."""

    nodes = (API, WORKER)


class RollingRestart(Fault):
    """SIGTERM to every process, one after the other, as an upgrade does."""

    def choose(self) -> None:
        self.order = self.rng.sample((*GATEWAYS, API, WORKER), 4)
        self.what = f"SIGTERM and start again: {', '.join(self.order)}"

    async def begin(self, stage: Stage) -> None:
        for name in self.order:
            await restart(self, stage, name)


class Restart(_OfNode):
    """SIGTERM of one gateway under load."""

    def choose(self) -> None:
        super().choose()
        self.what = f"SIGTERM {self.node}, and start again"

    async def begin(self, stage: Stage) -> None:
        await restart(self, stage, self.node)


async def restart(fault: Fault, stage: Stage, name: str) -> None:
    """End a process in order and start it again; others go on meanwhile."""
    node = stage.nodes[name]
    stage.may_be_down.add(name)
    assert node.process is not None
    node.process.terminate()
    try:
        code = await node.exit_code(_IN_ORDER_S + 3 * stage.lag.worst_s)
    except TimeoutError:
        fault.wrong.append(f"{name} did not end within {_IN_ORDER_S:.0f} s of SIGTERM")
        node.kill()
        code = 0
    if code:
        fault.wrong.append(f"{name} ended with {code} on SIGTERM: {node.last_words()}")
    await node.start(stage.patience_s)
    stage.may_be_down.discard(name)


class NoFiles(_OfNode):
    """A gateway may open no more files while chargers come back: those that are in stay, others wait."""

    def choose(self) -> None:
        super().choose()
        self.hold_s = self.rng.uniform(2, 5)
        self.cut = self.some_chargers()
        self.what = f"{self.node} may open no more files for {self.hold_s:.1f} s, {len(self.cut)} chargers are cut"

    async def begin(self, stage: Stage) -> None:
        pid = stage.nodes[self.node].pid
        self.limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        highest = max(int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir())
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 2, self.limits[1]))
        for name in self.cut:
            stage.lines[name].cut()

    async def end(self, stage: Stage) -> None:
        node = stage.nodes[self.node]
        if node.running:
            resource.prlimit(node.pid, resource.RLIMIT_NOFILE, self.limits)


class ClockJump(_OfNode):
    """The clock of a process is wrong for a while, by up to an hour, and then right again."""

    nodes = (*GATEWAYS, API, WORKER)

    def choose(self) -> None:
        super().choose()
        self.off_s = self.rng.choice((3600.0, -3600.0, 90.0, -90.0))
        self.hold_s = self.rng.uniform(4, 8)
        self.what = f"the clock of {self.node} is {self.off_s:+.0f} s off for {self.hold_s:.1f} s"

    async def begin(self, stage: Stage) -> None:
        self.began = datetime.now(UTC)
        stage.set_clock(self.node, self.off_s)

    async def end(self, stage: Stage) -> None:
        stage.set_clock(self.node, 0)
        await asyncio.sleep(1)
        margin = timedelta(seconds=2)  # what was received by the wrong clock is still on its way
        stage.fleet.doubtful.append((self.began - margin, datetime.now(UTC) + margin))


# -- csms in one process


class KillAll(Kill):
    """kill -9 of csms in one process; its PostgreSQL goes on, and is taken over."""

    alone = True
    nodes = (ALONE,)


class KillEmbedded(Fault):
    """kill -9 of the head of the embedded PostgreSQL: csms starts it again, or says why not and ends."""

    alone = True

    def choose(self) -> None:
        self.what = "kill -9 the head of the embedded PostgreSQL"

    async def begin(self, stage: Stage) -> None:
        kill_pids([await head_of(stage)])


class KillAllAndEmbedded(Fault):
    """Both at once: a power cut."""

    alone = True

    def choose(self) -> None:
        self.everyone = self.rng.random() < 0.5
        self.again_s = self.rng.choice((None, self.rng.uniform(0.3, 3)))
        again = "" if self.again_s is None else f", again {self.again_s:.1f} s after the next start"
        self.what = f"kill -9 csms and {'all' if self.everyone else 'the head'} of its PostgreSQL{again}"

    async def begin(self, stage: Stage) -> None:
        node = stage.nodes[ALONE]
        head = await head_of(stage)
        stage.may_be_down.add(ALONE)
        kill_pids(node.servers() if self.everyone else [head])
        node.kill()
        if self.again_s is not None:
            node.launch()
            await asyncio.sleep(self.again_s)
            kill_pids(node.servers())
            node.kill()

    async def end(self, stage: Stage) -> None:
        stage.nodes[ALONE].launch()
        stage.may_be_down.discard(ALONE)


class KillEmbeddedBackend(Fault):
    """kill -9 of a process of the embedded PostgreSQL, mostly while it commits: all of its server starts anew."""

    alone = True

    def choose(self) -> None:
        self.committing = self.rng.random() < 0.8
        self.what = f"kill -9 a backend of the embedded PostgreSQL{' while it commits' if self.committing else ''}"

    async def begin(self, stage: Stage) -> None:
        node = stage.nodes[ALONE]
        head = await head_of(stage)
        self.seen["committing"] = await kill_backend(lambda: {*node.servers()} - {head}, self)


async def head_of(stage: Stage) -> int:
    """The embedded PostgreSQL's first process, once it runs."""
    node: CsmsProcess = stage.nodes[ALONE]
    async with asyncio.timeout(stage.patience_s):
        while (head := node.postmaster()) is None or len(node.servers()) < 2:
            await asyncio.sleep(0.02)
    return head


async def kill_backend(children: Callable[[], Collection[int]], fault: Fault) -> bool:
    """Of these, one that is just committing, where one is seen soon enough. A server that starts anew has none yet."""
    loop = asyncio.get_running_loop()
    until = loop.time() + 2.0
    async with asyncio.timeout(_CHILDREN_S):
        while not (pids := sorted(children())) or loop.time() < until:
            for _ in range(_LOOKS):
                if busy := [pid for pid in pids if title(pid).endswith("COMMIT")]:
                    kill_pids(busy[:1])
                    return True
                await asyncio.sleep(0)
    kill_pids([fault.rng.choice(pids)])
    return False


def kill_pids(pids: list[int]) -> None:
    """kill -9."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it was faster
