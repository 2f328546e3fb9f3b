# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A car at a connector: how much it draws, how its battery fills, what the meter shows."""

from dataclasses import dataclass
from random import Random
from typing import Final

RAMP_S: Final = 20.0
TAPER_FROM: Final = 0.8
TAPER_FLOOR: Final = 0.06
FULL: Final = 0.995
_VOLTAGE_V: Final = 230.0


@dataclass(slots=True)
class Car:
    """A battery that wants to be filled. Energies in Wh, powers in W, state of charge from 0 to 1."""

    battery_wh: float
    soc: float
    max_power_w: float
    phases: int

    @classmethod
    def arriving(cls, rng: Random) -> "Car":
        """One of those that come by."""
        phases = rng.choice((1, 3, 3))
        power = rng.choice((3_680.0, 7_360.0)) if phases == 1 else rng.choice((11_000.0, 11_000.0, 22_000.0))
        return cls(rng.choice((40e3, 58e3, 77e3, 95e3)), rng.uniform(0.1, 0.6), power, phases)

    @property
    def full(self) -> bool:
        """Whether it wants no more."""
        return self.soc >= FULL

    def power_w(self, since_start_s: float) -> float:
        """What it draws: up a ramp, then all it can, then less and less."""
        if self.full:
            return 0.0
        ramp = min(1.0, max(0.0, since_start_s) / RAMP_S)
        taper = 1.0
        if self.soc > TAPER_FROM:
            taper = max(TAPER_FLOOR, (1.0 - self.soc) / (1.0 - TAPER_FROM))
        return self.max_power_w * ramp * taper

    def draw(self, since_start_s: float, seconds: float) -> float:
        """Let it charge for a while; the energy it took, never more than fits."""
        energy = min(self.power_w(since_start_s) * seconds / 3600.0, self.battery_wh * (1.0 - self.soc))
        self.soc = min(1.0, self.soc + energy / self.battery_wh)
        return energy

    def current_a(self, power_w: float) -> float:
        """The current in each phase."""
        return power_w / (_VOLTAGE_V * self.phases)


@dataclass(slots=True)
class Meter:
    """A register that only grows."""

    register_wh: float = 0.0

    def add(self, energy_wh: float) -> None:
        """Count what was drawn."""
        if energy_wh < 0:
            raise ValueError("a meter never runs backwards")
        self.register_wh += energy_wh

    @property
    def shown_wh(self) -> int:
        """What the display says: whole Wh."""
        return int(self.register_wh)
