# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`make soak`: nothing breaks, for long. After a warm-up csms holds the highest steady rate for an hour: its memory may
grow by 3 %, and of no type of object may there be more and more.

One process of csms with its embedded PostgreSQL, chargers of 1.6 that meter without pause (`bench.fleet`), besides
commands and lists that are asked for. The rate is what it can do with four fifths of what it has to do at most.
"""

import argparse
import asyncio
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from bench.fleet import Figures

from tests.faults.fleet import PASSWORD, TAG
from tests.faults.process import CsmsProcess
from tests.faults.suite.stage import ALONE, INSIDE

MAX_GROWTH: Final = 0.03
_SHARE: Final = 0.8
_LOOKS: Final = 3
_CROWD: Final = 20
_FEW: Final = 200  # objects more of a type: not a leak yet
_MORE: Final = 0.02
_MIB: Final = 2**20
_PREFIX: Final = "SOAK"
_LISTS: Final = ("/api/v1/chargers", "/api/v1/transactions", "/api/v1/overview", "/api/v1/commands")


def names(count: int) -> list[str]:
    """As `bench.fleet` calls them."""
    return [f"{_PREFIX}{number}" for number in range(1, count + 1)]


def growing(looks: Sequence[Mapping[str, int]]) -> dict[str, tuple[int, int]]:
    """Types of which there were more at each look, and by the last one many more than at the first."""
    found = {}
    for name, first in looks[0].items():
        counts = [look.get(name, 0) for look in looks]
        rises = all(later > earlier for earlier, later in itertools.pairwise(counts))
        if rises and counts[-1] > first * (1 + _MORE) + _FEW:
            found[name] = (first, counts[-1])
    return found


@dataclass
class Soak:
    """What was seen."""

    rate: float
    resident: list[tuple[float, float]] = field(default_factory=list)  # seconds, MiB
    looks: list[dict[str, int]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # of people, who also ask while chargers meter

    @property
    def growth(self) -> float:
        """From the first tenth of the time to the last."""
        tenth = max(1, len(self.resident) // 10)
        first, last = (sum(mib for _, mib in part) / tenth for part in (self.resident[:tenth], self.resident[-tenth:]))
        return last / first - 1


class Soaking:
    """One process of csms and what it is used for."""

    def __init__(self, node: CsmsProcess, folder: Path, options: argparse.Namespace) -> None:
        self._node = node
        self._objects = folder / f"{ALONE}.objects"
        self._options = options

    async def run(self) -> tuple[Soak, Figures]:
        """Find the rate, warm up, hold."""
        options = self._options
        rate = options.rate or _SHARE * (await self._load(0.0, options.probe)).messages_per_s
        print(f"rate {rate:.0f} messages a second; warming up for {options.warm_up:.0f} s", flush=True)
        soak = Soak(rate)
        async with asyncio.TaskGroup() as tasks:
            people = tasks.create_task(self._people(soak))
            tasks.create_task(self._crowd(soak, options.warm_up))
            tasks.create_task(self._watch(soak, options.warm_up, options.hold))
            figures = await self._load(rate, options.warm_up + options.hold)
            people.cancel()
        return soak, figures

    async def _load(self, rate: float, seconds: float) -> Figures:
        """A process of its own, so that its memory and its turns are not ours."""
        said = {
            "url": self._node.ocpp_url,
            "connections": self._options.connections,
            "rate": rate,
            "seconds": seconds,
            "prefix": _PREFIX,
            "password": PASSWORD,
            "tag": TAG,
        }
        arguments = [f"--{name}={value}" for name, value in said.items()]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.fleet", "--json", *arguments, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        return Figures(**json.loads(output))

    async def _people(self, soak: Soak) -> None:
        """Lists are looked at, commands are given, somebody signs in again."""
        for number in itertools.count():
            try:
                await self._ask(number)
            except (aiohttp.ClientError, TimeoutError, AssertionError) as error:
                soak.failures.append(repr(error))
            await asyncio.sleep(1)

    async def _crowd(self, soak: Soak, warm_up_s: float) -> None:
        """Many at once while it warms up: each connection to the database has then met what is asked."""
        until_s = time.monotonic() + warm_up_s
        for number in itertools.count(1, _CROWD):
            if time.monotonic() > until_s:
                return
            asked = [self._ask(number + each) for each in range(_CROWD) if (number + each) % 300]
            found = await asyncio.gather(*asked, return_exceptions=True)
            soak.failures += [repr(each) for each in found if isinstance(each, BaseException)]
            await asyncio.sleep(5)

    async def _ask(self, number: int) -> None:
        if number % 300 == 0:
            await self._node.sign_in()
        await self._node.get(_LISTS[number % len(_LISTS)])
        charger = f"{_PREFIX}{1 + number % self._options.connections}"
        status, body = await self._node.ask("POST", f"/api/v1/chargers/{charger}/commands", type="clear_cache")
        assert status == 202, body

    async def _watch(self, soak: Soak, warm_up_s: float, hold_s: float) -> None:
        await asyncio.sleep(warm_up_s)
        print(f"holding it for {hold_s:.0f} s", flush=True)
        began = time.monotonic()
        every_s, next_look_s = min(10.0, hold_s / 20), 0.0
        while (at_s := time.monotonic() - began) < hold_s:
            if at_s >= next_look_s:
                soak.looks.append(await self._count())
                next_look_s += hold_s * 0.95 / _LOOKS
            soak.resident.append((at_s, self._resident_mib()))
            await asyncio.sleep(every_s)

    def _resident_mib(self) -> float:
        pages = int(Path(f"/proc/{self._node.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / _MIB

    async def _count(self) -> dict[str, int]:
        self._objects.unlink(missing_ok=True)
        os.kill(self._node.pid, signal.SIGUSR2)
        async with asyncio.timeout(60):
            while not self._objects.exists():
                await asyncio.sleep(0.05)
        counted: dict[str, int] = json.loads(self._objects.read_text())
        return counted


def report(soak: Soak, figures: Figures) -> bool:
    """Say it; whether memory and objects held."""
    first, last = soak.resident[0][1], soak.resident[-1][1]
    more = growing(soak.looks)
    print(
        f"{figures.answered:,} messages in {figures.seconds:.0f} s, {figures.errors} errors, "
        f"{figures.unanswered} unanswered, p99 {figures.p99_ms:.0f} ms\n"
        f"memory {first:.1f} MiB, in the end {last:.1f}: {soak.growth:+.1%} (at most {MAX_GROWTH:+.0%})\n"
        f"objects {sum(soak.looks[0].values()):,}, in the end {sum(soak.looks[-1].values()):,}; "
        f"types that grow: {len(more)}\n"
        f"people were not answered {len(soak.failures)} times {soak.failures[:1]}"
    )
    for name, (before, after) in more.items():
        print(f"  {name}: {before:,}, in the end {after:,}")
    most = sorted(soak.looks[-1], key=lambda name: soak.looks[0].get(name, 0) - soak.looks[-1][name])[:5]
    print("most more: " + ", ".join(f"{name} {soak.looks[-1][name] - soak.looks[0].get(name, 0):+,}" for name in most))
    print("memory by time: " + " ".join(f"{mib:.0f}" for _, mib in soak.resident[:: max(1, len(soak.resident) // 20)]))
    return soak.growth <= MAX_GROWTH and not more and not figures.errors and not soak.failures


async def _main(options: argparse.Namespace) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="csms-soak-"))
    folder.chmod(0o755)
    try:
        inside = {"CSMS_TEST_INSIDE": str(folder / ALONE), "CSMS_HTTP__REQUESTS_PER_MINUTE": "100000"}
        async with CsmsProcess(folder, module=INSIDE, **inside) as node:
            await node.start(240)
            await node.provision(names(options.connections), PASSWORD, TAG)
            return report(*await Soaking(node, folder, options).run())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--connections", type=int, default=500, metavar="N")
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second; 0: found by trying")
    parser.add_argument("--probe", type=float, default=300.0, metavar="S", help="for finding it")
    parser.add_argument("--warm-up", type=float, default=900.0, metavar="S")
    parser.add_argument("--hold", type=float, default=3600.0, metavar="S")
    return 0 if asyncio.run(_main(parser.parse_args())) else 1


if __name__ == "__main__":
    sys.exit(main())
