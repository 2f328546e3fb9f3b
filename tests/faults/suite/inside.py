# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""csms as it is, with two things that only its tests need: a clock that can be put wrong, and a count of its objects.

`python -m tests.faults.suite.inside serve …` is `csms serve …`. SIGUSR1: the clock is off by as many seconds as the
file `<folder>/<name>.clock` says. SIGUSR2: how many objects of each type live is written to `<folder>/<name>.objects`.
CSMS_TEST_INSIDE is `<folder>/<name>`. It is csms' own Clock that goes wrong, not the machine's; timers go on rightly.
"""

import gc
import json
import os
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from csms.kit.clock import SystemClock
from csms.main.cli import app

_PLACE = os.environ["CSMS_TEST_INSIDE"]
_off = timedelta(0)


def _now(_: SystemClock) -> datetime:
    return datetime.now(UTC) + _off


def _put_wrong(*_: Any) -> None:
    global _off  # noqa: PLW0603  (a process has one clock)
    _off = timedelta(seconds=float(Path(f"{_PLACE}.clock").read_text()))


def _count(*_: Any) -> None:
    gc.collect()
    gc.unfreeze()  # what the collector spares is counted too, with cycles that ended since
    kinds = (type(each) for each in gc.get_objects())
    counted = Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in kinds)
    gc.freeze()
    part = Path(f"{_PLACE}.part")
    part.write_text(json.dumps(counted))
    part.rename(f"{_PLACE}.objects")


if __name__ == "__main__":
    SystemClock.now = _now  # type: ignore[method-assign,assignment]
    signal.signal(signal.SIGUSR1, _put_wrong)
    signal.signal(signal.SIGUSR2, _count)
    app()
