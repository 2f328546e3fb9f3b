# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Plans of vehicles against their limits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.plans import exceeds

LIMITS = st.lists(st.tuples(st.integers(1, 900), st.integers(0, 32)), max_size=5)


def schedule(first: float, *later: tuple[float, float], unit: str = "A", duration: int | None = None) -> dict[str, Any]:
    """A charging schedule in domain words."""
    periods = [{"start_s": at, "limit": limit} for at, limit in ((0, first), *later)]
    return {"unit": unit, "periods": periods} | ({} if duration is None else {"duration_s": duration})


@pytest.mark.parametrize(
    ("plan", "limits", "offset_s", "above"),
    [
        (schedule(6), [schedule(6)], 0, False),
        (schedule(6.1), [schedule(6)], 0, True),
        (schedule(6, (600, 10)), [schedule(10, (600, 6))], 0, True),
        (schedule(6, (600, 10), duration=600), [schedule(10, (600, 6))], 0, False),
        (schedule(10), [schedule(6, duration=300)], 0, True),
        (schedule(10), [schedule(6, duration=300)], 300, False),
        (schedule(10), [schedule(6, (300, 16))], 300, False),
        (schedule(10), [schedule(16, (300, 6))], 300, True),
        (schedule(10), [schedule(6), schedule(16)], 0, False),
        (schedule(10), [schedule(6, unit="W")], 0, False),
        (schedule(10), [], 0, False),
        ({"unit": "A", "periods": [{"start_s": 0, "limit": None}]}, [schedule(6)], 0, False),
    ],
)
def test_plans(plan: dict[str, Any], limits: list[dict[str, Any]], offset_s: float, above: bool) -> None:
    """Above all schedules to choose from, while they hold."""
    assert exceeds(plan, limits, offset_s) is above


@given(st.integers(0, 32), LIMITS, st.integers(0, 32), LIMITS)
def test_a_plan_never_exceeds_itself_or_a_higher_limit(
    first: int, later: list[tuple[int, int]], other: int, more: list[tuple[int, int]]
) -> None:
    """And where a plan is second by second within the limits, it is accepted; where it is not, refused."""
    plan, limit = schedule(first, *sorted(dict(later).items())), schedule(other, *sorted(dict(more).items()))
    assert not exceeds(plan, [plan])
    assert not exceeds(plan, [schedule(32)])

    def at(one: dict[str, Any], second: int) -> float:
        return [p["limit"] for p in one["periods"] if p["start_s"] <= second][-1]

    assert exceeds(plan, [limit]) is any(at(plan, s) > at(limit, s) for s in range(901))
