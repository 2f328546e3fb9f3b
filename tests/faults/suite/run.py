# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Carries out what is planned: break, wait until everything is well again, ask the checker, write it down."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp

from tests.faults.checker import Violation, check, stuck
from tests.faults.compare import lost_in_api
from tests.faults.fleet import Mark
from tests.faults.history import Fact
from tests.faults.stored import read
from tests.faults.suite.fault import Fault
from tests.faults.suite.patience import Patience
from tests.faults.suite.plan import Planned, batches
from tests.faults.suite.report import SKIPPED, VIOLATED, WHOLE, WITHIN_S, Result, Results
from tests.faults.suite.stage import PACE_S, Stage, alone, several
from tests.support.charger import CallError

PATIENCE_S: Final = 60.0  # until a charger counts as stuck, see `Patience`
_LOST: Final = (aiohttp.ClientError, OSError, TimeoutError, CallError)
_UNKNOWN_COMMITS: Final = 3  # of one fault
_CLOSED_S: Final = 60.0  # until a command that nobody answered is closed: its time, the call's, and the sweep


class Run:
    """All that is planned, one installation after the other."""

    def __init__(
        self,
        results: Results,
        total: int,
        say: Callable[[str], None],
        *,
        patience_s: float = PATIENCE_S,
        pace_s: float = PACE_S,
    ) -> None:
        self._results = results
        self._total = total
        self._patience_s = patience_s
        self._pace_s = pace_s
        self._say = say

    async def run(self, planned: list[Planned]) -> None:
        """Everything."""
        for batch in batches(planned):
            folder = Path(tempfile.mkdtemp(prefix="csms-faults-"))
            folder.chmod(0o755)
            try:
                await self._batch(folder, batch)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    async def _batch(self, folder: Path, batch: list[Planned]) -> None:
        first = batch[0]
        make = alone if first.alone else several
        seed = first.seed * 1_000 + first.batch
        self._say(f"starting {'csms in one process' if first.alone else 'two gateways, API, worker'} ...")
        async with make(folder, seed, self._patience_s, self._pace_s) as stage:
            for each in batch:
                result = await self._one(stage, each)
                self._results.add(result)
                self._say(result.line(self._total))
            whole = await self._whole(stage, batch[-1], _UNKNOWN_COMMITS * len(batch))
            self._results.add(whole)
            self._say(whole.line(self._total))

    async def _one(self, stage: Stage, planned: Planned) -> Result:
        fault, delay_s = planned.make()
        result = Result(planned.seed, planned.number, planned.kind, fault.what, at=_now())
        if (why := fault.skipped(stage)) is not None:
            result.verdict, result.seen = SKIPPED, {"why": why}
            return result
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        mark = stage.fleet.mark()
        await asyncio.sleep(delay_s)
        await self._break(stage, fault)
        violations = await self._settle(stage, result)
        violations += await self._check(stage, mark, result)
        result.violations = [*(str(each) for each in violations), *(f"wrong: {text}" for text in fault.wrong)]
        result.seen |= fault.seen
        if result.violations:
            result.verdict = VIOLATED
        result.took_s = round(loop.time() - began_s, 1)
        return result

    async def _break(self, stage: Stage, fault: Fault) -> None:
        """A step that fails is told with the fault, which is ended all the same."""
        loop = asyncio.get_running_loop()
        try:
            await fault.begin(stage)
            until = loop.time() + fault.hold_s
            while (left_s := until - loop.time()) > 0:
                await asyncio.sleep(min(left_s, 1.0))
                fault.wrong += stage.ended()
        except (*_LOST, AssertionError) as error:
            fault.wrong.append(f"it could not be carried out: {error!r}")
        try:
            await fault.end(stage)
        except (*_LOST, AssertionError) as error:
            fault.wrong.append(f"it could not be ended: {error!r}")

    async def _settle(self, stage: Stage, result: Result) -> list[Violation]:
        """Until every process works, and every charger was answered and obeyed; whoever did not is stuck."""
        loop = asyncio.get_running_loop()
        began_s, mark, ended = loop.time(), stage.fleet.mark(), []
        patience = Patience(self._patience_s, stage.pids)
        while (await stage.not_ready() or stage.fleet.standing(mark)) and not patience.over():
            await stage.fleet.look()
            ended += stage.ended()
            await asyncio.sleep(0.1)
        standing = stage.fleet.standing(mark)
        result.recovered_s = round(loop.time() - began_s, 1)
        names = [charger.identity for charger in stage.fleet.chargers]
        again = Patience(self._patience_s, stage.pids)
        unheard = await stage.operator.reach(names, again)
        result.seen["commanded_s"] = round(loop.time() - began_s, 1)
        waited_s = loop.time() - began_s
        result.starved_s = round(patience.starved_s + again.starved_s, 1)
        idle = [Violation.stuck(f"{name} was not ready for {waited_s:.0f} s") for name in await stage.not_ready()]
        late = [*stuck(standing, [], result.recovered_s), *stuck([], unheard, waited_s)]
        return [*late, *idle, *(Violation.wrong(text) for text in ended)]

    async def _check(self, stage: Stage, mark: Mark, result: Result) -> list[Violation]:
        history = stage.fleet.history(mark)
        count(result, history.facts)
        result.commands = len(history.heard)
        sql = await stage.sql()
        try:
            stored = await read(sql, history, whole=False)
        finally:
            await sql.close()
        return check(history, stored, whole=False, unknown_commits=_UNKNOWN_COMMITS)

    async def _whole(self, stage: Stage, last: Planned, unknown_commits: int) -> Result:
        """Let every charger tell all it has, and look at everything once more, also by the API."""
        result = Result(last.seed, last.number, WHOLE, "everything, once all is told", at=_now())
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await stage.quiet(4 * self._patience_s)
        history = stage.fleet.history()
        sql = await stage.sql()
        try:
            stored = await read(sql, history, whole=True)
            while any(row.status == "pending" for row in stored.commands) and loop.time() - began_s < _CLOSED_S:
                await asyncio.sleep(1)
                stored = await read(sql, history, whole=True)
            violations = check(history, stored, whole=True, unknown_commits=unknown_commits)
            result.violations = [*(str(each) for each in violations)]
            result.violations += [f"wrong: {text}" for text in await lost_in_api(stage.api, stage.fleet, sql)]
        finally:
            await sql.close()
        result.violations += [f"wrong: refused: {text}" for text in stage.operator.refused]
        count(result, history.facts)
        result.commands = len(history.heard)
        result.verdict = VIOLATED if result.violations else result.verdict
        result.took_s = round(loop.time() - began_s, 1)
        return result


def count(result: Result, facts: list[Fact]) -> None:
    """How available csms was, as these messages saw it."""
    result.messages = len(facts)
    result.at_once = sum(fact.sent == 1 for fact in facts)
    result.in_time = sum(fact.waited_s <= WITHIN_S for fact in facts)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
