# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which limit held when, as far as it is known: from the charging profiles that a charger was given.

Of each purpose the highest stack level that holds counts; a profile of the transaction takes the place of the default,
and of what is left the lowest limit is in force (OCPP 1.6 §3.13, 2.x K01). Amperes and watts are not compared: each
unit has steps of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

MAX_STEPS: Final = 500
_CYCLES: Final = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
_MOST_CYCLES: Final = 100


class Given(msgspec.Struct, frozen=True):
    """A profile that a charger had: from when on, until when as far as that is known."""

    profile: Mapping[str, Any]
    purpose: str
    stack_level: int
    from_at: datetime
    until: datetime | None = None


class Step(msgspec.Struct, frozen=True):
    """From `at` on that limit holds; None: none that is known."""

    at: datetime
    limit: float | None
    purpose: str | None


def steps(given: Sequence[Given], began_at: datetime, first: datetime, last: datetime) -> dict[str, list[Step]]:
    """The limits between two instants, by unit: a step at the first, and one where it changes."""
    found: dict[str, list[Step]] = {}
    moments = sorted(
        {first, *(at for each in given for at in _changes(each, began_at, first, last) if first < at < last)}
    )
    for unit in ("A", "W"):
        line: list[Step] = []
        for at in moments[:MAX_STEPS]:
            limit, purpose = _in_force(given, began_at, at, unit)
            if not line or line[-1].limit != limit or line[-1].purpose != purpose:
                line.append(Step(at, limit, purpose))
        if any(step.limit is not None for step in line):
            found[unit] = line
    return found


def _in_force(given: Sequence[Given], began_at: datetime, at: datetime, unit: str) -> tuple[float | None, str | None]:
    highest: dict[str, tuple[int, datetime, float, str]] = {}
    for each in given:
        held = _held(each, began_at, at)
        if held is None:
            continue
        rank = (each.stack_level, each.from_at, *held)
        if each.purpose not in highest or rank[:2] > highest[each.purpose][:2]:
            highest[each.purpose] = rank
    if "tx_profile" in highest:
        highest.pop("tx_default_profile", None)
    limits = [(limit, purpose) for purpose, (_, _, limit, own) in highest.items() if own == unit]
    return min(limits, default=(None, None))


def _held(given: Given, began_at: datetime, at: datetime) -> tuple[float, str] | None:
    """Limit and unit of a profile at an instant; None where it says nothing."""
    profile = given.profile
    if at < given.from_at or (given.until is not None and at >= given.until):
        return None
    valid_from, valid_to = _instant(profile.get("valid_from")), _instant(profile.get("valid_to"))
    if (valid_from is not None and at < valid_from) or (valid_to is not None and at >= valid_to):
        return None
    for schedule in profile.get("schedules", ()):
        offset_s = (at - _start(given, schedule, began_at)).total_seconds()
        cycle = _cycle(profile)
        if cycle is not None:
            offset_s %= cycle.total_seconds()
        duration_s = schedule.get("duration_s")
        if offset_s < 0 or (duration_s is not None and offset_s >= duration_s):
            continue
        periods = [each for each in schedule.get("periods", ()) if each["start_s"] <= offset_s]
        limit = max(periods, key=lambda each: each["start_s"]).get("limit") if periods else None
        if limit is not None:
            return float(limit), str(schedule["unit"])
    return None


def _start(given: Given, schedule: Mapping[str, Any], began_at: datetime) -> datetime:
    if given.profile.get("kind") == "relative":
        return began_at
    return _instant(schedule.get("start_at")) or _instant(given.profile.get("valid_from")) or given.from_at


def _cycle(profile: Mapping[str, Any]) -> timedelta | None:
    return _CYCLES.get(profile.get("recurrency") or "") if profile.get("kind") == "recurring" else None


def _changes(given: Given, began_at: datetime, first: datetime, last: datetime) -> Iterator[datetime]:
    """When the limit of a profile may change."""
    profile = given.profile
    bounds = (given.from_at, given.until, _instant(profile.get("valid_from")), _instant(profile.get("valid_to")))
    yield from (at for at in bounds if at is not None)
    for schedule in profile.get("schedules", ()):
        start = _start(given, schedule, began_at)
        offsets = [each["start_s"] for each in schedule.get("periods", ())]
        if schedule.get("duration_s") is not None:
            offsets.append(schedule["duration_s"])
        cycle = _cycle(profile)
        if cycle is None:
            yield from (start + timedelta(seconds=offset) for offset in offsets)
            continue
        begin = start + cycle * ((first - start) // cycle)
        for number in range(min(_MOST_CYCLES, (last - begin) // cycle + 1)):
            yield begin + cycle * number
            yield from (begin + cycle * number + timedelta(seconds=offset) for offset in offsets)


def _instant(value: Any) -> datetime | None:
    """An instant of a stored profile; one that cannot be understood is none."""
    if not isinstance(value, str):
        return value if isinstance(value, datetime) else None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
