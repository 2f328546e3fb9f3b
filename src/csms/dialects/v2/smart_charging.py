# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Smart charging (K), tariffs and cost (I), V2X and frequency (Q), what vehicles need and plan."""

from typing import Final

from csms.dialects.base import Inbound, NotExpressibleError, Outbound
from csms.dialects.numbers import read_evse, read_int32
from csms.dialects.times import parse_time
from csms.dialects.v2.mirror import to_wire, to_words
from csms.dialects.v2.outcomes import outcome_of, read_all, read_plain, read_status
from csms.dialects.v2.plain import on_transaction, plain
from csms.dialects.v2.transactions import transaction_id
from csms.domain.commands import (
    ChangeTransactionTariff,
    ClearChargingProfile,
    ClearTariffs,
    Command,
    GetChargingProfiles,
    GetCompositeSchedule,
    GetTariffs,
    NotifyAllowedEnergyTransfer,
    NotifyWebPaymentStarted,
    Outcome,
    OutcomeStatus,
    SendAfrrSignal,
    SetChargingProfile,
    SetDefaultTariff,
    UpdateCost,
    UpdateDynamicSchedule,
    UsePriorityCharging,
)
from csms.domain.messages import Acknowledged, DecisionAnswer, NoticeReported, ReportPartReported
from csms.ocpp import v21


def write_profile(command: SetChargingProfile) -> v21.SetChargingProfile:
    """A profile; the one of a transaction names it."""
    named = command.ref is not None or command.charger_ref is not None
    extra = {"transaction_id": transaction_id(command)} if named else {}
    profile = to_wire(command.profile, v21.ChargingProfileType, **extra)
    return v21.SetChargingProfile(evse_id=command.evse_id, charging_profile=profile)


def write_clear(command: ClearChargingProfile) -> v21.ClearChargingProfile:
    """By id, or by what matches."""
    criteria = None
    if command.evse_id is not None or command.purpose is not None or command.stack_level is not None:
        criteria = v21.ClearChargingProfileType(
            evse_id=command.evse_id,
            charging_profile_purpose=None if command.purpose is None else purpose_of(command.purpose),  # type: ignore[arg-type]
            stack_level=command.stack_level,
        )
    return v21.ClearChargingProfile(charging_profile_id=command.profile_id, charging_profile_criteria=criteria)


_PURPOSES: Final = {
    "charging_station_external_constraints": "ChargingStationExternalConstraints",
    "charging_station_max_profile": "ChargingStationMaxProfile",
    "local_generation": "LocalGeneration",
    "priority_charging": "PriorityCharging",
    "tx_default_profile": "TxDefaultProfile",
    "tx_profile": "TxProfile",
}


def purpose_of(purpose: str) -> str:
    """A purpose as 2.x spells it."""
    return _PURPOSES[purpose]


def write_get_profiles(command: GetChargingProfiles) -> v21.GetChargingProfiles:
    """Which profiles are there?"""
    if command.request_id is None:
        raise NotExpressibleError("the question needs a request id")
    criterion = v21.ChargingProfileCriterionType(
        charging_profile_purpose=None if command.purpose is None else purpose_of(command.purpose),  # type: ignore[arg-type]
        stack_level=command.stack_level,
        charging_profile_id=list(command.profile_ids) or None,
        charging_limit_source=list(command.limit_sources) or None,
    )
    return v21.GetChargingProfiles(request_id=command.request_id, evse_id=command.evse_id, charging_profile=criterion)


def read_tariffs_cleared(wire: v21.ClearTariffsResponse) -> Outcome:
    """Accepted if each was."""
    return read_all(lambda item: str(item.tariff_id or "tariff"), wire.clear_tariffs_result)


def read_tariffs(wire: v21.GetTariffsResponse) -> Outcome:
    """The raw answer lists them; there may be none."""
    if wire.status == "NoTariff":
        return Outcome(OutcomeStatus.ACCEPTED, reason="the charger has no tariff")
    return outcome_of(wire.status, wire.status_info)


