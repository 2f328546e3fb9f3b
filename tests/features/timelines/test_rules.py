# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The order of timelines and cursors; limits over time."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.features.timelines.limits import Given, steps
from csms.features.timelines.rules import InvalidTimelineCursorError, Place, merged, read_cursor, write_cursor

BEGAN = datetime(2026, 11, 29, 10, tzinfo=UTC)
ROWS = st.lists(
    st.builds(
        lambda minutes, kind, key: {"at": BEGAN + timedelta(minutes=minutes), "kind": kind, "key": key},
        st.integers(0, 5),
        st.sampled_from(["a", "b"]),
        st.text("xyz", min_size=1, max_size=2),
    ),
    max_size=20,
    unique_by=lambda row: (row["at"], row["kind"], row["key"]),
)


@given(ROWS, st.integers(1, 7))
def test_pages_hold_every_event_once(rows: list[dict[str, Any]], limit: int) -> None:
    """From cursor to cursor, the newest first, none twice and none left out."""
    place: Place | None = None
    walked: list[Any] = []
    while True:
        rest = [row for row in rows if place is None or Place(**row).rank > place.rank]
        shown, place = merged(rest, limit)
        walked += shown
        if place is None:
            break
        assert len(shown) == limit
        place = read_cursor(write_cursor(place))
    assert len(walked) == len(rows)
    assert [row["at"] for row in walked] == sorted((row["at"] for row in rows), reverse=True)


@pytest.mark.parametrize("raw", ["", "x", "e30", "=", "ä", "W10", "x" * 5000, "WyIyMDI2IiwiYSIsImIiXQ"])
def test_what_is_no_cursor(raw: str) -> None:
    """Refused, whatever it is."""
    with pytest.raises(InvalidTimelineCursorError):
        read_cursor(raw)


def profile(purpose: str, *limits: tuple[int, float], level: int = 0, **more: Any) -> Given:
    """A profile with periods of (start in minutes, limit), from an hour before the beginning."""
    schedule: dict[str, Any] = {"unit": "A", "periods": [{"start_s": at * 60, "limit": limit} for at, limit in limits]}
    for name in ("unit", "start_at", "duration_s"):
        if name in more:
            schedule[name] = more.pop(name)
    until = more.pop("until", None)
    return Given(
        {"kind": "relative", "schedules": [schedule], **more}, purpose, level, BEGAN - timedelta(hours=1), until
    )


def told(*given: Given, minutes: int = 60) -> dict[str, list[tuple[float, float | None]]]:
    """The steps, in minutes from the beginning."""
    found = steps(given, BEGAN, BEGAN, BEGAN + timedelta(minutes=minutes))
    return {
        unit: [((step.at - BEGAN).total_seconds() / 60, step.limit) for step in line] for unit, line in found.items()
    }


def test_which_limit_is_in_force() -> None:
    """The transaction's profile before the default, the highest level of a purpose, the lowest of what is left."""
    default = profile("tx_default_profile", (0, 10))
    own = profile("tx_profile", (0, 32), (20, 16))
    assert told(default) == {"A": [(0, 10)]}
    assert told(default, own) == {"A": [(0, 32), (20, 16)]}
    assert told(own, profile("charging_station_max_profile", (0, 20))) == {"A": [(0, 20), (20, 16)]}
    assert told(own, profile("tx_profile", (0, 6), level=1)) == {"A": [(0, 6)]}
    assert told(own, profile("charging_station_max_profile", (0, 9000), unit="W"))["W"] == [(0, 9000)]
    assert told() == {}


def test_when_a_limit_ends() -> None:
    """By its duration, its validity, because it was taken away, and again each day."""
    assert told(profile("tx_profile", (0, 6), duration_s=600)) == {"A": [(0, 6), (10, None)]}
    valid = (BEGAN + timedelta(minutes=5)).isoformat()
    assert told(profile("tx_profile", (0, 6), valid_to=valid)) == {"A": [(0, 6), (5, None)]}
    assert told(profile("tx_profile", (0, 6), until=BEGAN + timedelta(minutes=7))) == {"A": [(0, 6), (7, None)]}
    daily = profile(
        "tx_default_profile",
        (0, 6),
        (30, 16),
        kind="recurring",
        recurrency="daily",
        start_at=(BEGAN - timedelta(days=9)).isoformat(),
    )
    day = 24 * 60
    assert told(daily, minutes=day + 60)["A"] == [(0, 6), (30, 16), (day, 6), (day + 30, 16)]


@given(
    st.lists(
        st.builds(
            lambda purpose, limits, level: profile(purpose, *sorted(dict(limits).items()), level=level),
            st.sampled_from(["tx_profile", "tx_default_profile", "charging_station_max_profile"]),
            st.lists(st.tuples(st.integers(0, 90), st.integers(0, 64)), min_size=1, max_size=4),
            st.integers(0, 3),
        ),
        max_size=4,
    )
)
def test_steps_are_in_order_and_change_something(given: list[Given]) -> None:
    """Each later than the one before, within the time, another limit or purpose; none that nobody gave."""
    limits = {each["limit"] for one in given for schedule in one.profile["schedules"] for each in schedule["periods"]}
    last = BEGAN + timedelta(minutes=60)
    for line in steps(given, BEGAN, BEGAN, last).values():
        assert line[0].at == BEGAN
        for before, after in itertools.pairwise(line):
            assert before.at < after.at < last
            assert (before.limit, before.purpose) != (after.limit, after.purpose)
        assert {step.limit for step in line} <= limits | {None}
