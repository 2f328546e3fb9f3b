# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Quantiles out of buckets."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from csms.simulator.statistics import Histogram


@settings(deadline=None)
@given(st.lists(st.floats(2e-5, 100), min_size=1, max_size=300), st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_within_a_bucket_of_the_truth(values: list[float], share: float) -> None:
    """Never below the value that the sorted list has there, and at most a bucket above it."""
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    wanted = sorted(values)[math.ceil(share * len(values)) - 1]
    assert wanted * 0.9999 <= histogram.quantile(share) <= wanted * 1.0443


@settings(deadline=None)
@given(st.lists(st.floats(0, 500)), st.lists(st.floats(0, 500)))
def test_merging_is_counting_all(mine: list[float], theirs: list[float]) -> None:
    """Two histograms merged are one of both."""
    one, two, both = Histogram(), Histogram(), Histogram()
    for value in mine:
        one.add(value)
        both.add(value)
    for value in theirs:
        two.add(value)
        both.add(value)
    one.merge(two)
    assert (one.counts, one.count, one.max_s) == (both.counts, both.count, both.max_s)
    assert sum(one.counts) == len(mine) + len(theirs)


def test_nothing_has_no_quantile() -> None:
    """0, not an error: a summary may come before the first answer."""
    assert Histogram().quantile(0.99) == 0
