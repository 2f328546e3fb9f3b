# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Batteries and meters: what no car and no outlet can do."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from csms.simulator.device import Connector, Transaction
from csms.simulator.physics import STORED, Charge, Outlet, Vehicle, full_power_w

outlets = st.one_of(
    st.builds(Outlet, st.floats(1_400, 43_000), st.sampled_from([1, 2, 3])),
    st.builds(Outlet, st.floats(20_000, 400_000), st.just(0)),
)
vehicles = st.builds(
    Vehicle,
    st.floats(5_000, 200_000),
    st.floats(0, 100),
    st.floats(20, 100),
    st.floats(1_400, 43_000),
    st.sampled_from([1, 2, 3]),
    st.floats(20_000, 400_000),
)
steps = st.lists(st.floats(0, 7_200), min_size=1, max_size=20)


@settings(deadline=None)
@given(outlets, vehicles, steps)
def test_energy_is_what_the_power_allows_and_the_battery_holds(
    outlet: Outlet, vehicle: Vehicle, seconds: list[float]
) -> None:
    """Energy never shrinks, never outruns outlet or car, fits the battery; the state of charge stays within bounds."""
    charge = Charge(outlet, vehicle)
    most_w = full_power_w(outlet, vehicle)
    assert most_w <= outlet.max_power_w
    total_wh = 0.0
    for each in seconds:
        before = charge.soc
        wh = charge.advance(each)
        assert 0 <= wh <= most_w * each / 3600 * (1 + 1e-9)
        assert before <= charge.soc <= max(before, vehicle.target_soc) <= 100
        assert 0 <= charge.power_w <= most_w
        total_wh += wh
    gained_wh = (charge.soc - vehicle.arrival_soc) / 100 * vehicle.battery_wh
    assert abs(total_wh * STORED - gained_wh) <= max(1.0, gained_wh * 1e-6)


@settings(deadline=None)
@given(outlets, vehicles)
def test_it_does_not_matter_how_often_one_looks(outlet: Outlet, vehicle: Vehicle) -> None:
    """An hour at once and in pieces: the same energy, within the coarseness of the steps."""
    at_once, in_pieces = Charge(outlet, vehicle), Charge(outlet, vehicle)
    whole = at_once.advance(3_600)
    pieces = sum(in_pieces.advance(60) for _ in range(60))
    assert abs(whole - pieces) <= max(5.0, whole * 0.02)


def test_a_session_ramps_holds_tapers_and_ends() -> None:
    """The shape that a driver knows: up in half a minute, constant, down near full, then nothing."""
    charge = Charge(Outlet(11_000), Vehicle(60_000, 50, 100))
    charge.advance(5)
    ramping = charge.power_w
    charge.advance(60)
    constant = charge.power_w
    charge.advance(600)
    assert 0 < ramping < constant == charge.power_w == 11_000
    while charge.soc < 99:
        charge.advance(60)
    assert 0 < charge.power_w < constant / 2
    charge.advance(7_200)
    assert (charge.soc, charge.power_w, charge.done) == (100, 0, True)
    assert charge.advance(600) == 0


def test_a_car_with_one_phase_takes_a_third() -> None:
    """Of a three-phase outlet."""
    assert full_power_w(Outlet(22_000, 3), Vehicle(40_000, 20, 100, 7_400, 1)) == 22_000 / 3
    assert full_power_w(Outlet(150_000, 0), Vehicle(40_000, 20, 100, 7_400, 1, 46_000)) == 46_000


@settings(deadline=None)
@given(st.floats(0, 90), st.sampled_from([1, 3]))
def test_a_reading_agrees_with_itself(soc: float, phases: int) -> None:
    """Power is voltage times current, over the phases that carry it."""
    connector = Connector(1, Outlet(11_000, 3), 1_000.0)
    connector.plug(Vehicle(60_000, soc, 100, 11_000, phases))
    connector.advance(0, 1.0)
    connector.transaction = Transaction(1, "TAG", datetime(2026, 1, 1, tzinfo=UTC), 1_000)
    connector.advance(120, 1.0)
    samples = connector.read(("Power.Active.Import", "Voltage", "Current.Import", "Energy.Active.Import.Register"), 0.5)
    volts = [float(s.value) for s in samples if s.measurand == "Voltage"]
    amperes = [float(s.value) for s in samples if s.measurand == "Current.Import"]
    power_w = float(samples[0].value)
    assert abs(sum(v * a for v, a in zip(volts, amperes, strict=True)) - power_w) < 15
    assert sum(a > 0 for a in amperes) == phases
    assert int(samples[-1].value) == connector.meter_wh > 1_000


def test_direct_current_shows_the_state_of_charge() -> None:
    """One voltage, one current, SoC; an AC charger does not see it."""
    vehicle = Vehicle(60_000, 40)
    dc, ac = Connector(1, Outlet(50_000, 0)), Connector(2, Outlet(11_000, 3))
    for connector in (dc, ac):
        connector.plug(vehicle)
    names = ("Voltage", "Current.Import", "SoC")
    assert [s.measurand for s in dc.read(names, 0)] == list(names)
    assert "SoC" not in [s.measurand for s in ac.read(names, 0)]
