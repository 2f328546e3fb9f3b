# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Energy of a transaction: what is believed, what is flagged."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.transactions import (
    JUMP_MARGIN_WH,
    MAX_POWER_W,
    MAX_SESSION_WH,
    Energy,
    Register,
    allowed_growth,
    derive_energy,
    time_flags,
    usable_time,
)

T0 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def at(minutes: float, wh: float | str) -> Register:
    return Register(T0 + timedelta(minutes=minutes), Decimal(str(wh)))


def test_energy_is_stop_minus_start_without_any_reading() -> None:
    """Two plausible registers are enough."""
    assert derive_energy(at(0, 1000), [], at(60, 12_500)) == Energy(Decimal(11_500), ())


def test_energy_of_a_running_transaction_is_the_growth_so_far() -> None:
    """Without a stop the newest reading counts."""
    assert derive_energy(at(0, 1000), [at(10, 1800), at(20, 2600)], None) == Energy(Decimal(1600), ())


def test_nothing_at_all_gives_no_energy_but_a_flag() -> None:
    """No register, no figure."""
    assert derive_energy(None, [], None) == Energy(None, ("no_register",))
    assert derive_energy(None, [], at(1, -1)) == Energy(None, ("no_register",))


def test_readings_alone_give_energy_when_the_start_is_missing() -> None:
    """An offline transaction whose start was never told is measured by its readings (evcc#29374)."""
    assert derive_energy(None, [at(0, 5000), at(30, 9000)], None).wh == 4000


def test_replayed_readings_out_of_order_change_nothing() -> None:
    """The charger's time orders the register, not the order of arrival."""
    readings = [at(20, 2600), at(10, 1800), at(30, 3000)]
    assert derive_energy(at(0, 1000), readings, at(40, 3500)) == Energy(Decimal(2500), ())


def test_doubled_readings_change_nothing() -> None:
    """A reading told twice is counted once."""
    assert derive_energy(at(0, 0), [at(10, 500), at(10, 500)], at(20, 900)) == Energy(Decimal(900), ())


def test_a_begin_of_zero_is_no_baseline_for_a_lifetime_register() -> None:
    """Begin=0, then the lifetime register: 83 Wh are billed, not 910 kWh (citrineos PR#1060)."""
    energy = derive_energy(at(0, 0), [at(1, 910_000)], at(10, 910_083))
    assert energy == Energy(Decimal(83), ("begin_zero",))


def test_a_begin_of_zero_with_only_an_impossible_stop_gives_no_energy() -> None:
    """Nothing between them can be believed: no figure rather than a wrong one."""
    energy = derive_energy(at(0, 0), [], at(10, 910_083))
    assert energy.wh == 0 or energy.wh is None
    assert "begin_zero" in energy.flags


def test_a_session_register_that_starts_at_zero_is_believed() -> None:
    """Chargers whose register begins with the session are right as they are (lbb#919)."""
    assert derive_energy(at(0, 0), [at(30, 3500)], at(60, 7000)) == Energy(Decimal(7000), ())


@pytest.mark.parametrize("stop", [-1, -5000])
def test_a_negative_stop_is_flagged_and_the_last_reading_counts(stop: int) -> None:
    """meterStop -1 (ocpp-go#114)."""
    energy = derive_energy(at(0, 1000), [at(30, 4000)], at(60, stop))
    assert energy.wh == 3000
    assert energy.flags == ("negative_register", "implausible_stop")


def test_an_invalid_stop_without_readings_gives_no_energy() -> None:
    """With only a start there is nothing to bill by."""
    assert derive_energy(at(0, 1000), [], at(60, -1)) == Energy(None, ("negative_register", "implausible_stop"))


def test_a_stop_below_the_start_is_flagged() -> None:
    """A register never runs backwards."""
    energy = derive_energy(at(0, 50_000), [], at(60, 49_000))
    assert energy == Energy(None, ("register_backwards", "implausible_stop"))


def test_a_register_that_begins_anew_is_counted_in_both_parts() -> None:
    """A restart inside the transaction resets the register (Java-OCA-OCPP#331)."""
    energy = derive_energy(at(0, 20_000), [at(10, 21_000), at(20, 0), at(30, 500)], at(40, 900))
    assert energy == Energy(Decimal(1900), ("register_reset",))


def test_a_single_backward_reading_is_left_out() -> None:
    """A glitch is flagged and does not change the sum."""
    energy = derive_energy(at(0, 20_000), [at(10, 22_000), at(20, 21_000), at(30, 23_000)], at(40, 24_000))
    assert energy == Energy(Decimal(4000), ("register_backwards",))


