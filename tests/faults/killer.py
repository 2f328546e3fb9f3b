# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments: of csms, of PostgreSQL's head, of one of its processes, of all at once."""

import asyncio
import os
import signal
from collections import Counter
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from random import Random

from tests.faults.fleet import Fleet
from tests.faults.process import CsmsProcess

_AGAIN_SOON = 0.25
_COMMITTING = 0.7
_WATCH_S = 1.0
_PATIENCE_S = 60


class Blow(StrEnum):
    """Who is killed."""

    CSMS = "csms"
    POSTMASTER = "postmaster"
    BACKEND = "backend"
    BOTH = "csms and postmaster"


class Killer:
    """Kills, and starts again what does not come back by itself, as a service manager would."""

    def __init__(self, csms: CsmsProcess, fleet: Fleet, seed: int) -> None:
        self._csms = csms
        self._fleet = fleet
        self._rng = Random(seed)
        self.blows: Counter[Blow] = Counter()
        self.during_start = 0
        self.committing = 0
        self.gave_up: list[str] = []
        self.longest_s = 0.0

    async def strike(self, count: int) -> None:
        """So many kills, each kind as often as the others; some of them hit before the last one was recovered from."""
        hurried = False
        while self.blows.total() < count:
            kinds = list(Blow)
            self._rng.shuffle(kinds)
            for blow in kinds[: count - self.blows.total()]:
                self.during_start += hurried
                await self._hit(blow)
                hurried = self._rng.random() < _AGAIN_SOON
                if hurried:
                    await asyncio.sleep(self._rng.uniform(0, 1.5))
                else:
                    await self._recovery()
                    await asyncio.sleep(self._rng.uniform(0, 1.5))
        await self._recovery()

    async def _hit(self, blow: Blow) -> None:
        csms = self._csms
        if blow is not Blow.CSMS:
            async with asyncio.timeout(_PATIENCE_S):
                while (head := csms.postmaster()) is None or not (others := set(csms.servers()) - {head}):
                    self._revive()
                    await asyncio.sleep(0.01)
                victims = [head]
                if blow is Blow.BACKEND:
                    victims = [await self._backend(sorted(others))]
                elif blow is Blow.BOTH:
                    victims += self._rng.choice(([], sorted(others)))
            for victim in victims:
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
        if blow in {Blow.CSMS, Blow.BOTH}:
            self._revive()
            csms.kill()
            await asyncio.sleep(self._rng.choice((0, self._rng.uniform(0, 0.3))))
            csms.launch()
        self.blows[blow] += 1

    async def _backend(self, pids: list[int]) -> int:
        """Mostly one that is just committing: that is where an answer too early would show."""
        if self._rng.random() < _COMMITTING:
            until = asyncio.get_running_loop().time() + _WATCH_S
            while asyncio.get_running_loop().time() < until:
                for pid in pids:
                    if _title(pid).endswith("COMMIT"):
                        self.committing += 1
                        return pid
                await asyncio.sleep(0)
        return self._rng.choice(pids)

    def _revive(self) -> None:
        """A csms that could not go on has said why in one line; then it is started again."""
        csms = self._csms
        if csms.running:
            return
        assert csms.process is not None
        words = csms.last_words()
        assert csms.process.returncode == 1, f"csms ended with {csms.process.returncode}: {words}"
        assert words.splitlines()[-1].startswith("csms: "), words
        self.gave_up.append(words.splitlines()[-1])
        csms.launch()

    async def _recovery(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._fleet.progress(self._revive, patience_s=_PATIENCE_S)
        self.longest_s = max(self.longest_s, loop.time() - began)


def _title(pid: int) -> str:
    """What a process of PostgreSQL says it is doing."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0 ").decode(errors="replace")
    except OSError:
        return ""
