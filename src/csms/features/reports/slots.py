# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Quarter hours of a day in UTC, and how a day of them is stored: as running sums."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Final

SLOT_S: Final = 900
SLOTS: Final = 96
"""Quarter hours of a day."""
DAY_S: Final = SLOT_S * SLOTS
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.date().toordinal()
_SECOND: Final = timedelta(seconds=1)

Sums = Sequence[int] | None
"""Running sums as they are stored; None: nothing all day."""


def second_of(at: datetime) -> int:
    """Whole seconds since 1970."""
    return (at - _EPOCH) // _SECOND


def number_of(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - _EPOCH_DAY


def day_of(number: int) -> date:
    """The day that is so many days after 1970 began."""
    return date.fromordinal(number + _EPOCH_DAY)


def add(values: list[int], day: int, since_s: int, until_s: int) -> None:
    """Add the seconds of an interval to the quarter hours of a day."""
    begin = day * DAY_S
    since, until = max(since_s - begin, 0), min(until_s - begin, DAY_S)
    if since >= until:
        return
    first, last = since // SLOT_S, (until - 1) // SLOT_S
    for slot in range(first, last + 1):
        values[slot] += SLOT_S
    values[first] -= since - first * SLOT_S
    values[last] -= (last + 1) * SLOT_S - until


def trimmed(first: int, values: Sequence[int]) -> list[int] | None:
    """Running sums that begin with the quarter hour `first` (from 1) and end with the last that adds something."""
    last = max((number for number, value in enumerate(values, 1) if value), default=0)
    return list(accumulate(values[first - 1 : last])) if last else None


def widened(first: int, stored: Sums) -> list[int]:
    """Such running sums as all 96."""
    if stored is None:
        return [0] * SLOTS
    found = [0] * (first - 1) + list(stored)
    return found + [stored[-1]] * (SLOTS - len(found))


def packed(values: Sequence[int]) -> list[int] | None:
    """Running sums of a whole day; one number where each quarter hour has the same."""
    if not any(values):
        return None
    return [sum(values)] if len(set(values)) == 1 else list(accumulate(values))


def unpacked(stored: Sums) -> list[int]:
    """Such running sums as all 96."""
    if stored is None:
        return [0] * SLOTS
    if len(stored) == 1:
        return [stored[0] // SLOTS * number for number in range(1, SLOTS + 1)]
    return list(stored)


def differences(sums: Sequence[int]) -> list[int]:
    """What each quarter hour adds to running sums."""
    return [later - earlier for earlier, later in pairwise([0, *sums])]
