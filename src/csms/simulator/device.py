# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The parts of a charger that a driver sees: connectors, the car, the transaction; and the facts about them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from csms.simulator.memory import Reservation
from csms.simulator.physics import MAINS_V, Charge, Outlet, Vehicle


class Status(StrEnum):
    """The nine statuses of OCPP 1.6 (§7.7); 2.x knows five of them."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EVSE = "SuspendedEVSE"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class StopReason(StrEnum):
    """Why a transaction ended (OCPP 1.6 §7.36)."""

    EMERGENCY_STOP = "EmergencyStop"
    EV_DISCONNECTED = "EVDisconnected"
    HARD_RESET = "HardReset"
    LOCAL = "Local"
    OTHER = "Other"
    POWER_LOSS = "PowerLoss"
    REBOOT = "Reboot"
    REMOTE = "Remote"
    SOFT_RESET = "SoftReset"
    UNLOCK_COMMAND = "UnlockCommand"
    DE_AUTHORIZED = "DeAuthorized"


class Sampled(NamedTuple):
    """One value of a reading."""

    measurand: str
    value: str
    unit: str
    phase: str | None = None
    location: str | None = None


@dataclass(slots=True, eq=False)
class Transaction:
    """A transaction as the charger knows it; `ref` is the CSMS's number, None until it answered."""

    connector: int
    tag: str
    started_at: datetime
    meter_start_wh: int
    ref: int | str | None = None  # 2.x: chosen by the charger
    remote_start_id: int | None = None
    reservation_id: int | None = None
    events: int = 0  # 2.x: sequence numbers given so far
    lost: bool = False  # the start could not be delivered: there will be no number
    stopped: bool = False


@dataclass(slots=True, eq=False)
class Fact:
    """A transaction-related message that must arrive, in order, however long it takes (OCPP 1.6 §3.7.1)."""

    at: datetime
    connector: int
    attempts: int = field(default=0, init=False)
    offline: bool = field(default=False, init=False)  # it happened while there was no line
    number: int | None = field(default=None, init=False)  # 2.x: its sequence number, the same at every attempt


@dataclass(slots=True, eq=False)
class Started(Fact):
    """A transaction began."""

    transaction: Transaction


@dataclass(slots=True, eq=False)
class Metered(Fact):
    """A reading; `transaction` None: of the connector as such, or of the charger's main meter (connector 0)."""

    transaction: Transaction | None
    context: str
    samples: tuple[Sampled, ...]


@dataclass(slots=True, eq=False)
class Changed(Fact):
    """A transaction charges, or does no more (2.x; 1.6 tells it by the connector's status alone)."""

    transaction: Transaction
    status: Status


@dataclass(slots=True, eq=False)
class Stopped(Fact):
    """A transaction ended."""

    transaction: Transaction
    meter_wh: int
    reason: StopReason
    tag: str | None
    samples: tuple[Sampled, ...] = ()


