# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Plans of vehicles held against the limits they were given (2.x K15 to K17)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Point = tuple[float, float]  # seconds, limit
_TOLERANCE: Final = 1e-6


def exceeds(plan: Mapping[str, Any], limits: Sequence[Mapping[str, Any]], offset_s: float = 0.0) -> bool:
    """Whether a plan is above all of the schedules that a vehicle could choose from, at some time.

    `plan` and `limits` are charging schedules in domain words; the limits began `offset_s` before the plan. Schedules
    in another unit cannot be compared, and what a schedule does not limit is free.
    """
    own = [limit for limit in limits if limit.get("unit") == plan.get("unit")]
    return bool(own) and all(_above(plan, limit, offset_s) for limit in own)


def _above(plan: Mapping[str, Any], limit: Mapping[str, Any], offset_s: float) -> bool:
    wanted, allowed = _points(plan), [(at - offset_s, value) for at, value in _points(limit)]
    end = _end(plan)
    allowed_end = _end(limit) - offset_s
    for at in sorted({at for at, _ in (*wanted, *allowed) if 0 <= at < end} | {0.0}):
        asked, granted = _at(wanted, at), _at(allowed, at)
        if asked is not None and granted is not None and at < allowed_end and asked > granted + _TOLERANCE:
            return True
    return False


def _points(schedule: Mapping[str, Any]) -> list[Point]:
    periods = schedule.get("periods", ())
    return sorted((float(one["start_s"]), float(one["limit"])) for one in periods if one.get("limit") is not None)


def _end(schedule: Mapping[str, Any]) -> float:
    duration = schedule.get("duration_s")
    return float("inf") if duration is None else float(duration)


def _at(points: Sequence[Point], at: float) -> float | None:
    """The limit that holds then; None before the first."""
    held = [value for start, value in points if start <= at]
    return held[-1] if held else None
