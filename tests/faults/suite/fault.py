# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a fault is: something that begins, holds for a while and ends; all its choices come from its own random numbers."""

from random import Random
from typing import ClassVar

from tests.faults.suite.stage import NAMES, Stage


class Fault:
    """One of them. `what` says it in words; `seen` is what was noticed while it held; `wrong` is what must not be."""

    alone: ClassVar[bool] = False  # it happens to csms in one process

    def __init__(self, rng: Random, *, long: bool) -> None:
        self.rng = rng
        self.long = long
        self.hold_s = 0.0
        self.what = ""
        self.seen: dict[str, object] = {}
        self.wrong: list[str] = []
        self.choose()

    def choose(self) -> None:
        """Decide everything that is to be decided."""
        raise NotImplementedError

    def skipped(self, stage: Stage) -> str | None:
        """Why it cannot be done here."""
        return None

    async def begin(self, stage: Stage) -> None:
        """Break it."""

    async def end(self, stage: Stage) -> None:
        """Mend what does not mend itself, as its operator would."""

    def some_chargers(self, least: int = 3, most: int = 12) -> list[str]:
        """A few of the fleet."""
        return sorted(self.rng.sample(NAMES, self.rng.randint(least, most)))
