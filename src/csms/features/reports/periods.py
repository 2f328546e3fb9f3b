# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Times of a report: hours, days, weeks and months as the clocks on a wall show them, cut into quarter hours of UTC."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from csms.features.reports.slots import SLOT_S, SLOTS, day_of, second_of
from csms.kit.errors import InvalidError

Interval = Literal["15m", "hour", "day", "week", "month", "none"]
Comparison = Literal["previous", "year"]
MAX_POINTS: Final = 1_000
MAX_DAYS: Final = 3_660
_OLDEST: Final = datetime(2010, 1, 1, tzinfo=UTC)
_LENGTHS: Final[dict[Interval, float]] = {"15m": 1 / 96, "hour": 1 / 24, "day": 1, "week": 7, "month": 30.4}
_SLOT: Final = timedelta(seconds=SLOT_S)


class InvalidPeriodError(InvalidError):
    """A time that a report cannot be about."""

    code: ClassVar[str] = "invalid_period"


class TooManyPointsError(InvalidError):
    """A finer interval than the time allows; the detail names one that fits."""

    code: ClassVar[str] = "too_many_points"


@dataclass(frozen=True, slots=True)
class Period:
    """From one instant to another, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a day in UTC that belongs to the n-th period: behind the quarter hour `low`, up to `high`."""

    day: date
    low: int
    high: int
    period: int


def whole(start: datetime, end: datetime) -> Period:
    """The time of a report, in whole quarter hours. Raises InvalidPeriodError."""
    # before anything is reckoned with it: the ends of the calendar are as near
    if not _OLDEST <= start < end <= datetime(2200, 1, 1, tzinfo=UTC):
        raise InvalidPeriodError("from lies before to, and both between 2010 and 2200")
    if end - start > timedelta(days=MAX_DAYS):
        raise InvalidPeriodError(f"a report is about {MAX_DAYS} days at most")
    first, last = second_of(start) // SLOT_S, -(-second_of(end) // SLOT_S)
    return Period(datetime.fromtimestamp(first * SLOT_S, UTC), datetime.fromtimestamp(last * SLOT_S, UTC))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins there; where no clock shows midnight, when the first hour after it begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def split(span: Period, interval: Interval, zone: ZoneInfo) -> list[Period]:
    """The periods of a time; the first and the last may be cut. Raises TooManyPointsError."""
    if interval == "none":
        return [span]
    days = (span.end - span.start) / timedelta(days=1)
    if days / _LENGTHS[interval] > MAX_POINTS + 1:
        raise _too_many(days)
    found: list[Period] = []
    start = span.start
    while start < span.end:
        end = min(_next(start, interval, zone), span.end)
        found.append(Period(start, end))
        start = end
    if len(found) > MAX_POINTS:
        raise _too_many(days)
    return found


def _too_many(days: float) -> TooManyPointsError:
    # the first and the last period may be cut
    fits = next((name for name, length in _LENGTHS.items() if days / length + 1 <= MAX_POINTS), "none")
    return TooManyPointsError(
        f"that would be more than {MAX_POINTS:,} points: take interval={fits}, or a shorter time", fits=fits
    )


def _next(at: datetime, interval: Interval, zone: ZoneInfo) -> datetime:
    """When the next period begins."""
    local = at.astimezone(zone)
    today = local.date()
    match interval:
        case "15m":
            return at + _SLOT
        case "hour":
            return at + timedelta(minutes=60 - local.minute)
        case "day":
            following = today + timedelta(days=1)
        case "week":
            following = today + timedelta(days=7 - today.weekday())
        case _:
            following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    # to whole quarter hours: some zones stood off by odd minutes long ago
    seconds = second_of(midnight(following, zone)) // SLOT_S * SLOT_S
    return max(datetime.fromtimestamp(seconds, UTC), at + _SLOT)


def compared(span: Period, comparison: Comparison, zone: ZoneInfo) -> Period:
    """The time to compare with: as long before it in months, days or seconds, or a year earlier on the wall's clock."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    if comparison == "year":
        return whole(_back(start, 12, zone), _back(end, 12, zone))
    if not start.time() == end.time() == time():
        return whole(span.start - (span.end - span.start), span.start)
    months = (end.year - start.year) * 12 + end.month - start.month
    if start.day == end.day == 1:
        return whole(_back(start, months, zone), span.start)
    return whole(midnight(start.date() - (end.date() - start.date()), zone), span.start)


def _back(at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """So many months earlier at the same time of day; the last day of a month that is shorter."""
    number = at.year * 12 + at.month - 1 - months
    year, month = divmod(number, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    day = min(at.day, (following - timedelta(days=1)).day)
    return datetime.combine(date(year, month + 1, day), at.time(), zone).astimezone(UTC)


def segments(periods: Sequence[Period]) -> Iterator[Segment]:
    """The parts of days in UTC that periods are made of."""
    for number, period in enumerate(periods):
        slot, last = (second_of(each) // SLOT_S for each in (period.start, period.end))
        while slot < last:
            day, low = divmod(slot, SLOTS)
            high = min(SLOTS, last - day * SLOTS)
            yield Segment(day_of(day), low, high, number)
            slot = (day + 1) * SLOTS
