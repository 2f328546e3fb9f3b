# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Python's collector of cycles, which holds everything up while it walks along what there is."""

import gc
import time
from collections.abc import Callable
from typing import Any, Final

# A group of hundreds of messages lives until its commit. By Python's own threshold of 700 new objects the collector
# walks them again and again. Where people wait for pages and files each walk has to be short.
_GATEWAY: Final = (20_000, 20, 20)
_OTHERS: Final = (5_000, 10, 10)
_THOROUGH_S: Final = 600.0


class Collector:
    """Spares what survived a full collection from the next ones; every ten minutes one walks along everything again.

    Most of a process's objects stay (its program, statements that were compiled once). What ends in a cycle after it
    was spared is freed by the next walk along everything.
    """

    def __init__(self, *, gateway: bool, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._after = _GATEWAY if gateway else _OTHERS
        self._monotonic = monotonic
        self._thorough_s = 0.0

    def start(self) -> None:
        """Collect, and spare what there is by now."""
        gc.set_threshold(*self._after)
        gc.callbacks.append(self._told)
        gc.collect()

    def stop(self) -> None:
        """Spare nothing any more."""
        gc.callbacks.remove(self._told)
        gc.unfreeze()

    def _told(self, phase: str, info: dict[str, Any]) -> None:
        if info["generation"] != 2:  # the oldest: a full collection
            return
        if phase == "stop":
            gc.freeze()
        elif self._monotonic() >= self._thorough_s + _THOROUGH_S:
            self._thorough_s = self._monotonic()
            gc.unfreeze()