class Connector:
    """One connector. `register_wh` is its meter's import register, which only grows."""

    def __init__(self, number: int, outlet: Outlet, register_wh: float = 0.0) -> None:
        self.number = number
        self.outlet = outlet
        self.register_wh = register_wh
        self.status = Status.AVAILABLE
        self.error_code = "NoError"
        self.info: str | None = None
        self.told_error = "NoError"
        self.operative = True
        self.becomes_operative: bool | None = None  # a change of availability that waits for the transaction's end
        self.charge: Charge | None = None
        self.transaction: Transaction | None = None
        self.expects: str | None = None  # the tag that a remote start or a card at the reader gave
        self.locked = False
        self.reservation: Reservation | None = None
        self._at_s: float | None = None  # simulated second up to which the meter has counted

    @property
    def plugged(self) -> bool:
        """Whether a car is connected."""
        return self.charge is not None

    @property
    def faulted(self) -> bool:
        """Whether it reports an error."""
        return self.error_code != "NoError"

    @property
    def meter_wh(self) -> int:
        """What the meter shows."""
        return int(self.register_wh)

    @property
    def energised(self) -> bool:
        """Whether the contactor is closed."""
        return self.transaction is not None and not self.faulted and self.status is not Status.SUSPENDED_EVSE

    @property
    def power_w(self) -> float:
        """What flows."""
        return self.charge.power_w if self.charge is not None and self.energised else 0.0

    def plug(self, vehicle: Vehicle) -> None:
        """A car is connected."""
        self.charge = Charge(self.outlet, vehicle)
        self.locked = True

    def unplug(self) -> None:
        """The car is gone."""
        self.charge = None
        self.locked = False

    def advance(self, now_s: float, energy_factor: float) -> None:
        """Let the meter count up to a simulated second."""
        since_s, self._at_s = self._at_s, now_s
        charge = self.charge
        if charge is None or since_s is None or now_s <= since_s:
            return
        if self.energised:
            self.register_wh += charge.advance(now_s - since_s) * energy_factor
        else:
            charge.interrupt()

    def allows(self, tag: str) -> bool:
        """Whether a tag may charge here: somebody else may have reserved it."""
        return self.reservation is None or self.reservation.allows(tag)

    def resting_status(self) -> Status:
        """The status that fits when no transaction runs."""
        if self.faulted:
            return Status.FAULTED
        if not self.operative:
            return Status.UNAVAILABLE
        if self.reservation is not None and not self.plugged and self.expects is None:
            return Status.RESERVED
        if self.plugged or self.expects is not None:
            return Status.PREPARING
        return Status.AVAILABLE

    def active_status(self) -> Status:
        """The status that fits while a transaction runs."""
        if self.faulted:
            return Status.FAULTED
        if self.charge is None or self.charge.done:
            return Status.SUSPENDED_EV
        if self.charge.limit_w is not None:
            return Status.CHARGING if self.charge.limit_w > 0 else Status.SUSPENDED_EVSE
        return self.status if self.status is Status.SUSPENDED_EVSE else Status.CHARGING

    def read(self, measurands: tuple[str, ...], wobble: float) -> tuple[Sampled, ...]:
        """The values that are asked for; `wobble` in [-1, 1] is how far the mains are off."""
        samples: list[Sampled] = []
        for name in measurands:
            samples += self._measure(name, wobble)
        return tuple(samples)

    def _measure(self, name: str, wobble: float) -> list[Sampled]:
        charge = self.charge
        power_w = self.power_w
        match name:
            case "Energy.Active.Import.Register":
                return [Sampled(name, str(self.meter_wh), "Wh", location="Outlet")]
            case "Power.Active.Import":
                return [Sampled(name, f"{power_w:.1f}", "W", location="Outlet")]
            case "Power.Offered":
                return [Sampled(name, f"{self.outlet.max_power_w:.0f}", "W", location="Outlet")]
            case "Voltage":
                return self._voltages(wobble)
            case "Current.Import":
                return self._currents(power_w, wobble)
            case "SoC" if charge is not None and self.outlet.is_dc:
                return [Sampled(name, f"{charge.soc:.0f}", "Percent", location="EV")]
            case _:
                return []  # an AC charger cannot see the state of charge (ISO 15118 aside)

    def _volts(self, phase: int, wobble: float) -> float:
        if self.outlet.is_dc:
            return 340.0 + 0.7 * (self.charge.soc if self.charge is not None else 0.0)
        return MAINS_V + 2.0 * wobble + (0.4, -0.3, 0.1)[phase]

    def _voltages(self, wobble: float) -> list[Sampled]:
        if self.outlet.is_dc:
            return [Sampled("Voltage", f"{self._volts(0, wobble):.1f}", "V", location="Outlet")]
        return [
            Sampled("Voltage", f"{self._volts(phase, wobble):.1f}", "V", f"L{phase + 1}-N", "Outlet")
            for phase in range(self.outlet.phases)
        ]

    def _currents(self, power_w: float, wobble: float) -> list[Sampled]:
        if self.outlet.is_dc:
            amperes = power_w / self._volts(0, wobble)
            return [Sampled("Current.Import", f"{amperes:.2f}", "A", location="Outlet")]
        used = self.charge.phases if self.charge is not None else 0
        return [
            Sampled(
                "Current.Import",
                f"{power_w / used / self._volts(phase, wobble) if phase < used else 0.0:.2f}",
                "A",
                f"L{phase + 1}",
                "Outlet",
            )
            for phase in range(self.outlet.phases)
        ]
