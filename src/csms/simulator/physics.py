# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What limits a charging session: outlet, car and battery. Pure; in watts, watt-hours, seconds, volts, amperes."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

RAMP_S: Final = 25.0  # from nothing to full power: contactors, then the on-board charger or the rectifiers
STORED: Final = 0.92  # of what the meter counts; the rest warms the cable and the charger
MAINS_V: Final = 230.0
_STEP_S: Final = 5.0
_MAX_STEPS: Final = 2_000
_AC_TAPER_FROM: Final = 96.0
_DC_CURVE: Final = ((0.0, 0.75), (8.0, 1.0), (52.0, 1.0), (80.0, 0.5), (90.0, 0.22), (100.0, 0.04))
_AC_CURVE: Final = ((0.0, 1.0), (_AC_TAPER_FROM, 1.0), (100.0, 0.12))


@dataclass(frozen=True, slots=True)
class Outlet:
    """What a connector can deliver. `phases` is 0 for direct current."""

    max_power_w: float
    phases: int = 3

    @property
    def is_dc(self) -> bool:
        """Whether it delivers direct current."""
        return self.phases == 0


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What a car can take, and how full it arrives. `soc` are percent."""

    battery_wh: float
    arrival_soc: float
    target_soc: float = 100.0
    max_ac_w: float = 11_000.0
    phases: int = 3
    max_dc_w: float = 100_000.0


def curve(points: tuple[tuple[float, float], ...], soc: float) -> float:
    """The share of full power at a state of charge, between the points straight."""
    for (from_soc, from_share), (to_soc, to_share) in pairwise(points):
        if soc <= to_soc:
            return from_share + (to_share - from_share) * (soc - from_soc) / (to_soc - from_soc)
    return points[-1][1]


def full_power_w(outlet: Outlet, vehicle: Vehicle) -> float:
    """The most that this car draws at this outlet. One phase of three gives a third."""
    if outlet.is_dc:
        return min(outlet.max_power_w, vehicle.max_dc_w)
    common = min(outlet.phases, vehicle.phases)
    return min(outlet.max_power_w, outlet.max_power_w / outlet.phases * common, vehicle.max_ac_w)


class Charge:
    """A car at an outlet: state of charge and power over time."""

    __slots__ = ("_full_w", "elapsed_s", "limit_w", "outlet", "power_w", "soc", "vehicle")

    def __init__(self, outlet: Outlet, vehicle: Vehicle) -> None:
        self.outlet = outlet
        self.vehicle = vehicle
        self.soc = vehicle.arrival_soc
        self.power_w = 0.0
        self.elapsed_s = 0.0
        self.limit_w: float | None = None  # what charging profiles allow; None: as much as it can
        self._full_w = full_power_w(outlet, vehicle)

    @property
    def done(self) -> bool:
        """Whether the car has what it came for."""
        return self.soc >= self.vehicle.target_soc

    @property
    def phases(self) -> int:
        """How many phases carry current; 0 for direct current."""
        return 0 if self.outlet.is_dc else min(self.outlet.phases, self.vehicle.phases)

    def interrupt(self) -> None:
        """Power is gone; it ramps up anew when it comes back."""
        self.power_w = 0.0
        self.elapsed_s = 0.0

    def demand_w(self) -> float:
        """What flows at this instant."""
        if self.done:
            return 0.0
        shape = _DC_CURVE if self.outlet.is_dc else _AC_CURVE
        ramp = min(1.0, (self.elapsed_s + 1.0) / RAMP_S)
        power_w = self._full_w * ramp * curve(shape, self.soc)
        return power_w if self.limit_w is None else min(power_w, self.limit_w)

    def advance(self, seconds: float) -> float:
        """Charge for so long; the energy that the meter counts, in Wh: the integral of the power."""
        energy_wh = 0.0
        step_s = max(_STEP_S, seconds / _MAX_STEPS)
        while seconds > 0:
            power_w = self.demand_w()
            if power_w <= 0:
                self.elapsed_s += seconds
                break
            missing_wh = (self.vehicle.target_soc - self.soc) / 100 * self.vehicle.battery_wh / STORED
            full_in_s = missing_wh / power_w * 3600
            took_s = min(step_s, seconds, full_in_s)
            wh = power_w * took_s / 3600
            energy_wh += wh
            self.elapsed_s += took_s
            seconds -= took_s
            if took_s == full_in_s:
                self.soc = self.vehicle.target_soc
            else:
                self.soc = min(self.vehicle.target_soc, self.soc + wh * STORED / self.vehicle.battery_wh * 100)
        self.power_w = self.demand_w()
        return energy_wh
