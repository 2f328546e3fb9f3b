# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Meter readings: measurands, units, and the compact code under which a sample is stored.

A code packs measurand (7 bits), phase (4) and location (3) into a positive 16-bit integer, so that one row of arrays
holds a whole reading. The tables are append-only: a stored code must mean the same for ever.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

MEASURANDS: Final = (
    "Vendor",  # a measurand that no specification names; the raw column keeps its spelling
    "Energy.Active.Import.Register",
    "Energy.Active.Export.Register",
    "Energy.Reactive.Import.Register",
    "Energy.Reactive.Export.Register",
    "Energy.Active.Import.Interval",
    "Energy.Active.Export.Interval",
    "Energy.Reactive.Import.Interval",
    "Energy.Reactive.Export.Interval",
    "Power.Active.Import",
    "Power.Active.Export",
    "Power.Reactive.Import",
    "Power.Reactive.Export",
    "Power.Offered",
    "Power.Factor",
    "Current.Import",
    "Current.Export",
    "Current.Offered",
    "Voltage",
    "Frequency",
    "Temperature",
    "SoC",
    "RPM",
    "Energy.Active.Net",
    "Energy.Reactive.Net",
    "Energy.Apparent.Net",
    "Energy.Apparent.Import",
    "Energy.Apparent.Export",
    # added by OCPP 2.1
    "Current.Export.Minimum",
    "Current.Export.Offered",
    "Current.Import.Minimum",
    "Current.Import.Offered",
    "Display.BatteryEnergyCapacity",
    "Display.ChargingComplete",
    "Display.InletHot",
    "Display.MaximumSOC",
    "Display.MinimumSOC",
    "Display.PresentSOC",
    "Display.RemainingTimeToMaximumSOC",
    "Display.RemainingTimeToMinimumSOC",
    "Display.RemainingTimeToTargetSOC",
    "Display.TargetSOC",
    "Energy.Active.Import.CableLoss",
    "Energy.Active.Import.LocalGeneration.Register",
    "Energy.Active.Setpoint.Interval",
    "EnergyRequest.Bulk",
    "EnergyRequest.Maximum",
    "EnergyRequest.Maximum.V2X",
    "EnergyRequest.Minimum",
    "EnergyRequest.Minimum.V2X",
    "EnergyRequest.Target",
    "Power.Active.Residual",
    "Power.Active.Setpoint",
    "Power.Export.Minimum",
    "Power.Export.Offered",
    "Power.Import.Minimum",
    "Power.Import.Offered",
    "Voltage.Maximum",
    "Voltage.Minimum",
)
PHASES: Final = ("", "L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")
LOCATIONS: Final = ("Outlet", "Inlet", "Cable", "EV", "Body", "Upstream")
CONTEXTS: Final = (
    "Sample.Periodic",
    "Sample.Clock",
    "Transaction.Begin",
    "Transaction.End",
    "Interruption.Begin",
    "Interruption.End",
    "Trigger",
    "Other",
)
DEFAULT_CONTEXT: Final = "Sample.Periodic"  # what a missing one means (1.6 §7.43, 2.x Part 2 SampledValueType)
_MEASURAND_INDEX: Final = {name: index for index, name in enumerate(MEASURANDS)}
_PHASE_INDEX: Final = {name: index for index, name in enumerate(PHASES)}
_LOCATION_INDEX: Final = {name: index for index, name in enumerate(LOCATIONS)}
_CONTEXT_INDEX: Final = {name: index for index, name in enumerate(CONTEXTS)}

ENERGY_REGISTER: Final = "Energy.Active.Import.Register"
_THOUSAND: Final = Decimal(1000)

# Wire unit -> (base unit, factor). What is not here is kept as it came, in its own unit's figure.
_UNITS: Final[dict[str, tuple[str, Decimal | None]]] = {
    "Wh": ("Wh", None),
    "kWh": ("Wh", _THOUSAND),
    "varh": ("varh", None),
    "kvarh": ("varh", _THOUSAND),
    "W": ("W", None),
    "kW": ("W", _THOUSAND),
    "VA": ("VA", None),
    "kVA": ("VA", _THOUSAND),
    "var": ("var", None),
    "kvar": ("var", _THOUSAND),
    "A": ("A", None),
    "V": ("V", None),
    "Celsius": ("Celsius", None),
    "Celcius": ("Celsius", None),
    "K": ("K", None),
    "Fahrenheit": ("Fahrenheit", None),
    "Percent": ("Percent", None),
    "Hertz": ("Hz", None),
    "Hz": ("Hz", None),
}


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One sampled value in the base unit of its measurand (Wh, W, A, V, ...)."""

    code: int
    value: Decimal
    raw: str | None = None


class Reading(msgspec.Struct, frozen=True):
    """The samples of one instant and one context. `at` is the charger's time, absent where it cannot be read."""

    at: datetime | None
    context: int
    samples: tuple[Sample, ...]
    energy_wh: Decimal | None = None
    flags: tuple[str, ...] = ()


