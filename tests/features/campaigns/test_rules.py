# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Windows over all time zones and clock changes, waves of any size, what a charger's words come to."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.features.campaigns.rules import (
    Patience,
    Plan,
    Seen,
    Span,
    between,
    fitness,
    is_open,
    judge,
    next_change,
    read_window,
    too_many_failed,
    wave_sizes,
)

ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")]
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
_minutes = st.integers(0, 24 * 60 - 1)


@st.composite
def _spans(draw: st.DrawFn) -> Span:
    begin, end = sorted((draw(_minutes), draw(_minutes)))
    ends = None if begin == end or draw(st.booleans()) else time(end // 60, end % 60)
    return Span(draw(st.integers(1, 7)), time(begin // 60, begin % 60), ends)


@given(
    window=st.lists(_spans(), min_size=1, max_size=4),
    zone=st.sampled_from(ZONES),
    now=st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes, seconds=minutes % 60)),
    part=st.integers(0, 999),
)
def test_a_window_stays_as_it_is_until_its_next_change(
    window: list[Span], zone: ZoneInfo, now: datetime, part: int
) -> None:
    """Whoever waits until then misses no opening, in no time zone, when clocks are changed neither."""
    change = next_change(window, zone, now)
    assert now < change <= now + timedelta(days=8)
    between_them = now + (change - now) * part // 1_000
    assert is_open(window, zone, between_them) == is_open(window, zone, now)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-12-01T00:30+01:00", True),
        ("2026-12-01T04:59+01:00", True),
        ("2026-12-01T05:00+01:00", False),
        ("2026-11-30T23:30+01:00", False),
        ("2026-12-01T02:00-05:00", False),  # that is 08:00 there
    ],
)
def test_hours_are_those_of_the_site(at: str, expected: bool) -> None:
    """Tuesday from midnight to five, in Berlin."""
    window = read_window([{"weekday": 2, "begin": "00:00:00", "end": "05:00:00"}])
    assert is_open(window, ZoneInfo("Europe/Berlin"), datetime.fromisoformat(at)) is expected
    assert is_open(None, ZoneInfo("Europe/Berlin"), datetime.fromisoformat(at))


def test_an_hour_that_clocks_skip() -> None:
    """A window that begins in it opens when the clocks go on; it is not missed."""
    window = read_window([{"weekday": 7, "begin": "02:30:00", "end": "24:00"}])
    assert window is not None
    berlin, before = ZoneInfo("Europe/Berlin"), datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert not is_open(window, berlin, before)
    assert next_change(window, berlin, before) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert is_open(window, berlin, datetime(2026, 3, 29, 1, 0, tzinfo=UTC))


_waves = st.lists(
    st.one_of(
        st.builds(lambda count: {"chargers": count, "percent": None}, st.integers(1, 300)),
        st.builds(lambda percent: {"chargers": None, "percent": percent}, st.integers(1, 100)),
    ),
    max_size=8,
)


