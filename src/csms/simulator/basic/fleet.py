# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Many virtual chargers in one process."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from random import Random

from csms.kit.clock import Clock, SystemClock
from csms.simulator.basic.charger import Profile, Statistics, VirtualCharger


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies; 0 without any."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def summary(statistics: Statistics, fleet: Sequence[VirtualCharger]) -> str:
    """One line about everything."""
    line = (
        f"{statistics.connected}/{len(fleet)} connected, {statistics.sessions} sessions, "
        f"{statistics.energy_wh / 1000:.1f} kWh, {statistics.calls} calls, {statistics.errors} errors, "
        f"p50 {percentile(statistics.latencies, 0.5) * 1000:.1f} ms, "
        f"p99 {percentile(statistics.latencies, 0.99) * 1000:.1f} ms"
    )
    refused = next((one.gave_up for one in fleet if one.gave_up), None)
    return line if refused is None else f"{line}; refused: {refused}"


class Fleet:
    """Starts its chargers one after the other, so that a CSMS is not hit by all at once."""

    def __init__(
        self, profiles: Sequence[Profile], *, seed: int, ramp_per_s: float = 50.0, clock: Clock | None = None
    ) -> None:
        clock = clock or SystemClock()
        self.statistics = Statistics()
        self.chargers = [
            VirtualCharger(profile, Random(f"{seed}/{profile.identity}"), clock, self.statistics)  # noqa: S311
            for profile in profiles
        ]
        self._ramp_per_s = ramp_per_s

    async def run(self, duration_s: float | None = None, tell: Callable[[str], None] | None = None) -> None:
        """Run for a while, or until cancelled; tell how it goes each second."""
        try:
            async with asyncio.timeout(duration_s), asyncio.TaskGroup() as group:
                if tell is not None:
                    group.create_task(self._tell(tell))
                for charger in self.chargers:
                    group.create_task(charger.run())
                    await asyncio.sleep(1.0 / self._ramp_per_s)
        except TimeoutError:
            return

    async def _tell(self, tell: Callable[[str], None]) -> None:
        while True:
            await asyncio.sleep(1.0)
            tell(summary(self.statistics, self.chargers))


def live_line(words: str) -> None:
    """Rewrite one line of the terminal."""
    sys.stdout.write(f"\r\x1b[K  {words}")
    sys.stdout.flush()
