# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Time as a value that is passed in, so that tests can hold it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> datetime:
        """Wall clock, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Wall clock, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()


class Seldom:
    """For what would be said at every turn of a loop while it lasts: at once, and then every so often."""

    def __init__(self, clock: Clock, interval_s: float = 30.0) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._said_s: float | None = None

    def due(self) -> bool:
        """Whether it is to be said now."""
        now_s = self._clock.monotonic()
        if self._said_s is not None and now_s - self._said_s < self._interval_s:
            return False
        self._said_s = now_s
        return True

    def over(self) -> None:
        """It is over; the next time is said at once."""
        self._said_s = None


class SomeAMinute:
    """For what may come as a flood and of which some say enough: so many in each minute that begins with one."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._began_s = 0.0
        self._count = 0

    def due(self) -> bool:
        """Whether this one is among them."""
        now_s = self._clock.monotonic()
        if self._count == 0 or now_s - self._began_s >= 60.0:
            self._began_s, self._count = now_s, 0
        self._count += 1
        return self._count <= self._most


class FakeClock:
    """A clock that stands until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        """Wall clock, aware, UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Move both clocks forward."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back; no time goes by."""
        self._now += timedelta(seconds=seconds)
