# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Samples: codes that mean the same for ever, units, the register of a reading."""

from decimal import Decimal
from itertools import product

import pytest

from csms.domain.metering import (
    CONTEXTS,
    LOCATIONS,
    MEASURANDS,
    PHASES,
    Sample,
    context_code,
    context_name,
    decode_code,
    register_wh,
    sample_code,
    to_base,
)

REGISTER = "Energy.Active.Import.Register"


def test_every_code_is_unique_small_and_comes_back() -> None:
    """A code packs measurand, phase and location into a positive 16-bit integer, without loss."""
    codes = {}
    for measurand, phase, location in product(MEASURANDS, PHASES, LOCATIONS):
        code = sample_code(measurand, phase or None, location)
        assert 0 <= code < 2**15
        assert decode_code(code)[:3] == (measurand, phase or None, location)
        codes[code] = True
    assert len(codes) == len(MEASURANDS) * len(PHASES) * len(LOCATIONS)


def test_stored_codes_never_change_their_meaning() -> None:
    """These numbers are in databases already."""
    assert sample_code(REGISTER, None, None) == 128
    assert sample_code("Power.Active.Import", "L1", "EV") == 9 << 7 | 1 << 3 | 3
    assert sample_code("SoC", None, "EV") == 21 << 7 | 3
    assert context_code("Transaction.Begin") == 2


def test_what_no_specification_names_is_kept_as_vendor() -> None:
    """An unknown measurand, phase, location or context is no reason to lose a reading."""
    assert decode_code(sample_code("Request.Energy", "L9", "Moon")) == ("Vendor", None, "Outlet", "")
    assert context_name(context_code("Whenever")) == "Other"
    assert [context_name(context_code(name)) for name in CONTEXTS] == list(CONTEXTS)
    assert context_name(context_code(None)) == "Sample.Periodic"


@pytest.mark.parametrize(
    ("value", "unit", "measurand", "base", "fits"),
    [
        ("1.5", "kWh", REGISTER, "1500", True),
        ("1500", "Wh", REGISTER, "1500", True),
        ("1500", None, REGISTER, "1500", True),
        ("7.2", "kW", "Power.Active.Import", "7200", True),
        ("7200", None, "Power.Active.Import", "7200", True),
        ("7200", "Wh", "Power.Active.Import", "7200", False),
        ("21", "Celcius", "Temperature", "21", True),
        ("50", "Hz", "Frequency", "50", True),
        ("50", "Furlong", "Frequency", "50", False),
        ("3", "kvarh", "Energy.Reactive.Import.Register", "3000", True),
    ],
)
def test_values_are_stored_in_base_units(value: str, unit: str | None, measurand: str, base: str, fits: bool) -> None:
    """Power without a unit is W (lbb#1989); Wh on a power is W, and said so (lbb#1617)."""
    assert to_base(Decimal(value), unit, measurand) == (Decimal(base), fits)


def sample(measurand: str, value: int, phase: str | None = None, location: str | None = None) -> Sample:
    return Sample(sample_code(measurand, phase, location), Decimal(value))


def test_the_register_is_the_total_or_the_sum_of_the_phases() -> None:
    """Per-phase energy alone still measures (lbb#1925); the total wins where both are there."""
    phases = (sample(REGISTER, 100, "L1"), sample(REGISTER, 200, "L2"), sample(REGISTER, 300, "L3"))
    assert register_wh(phases) == 600
    assert register_wh((*phases, sample(REGISTER, 601))) == 601


def test_the_register_of_the_inlet_counts_and_that_of_the_car_does_not() -> None:
    """What the car says of itself is never billed."""
    assert register_wh((sample(REGISTER, 5, None, "Inlet"),)) == 5
    assert register_wh((sample(REGISTER, 5, None, "EV"),)) is None
    assert register_wh((sample("SoC", 50),)) is None
    assert register_wh(()) is None
