# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Charging profiles: how much power when, and at which price."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from csms.domain.numbers import Integer, Natural


class LimitAtSoC(Struct, frozen=True, forbid_unknown_fields=True):
    """Charge to that state of charge at most; below the limit after it."""

    soc: Annotated[int, Meta(ge=0, le=100)]
    limit: float


class FrequencyPoint(Struct, frozen=True, forbid_unknown_fields=True):
    """Power by grid frequency."""

    frequency: float
    power: float


class SignalPoint(Struct, frozen=True, forbid_unknown_fields=True):
    """Power by the value of a signal."""

    signal: Integer
    power: float


# Amperes or watts. 2.1 lets a negative limit mean discharging, for older systems; there is `discharge_limit` for that.
Limit = Annotated[float, Meta(ge=0.0, le=100_000_000.0)]


class ChargingSchedulePeriod(Struct, frozen=True, forbid_unknown_fields=True):
    """From `start_s` on: a limit, or a setpoint, in the unit of the schedule."""

    start_s: Integer
    limit: Limit | None = None
    limit_l2: Limit | None = None
    limit_l3: Limit | None = None
    number_phases: Annotated[int, Meta(ge=0, le=3)] | None = None
    phase_to_use: Annotated[int, Meta(ge=0, le=3)] | None = None
    discharge_limit: Annotated[float, Meta(le=0.0)] | None = None
    discharge_limit_l2: Annotated[float, Meta(le=0.0)] | None = None
    discharge_limit_l3: Annotated[float, Meta(le=0.0)] | None = None
    setpoint: float | None = None
    setpoint_l2: float | None = None
    setpoint_l3: float | None = None
    setpoint_reactive: float | None = None
    setpoint_reactive_l2: float | None = None
    setpoint_reactive_l3: float | None = None
    preconditioning_request: bool | None = None
    evse_sleep: bool | None = None
    v2x_baseline: float | None = None
    operation_mode: (
        Literal[
            "central_frequency",
            "central_setpoint",
            "charging_only",
            "external_limits",
            "external_setpoint",
            "idle",
            "local_frequency",
            "local_load_balancing",
        ]
        | None
    ) = None
    v2x_freq_watt_curve: Annotated[tuple[FrequencyPoint, ...], Meta(min_length=1, max_length=20)] | None = None
    v2x_signal_watt_curve: Annotated[tuple[SignalPoint, ...], Meta(min_length=1, max_length=20)] | None = None


class RelativeTimeInterval(Struct, frozen=True, forbid_unknown_fields=True):
    """When, from the beginning of the schedule."""

    start_s: Integer
    duration_s: Integer | None = None


class Cost(Struct, frozen=True, forbid_unknown_fields=True):
    """What a kind of cost amounts to."""

    kind: Literal["carbon_dioxide_emission", "relative_price_percentage", "renewable_generation_percentage"]
    amount: Integer
    multiplier: Integer | None = None


class ConsumptionCost(Struct, frozen=True, forbid_unknown_fields=True):
    """Costs from that consumption on."""

    start_value: float
    costs: Annotated[tuple[Cost, ...], Meta(min_length=1, max_length=3)]


class SalesTariffEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """Price level and costs of an interval."""

    interval: RelativeTimeInterval
    price_level: Natural | None = None
    costs: Annotated[tuple[ConsumptionCost, ...], Meta(min_length=1, max_length=3)] | None = None


class SalesTariff(Struct, frozen=True, forbid_unknown_fields=True):
    """What energy costs over time, for an ISO 15118-2 vehicle."""

    id: Natural
    entries: Annotated[tuple[SalesTariffEntry, ...], Meta(min_length=1, max_length=1024)]
    description: Annotated[str, Meta(max_length=32)] | None = None
    price_levels: Natural | None = None


class RationalNumber(Struct, frozen=True, forbid_unknown_fields=True):
    """value x 10^exponent, as ISO 15118-20 spells numbers."""

    exponent: Integer
    value: Integer


class PriceRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Fees from a power on."""

    energy_fee: RationalNumber
    power_range_start: RationalNumber
    parking_fee_period_s: Integer | None = None
    carbon_dioxide_emission: Natural | None = None
    renewable_generation_percentage: Annotated[int, Meta(ge=0, le=100)] | None = None
    parking_fee: RationalNumber | None = None


class PriceRuleStack(Struct, frozen=True, forbid_unknown_fields=True):
    """Rules that hold for a duration."""

    duration_s: Integer
    rules: Annotated[tuple[PriceRule, ...], Meta(min_length=1, max_length=8)]


class TaxRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Which fees a tax applies to."""

    id: Natural
    applies_to_energy_fee: bool
    applies_to_parking_fee: bool
    applies_to_overstay_fee: bool
    applies_to_minimum_maximum_cost: bool
    tax_rate: RationalNumber
    name: Annotated[str, Meta(max_length=100)] | None = None
    tax_included_in_price: bool | None = None


class OverstayRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A fee for staying on, from `start_s` after the end of charging."""

    fee: RationalNumber
    start_s: Integer
    fee_period_s: Integer
    description: Annotated[str, Meta(max_length=32)] | None = None


class OverstayRules(Struct, frozen=True, forbid_unknown_fields=True):
    """Fees for staying on after charging."""

    rules: Annotated[tuple[OverstayRule, ...], Meta(min_length=1, max_length=5)]
    power_threshold: RationalNumber | None = None
    time_threshold_s: Integer | None = None


class AdditionalService(Struct, frozen=True, forbid_unknown_fields=True):
    """A service with its fee."""

    fee: RationalNumber
    name: Annotated[str, Meta(max_length=80)]


class AbsolutePriceSchedule(Struct, frozen=True, forbid_unknown_fields=True):
    """Prices in a currency, for an ISO 15118-20 vehicle."""

    time_anchor: datetime
    id: Natural
    currency: Annotated[str, Meta(max_length=3)]
    language: Annotated[str, Meta(max_length=8)]
    price_algorithm: Annotated[str, Meta(max_length=2000)]
    price_rule_stacks: Annotated[tuple[PriceRuleStack, ...], Meta(min_length=1, max_length=1024)]
    description: Annotated[str, Meta(max_length=160)] | None = None
    minimum_cost: RationalNumber | None = None
    maximum_cost: RationalNumber | None = None
    tax_rules: Annotated[tuple[TaxRule, ...], Meta(min_length=1, max_length=10)] | None = None
    overstay_rules: OverstayRules | None = None
    services: Annotated[tuple[AdditionalService, ...], Meta(min_length=1, max_length=5)] | None = None


class PriceLevelScheduleEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A price level for a duration."""

    duration_s: Integer
    price_level: Natural


class PriceLevelSchedule(Struct, frozen=True, forbid_unknown_fields=True):
    """Relative price levels, for an ISO 15118-20 vehicle."""

    entries: Annotated[tuple[PriceLevelScheduleEntry, ...], Meta(min_length=1, max_length=100)]
    time_anchor: datetime
    id: Natural
    price_levels: Natural
    description: Annotated[str, Meta(max_length=32)] | None = None


class ChargingSchedule(Struct, frozen=True, forbid_unknown_fields=True):
    """Limits over time: periods in order, the first at 0."""

    unit: Literal["A", "W"]
    periods: Annotated[tuple[ChargingSchedulePeriod, ...], Meta(min_length=1, max_length=1024)]
    id: Integer = 1
    limit_at_soc: LimitAtSoC | None = None
    start_at: datetime | None = None
    duration_s: Integer | None = None
    min_charging_rate: float | None = None
    power_tolerance: float | None = None
    signature_id: Natural | None = None
    digest_value: Annotated[str, Meta(max_length=88)] | None = None
    use_local_time: bool | None = None
    randomized_delay_s: Natural | None = None
    sales_tariff: SalesTariff | None = None
    absolute_price_schedule: AbsolutePriceSchedule | None = None
    price_level_schedule: PriceLevelSchedule | None = None


class ChargingProfile(Struct, frozen=True, forbid_unknown_fields=True):
    """Schedules with a purpose, a stack level and a time in which they hold (1.6 §7.8, 2.x ChargingProfileType)."""

    stack_level: Natural
    purpose: Literal[
        "charging_station_external_constraints",
        "charging_station_max_profile",
        "local_generation",
        "priority_charging",
        "tx_default_profile",
        "tx_profile",
    ]
    kind: Literal["absolute", "dynamic", "recurring", "relative"]
    schedules: Annotated[tuple[ChargingSchedule, ...], Meta(min_length=1, max_length=3)]
    id: Integer | None = None
    recurrency: Literal["daily", "weekly"] | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    max_offline_duration_s: Integer | None = None
    invalid_after_offline_duration: bool | None = None
    dyn_update_interval_s: Integer | None = None
    dyn_update_at: datetime | None = None
    price_schedule_signature: Annotated[str, Meta(max_length=256)] | None = None


class ChargingScheduleUpdate(Struct, frozen=True, forbid_unknown_fields=True):
    """New values of a dynamic profile's running period."""

    limit: float | None = None
    limit_l2: float | None = None
    limit_l3: float | None = None
    discharge_limit: Annotated[float, Meta(le=0.0)] | None = None
    discharge_limit_l2: Annotated[float, Meta(le=0.0)] | None = None
    discharge_limit_l3: Annotated[float, Meta(le=0.0)] | None = None
    setpoint: float | None = None
    setpoint_l2: float | None = None
    setpoint_l3: float | None = None
    setpoint_reactive: float | None = None
    setpoint_reactive_l2: float | None = None
    setpoint_reactive_l3: float | None = None