def read_profiles(wire: v21.ReportChargingProfiles) -> ReportPartReported:
    """Profiles of an EVSE; parts are not numbered, so the profiles' ids tell them apart."""
    common = {"evse_id": read_evse(wire.evse_id, "evseId"), "limit_source": wire.charging_limit_source}
    items = tuple(common | to_words(profile) for profile in wire.charging_profile)
    number = min((profile.id for profile in wire.charging_profile), default=0)
    return ReportPartReported(
        kind="charging_profiles",
        request_id=read_int32(wire.request_id, "requestId"),
        seq_no=read_int32(number, "chargingProfile[].id"),
        last=not wire.tbc,
        items=items,
    )


def answer_profiles(_: Acknowledged) -> v21.ReportChargingProfilesResponse:
    """Stored."""
    return v21.ReportChargingProfilesResponse()


def read_limit(wire: v21.NotifyChargingLimit) -> NoticeReported:
    """Somebody else limits the charger."""
    return NoticeReported(kind="charging_limit", data=to_words(wire), evse_id=_evse(wire.evse_id))


def _evse(number: int | None) -> int | None:
    return None if number is None else read_evse(number, "evseId")


def answer_limit(_: Acknowledged) -> v21.NotifyChargingLimitResponse:
    """Stored."""
    return v21.NotifyChargingLimitResponse()


def read_limit_cleared(wire: v21.ClearedChargingLimit) -> NoticeReported:
    """Nobody else limits the charger any more."""
    return NoticeReported(kind="charging_limit_cleared", data=to_words(wire), evse_id=_evse(wire.evse_id))


def answer_limit_cleared(_: Acknowledged) -> v21.ClearedChargingLimitResponse:
    """Stored."""
    return v21.ClearedChargingLimitResponse()


def read_needs(wire: v21.NotifyEVChargingNeeds) -> NoticeReported:
    """What a vehicle needs (K15)."""
    return NoticeReported(
        kind="ev_charging_needs",
        data=to_words(wire),
        evse_id=_evse(wire.evse_id),
        at=parse_time(wire.timestamp),
    )


def answer_needs(answer: DecisionAnswer) -> v21.NotifyEVChargingNeedsResponse:
    """Whether a profile follows: Processing says that it is being thought about."""
    return v21.NotifyEVChargingNeedsResponse(status="Processing" if answer.accepted else "Rejected")


def read_plan(wire: v21.NotifyEVChargingSchedule) -> NoticeReported:
    """What a vehicle will take (K15, K17)."""
    return NoticeReported(
        kind="ev_charging_schedule",
        data=to_words(wire),
        evse_id=_evse(wire.evse_id),
        at=parse_time(wire.time_base),
    )


def answer_plan(answer: DecisionAnswer) -> v21.NotifyEVChargingScheduleResponse:
    """Rejected where it exceeds the limits (K16): a new profile follows."""
    return v21.NotifyEVChargingScheduleResponse(status="Accepted" if answer.accepted else "Rejected")


def read_priority(wire: v21.NotifyPriorityCharging) -> NoticeReported:
    """A transaction charges first, or no longer."""
    return NoticeReported(kind="priority_charging", data=to_words(wire), transaction_ref=wire.transaction_id)


def answer_priority(_: Acknowledged) -> v21.NotifyPriorityChargingResponse:
    """Stored."""
    return v21.NotifyPriorityChargingResponse()


def read_pull(wire: v21.PullDynamicScheduleUpdate) -> NoticeReported:
    """What are the values of this dynamic profile now?"""
    return NoticeReported(kind="dynamic_schedule_pull", data=to_words(wire))