def test_a_jump_of_a_megawatt_hour_is_not_billed() -> None:
    """1 MWh between two minutes is flagged; the readings around it count (security: attack 18)."""
    energy = derive_energy(at(0, 1000), [at(10, 2000), at(11, 1_002_000), at(20, 3000)], at(30, 4000))
    assert energy == Energy(Decimal(3000), ("implausible_jump",))


def test_a_jump_at_the_stop_leaves_the_last_believed_reading() -> None:
    """The stop is not believed; what was measured before is."""
    energy = derive_energy(at(0, 1000), [at(10, 2000)], at(11, 2_002_000))
    assert energy == Energy(Decimal(1000), ("implausible_jump", "implausible_stop"))


def test_growth_allowed_is_the_fastest_charger_plus_a_margin() -> None:
    """600 kW for the time between, 1 kWh for coarse time stamps."""
    assert allowed_growth(T0, T0 + timedelta(hours=1)) == MAX_POWER_W + JUMP_MARGIN_WH
    assert allowed_growth(T0, T0) == JUMP_MARGIN_WH
    assert allowed_growth(T0, T0 + timedelta(hours=100)) == MAX_SESSION_WH


@pytest.mark.parametrize(
    ("earlier", "later"),
    [(None, T0), (T0, None), (datetime(1970, 1, 1, tzinfo=UTC), T0), (T0, T0 - timedelta(seconds=1))],
)
def test_growth_allowed_without_usable_times_is_a_session(earlier: datetime | None, later: datetime | None) -> None:
    """A clock that was not set does not make a meter implausible."""
    assert allowed_growth(earlier, later) == MAX_SESSION_WH


def test_the_bound_itself_is_allowed_and_one_more_is_not() -> None:
    """The limit is inclusive."""
    bound = allowed_growth(T0, T0 + timedelta(minutes=1))
    assert derive_energy(at(0, 5), [], at(1, bound + 5)).wh == bound
    assert derive_energy(at(0, 5), [], at(1, bound + 6)).wh is None


def test_readings_without_a_clock_keep_their_order() -> None:
    """1970 stamps cannot order anything."""
    unset = datetime(1970, 1, 1, tzinfo=UTC)
    readings = [Register(unset, Decimal(100)), Register(None, Decimal(300))]
    assert derive_energy(at(0, 50), readings, at(10, 400)).wh == 350


def test_times_are_flagged_but_used_advisorily() -> None:
    """1970 and the far future are said so; within a quarter of an hour is nobody's fault."""
    assert time_flags(None, T0) == ("clock_unset",)
    assert time_flags(datetime(1970, 1, 1, tzinfo=UTC), T0) == ("clock_unset",)
    assert time_flags(datetime(2015, 1, 1, tzinfo=UTC), T0) == ()
    assert time_flags(T0 + timedelta(minutes=15), T0) == ()
    assert time_flags(T0 + timedelta(minutes=15, seconds=1), T0) == ("future_timestamp",)
    assert usable_time(None, T0) == T0
    assert usable_time(T0 - timedelta(hours=1), T0) == T0 - timedelta(hours=1)
    assert usable_time(T0 + timedelta(days=1), T0) == T0


@given(
    steps=st.lists(st.integers(0, 8000), max_size=30),
    start=st.integers(1, 10**9),
    order=st.randoms(use_true_random=False),
)
def test_energy_of_a_growing_register_is_exact_in_any_order(steps: list[int], start: int, order: Random) -> None:
    """Whatever the order of arrival: the energy is what the register grew by."""
    readings, value = [], start
    for minute, step in enumerate(steps, start=1):
        value += step
        readings.append(at(minute, value))
    order.shuffle(readings)
    energy = derive_energy(at(0, start), readings, at(len(steps) + 1, value))
    assert energy == Energy(Decimal(sum(steps)), ())


@given(
    registers=st.lists(
        st.tuples(st.integers(-10, 2000), st.decimals(-(10**7), 10**10, places=1, allow_nan=False)), max_size=20
    ),
    start=st.none() | st.integers(-5, 10**9),
    stop=st.none() | st.integers(-5, 10**10),
)
def test_energy_is_never_negative_and_never_more_than_physics(
    registers: list[tuple[int, Decimal]], start: int | None, stop: int | None
) -> None:
    """Whatever a meter says, nobody is billed a negative sum or more than the cable can carry."""
    readings = [at(minute, wh) for minute, wh in registers]
    energy = derive_energy(None if start is None else at(0, start), readings, None if stop is None else at(2001, stop))
    assert energy.wh is None or 0 <= energy.wh <= MAX_SESSION_WH * (len(registers) + 1)
    assert len(set(energy.flags)) == len(energy.flags)
