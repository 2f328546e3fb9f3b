# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tariffs as a charger calculates by them (OCPP 2.1)."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from csms.domain.display import MessageContent
from csms.domain.numbers import Integer, Natural


class TariffConditions(Struct, frozen=True, forbid_unknown_fields=True):
    """When a price holds: times are the charger's local ones."""

    start_time_of_day: str | None = None
    end_time_of_day: str | None = None
    day_of_week: (
        Annotated[
            tuple[Literal["friday", "monday", "saturday", "sunday", "thursday", "tuesday", "wednesday"], ...],
            Meta(min_length=1, max_length=7),
        ]
        | None
    ) = None
    valid_from_date: str | None = None
    valid_to_date: str | None = None
    evse_kind: Literal["AC", "DC"] | None = None
    min_energy: float | None = None
    max_energy: float | None = None
    min_current: float | None = None
    max_current: float | None = None
    min_power: float | None = None
    max_power: float | None = None
    min_time: Integer | None = None
    max_time: Integer | None = None
    min_charging_time: Integer | None = None
    max_charging_time: Integer | None = None
    min_idle_time: Integer | None = None
    max_idle_time: Integer | None = None


class TariffEnergyPrice(Struct, frozen=True, forbid_unknown_fields=True):
    """Price per kWh."""

    price_kwh: float
    conditions: TariffConditions | None = None


class TaxRate(Struct, frozen=True, forbid_unknown_fields=True):
    """A tax in percent."""

    type: Annotated[str, Meta(max_length=20)]
    tax: float
    stack: Natural | None = None


class TariffEnergy(Struct, frozen=True, forbid_unknown_fields=True):
    """Prices of energy; the first whose conditions hold counts."""

    prices: Annotated[tuple[TariffEnergyPrice, ...], Meta(min_length=1, max_length=1000)]
    tax_rates: Annotated[tuple[TaxRate, ...], Meta(min_length=1, max_length=5)] | None = None


class TariffTimePrice(Struct, frozen=True, forbid_unknown_fields=True):
    """Price per minute."""

    price_minute: float
    conditions: TariffConditions | None = None


class TimePrice(Struct, frozen=True, forbid_unknown_fields=True):
    """Prices of time; the first whose conditions hold counts."""

    prices: Annotated[tuple[TariffTimePrice, ...], Meta(min_length=1, max_length=1000)]
    tax_rates: Annotated[tuple[TaxRate, ...], Meta(min_length=1, max_length=5)] | None = None


class TariffConditionsFixed(Struct, frozen=True, forbid_unknown_fields=True):
    """When a fixed fee is due."""

    start_time_of_day: str | None = None
    end_time_of_day: str | None = None
    day_of_week: (
        Annotated[
            tuple[Literal["friday", "monday", "saturday", "sunday", "thursday", "tuesday", "wednesday"], ...],
            Meta(min_length=1, max_length=7),
        ]
        | None
    ) = None
    valid_from_date: str | None = None
    valid_to_date: str | None = None
    evse_kind: Literal["AC", "DC"] | None = None
    payment_brand: Annotated[str, Meta(max_length=20)] | None = None
    payment_recognition: Annotated[str, Meta(max_length=20)] | None = None


class TariffFixedPrice(Struct, frozen=True, forbid_unknown_fields=True):
    """A fee."""

    price_fixed: float
    conditions: TariffConditionsFixed | None = None


class TariffFixed(Struct, frozen=True, forbid_unknown_fields=True):
    """Fees; the first whose conditions hold counts."""

    prices: Annotated[tuple[TariffFixedPrice, ...], Meta(min_length=1, max_length=1000)]
    tax_rates: Annotated[tuple[TaxRate, ...], Meta(min_length=1, max_length=5)] | None = None


class PriceLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """A least or greatest price."""

    excl_tax: float | None = None
    incl_tax: float | None = None
    tax_rates: Annotated[tuple[TaxRate, ...], Meta(min_length=1, max_length=5)] | None = None


class Tariff(Struct, frozen=True, forbid_unknown_fields=True):
    """What charging costs, excluding taxes where rates are given."""

    id: Annotated[str, Meta(max_length=60)]
    currency: Annotated[str, Meta(max_length=3)]
    description: Annotated[tuple[MessageContent, ...], Meta(min_length=1, max_length=10)] | None = None
    energy: TariffEnergy | None = None
    valid_from: datetime | None = None
    charging_time: TimePrice | None = None
    idle_time: TimePrice | None = None
    fixed_fee: TariffFixed | None = None
    reservation_time: TimePrice | None = None
    reservation_fixed: TariffFixed | None = None
    min_cost: PriceLimit | None = None
    max_cost: PriceLimit | None = None
