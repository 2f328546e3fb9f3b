# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Registers that could be billed wrongly."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from csms.dialects.v16.metering import read_readings
from csms.domain.transactions import Register, derive_energy
from csms.ocpp import v16

START = datetime(2026, 11, 23, 10, tzinfo=UTC)


def at(minute: int, wh: str) -> Register:
    """A register."""
    return Register(START + timedelta(minutes=minute), Decimal(wh))


def test_a_single_zero_is_a_glitch_and_not_a_new_register() -> None:
    """One reading of 0 among a lifetime register: 3 kWh were taken, not 104."""
    readings = [at(5, "101000"), at(10, "0"), at(25, "102000")]
    energy = derive_energy(at(0, "100000"), readings, at(30, "103000"))
    assert energy.wh == 3000


def test_begin_zero_without_readings_is_doubted() -> None:
    """citrineos PR#1060: start 0, lifetime register at the stop two hours later: 910 kWh are not billed unflagged."""
    energy = derive_energy(at(0, "0"), [], at(120, "910083"))
    assert energy.flags


def test_begin_zero_is_seen_by_the_readings_that_follow() -> None:
    """0, then a lifetime register of 100 kWh a quarter of an hour later that grows by 1 kWh: no 101 kWh."""
    energy = derive_energy(at(0, "0"), [at(15, "100000"), at(30, "100500")], at(45, "101000"))
    assert energy.flags or energy.wh == 1000


@pytest.mark.parametrize(
    ("first_wh", "then_wh"),
    [
        ("100000", "5000.1"),  # 400 kW, then 20 kW: a twentieth, just
        ("100000", "0"),  # 400 kW, then nothing: the car was full
        ("20000", "10"),  # no more than a car takes between two samples
    ],
)
def test_a_register_of_the_session_alone_begins_at_zero(first_wh: str, then_wh: str) -> None:
    """What tapers or ends after a long first sample was charged all the same, and is counted."""
    total = str(Decimal(first_wh) + Decimal(then_wh))
    energy = derive_energy(at(0, "0"), [at(15, first_wh)], at(30, total))
    assert (energy.wh, energy.flags) == (Decimal(total), ())


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([at(15, "100000"), at(30, "104999")], 4999),  # 400 kW, then a little under a twentieth
        ([at(15, "20001"), at(30, "20002"), at(45, "20003")], 2),  # more than a car takes, then next to nothing
        ([at(15, "300001")], 0),  # more than any session
        ([at(1, "12000")], 0),  # 720 kW
    ],
)
def test_a_lifetime_register_is_no_growth_from_zero(readings: list[Register], expected: int) -> None:
    """A start of 0 that was never read: counting begins at the first reading."""
    energy = derive_energy(at(0, "0"), readings, readings[-1])
    assert (energy.wh, energy.flags) == (expected, ("begin_zero",))


@pytest.mark.parametrize("start", [Register(None, Decimal(0)), Register(datetime(1970, 1, 1, tzinfo=UTC), Decimal(0))])
def test_without_times_nothing_is_out_of_proportion(start: Register) -> None:
    """No power can be told from a clock that was never set: up to 300 kWh from zero are believed."""
    energy = derive_energy(start, [at(15, "100000"), at(30, "100100")], at(45, "100200"))
    assert (energy.wh, energy.flags) == (100_200, ())
    assert derive_energy(start, [at(15, "300000")], None).wh == 300_000
    assert derive_energy(start, [at(15, "300001")], None).flags == ("begin_zero",)


def test_a_reading_at_the_very_moment_of_the_start_tells_no_power() -> None:
    """Two registers of one moment: there is no division by no time."""
    energy = derive_energy(at(0, "0"), [at(0, "900"), at(0, "900")], at(15, "1900"))
    assert (energy.wh, energy.flags) == (1900, ())


@pytest.mark.parametrize(
    ("stop", "expected", "flags"),
    [
        ("1499", 500, ()),  # one Wh less: rounding
        ("1500", 500, ()),
        ("1501", 501, ()),
        ("1498.9", 500, ("implausible_stop",)),
    ],
)
def test_one_watt_hour_is_rounding(stop: str, expected: int, flags: tuple[str, ...]) -> None:
    """The last digit of a whole number, and not one more."""
    energy = derive_energy(at(0, "1000"), [at(10, "1500")], at(20, stop))
    assert energy.wh == expected
    assert set(flags) <= set(energy.flags)
    assert bool(energy.flags) == bool(flags)


def test_the_register_after_a_rounding_goes_on_from_the_higher_one() -> None:
    """1500.4, 1500, 1600: 600 Wh since 1000, not 600.4."""
    energy = derive_energy(at(0, "1000"), [at(5, "1500.4"), at(6, "1500"), at(10, "1600")], at(11, "1600"))
    assert (energy.wh, energy.flags) == (600, ())


@pytest.mark.parametrize(
    ("fell_to", "before", "after", "expected", "flag"),
    [
        ("999", "2000", "1500", 1501, "register_reset"),  # 1000 -> 2000, began anew at 999, on to 1500
        ("1000", "2000", "2500", 1500, "register_backwards"),  # not low enough to have begun anew
        ("10", "2000", "1999", 1000, "register_backwards"),  # back where it was, but for the rounding
        ("10", "2000", "1998", 2988, "register_reset"),  # not back where it was
    ],
)
def test_a_fall_is_a_new_beginning_or_a_glitch(fell_to: str, before: str, after: str, expected: int, flag: str) -> None:
    """Below 1 kWh and never back: began anew. Everything else is left out."""
    energy = derive_energy(at(0, "1000"), [at(20, before), at(40, fell_to)], at(90, after))
    assert (energy.wh, energy.flags) == (expected, (flag,))


def test_a_start_that_only_fell_is_a_new_beginning_too() -> None:
    """The meter at the start is of the old register, all readings of the new one."""
    energy = derive_energy(at(0, "1000"), [at(10, "0"), at(20, "500")], at(30, "600"))
    assert (energy.wh, energy.flags) == (600, ("register_reset",))


def test_an_integer_stop_below_its_decimal_reading_is_no_fault() -> None:
    """meterStop is a whole number (1.6 §6.49), readings are not: 1500.9 and 1500 are the same register."""
    energy = derive_energy(at(0, "1000"), [at(10, "1200.4"), at(20, "1500.9")], at(20, "1500"))
    assert energy.flags == ()


def test_an_integer_start_above_its_decimal_reading_is_no_fault() -> None:
    """meterStart 1000 and a Transaction.Begin of 999.6 are the same register."""
    energy = derive_energy(at(0, "1000"), [at(0, "999.6")], at(20, "1500"))
    assert energy.flags == ()


def test_signed_data_does_not_hide_the_raw_register_beside_it() -> None:
    """A reading with the register twice, signed and raw, has a register."""
    wire = v16.MeterValue(
        timestamp="2026-11-23T10:00:00Z",
        sampled_value=[v16.SampledValue(value="AB12", format="SignedData"), v16.SampledValue(value="1500")],
    )
    assert read_readings([wire])[0].energy_wh == 1500
