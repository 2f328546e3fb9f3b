# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`python -m bench.web`: the web app in Chromium beside a real server: a long list, a flood of changes, one change.

The list of 100,000 chargers is opened, sorted and filtered; then the connected chargers change their status at a rate
while it is watched; then single changes are timed from the charger's socket to the cell of its row. The browser is
driven by web/scripts/watch.ts, a line of JSON for each word.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from bench import servers
from bench.load import STATUS, Fleet, Station, identity, timestamp
from bench.steady import quantile

ROOT: Final = Path(__file__).parents[1]
NODE: Final = ROOT / ".venv" / "node" / "bin" / "node"
FIRST_ROW_S: Final = 1.5
HEAP_MB: Final = 80.0
ASKED_S: Final = 0.3
LONG_TASK_MS: Final = 100.0
SHOWN_S: Final = 1.0
WATCHED: Final = 12  # rows at the top of the list, all of them in sight


class Browser:
    """Chromium, asked and answering in lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def open(cls, url: str) -> "Browser":
        """Signed in, on a blank page."""
        environment = {**os.environ, "CSMS_URL": url, "CSMS_PASSWORD": servers.ADMIN_PASSWORD}
        script = ROOT / "web" / "scripts" / "watch.ts"
        process = await asyncio.create_subprocess_exec(
            NODE, script, env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24
        )
        return cls(process)

    async def ask(self, word: str, **fields: Any) -> Any:
        """Do something; what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"word": word, **fields}).encode() + b"\n")
        await self._process.stdin.drain()
        async with asyncio.timeout(120):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the browser ended at {word}; what it said stands above")
        return json.loads(line)

    async def close(self) -> None:
        """And the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


async def _changes(fleet: Fleet, browser: Browser, count: int, per_s: float) -> list[float]:
    """Single changes of chargers in sight: seconds from the socket until their row says so."""
    watched = {identity(number) for number in range(WATCHED)}
    stations = sorted((each for each in fleet.stations if each.name in watched), key=lambda each: each.name)
    await browser.ask("watch")
    sent: dict[str, list[tuple[float, str]]] = {each.name: [] for each in stations}
    for number in range(count):
        station = stations[number % len(stations)]
        status = "Faulted" if (number // len(stations)) % 2 == 0 else "Available"
        async with asyncio.timeout(30):
            while station.waiting is not None:
                await asyncio.sleep(0.001)
        sent[station.name].append((time.time(), status))
        station.call(STATUS, status.encode(), timestamp())
        await asyncio.sleep(1 / per_s)
    await asyncio.sleep(3)
    seen: list[tuple[str, float, str]] = [tuple(each) for each in await browser.ask("seen")]
    waited = []
    for name, changes in sent.items():
        shown = [(at, words) for who, at, words in seen if who == name]
        for at, status in changes:
            first = next((then for then, words in shown if then >= at and status in words), None)
            waited.append(float("inf") if first is None else first - at)
    return waited


async def run(arguments: argparse.Namespace) -> bool:
    """Print the figures beside what they may be."""
    kept = True

    def judge(name: str, value: float, most: float, unit: str) -> None:
        nonlocal kept
        kept &= value <= most
        print(f"  {'pass' if value <= most else 'FAIL'}  {name}: {value:,.0f} {unit} of {most:,.0f}", flush=True)

    async with servers.csms(arguments.chargers) as server:
        fleet = Fleet(server.port, secret=server.secret)
        await fleet.connect(arguments.connected)
        await fleet.everyone(Station.boot)
        await fleet.everyone(Station.available)
        browser = await Browser.open(f"http://localhost:{server.http_port}")
        print(f"\n{arguments.chargers:,} chargers in the list, {arguments.connected:,} connected", flush=True)
        listed = await browser.ask("list", rows=arguments.rows)
        judge("first row, from the address on", listed["first_row_ms"], FIRST_ROW_S * 1e3, "ms")
        judge("sorted by the server: asked, answered, drawn", listed["sort_ms"], ASKED_S * 1e3, "ms")
        judge("filtered by the server: asked, answered, drawn", listed["filter_ms"], ASKED_S * 1e3, "ms")
        judge(f"heap with {listed['rows']:,} rows loaded", listed["heap_mb"], HEAP_MB, "MB")
        await browser.ask("tasks")
        words = [Station.charging, Station.preparing, Station.available]
        _, rate = await fleet.steady(words, arguments.rate, arguments.seconds)
        tasks = await browser.ask("tasks")
        name = f"longest task while {rate:,.0f} changes/s arrive ({tasks['count']} over 50 ms)"
        judge(name, tasks["longest_ms"], LONG_TASK_MS, "ms")
        print(f"        heard by the page: {tasks['events'] / tasks['seconds']:,.0f} events/s", flush=True)
        await fleet.everyone(Station.available)
        waited = await _changes(fleet, browser, arguments.changes, 20)
        for share in (0.5, 0.99):
            judge(f"a change, socket to screen, p{share * 100:.0f}", quantile(waited, share) * 1e3, SHOWN_S * 1e3, "ms")
        await browser.close()
        await fleet.hang_up()
    return kept


def main() -> int:
    """Print the table; 1 where a bound is not kept."""
    import uvloop

    parser = argparse.ArgumentParser(prog="python -m bench.web", description=__doc__)
    parser.add_argument("--chargers", type=int, default=100_000, help="in the list")
    parser.add_argument("--connected", type=int, default=2_000, help="of them")
    parser.add_argument("--rows", type=int, default=2_000, help="that are scrolled through before the heap is taken")
    parser.add_argument("--rate", type=float, default=1_000.0, help="changes a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the rate is held")
    parser.add_argument("--changes", type=int, default=400, help="single changes that are timed")
    return 0 if uvloop.run(run(parser.parse_args())) else 1


if __name__ == "__main__":
    sys.exit(main())
