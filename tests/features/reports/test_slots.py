# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A day of quarter hours goes into its running sums and comes out again."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from csms.domain.transactions import Register, energy_steps
from csms.features.reports.rules import Flow, energy_by_slot
from csms.features.reports.slots import SLOTS, add, differences, packed, trimmed, unpacked, widened

days = st.lists(st.integers(0, 5), min_size=SLOTS, max_size=SLOTS) | st.integers(0, 900).map(lambda n: [n] * SLOTS)


@given(days)
def test_packed_days_come_out_again(values: list[int]) -> None:
    """Days that are the same throughout are one number."""
    stored = packed(values)
    assert differences(unpacked(stored)) == values
    assert (len(stored) == 1 if stored else values[0] == 0) == (len(set(values)) == 1)


@given(days)
def test_trimmed_days_come_out_again(values: list[int]) -> None:
    """From the first quarter hour that has something to the last."""
    first = next((number for number, value in enumerate(values, 1) if value), 1)
    stored = trimmed(first, values)
    assert differences(widened(first, stored)) == values


@given(st.integers(-90_000, 90_000), st.integers(0, 200_000))
def test_seconds_of_a_day_are_added_once(since: int, length: int) -> None:
    """What lies outside of the day is left out."""
    values = [0] * SLOTS
    add(values, 0, since, since + length)
    assert sum(values) == max(0, min(since + length, 86_400) - max(since, 0))
    assert all(0 <= value <= 900 for value in values)


flows = st.lists(
    st.builds(
        lambda since, length, milli: Flow(since, since + length, milli),
        st.integers(0, 10**12),
        st.sampled_from([0, 1, 10**6, 900 * 10**6, 10**11]),
        st.integers(0, 10**8),
    ),
    max_size=8,
)


@given(flows)
def test_all_quarter_hours_together_are_what_was_taken(parts: list[Flow]) -> None:
    """To the Wh, whatever the steps; and none is negative."""
    found = energy_by_slot(parts)
    assert sum(found.values()) == (sum(part.milli_wh for part in parts) + 500) // 1000
    assert all(wh > 0 for wh in found.values())


def test_steps_that_are_not_believed_are_no_steps() -> None:
    """What energy leaves out is taken at no time."""
    registers = [Register(None, Decimal(wh)) for wh in (0, 5_000_000, 100)]
    assert [step.wh for step in energy_steps(None, registers, None)] == [100]
