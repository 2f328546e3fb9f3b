# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The pure rules: quiet hours over changes of the clocks, outages, jumps of the clock, words made harmless."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from csms.domain.texts import inert
from csms.features.alerts.bodies import KINDS, QuietHours
from csms.features.alerts.rules import Steady, body_of, outages, quiet_until, title_of
from csms.kit.clock import FakeClock

EVERY_DAY = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def _quiet(*windows: tuple[list[str], str, str], zone: str = "Europe/Berlin") -> dict[str, Any]:
    rows = [{"days": days, "begins": begins, "ends": ends} for days, begins, ends in windows]
    return QuietHours.model_validate({"time_zone": zone, "windows": rows}).model_dump(mode="json")


def _berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-27 21:59", None),
        ("2026-11-27 22:00", "2026-11-28 06:00"),
        ("2026-11-28 05:59", "2026-11-28 06:00"),
        ("2026-11-28 06:00", None),
        ("2026-11-29 03:00", "2026-11-29 06:00"),  # Saturday's night is Sunday's morning
        ("2026-11-30 03:00", None),  # Sunday's night is not quiet
    ],
)
def test_quiet_hours_over_midnight(now: str, until: str | None) -> None:
    """A window belongs to the day on which it begins."""
    quiet = _quiet((EVERY_DAY[:6], "22:00", "06:00"))
    assert quiet_until(quiet, _berlin(now)) == (None if until is None else _berlin(until))


def test_quiet_hours_when_the_clocks_change() -> None:
    """The wall clock counts: a night has 7 hours in spring and 9 in autumn, and an end that comes twice is its second."""
    night = _quiet((EVERY_DAY, "22:00", "06:00"))
    for eve, hours in (("2026-03-28 22:00", 7), ("2026-10-24 22:00", 9), ("2026-11-27 22:00", 8)):
        begins = _berlin(eve)
        assert quiet_until(night, begins) == begins + timedelta(hours=hours)
        assert quiet_until(night, begins - timedelta(seconds=1)) is None
    whole_day = _quiet((["sunday"], "00:00", "00:00"))
    for day, hours in (("2026-03-29 00:00", 23), ("2026-10-25 00:00", 25)):
        assert quiet_until(whole_day, _berlin(day)) == _berlin(day) + timedelta(hours=hours)
    short = _quiet((EVERY_DAY, "01:00", "02:30"))
    assert quiet_until(short, datetime(2026, 10, 25, 0, 45, tzinfo=UTC)) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    # 02:30 does not come on this day: it is over an hour and a half after one o'clock
    assert quiet_until(short, datetime(2026, 3, 29, 0, 30, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert quiet_until(short, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)) is None


def test_windows_that_follow_each_other_are_one() -> None:
    """Friday evening to Monday morning; without any it is never quiet."""
    quiet = _quiet(
        (["friday"], "18:00", "00:00"), (["saturday", "sunday"], "00:00", "00:00"), (["monday"], "00:00", "07:00")
    )
    assert quiet_until(quiet, _berlin("2026-11-27 19:00")) == _berlin("2026-11-30 07:00")
    assert quiet_until(None, NOON) is None


@pytest.mark.parametrize(
    "change",
    [
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"windows": []},
        {"windows": [{"days": ["monday"], "begins": "24:00", "ends": "06:00"}]},
        {"windows": [{"days": EVERY_DAY, "begins": "08:00", "ends": "08:00"}]},
    ],
)
def test_quiet_hours_that_there_are_not(change: dict[str, Any]) -> None:
    """A zone, a time, a day that nobody knows; and quiet for ever."""
    good = {"time_zone": "Europe/Berlin", "windows": [{"days": ["monday"], "begins": "22:00", "ends": "06:00"}]}
    QuietHours.model_validate(good)
    with pytest.raises(ValidationError):
        QuietHours.model_validate(good | change)


def test_what_is_one_outage() -> None:
    """More than so many within so many seconds; windows that overlap are one, what lies apart is not in it."""
    times = [NOON + timedelta(seconds=each) for each in (0, 500, 501, 502, 503, 560, 600, 2000, 3000, 3001, 3002, 3003)]
    assert outages(times, 3, 60) == [range(1, 6), range(8, 12)]
    assert outages(times, 2, 100) == [range(1, 7), range(8, 12)]
    assert outages(times, 4, 10) == []
    assert outages([], 1, 10) == []


def test_a_jump_is_no_time_that_went_by() -> None:
    """Forward: more age is asked for, until everything may be after the jump. Back: nothing is older for it."""
    clock = FakeClock(NOON)
    steady = Steady(clock)
    clock.advance(3600)
    assert (steady.look(), steady.settled(1e9)) == (0.0, True)
    assert steady.before(300) == clock.now() - timedelta(seconds=300)
    clock.jump(3600)
    clock.advance(5)
    assert steady.look() == 3600
    assert not steady.settled(300)
    assert steady.before(300) == clock.now() - timedelta(seconds=3900)
    clock.advance(300)
    assert steady.look() == 0
    assert steady.before(300) == clock.now() - timedelta(seconds=300)
    clock.jump(-1800)
    assert steady.look() == -1800
    assert (steady.before(300), steady.settled(300)) == (clock.now() - timedelta(seconds=300), False)


def test_words_of_chargers_stay_words() -> None:
    """One line, no control or format characters, bounded; what looks like a template or HTML is only text."""
    assert inert("a\r\nBcc: x\0\x1b[31m\u202e b\u2066  c") == "a Bcc: x[31m b c"
    assert inert("x" * 500) == "x" * 119 + "…"
    evil = "{self.__class__} {{7*7}} ${x} %s <script>"
    assert (
        title_of("faulted", "CP1", 2, {"name": evil, "what": evil}) == f"CP1 ({evil}), connector 2 is faulted: {evil}"
    )
    assert len(title_of("offline", "C" * 255, None, {"name": "n" * 9_000, "what": "w" * 9_000})) <= 300
    row = {"rule_name": "R\n1", "began_at": NOON, "count": 3, "status": "resolved", "resolved_at": NOON}
    assert body_of(row).splitlines() == [
        "Rule: R 1",
        "Since: 2026-11-28 12:00:00 UTC",
        "Times: 3",
        "Resolved: 2026-11-28 12:00:00 UTC",
    ]


def test_every_kind_has_a_title_and_defaults() -> None:
    """Nothing has to be said but the kind."""
    for name, kind in KINDS.items():
        assert kind.model_validate({"kind": name}).model_dump()["kind"] == name
        charger = "CP1" if kind.scoped else None
        assert len(title_of(name, charger, None, {}).split()) > 2
        assert kind.__doc__
