# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Python's collector of cycles, which holds everything up while it walks along what there is."""

import gc
import math
import time
from collections.abc import Callable
from typing import Any, Final

# New objects until the young are walked, and walks until what survived one is walked a second time. A group of hundreds
# of messages lives until its commit: a gateway would walk it again and again. Where people wait for pages and files
# each walk has to be short.
_GATEWAY: Final = (20_000, 10)
_OTHERS: Final = (2_000, 5)
_NEVER: Final = 1_000_000_000
_GROWN: Final = 1.25
_FEW: Final = 100_000  # objects: below them growth means nothing
_LOOK_S: Final = 600.0  # between two looks at how many there are: they are counted one by one
_THOROUGH_S: Final = 3600.0


class Collector:
    """Spares what survived two walks from all later ones: most of it stays (the program, statements compiled once).

    What ends in a cycle after it was spared goes when everything is walked along, which takes a quarter of a second for
    a million objects: every ten minutes where there are a quarter more by then, otherwise after an hour. `later` calls
    a function soon, outside of a walk.
    """

    def __init__(
        self,
        later: Callable[[Callable[[], None]], object],
        *,
        gateway: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._later = later
        self._after = _GATEWAY if gateway else _OTHERS
        self._monotonic = monotonic
        self._kept = self._spared = 0
        self._due_s = self._look_s = -math.inf
        self._works = self._asked = False

    def start(self) -> None:
        """Collect, and spare what there is by now."""
        gc.set_threshold(*self._after, _NEVER)
        self._works = self._asked = True
        gc.callbacks.append(self._told)
        self._look()

    def stop(self) -> None:
        """Spare nothing any more."""
        self._works = False
        gc.callbacks.remove(self._told)
        gc.unfreeze()

    def _told(self, phase: str, info: dict[str, Any]) -> None:
        if phase != "stop" or info["generation"] == 0 or self._asked:
            return
        self._spared += len(gc.get_objects(generation=2))
        gc.freeze()
        now_s = self._monotonic()
        if now_s >= self._due_s or (now_s >= self._look_s and self._spared > self._kept * (_GROWN - 1)):
            self._asked = True
            self._later(self._look)

    def _look(self) -> None:
        """Walk along everything if that is due, or if so much more is still there: much of it went by itself."""
        if not self._works:
            return
        if self._monotonic() >= self._due_s or gc.get_freeze_count() > self._kept * _GROWN:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._kept = max(gc.get_freeze_count(), _FEW)
            self._due_s = self._monotonic() + _THOROUGH_S
        self._spared, self._look_s, self._asked = 0, self._monotonic() + _LOOK_S, False
