# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Smart Charging profile: SetChargingProfile (§5.16), ClearChargingProfile (§5.5), GetCompositeSchedule (§5.7)."""

from typing import Any, Final, Literal

from csms.dialects.base import NotExpressibleError, Outbound
from csms.dialects.outcomes import known_outcome
from csms.dialects.times import format_time
from csms.domain.charging_profiles import ChargingProfile, ChargingSchedule, ChargingSchedulePeriod
from csms.domain.commands import ClearChargingProfile, Command, GetCompositeSchedule, Outcome, SetChargingProfile
from csms.ocpp import v16

Purpose = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]
_PURPOSES: Final[dict[str, Purpose]] = {
    "charging_station_max_profile": "ChargePointMaxProfile",
    "tx_default_profile": "TxDefaultProfile",
    "tx_profile": "TxProfile",
}
_KINDS: Final[dict[str, Literal["Absolute", "Recurring", "Relative"]]] = {
    "absolute": "Absolute",
    "recurring": "Recurring",
    "relative": "Relative",
}
_RECURRENCIES: Final[dict[str, Literal["Daily", "Weekly"]]] = {"daily": "Daily", "weekly": "Weekly"}
_PERIOD: Final = frozenset({"start_s", "limit", "number_phases"})
_SCHEDULE: Final = frozenset({"unit", "periods", "id", "start_at", "duration_s", "min_charging_rate"})
_PROFILE: Final = frozenset(
    {"id", "stack_level", "purpose", "kind", "schedules", "recurrency", "valid_from", "valid_to"}
)


def write_profile(profile: ChargingProfile, transaction: int | None = None) -> v16.ChargingProfile:
    """A profile of one schedule; what only later versions can say is refused rather than left out."""
    if profile.id is None:
        raise NotExpressibleError("the profile needs an id")
    _only(profile, _PROFILE)
    if len(profile.schedules) != 1:
        raise NotExpressibleError("a profile of OCPP 1.6 has exactly one schedule")
    return v16.ChargingProfile(
        charging_profile_id=profile.id,
        transaction_id=transaction,
        stack_level=profile.stack_level,
        charging_profile_purpose=purpose_of(profile.purpose),
        charging_profile_kind=_spelt(_KINDS, profile.kind),
        recurrency_kind=None if profile.recurrency is None else _RECURRENCIES[profile.recurrency],
        valid_from=None if profile.valid_from is None else format_time(profile.valid_from),
        valid_to=None if profile.valid_to is None else format_time(profile.valid_to),
        charging_schedule=_write_schedule(profile.schedules[0]),
    )


def purpose_of(purpose: str) -> Purpose:
    """A purpose as 1.6 spells it (§7.9)."""
    spelt: Purpose = _spelt(_PURPOSES, purpose)
    return spelt


def _spelt(words: dict[str, Any], word: str) -> Any:
    if word not in words:
        raise NotExpressibleError(f"OCPP 1.6 has no {word!r}, only {', '.join(words)}")
    return words[word]


def _only(value: Any, known: frozenset[str]) -> None:
    """Refuse what 1.6 has no field for."""
    for name in value.__struct_fields__:
        if name not in known and getattr(value, name) is not None:
            raise NotExpressibleError(f"OCPP 1.6 has no {name!r} in charging profiles")


def _write_schedule(schedule: ChargingSchedule) -> v16.ChargingSchedule:
    _only(schedule, _SCHEDULE)
    return v16.ChargingSchedule(
        duration=schedule.duration_s,
        start_schedule=None if schedule.start_at is None else format_time(schedule.start_at),
        charging_rate_unit=schedule.unit,
        charging_schedule_period=[_write_period(period) for period in schedule.periods],
        min_charging_rate=schedule.min_charging_rate,
    )


def _write_period(period: ChargingSchedulePeriod) -> v16.ChargingSchedulePeriod:
    _only(period, _PERIOD)
    if period.limit is None:
        raise NotExpressibleError("each period of an OCPP 1.6 schedule needs a limit")
    return v16.ChargingSchedulePeriod(
        start_period=period.start_s, limit=period.limit, number_phases=period.number_phases
    )


def write_set(command: SetChargingProfile) -> v16.SetChargingProfile:
    """A profile for a connector, or (0) for all of them."""
    return v16.SetChargingProfile(
        connector_id=command.evse_id, cs_charging_profiles=write_profile(command.profile, command.ref)
    )


def write_clear(command: ClearChargingProfile) -> v16.ClearChargingProfile:
    """By id, or by what matches."""
    return v16.ClearChargingProfile(
        id=command.profile_id,
        connector_id=command.evse_id,
        charging_profile_purpose=None if command.purpose is None else purpose_of(command.purpose),
        stack_level=command.stack_level,
    )


def write_composite(command: GetCompositeSchedule) -> v16.GetCompositeSchedule:
    """What do all profiles together allow?"""
    return v16.GetCompositeSchedule(
        connector_id=command.evse_id, duration=command.duration_s, charging_rate_unit=command.unit
    )


def read_outcome(
    wire: v16.SetChargingProfileResponse | v16.ClearChargingProfileResponse | v16.GetCompositeScheduleResponse,
) -> Outcome:
    """Accepted, or why not; a composite schedule stands in the raw answer."""
    return known_outcome(wire.status)


OUTBOUND: Final[dict[type[Command], Outbound]] = {
    SetChargingProfile: Outbound("SetChargingProfile", write_set, read_outcome),
    ClearChargingProfile: Outbound("ClearChargingProfile", write_clear, read_outcome),
    GetCompositeSchedule: Outbound("GetCompositeSchedule", write_composite, read_outcome),
}
