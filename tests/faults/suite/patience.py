# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How long to wait before something counts as stuck, on a machine that may have other work."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

_AT_MOST: Final = 10  # times as long, however busy the machine is


def queued_s(pid: int) -> float:
    """How long the main thread of a process was ready to run and was not let; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


class Patience:
    """So many seconds in which the processes had a processor.

    Whoever is stuck waits for something else and is found as fast as ever; whoever only stands in line for a processor
    behind others' work is not stuck.
    """

    def __init__(
        self,
        seconds: float,
        pids: Callable[[], Iterable[int]],
        queued: Callable[[int], float] = queued_s,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.starved_s = 0.0
        self._seconds = seconds
        self._pids = pids
        self._queue = queued
        self._now = now
        self._began_s = self._looked_s = now()
        self._queued = {pid: queued(pid) for pid in pids()}

    def over(self) -> bool:
        """Whether it is used up; to be asked every few seconds."""
        now_s = self._now()
        queued = {pid: self._queue(pid) for pid in self._pids()}
        longest_s = max((each - self._queued.get(pid, 0.0) for pid, each in queued.items()), default=0.0)
        self.starved_s += max(0.0, min(longest_s, now_s - self._looked_s))
        self._looked_s, self._queued = now_s, queued
        waited_s = now_s - self._began_s
        return waited_s - self.starved_s > self._seconds or waited_s > _AT_MOST * self._seconds
