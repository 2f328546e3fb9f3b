# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Control of a charger as a distributed energy resource (OCPP 2.1)."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from csms.domain.numbers import Natural


class DerPoint(Struct, frozen=True, forbid_unknown_fields=True):
    """A point of a curve."""

    x: float
    y: float


class Hysteresis(Struct, frozen=True, forbid_unknown_fields=True):
    """How far back before a curve no longer acts."""

    hysteresis_high: float | None = None
    hysteresis_low: float | None = None
    hysteresis_delay: float | None = None
    hysteresis_gradient: float | None = None


class ReactivePowerParams(Struct, frozen=True, forbid_unknown_fields=True):
    """How the reference voltage is found."""

    v_ref: float | None = None
    autonomous_v_ref_enable: bool | None = None
    autonomous_v_ref_time_constant: float | None = None


class VoltageParams(Struct, frozen=True, forbid_unknown_fields=True):
    """What a mean voltage above its limit does."""

    hv10_min_mean_value: float | None = None
    hv10_min_mean_trip_delay: float | None = None
    power_during_cessation: Literal["active", "reactive"] | None = None


class DerCurve(Struct, frozen=True, forbid_unknown_fields=True):
    """What the charger does by voltage, frequency or power."""

    points: Annotated[tuple[DerPoint, ...], Meta(min_length=1, max_length=10)]
    priority: Natural
    y_unit: Literal["not_applicable", "pct_effective_v", "pct_max_var", "pct_max_w", "pct_var_avail", "pct_w_avail"]
    hysteresis: Hysteresis | None = None
    reactive_power: ReactivePowerParams | None = None
    voltage: VoltageParams | None = None
    response_time_s: float | None = None
    start_at: datetime | None = None
    duration_s: float | None = None


class EnterService(Struct, frozen=True, forbid_unknown_fields=True):
    """When the charger may feed in again, after a ramp."""

    priority: Natural
    high_voltage: float
    low_voltage: float
    high_freq: float
    low_freq: float
    delay_s: float | None = None
    random_delay_s: float | None = None
    ramp_rate: float | None = None


class FixedPowerFactor(Struct, frozen=True, forbid_unknown_fields=True):
    """A constant power factor."""

    priority: Natural
    displacement: float
    excitation: bool
    start_at: datetime | None = None
    duration_s: float | None = None


class FixedVar(Struct, frozen=True, forbid_unknown_fields=True):
    """A constant reactive power."""

    priority: Natural
    setpoint: float
    unit: Literal["not_applicable", "pct_effective_v", "pct_max_var", "pct_max_w", "pct_var_avail", "pct_w_avail"]
    start_at: datetime | None = None
    duration_s: float | None = None


class FreqDroop(Struct, frozen=True, forbid_unknown_fields=True):
    """Power against frequency."""

    priority: Natural
    over_freq: float
    under_freq: float
    over_droop: float
    under_droop: float
    response_time_s: float
    start_at: datetime | None = None
    duration_s: float | None = None


class Gradient(Struct, frozen=True, forbid_unknown_fields=True):
    """How fast power may change."""

    priority: Natural
    gradient: float
    soft_gradient: float


class LimitMaxDischarge(Struct, frozen=True, forbid_unknown_fields=True):
    """How much may be fed in at most."""

    priority: Natural
    pct_max_discharge_power: float | None = None
    power_monitoring_must_trip: DerCurve | None = None
    start_at: datetime | None = None
    duration_s: float | None = None