@given(waves=_waves, count=st.integers(1, 1_000))
def test_waves_share_all_chargers_among_them(waves: list[dict[str, Any]], count: int) -> None:
    """Nobody is left out, nobody is in two, no wave is empty; each is as large as was asked, while there are enough."""
    sizes = wave_sizes(waves, count)
    assert sum(sizes) == count
    assert min(sizes) > 0
    for wave, size in zip(waves, sizes[:-1], strict=False):
        asked = wave["chargers"] or -(-count * wave["percent"] // 100)
        assert size == asked


def test_what_comes_between_waves() -> None:
    """A pause, or a person; after what was left over nothing."""
    waves = [{"chargers": 1, "pause_s": 60}, {"percent": 5, "then": "manual"}]
    assert between(waves, 1) == (timedelta(seconds=60), False)
    assert between(waves, 2) == (timedelta(), True)
    assert between(waves, 3) == (timedelta(), False)


@pytest.mark.parametrize(
    ("percent", "failed", "begun", "expected"),
    [(None, 9, 10, False), (0, 0, 10, False), (0, 1, 10, True), (20, 2, 10, False), (20, 3, 10, True)],
)
def test_more_than_so_many_failed(percent: int | None, failed: int, begun: int, expected: bool) -> None:
    """Measured at the chargers of the waves so far: the first failure of ten is a tenth, not all."""
    assert too_many_failed(percent, failed, begun) is expected


CHARGER = {
    "firmware_version": "1.0",
    "vendor": "ACME",
    "model": "One",
    "protocol": "ocpp1.6",
    "feature_profiles": None,
    "refused": False,
}


@pytest.mark.parametrize(
    ("plan", "changes", "verdict"),
    [
        (Plan("2.0"), {}, "update"),
        (Plan("1.0"), {}, "already"),
        (Plan(None), {}, "update"),
        (Plan("2.0", vendor="acme", model="ONE"), {}, "update"),
        (Plan("2.0", vendor="Other"), {}, "unable"),
        (Plan("2.0", model="Two"), {}, "unable"),
        (Plan("2.0", vendor="Other"), {"vendor": None}, "update"),
        (Plan("2.0", dated=True), {}, "unable"),
        (Plan("2.0", dated=True, signed=True), {}, "update"),
        (Plan("2.0", dated=True), {"protocol": "ocpp2.0.1"}, "update"),
        (Plan("2.0"), {"feature_profiles": "Core, FirmwareManagement"}, "update"),
        (Plan("2.0"), {"feature_profiles": "Core,SmartCharging"}, "unable"),
        (Plan("2.0"), {"refused": True}, "unable"),
    ],
)
def test_whom_an_image_fits(plan: Plan, changes: dict[str, Any], verdict: str) -> None:
    """By what is known; what is not known stands in nobody's way."""
    found, reason = fitness(plan, {**CHARGER, **changes})
    assert found == verdict
    assert (reason is None) == (verdict == "update")


SENT = Seen("sent", "accepted", None, NOW, None, None, None, "1.0", NOW - timedelta(days=3))
LATER = NOW + timedelta(minutes=5)
WANTED = Patience("2.0", None, timedelta(hours=2))


@pytest.mark.parametrize(
    ("changes", "now", "expected"),
    [
        ({"command": "pending", "sent_at": None}, LATER, "sent"),
        ({"command": "rejected"}, LATER, "failed"),
        ({"command": "not_supported"}, LATER, "failed"),
        ({"command": "expired", "sent_at": None}, LATER, "failed"),
        ({"command": None}, LATER, "failed"),
        ({"command": "timed_out"}, LATER, "failed"),
        ({"command": "timed_out", "word": "Downloading", "told_at": LATER}, LATER, "downloading"),
        ({}, LATER, "sent"),
        ({}, NOW + timedelta(hours=3), "failed"),
        ({"word": "Downloading", "told_at": NOW + timedelta(hours=2)}, NOW + timedelta(hours=3), "downloading"),
        ({"word": "Downloaded", "told_at": LATER}, LATER, "downloaded"),
        ({"word": "Installing", "told_at": LATER}, LATER, "installing"),
        ({"word": "InstallationFailed", "told_at": LATER}, LATER, "failed"),
        ({"word": "InvalidSignature", "told_at": LATER, "info": "x"}, LATER, "failed"),
        ({"word": "Installed", "told_at": LATER}, LATER, "verifying"),
        ({"word": "Installed", "told_at": NOW}, NOW + timedelta(minutes=16), "failed"),
        ({"word": "Installed", "told_at": LATER, "boot_at": LATER + timedelta(seconds=9)}, LATER, "failed"),
        ({"word": "Installed", "told_at": LATER, "version": "2.0", "boot_at": LATER}, LATER, "installed"),
        # some boot with it and never say so; some say so and had booted before
        ({"version": "2.0", "boot_at": LATER}, LATER, "installed"),
        ({"word": "InstallRebooting", "told_at": NOW, "version": "2.0", "boot_at": LATER}, LATER, "installed"),
        ({"word": "Vendor specific", "told_at": LATER, "status": "downloaded"}, LATER, "downloaded"),
    ],
)
def test_what_a_charger_has_come_to(changes: dict[str, Any], now: datetime, expected: str) -> None:
    """Success only with the version that is expected; silence and what went wrong are failures with a reason."""
    status, reason = judge(replace(SENT, **changes), WANTED, now)
    assert status == expected
    assert status != "failed" or reason


def test_without_a_version_its_word_counts() -> None:
    """Where nobody knows what it will call itself, Installed is the end."""
    told = replace(SENT, word="Installed", told_at=LATER)
    assert judge(told, replace(WANTED, version=None), LATER) == ("installed", None)


def test_an_install_date_is_waited_for() -> None:
    """Nothing is heard until then, and that is no failure."""
    told = replace(SENT, word="InstallScheduled", told_at=LATER)
    dated = replace(WANTED, install_at=NOW + timedelta(days=2))
    assert judge(told, dated, NOW + timedelta(days=1))[0] == "downloaded"
    assert judge(told, dated, NOW + timedelta(days=3))[0] == "failed"