def answer_pull(answer: DecisionAnswer) -> v21.PullDynamicScheduleUpdateResponse:
    """The values last set, if any."""
    if not answer.accepted:
        return v21.PullDynamicScheduleUpdateResponse(status="Rejected")
    return v21.PullDynamicScheduleUpdateResponse(
        status="Accepted", schedule_update=v21.ChargingScheduleUpdateType(**answer.data)
    )


def read_settlement(wire: v21.NotifySettlement) -> NoticeReported:
    """What a payment at the charger's terminal came to."""
    return NoticeReported(
        kind="settlement",
        data=to_words(wire),
        transaction_ref=wire.transaction_id,
        at=parse_time(wire.settlement_time),
    )


def answer_settlement(_: Acknowledged) -> v21.NotifySettlementResponse:
    """Stored."""
    return v21.NotifySettlementResponse()


def read_vat(wire: v21.VatNumberValidation) -> NoticeReported:
    """Is this VAT number valid, and whose is it?"""
    return NoticeReported(kind="vat_number_validation", data=to_words(wire), evse_id=_evse(wire.evse_id))


def answer_vat(answer: DecisionAnswer) -> v21.VatNumberValidationResponse:
    """Rejected with the reason where it cannot be checked."""
    info = (
        None if answer.reason is None else v21.StatusInfoType(reason_code="NotChecked", additional_info=answer.reason)
    )
    return v21.VatNumberValidationResponse(
        vat_number=answer.data.get("vat_number", ""),
        evse_id=answer.data.get("evse_id"),
        status="Accepted" if answer.accepted else "Rejected",
        status_info=info,
    )


def read_swap(wire: v21.BatterySwap) -> NoticeReported:
    """Batteries were put in or taken out."""
    return NoticeReported(kind="battery_swap", data=to_words(wire))


def answer_swap(_: Acknowledged) -> v21.BatterySwapResponse:
    """Stored."""
    return v21.BatterySwapResponse()


INBOUND: Final[dict[type, Inbound]] = {
    v21.ReportChargingProfiles: Inbound(read_profiles, answer_profiles),
    v21.NotifyChargingLimit: Inbound(read_limit, answer_limit),
    v21.ClearedChargingLimit: Inbound(read_limit_cleared, answer_limit_cleared),
    v21.NotifyEVChargingNeeds: Inbound(read_needs, answer_needs),
    v21.NotifyEVChargingSchedule: Inbound(read_plan, answer_plan),
    v21.NotifyPriorityCharging: Inbound(read_priority, answer_priority),
    v21.PullDynamicScheduleUpdate: Inbound(read_pull, answer_pull),
    v21.NotifySettlement: Inbound(read_settlement, answer_settlement),
    v21.VatNumberValidation: Inbound(read_vat, answer_vat),
    v21.BatterySwap: Inbound(read_swap, answer_swap),
}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    SetChargingProfile: Outbound("SetChargingProfile", write_profile, read_status),
    ClearChargingProfile: Outbound("ClearChargingProfile", write_clear, read_status),
    GetChargingProfiles: Outbound("GetChargingProfiles", write_get_profiles, read_status),
    GetCompositeSchedule: plain(v21.GetCompositeSchedule),
    UpdateDynamicSchedule: plain(v21.UpdateDynamicSchedule),
    UsePriorityCharging: on_transaction(v21.UsePriorityCharging),
    SendAfrrSignal: plain(v21.AFRRSignal),
    NotifyAllowedEnergyTransfer: on_transaction(v21.NotifyAllowedEnergyTransfer),
    UpdateCost: on_transaction(v21.CostUpdated, read_plain),
    SetDefaultTariff: plain(v21.SetDefaultTariff),
    GetTariffs: plain(v21.GetTariffs, read_tariffs),
    ClearTariffs: plain(v21.ClearTariffs, read_tariffs_cleared),
    ChangeTransactionTariff: on_transaction(v21.ChangeTransactionTariff),
    NotifyWebPaymentStarted: plain(v21.NotifyWebPaymentStarted, read_plain),
}