def base_unit(measurand: str) -> str:
    """The unit in which values of a measurand are stored; also what a missing unit means (OCPP 1.6 §7.50 says Wh)."""
    if measurand.startswith("Energy.Reactive"):
        return "varh"
    if measurand.startswith("Energy"):
        return "Wh"
    if measurand == "Power.Factor":
        return ""
    if measurand.startswith("Power.Reactive"):
        return "var"
    if measurand.startswith("Power"):
        return "W"
    if measurand.startswith("Current"):
        return "A"
    if measurand.startswith("Voltage"):
        return "V"
    if measurand.startswith("Display."):
        return "Percent" if measurand.endswith("SOC") and "Time" not in measurand else ""
    return {"Frequency": "Hz", "Temperature": "Celsius", "SoC": "Percent", "RPM": "rpm"}.get(measurand, "")


_BASE_UNITS: Final = {name: base_unit(name) for name in MEASURANDS}


def unit_factor(unit: str | None, measurand: str) -> tuple[Decimal | None, bool]:
    """The factor to the measurand's base unit (None: 1), and whether the unit fits the measurand.

    A unit of another kind (`Wh` on a power, lbb#1617) is taken for the base unit: chargers get the figure right more
    often than its label.
    """
    if unit is None:
        return None, True
    found = _UNITS.get(unit)
    if found is None:
        return None, False
    base, factor = found
    expected = _BASE_UNITS.get(measurand, "")
    fits = base == expected or not expected or (base == "VA" and expected == "W") or measurand == "Temperature"
    return factor, fits


def to_base(value: Decimal, unit: str | None, measurand: str) -> tuple[Decimal, bool]:
    """The value in the measurand's base unit, and whether the unit fitted the measurand."""
    factor, fits = unit_factor(unit, measurand)
    return value if factor is None else value * factor, fits


def sample_code(measurand: str, phase: str | None, location: str | None) -> int:
    """The stored code of a sample; an unknown measurand is `Vendor`, an unknown phase or location the default."""
    return (
        _MEASURAND_INDEX.get(measurand, 0) << 7
        | _PHASE_INDEX.get(phase or "", 0) << 3
        | _LOCATION_INDEX.get(location or "Outlet", 0)
    )


def decode_code(code: int) -> tuple[str, str | None, str, str]:
    """A stored code back to (measurand, phase, location, unit)."""
    measurand = MEASURANDS[code >> 7]
    return measurand, PHASES[code >> 3 & 15] or None, LOCATIONS[code & 7], _BASE_UNITS[measurand]


def context_code(context: str | None) -> int:
    """The stored code of a reading context; absent means Sample.Periodic, unknown means Other."""
    return _CONTEXT_INDEX.get(context or DEFAULT_CONTEXT, len(CONTEXTS) - 1)


def context_name(code: int) -> str:
    """A stored context code back to its name."""
    return CONTEXTS[code]


REGISTER_CODE: Final = sample_code(ENERGY_REGISTER, None, None)
_REGISTER_PHASES: Final = frozenset(sample_code(ENERGY_REGISTER, phase, None) for phase in ("L1", "L2", "L3"))
_REGISTER_MASK: Final = 0x7F << 7


def register_wh(samples: tuple[Sample, ...]) -> Decimal | None:
    """The import register of a reading: the total if there is one, else the sum of L1..L3 (lbb#1925).

    Only samples taken at the outlet or inlet of the charger count; the EV's own figures never do.
    """
    total: Decimal | None = None
    phases: dict[int, Decimal] = {}
    for sample in samples:
        code = sample.code
        if not sample.value.is_finite():
            continue  # signed data beside the plain figure
        if code == REGISTER_CODE:
            return sample.value
        if code in _REGISTER_PHASES:
            phases[code] = sample.value
        elif total is None and code & ~7 == REGISTER_CODE and code & 7 == 1:
            total = sample.value
    if total is not None:
        return total
    return sum(phases.values(), Decimal(0)) if phases else None
