# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Simulated time, faster than the wall if wanted, and one timer wheel for all chargers of a process.

What `speed` means. Everything that takes a driver or a battery time is `speed` times shorter; power stays as in life.
A CSMS judges readings by its own rules (no register grows faster than 600 kW allows), so one of two things must give:

* without a start time, time stamps are the wall clock's and batteries are `speed` times smaller: an 11 kW session that
  takes an hour lasts a minute at speed 60 and delivers 1/60 of the energy. Power, register and time stamps agree.
* with a start time (in the past), time stamps are the simulated clock's and energies are full. When the simulated
  clock has caught up with the wall it goes on at speed 1, so no reading ever comes from the future.

What belongs to the connection (heartbeats, retries, timeouts, reconnects) is never accelerated.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from csms.kit.clock import Clock

log = structlog.get_logger(__name__)

TICK_S: Final = 0.02


class Timer:
    """A call to come; `cancel` may be called at any time."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Do not call."""
        self.callback = None


class Wheel:
    """All timers of a process, turned by one task; instants are the clock's monotonic seconds."""

    def __init__(self, clock: Clock, tick_s: float = TICK_S) -> None:
        self._clock = clock
        self._tick_s = tick_s
        self._due: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()

    def __len__(self) -> int:
        return len(self._due)

    def at(self, when_s: float, callback: Callable[[], None]) -> Timer:
        """Call back at an instant."""
        timer = Timer(callback)
        heapq.heappush(self._due, (when_s, next(self._order), timer))
        return timer

    def after(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call back after so many (real) seconds."""
        return self.at(self._clock.monotonic() + delay_s, callback)

    def turn(self) -> int:
        """Call what is due; how many that were."""
        now_s = self._clock.monotonic()
        called = 0
        due = self._due
        while due and due[0][0] <= now_s:
            callback = heapq.heappop(due)[2].callback
            if callback is not None:
                called += 1
                try:
                    callback()
                except Exception:
                    # One charger's fault must not stop everybody's clocks.
                    log.exception("a timer failed")
        return called

    async def run(self) -> None:
        """Turn until cancelled."""
        while True:
            self.turn()
            await asyncio.sleep(self._tick_s)

    async def sleep_until(self, when_s: float) -> None:
        """Wait for an instant."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.at(when_s, lambda: None if future.done() else future.set_result(None))
        try:
            await future
        finally:
            timer.cancel()

    async def sleep(self, delay_s: float) -> None:
        """Wait so many (real) seconds."""
        await self.sleep_until(self._clock.monotonic() + delay_s)


class SimTime:
    """Simulated seconds since the beginning, and the time stamps that go with them."""

    def __init__(self, clock: Clock, *, speed: float = 1.0, start: datetime | None = None) -> None:
        if speed <= 0:
            raise ValueError("the speed is a positive number")
        self.clock = clock
        self.speed = speed
        self.start = start
        self._origin_s = clock.monotonic()
        self._caught_up_s: float | None = None  # real seconds after which simulated and wall time are the same
        if start is not None:
            behind_s = (clock.now() - start).total_seconds()
            if behind_s < 0:
                raise ValueError("the start time is in the future")
            if speed > 1:
                self._caught_up_s = behind_s / (speed - 1)

    @property
    def energy_factor(self) -> float:
        """What an energy of simulated time is multiplied by to agree with the time stamps."""
        return 1.0 if self.start is not None else 1.0 / self.speed

    def now_s(self) -> float:
        """Simulated seconds since the beginning."""
        real_s = self.clock.monotonic() - self._origin_s
        caught_up_s = self._caught_up_s
        if caught_up_s is None or real_s <= caught_up_s:
            return real_s * self.speed
        return caught_up_s * self.speed + (real_s - caught_up_s)

    def instant(self, sim_s: float) -> float:
        """The monotonic second at which `now_s` will be `sim_s`."""
        caught_up_s = self._caught_up_s
        if caught_up_s is None or sim_s <= caught_up_s * self.speed:
            return self._origin_s + sim_s / self.speed
        return self._origin_s + caught_up_s + (sim_s - caught_up_s * self.speed)

    def stamp(self) -> datetime:
        """The time stamp that a message gets now."""
        if self.start is None:
            return self.clock.now()
        return self.start + timedelta(seconds=self.now_s())
