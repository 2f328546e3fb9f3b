# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The collector of cycles: what survived is not walked again for a while, and nothing is kept for good."""

import gc
import weakref
from collections.abc import Iterator

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


def test_what_survived_is_spared_for_ten_minutes() -> None:
    """A cycle that was spared goes with the next walk along everything; a new one at once."""
    now = 1_000.0
    collector = Collector(gateway=False, monotonic=lambda: now)
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
        now += 599
        gc.collect()
        assert spared() is not None
        now += 1
        gc.collect()
        assert spared() is None
    finally:
        collector.stop()
    assert gc.get_freeze_count() == 0


def test_a_gateway_collects_more_rarely() -> None:
    """Groups of messages are not walked while they wait for their commit."""
    after = []
    for gateway in (False, True):
        collector = Collector(gateway=gateway)
        collector.start()
        collector.stop()
        after.append(gc.get_threshold())
    assert after == [(5_000, 10, 10), (20_000, 20, 20)]
