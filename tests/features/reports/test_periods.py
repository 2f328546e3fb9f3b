# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Days as the clocks on a wall show them: 23 hours, 25 hours, weeks, months, and what they are compared with."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.features.reports.periods import (
    MAX_POINTS,
    InvalidPeriodError,
    Period,
    TooManyPointsError,
    compared,
    midnight,
    segments,
    split,
    whole,
)
from csms.features.reports.slots import DAY_S, SLOT_S, SLOTS, number_of, second_of

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu",
         "Africa/Cairo", "Pacific/Apia")  # fmt: skip


def days(first: date, last: date, zone: ZoneInfo = BERLIN) -> Period:
    """From the beginning of a day to the beginning of another."""
    return Period(midnight(first, zone), midnight(last, zone))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_has_as_many_hours_as_its_clock_shows(day: date, hours: int) -> None:
    """The days on which clocks are set, by day and by hour."""
    span = days(day, day + timedelta(days=1))
    (whole_day,) = split(span, "day", BERLIN)
    assert (whole_day.end - whole_day.start) / timedelta(hours=1) == hours
    assert len(split(span, "hour", BERLIN)) == hours
    assert len(split(span, "15m", BERLIN)) == hours * 4


def test_weeks_begin_on_monday_and_the_ends_are_cut() -> None:
    """From Wednesday to Tuesday: five days and two."""
    first, second = split(days(date(2026, 3, 25), date(2026, 3, 31)), "week", BERLIN)
    assert first.end == midnight(date(2026, 3, 30), BERLIN) == second.start
    assert [len(split(each, "day", BERLIN)) for each in (first, second)] == [5, 1]


@pytest.mark.parametrize(
    ("span", "comparison", "other"),
    [
        ((date(2026, 3, 1), date(2026, 4, 1)), "previous", (date(2026, 2, 1), date(2026, 3, 1))),
        ((date(2026, 1, 1), date(2026, 4, 1)), "previous", (date(2025, 10, 1), date(2026, 1, 1))),
        ((date(2026, 3, 29), date(2026, 3, 30)), "previous", (date(2026, 3, 28), date(2026, 3, 29))),
        ((date(2024, 2, 29), date(2024, 3, 1)), "year", (date(2023, 2, 28), date(2023, 3, 1))),
        ((date(2026, 12, 1), date(2027, 1, 1)), "year", (date(2025, 12, 1), date(2026, 1, 1))),
    ],
)
def test_months_are_compared_with_months_and_days_with_days(
    span: tuple[date, date], comparison: str, other: tuple[date, date]
) -> None:
    """However many hours they have."""
    assert compared(days(*span), comparison, BERLIN) == days(*other)  # type: ignore[arg-type]


def test_other_times_are_compared_with_as_long_a_time() -> None:
    """Six hours with the six before."""
    span = Period(datetime(2026, 3, 29, 3, tzinfo=UTC), datetime(2026, 3, 29, 9, tzinfo=UTC))
    before = Period(datetime(2026, 3, 28, 21, tzinfo=UTC), span.start)
    assert compared(span, "previous", BERLIN) == before


def test_too_many_points_are_refused_with_what_fits() -> None:
    """A thousand are allowed, one more is not; what is named in the refusal is allowed."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    exact = Period(first, first + MAX_POINTS * timedelta(minutes=15))
    assert len(split(exact, "15m", BERLIN)) == MAX_POINTS
    for length in (timedelta(minutes=15 * (MAX_POINTS + 1)), timedelta(days=40), timedelta(days=1200)):
        span = Period(first, first + length)
        with pytest.raises(TooManyPointsError) as refused:
            split(span, "15m", BERLIN)
        assert len(split(span, refused.value.extra["fits"], BERLIN)) <= MAX_POINTS  # type: ignore[arg-type]
        assert f"interval={refused.value.extra['fits']}" in refused.value.detail


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 2, 1, tzinfo=UTC)),
        (datetime(2012, 1, 1, tzinfo=UTC), datetime(2023, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_times_that_no_report_is_about(start: datetime, end: datetime) -> None:
    """Backwards, empty, before anything was charged, too long, beyond the calendar."""
    with pytest.raises(InvalidPeriodError):
        whole(start, end)


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    interval=st.sampled_from(["hour", "day", "week", "month", "none"]),
    first=st.integers(0, 96 * 2000),
    length=st.integers(1, 96 * 30),
)
def test_periods_and_their_parts_leave_nothing_out(zone: ZoneInfo, interval: str, first: int, length: int) -> None:
    """Each quarter hour of the time is in exactly one part of one period, and periods begin where the clock says."""
    begin = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=first * SLOT_S)
    span = Period(begin, begin + timedelta(seconds=length * SLOT_S))
    periods = split(span, interval, zone)  # type: ignore[arg-type]
    assert [each.start for each in periods[1:]] == [each.end for each in periods[:-1]]
    assert (periods[0].start, periods[-1].end) == (span.start, span.end)
    covered = [
        (part.period, number_of(part.day) * SLOTS + slot)
        for part in segments(periods)
        for slot in range(part.low, part.high)
    ]
    assert [slot for _, slot in covered] == [second_of(span.start) // SLOT_S + number for number in range(length)]
    for period, slot in covered:
        assert periods[period].start <= datetime.fromtimestamp(slot * SLOT_S, UTC) < periods[period].end
    for period_ in periods[1:]:
        local = period_.start.astimezone(zone)
        if interval == "hour":
            assert local.minute in (0, 30)  # Lord Howe sets its clocks by half an hour
        elif interval != "none":
            assert local.hour <= 1  # where clocks are set at midnight, the day begins at one
            assert interval != "week" or local.isoweekday() == 1
            assert interval != "month" or local.day == 1
    assert DAY_S == SLOTS * SLOT_S
