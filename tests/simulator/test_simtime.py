# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Accelerated time and the timer wheel, on a clock that the test moves."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csms.domain.transactions import Register, derive_energy
from csms.kit.clock import FakeClock
from csms.simulator.device import Connector, Transaction
from csms.simulator.physics import Outlet, Vehicle
from csms.simulator.simtime import SimTime, Wheel

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_time_stamps_are_the_wall_clock_without_a_start() -> None:
    """A minute a second, but the time stamp is now and energies shrink."""
    clock = FakeClock(NOW)
    time = SimTime(clock, speed=60)
    clock.advance(10)
    assert (time.now_s(), time.stamp(), time.energy_factor) == (600, NOW + timedelta(seconds=10), 1 / 60)
    assert time.instant(900) == 15


def test_a_history_catches_up_and_goes_on_at_the_pace_of_life() -> None:
    """Ten hours ago at speed 61: ten minutes later it is now, and stays now."""
    clock = FakeClock(NOW)
    time = SimTime(clock, speed=61, start=NOW - timedelta(hours=10))
    clock.advance(300)
    assert time.stamp() == NOW - timedelta(hours=10) + timedelta(seconds=300 * 61)
    clock.advance(300)
    assert abs(time.stamp() - clock.now()) < timedelta(milliseconds=1)
    clock.advance(100)
    assert abs(time.stamp() - clock.now()) < timedelta(milliseconds=1)
    assert time.energy_factor == 1
    assert time.instant(time.now_s() + 5) == pytest.approx(clock.monotonic() + 5)


@pytest.mark.parametrize("options", [{"speed": 0}, {"speed": -1}, {"start": NOW + timedelta(days=1)}])
def test_impossible_times_are_refused(options: dict[str, object]) -> None:
    """Standing still, running backwards, beginning tomorrow."""
    with pytest.raises(ValueError, match=r"speed|future"):
        SimTime(FakeClock(NOW), **options)  # type: ignore[arg-type]


@settings(deadline=None)
@given(
    st.floats(1, 5_000),
    st.one_of(st.none(), st.integers(1, 200)),
    st.lists(st.floats(0.05, 30), min_size=2, max_size=30),
    st.sampled_from([Outlet(11_000.0), Outlet(400_000.0, 0)]),
)
def test_a_csms_believes_every_reading_at_any_speed(
    speed: float, hours_ago: int | None, pauses: list[float], outlet: Outlet
) -> None:
    """What the CSMS's own rules make of the register: no flag, and exactly the register's growth."""
    clock = FakeClock(NOW)
    start = None if hours_ago is None else NOW - timedelta(hours=hours_ago)
    time = SimTime(clock, speed=speed, start=start)
    connector = Connector(1, outlet, 5_000.0)
    connector.plug(Vehicle(200_000, 5, 100, 22_000, 3, 400_000))
    connector.advance(time.now_s(), time.energy_factor)
    connector.transaction = Transaction(1, "TAG", time.stamp(), connector.meter_wh)
    readings = [Register(time.stamp(), Decimal(connector.meter_wh))]
    for pause_s in pauses:
        clock.advance(pause_s)
        connector.advance(time.now_s(), time.energy_factor)
        readings.append(Register(time.stamp(), Decimal(connector.meter_wh)))
        assert time.stamp() <= clock.now() + timedelta(seconds=1)
    energy = derive_energy(readings[0], readings[1:-1], readings[-1])
    assert energy.flags == ()
    assert energy.wh == readings[-1].wh - readings[0].wh


def test_the_wheel_calls_in_order_and_forgets_what_was_cancelled() -> None:
    """Due timers in the order of their instants; equal instants in the order they were set."""
    clock = FakeClock(NOW)
    wheel = Wheel(clock)
    called: list[str] = []
    wheel.at(3, lambda: called.append("late"))
    wheel.at(1, lambda: called.append("first"))
    wheel.at(1, lambda: called.append("second"))
    wheel.after(2, lambda: called.append("never")).cancel()
    assert wheel.turn() == 0
    clock.advance(2.5)
    assert wheel.turn() == 2
    clock.advance(1)
    wheel.turn()
    assert called == ["first", "second", "late"]
    assert len(wheel) == 0


def test_a_failing_timer_does_not_stop_the_others() -> None:
    """One charger's fault is not everybody's."""
    clock = FakeClock(NOW)
    wheel = Wheel(clock)
    called: list[str] = []

    def fail() -> None:
        raise RuntimeError("broken")

    wheel.at(1, fail)
    wheel.at(1, lambda: called.append("other"))
    clock.advance(1)
    wheel.turn()
    assert called == ["other"]
