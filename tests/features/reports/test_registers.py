# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A quarter hour needs few of its readings, and what is worked out of those is what all of them say."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from csms.domain.transactions import CLOCK_SET, Register, derive_energy
from csms.features.reports.registers import Registers
from csms.features.reports.rules import charging, session_of, start_of
from tests.features.reports.support import BEGIN

SECOND = timedelta(seconds=1)
NEVER = datetime.max.replace(tzinfo=BEGIN.tzinfo)
KEY = UUID(int=7)


def _row(start: Register | None, last: Register, *, ended: bool, wh: Decimal | None) -> dict[str, Any]:
    """A transaction, as the database has it."""
    return {
        "id": KEY,
        "evse_id": 1,
        "id_tag": "TAG",
        "status": "completed" if ended else "active",
        "meter_start": start and start.wh,
        "start_timestamp": start and start.at,
        "start_received_at": start.told_at if start else BEGIN,
        "meter_stop": last.wh,
        "stop_timestamp": last.at,
        "stop_received_at": last.told_at,
        "energy_wh": wh,
    }


def _clean(count: int, every_s: int, wh: int = 20) -> list[Register]:
    """Readings as they should be."""
    return [
        Register(
            BEGIN + number * every_s * SECOND, Decimal(1000 + number * wh), BEGIN + (number * every_s + 1) * SECOND
        )
        for number in range(1, count + 1)
    ]


@st.composite
def histories(draw: st.DrawFn) -> tuple[Register | None, list[Register]]:
    """Mostly as they should be; some step back, jump, come late or have no clock."""
    at, wh, told = BEGIN, Decimal(draw(st.sampled_from([0, 0, 900, 1_000_000]))), BEGIN
    start = draw(
        st.sampled_from([None, *(Register(at, max(wh + off, Decimal(0)), told) for off in (0, 0, 50, -90_000))])
    )
    odd = draw(st.sampled_from([0, 0, 1, 12]))
    found = []
    for _ in range(draw(st.integers(1, 60))):
        at += draw(st.sampled_from([1, 10, 10, 60, 60, 60, 900, 5000])) * SECOND
        wh += draw(st.sampled_from(["0", "0.5", "3.125", "160", "1600"]).map(Decimal))
        told = max(told, at) + draw(st.sampled_from([0, 1, 600])) * SECOND
        said: datetime | None = at
        if draw(st.integers(1, 100)) <= odd:
            said = draw(st.sampled_from([None, CLOCK_SET - SECOND, at - 700 * SECOND, at + 7000 * SECOND]))
        if draw(st.integers(1, 100)) <= odd:
            wh += draw(st.sampled_from([-5000, -1, -100_000_000, 90_000, 2_000_000]))
        found.append(Register(said, wh, told))
    return start, found


def _rolled_up(row: dict[str, Any], registers: list[Register]) -> Any:
    """What becomes of them."""
    now = BEGIN + timedelta(days=3)
    return charging([session_of(row, registers, now)], BEGIN.date(), (BEGIN + timedelta(days=5)).date())


def _thinned(start: Register | None, readings: list[Register], turns: list[datetime]) -> list[Register]:
    """Turns of the worker, each with what came since the one before: one too many rather than one too few."""
    kept: list[Register] = []
    since = datetime.min.replace(tzinfo=BEGIN.tzinfo)
    for until in [*sorted(turns), NEVER]:
        registers = Registers(start, kept, until)
        seen_by = until + timedelta(minutes=1) if until != NEVER else NEVER
        for each in readings:
            assert each.told_at is not None
            if since <= each.told_at < seen_by:
                registers.add(each)
        if registers.incomplete:
            return readings
        if until == NEVER:
            return list(registers.kept)
        if not registers.odd:
            kept, since = list(registers.settled), until
    raise AssertionError


_RISES = [
    Register(BEGIN + (1800 + at) * SECOND, Decimal(900 + at), BEGIN + (1801 + at) * SECOND) for at in range(0, 200, 10)
]


@example(history=(Register(BEGIN, Decimal(950), BEGIN), _RISES), turns=[], ended=False)
@given(history=histories(), turns=st.lists(st.integers(0, 30_000), max_size=6), ended=st.booleans())
def test_left_out_is_what_makes_no_difference(
    history: tuple[Register | None, list[Register]], turns: list[int], ended: bool
) -> None:
    """Whenever the worker looked, and whatever a faulty meter said."""
    start, readings = history
    row = _row(start, readings[-1], ended=ended, wh=derive_energy(start, readings, readings[-1]).wh)
    assert start_of(row) == start
    thinned = _thinned(start, readings, [BEGIN + each * SECOND for each in turns])
    assert _rolled_up(row, thinned) == _rolled_up(row, readings)


def test_an_hour_of_readings_is_eight() -> None:
    """The first and the last of each quarter hour; the newest is the last of its own."""
    registers = Registers(None, (), NEVER)
    for each in _clean(359, 10):
        registers.add(each)
    assert len(registers.kept) == 8
    assert [each.at for each in registers.kept[:3] if each.at] == [
        BEGIN + 10 * SECOND,
        BEGIN + 890 * SECOND,
        BEGIN + 900 * SECOND,
    ]
    assert registers.kept[-1] == _clean(359, 10)[-1]


@pytest.mark.parametrize(
    "doubted",
    [
        Register(BEGIN + 400 * SECOND, Decimal(1_500), BEGIN + 410 * SECOND),  # it fell
        Register(BEGIN + 400 * SECOND, Decimal(900_000), BEGIN + 410 * SECOND),  # it jumped
        Register(BEGIN + 90 * SECOND, Decimal(3_000), BEGIN + 410 * SECOND),  # from before
        Register(BEGIN + 4000 * SECOND, Decimal(3_000), BEGIN + 410 * SECOND),  # from the future
        Register(None, Decimal(3_000), BEGIN + 410 * SECOND),
    ],
)
def test_one_that_is_doubted_needs_all(doubted: Register) -> None:
    """Some of them were left out by then, so they have to be read again."""
    registers = Registers(None, (), NEVER)
    for each in _clean(39, 10, 50):
        registers.add(each)
    assert not registers.odd
    registers.add(doubted)
    assert registers.incomplete


def test_one_that_is_doubted_at_once_is_kept() -> None:
    """Nothing was left out: all are here, and nothing is left out from then on."""
    registers = Registers(None, (), NEVER)
    fallen = [*_clean(2, 10), Register(BEGIN + 25 * SECOND, Decimal(5), BEGIN + 26 * SECOND), *_clean(30, 10)[3:]]
    for each in fallen:
        registers.add(each)
    assert registers.odd
    assert not registers.incomplete
    assert list(registers.kept) == fallen


def test_a_start_that_comes_late_is_asked_for() -> None:
    """Its register may say that the readings that were kept are not to be believed."""
    kept = _clean(3, 10)
    assert not Registers(Register(BEGIN, Decimal(1000), BEGIN), kept, NEVER).odd
    assert Registers(Register(BEGIN, Decimal(900_000), BEGIN), kept, NEVER).incomplete
