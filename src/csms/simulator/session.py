# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What happens at a connector, drawn beforehand: who comes when, with which car, and what goes wrong. Seconds are
simulated.

A plan is a pure function of its dice: the same seed gives the same plans in the same order, however fast they are
played and whatever the CSMS answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from csms.simulator.physics import Outlet, Vehicle

FAULTS: Final = (
    ("GroundFailure", "residual current device tripped"),
    ("OverCurrentFailure", "cable drew too much"),
    ("HighTemperature", "contactor above 80 C"),
    ("EVCommunicationError", "car stopped talking"),
    ("ConnectorLockFailure", "lock did not close"),
    ("PowerMeterFailure", "meter does not answer"),
)
# (battery Wh, AC W, phases, DC W): what drives about, small to large
_CARS: Final = (
    (21_000.0, 6_600.0, 1, 30_000.0),
    (40_000.0, 7_400.0, 1, 46_000.0),
    (52_000.0, 22_000.0, 3, 80_000.0),
    (58_000.0, 11_000.0, 3, 120_000.0),
    (64_000.0, 11_000.0, 3, 77_000.0),
    (77_000.0, 11_000.0, 3, 170_000.0),
    (82_000.0, 11_000.0, 3, 190_000.0),
    (94_000.0, 22_000.0, 3, 270_000.0),
)


class Mishap(StrEnum):
    """What goes wrong in a session."""

    NONE = "none"
    FAULT = "fault"
    OFFLINE = "offline"
    POWER_LOSS = "power_loss"


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """One visit. Counted from the arrival, but `idle_s` which comes before it."""

    idle_s: float
    vehicle: Vehicle
    tag: str
    card_after_s: float
    stay_s: float  # charging at most so long
    linger_s: float  # a full car stays so long
    card_to_stop: bool  # the driver presents the card again; else pulls the cable
    leave_after_s: float
    mishap: Mishap
    mishap_after_s: float
    mishap_s: float
    fault: tuple[str, str]


def draw_vehicle(rng: Random) -> Vehicle:
    """A car, and how empty it comes."""
    battery_wh, ac_w, phases, dc_w = rng.choice(_CARS)
    arrival_soc = round(rng.triangular(8, 80, 35), 1)
    target_soc = 100.0 if rng.random() < 0.35 else float(max(rng.choice((80, 80, 90)), int(arrival_soc) + 5))
    return Vehicle(battery_wh, arrival_soc, target_soc, ac_w, phases, dc_w)


def draw_session(rng: Random, outlet: Outlet, tags: Sequence[str], *, mishaps: float = 1.0) -> SessionPlan:
    """The next visit. `mishaps` scales how often something goes wrong: at 1 about every eighth session."""
    luck = rng.random()
    mishap = Mishap.NONE
    if luck < 0.05 * mishaps:
        mishap = Mishap.FAULT
    elif luck < 0.10 * mishaps:
        mishap = Mishap.OFFLINE
    elif luck < 0.12 * mishaps:
        mishap = Mishap.POWER_LOSS
    busy_s = 1_200.0 if outlet.is_dc else 3_000.0
    return SessionPlan(
        idle_s=min(rng.expovariate(1 / busy_s), 4 * busy_s),
        vehicle=draw_vehicle(rng),
        tag=rng.choice(tags),
        card_after_s=rng.uniform(5, 45),
        stay_s=rng.uniform(900, 2_700) if outlet.is_dc else rng.uniform(2_400, 18_000),
        linger_s=rng.uniform(60, 900) if outlet.is_dc else rng.uniform(120, 5_400),
        card_to_stop=rng.random() < 0.7,
        leave_after_s=rng.uniform(15, 180),
        mishap=mishap,
        mishap_after_s=rng.uniform(120, 900),
        mishap_s=rng.uniform(90, 600),
        fault=rng.choice(FAULTS),
    )
