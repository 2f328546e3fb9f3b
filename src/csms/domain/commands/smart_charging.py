# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Charging profiles: set, clear, ask for; tariffs and cost."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from csms.domain.charging_profiles import ChargingProfile, ChargingScheduleUpdate
from csms.domain.commands.base import Command, EvseId, Number, OnTransaction
from csms.domain.numbers import Integer, Natural
from csms.domain.tariffs import Tariff

AnyEvse = Annotated[int, Meta(ge=0, le=32_767, description="Number of the EVSE (1.6: connector); 0 means all.")]
Purpose = Literal[
    "charging_station_external_constraints",
    "charging_station_max_profile",
    "local_generation",
    "priority_charging",
    "tx_default_profile",
    "tx_profile",
]


class SetChargingProfile(OnTransaction, frozen=True, tag="set_charging_profile", kw_only=True):
    """Give the charger a charging profile; a tx_profile names its transaction."""

    evse_id: AnyEvse
    profile: ChargingProfile


class ClearChargingProfile(Command, frozen=True, tag="clear_charging_profile"):
    """Take away the profile with an id, or all that match; nothing named means all."""

    profile_id: Integer | None = None
    evse_id: AnyEvse | None = None
    purpose: Purpose | None = None
    stack_level: Natural | None = None


class GetChargingProfiles(Command, frozen=True, tag="get_charging_profiles"):
    """Have the profiles reported that match (2.x)."""

    evse_id: AnyEvse | None = None
    purpose: Purpose | None = None
    stack_level: Natural | None = None
    profile_ids: Annotated[tuple[Integer, ...], Meta(max_length=500)] = ()
    limit_sources: Annotated[tuple[Annotated[str, Meta(max_length=20)], ...], Meta(max_length=4)] = ()
    request_id: Number | None = None


class GetCompositeSchedule(Command, frozen=True, tag="get_composite_schedule"):
    """Ask what all profiles together allow from now on."""

    evse_id: AnyEvse
    duration_s: Natural
    unit: Literal["A", "W"] | None = None


class UpdateDynamicSchedule(Command, frozen=True, tag="update_dynamic_schedule"):
    """Change the running limit or setpoint of a dynamic profile (2.1)."""

    profile_id: Integer
    update: ChargingScheduleUpdate


class UsePriorityCharging(OnTransaction, frozen=True, tag="use_priority_charging", kw_only=True):
    """Let a transaction charge first, or no longer (2.1)."""

    activate: bool


class SendAfrrSignal(Command, frozen=True, tag="afrr_signal"):
    """Tell a charger in frequency restoration the value of the signal (2.1)."""

    at: datetime
    signal: Integer


class NotifyAllowedEnergyTransfer(OnTransaction, frozen=True, tag="notify_allowed_energy_transfer", kw_only=True):
    """Say which ways of energy transfer a transaction may use (2.1)."""

    allowed: Annotated[
        tuple[
            Literal[
                "ac_bpt",
                "ac_bpt_der",
                "ac_der",
                "ac_single_phase",
                "ac_three_phase",
                "ac_two_phase",
                "dc",
                "dc_acdp",
                "dc_acdp_bpt",
                "dc_bpt",
                "wpt",
            ],
            ...,
        ],
        Meta(min_length=1, max_length=11),
    ]


class UpdateCost(OnTransaction, frozen=True, tag="update_cost", kw_only=True):
    """Tell the driver what a transaction costs so far, in the currency of the charger (2.x)."""

    total_cost: Decimal


class SetDefaultTariff(Command, frozen=True, tag="set_default_tariff", kw_only=True):
    """Give the charger a tariff for transactions without one of their own (2.1)."""

    evse_id: AnyEvse = 0
    tariff: Tariff


class GetTariffs(Command, frozen=True, tag="get_tariffs"):
    """Ask which tariffs the charger has (2.1)."""

    evse_id: AnyEvse = 0


class ClearTariffs(Command, frozen=True, tag="clear_tariffs"):
    """Take tariffs away; none named means all (2.1)."""

    tariff_ids: Annotated[tuple[Annotated[str, Meta(max_length=60)], ...], Meta(max_length=500)] = ()
    evse_id: EvseId | None = None


class ChangeTransactionTariff(OnTransaction, frozen=True, tag="change_transaction_tariff", kw_only=True):
    """Give a running transaction another tariff (2.1)."""

    tariff: Tariff


class NotifyWebPaymentStarted(Command, frozen=True, tag="notify_web_payment_started"):
    """A driver pays by the QR code of an EVSE: show that for a while (2.1)."""

    evse_id: EvseId
    timeout_s: Natural


class RequestBatterySwap(Command, frozen=True, tag="request_battery_swap"):
    """Have batteries swapped for a token (2.1)."""

    token: Annotated[str, Meta(min_length=1, max_length=255)]
    token_type: str | None = None
    request_id: Number | None = None
