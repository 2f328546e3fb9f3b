# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The collector of cycles: what survived is not walked again for a while, and nothing is kept for good."""

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

from csms.kit.collector import Collector


class Ring:
    """Something that only the collector frees."""

    def __init__(self) -> None:
        self.myself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Thresholds are the process's."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_what_survived_is_spared_until_an_hour_is_over() -> None:
    """A cycle that was spared goes with the next walk along everything; a new one at once."""
    now = 1_000.0
    asked: list[Callable[[], None]] = []
    collector = Collector(asked.append, gateway=False, monotonic=lambda: now)
    ring = Ring()
    spared = weakref.ref(ring)
    collector.start()
    try:
        assert gc.get_freeze_count() > 10_000
        del ring
        fresh = weakref.ref(Ring())
        gc.collect()
        assert spared() is not None
        assert fresh() is None
        now += 3599
        gc.collect()
        assert asked == []
        now += 1
        gc.collect()
        gc.collect()
        (look,) = asked
        assert spared() is not None
        look()
        assert spared() is None
        gc.collect()
        assert len(asked) == 1
    finally:
        collector.stop()
    assert gc.get_freeze_count() == 0


def test_growth_is_walked_along_and_what_went_by_itself_is_no_growth() -> None:
    """Cycles that were spared go after ten minutes if there are a quarter more by then, whatever came and went."""
    now = 1_000.0
    asked: list[Callable[[], None]] = []
    collector = Collector(asked.append, gateway=False, monotonic=lambda: now)
    collector.start()
    try:
        quarter = gc.get_freeze_count() // 4 + 25_000
        kept = [[None] for _ in range(quarter)]
        now += 599
        gc.collect(1)
        assert asked == []
        now += 1
        gc.collect(1)
        (look,) = asked
        ring = Ring()
        spared = weakref.ref(ring)
        gc.collect(1)
        del ring
        kept.clear()
        look()
        assert spared() is not None
        kept = [[None] for _ in range(quarter)]
        gc.collect(1)
        assert len(asked) == 1
        now += 600
        gc.collect(1)
        assert len(asked) == 2
        asked[1]()
        assert spared() is None
    finally:
        collector.stop()


def test_nothing_is_walked_once_it_has_stopped() -> None:
    """What was asked for before comes after the end."""
    now = 0.0
    asked: list[Callable[[], None]] = []
    collector = Collector(asked.append, gateway=False, monotonic=lambda: now)
    collector.start()
    now = 3600.0
    gc.collect(1)
    collector.stop()
    asked[0]()
    assert gc.get_freeze_count() == 0


def test_a_gateway_collects_more_rarely() -> None:
    """Groups of messages are not walked while they wait for their commit."""
    after = []
    for gateway in (False, True):
        collector = Collector(lambda look: None, gateway=gateway)
        collector.start()
        collector.stop()
        after.append(gc.get_threshold()[:2])
    assert after == [(2_000, 5), (20_000, 10)]
