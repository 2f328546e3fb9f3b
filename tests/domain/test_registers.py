# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Registers that could be billed wrongly."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

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
