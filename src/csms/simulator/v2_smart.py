# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Smart charging of 2.0.1 and 2.1: profiles are kept, applied, reported and cleared (block K)."""

from functools import partial
from typing import Any, Final

from csms.dialects.times import format_time, parse_time
from csms.simulator.limits import TX, Profile, composite
from csms.simulator.physics import MAINS_V
from csms.simulator.speech import Obeyed
from csms.simulator.v2_order import Obey, Order, changed


def profile_of(evse: int, wire: Any) -> Profile:
    """A profile of the wire; of several schedules, which are offers to a vehicle, the first."""
    schedule = wire.charging_schedule[0]
    return Profile(
        id=wire.id,
        evse=evse,
        stack_level=wire.stack_level,
        purpose=wire.charging_profile_purpose,
        kind=wire.charging_profile_kind,
        recurrency=wire.recurrency_kind,
        valid_from=parse_time(wire.valid_from),
        valid_to=parse_time(wire.valid_to),
        transaction=wire.transaction_id,
        start_at=parse_time(schedule.start_schedule),
        duration_s=schedule.duration,
        unit=schedule.charging_rate_unit,
        periods=tuple(
            (each.start_period, float(each.limit), each.number_phases)
            for each in schedule.charging_schedule_period
            if each.limit is not None
        ),
        wire=wire,
    )


def _set_profile(order: Order) -> Obeyed:
    evse, wire, charger = order.request.evse_id, order.request.charging_profile, order.charger
    if evse and order.connector(evse) is None:
        return order.answer(status="Rejected")
    if wire.charging_profile_purpose == TX and (wire.transaction_id is None or not order.running(wire.transaction_id)):
        return order.answer(status="Rejected")  # K01.FR.03, K01.FR.09
    charger.memory.put_profile(profile_of(evse, wire))
    return order.answer(charger.limits_changed, status="Accepted")


def _clear_profile(order: Order) -> Obeyed:
    request, charger = order.request, order.charger
    named = request.charging_profile_criteria
    gone = charger.memory.clear_profiles(
        key=request.charging_profile_id,
        evse=None if named is None else named.evse_id,
        purpose=None if named is None else named.charging_profile_purpose,
        level=None if named is None else named.stack_level,
    )
    return order.answer(charger.limits_changed, status="Accepted" if gone else "Unknown")


def _get_profiles(order: Order) -> Obeyed:
    evse, asked = order.request.evse_id, order.request.charging_profile
    found = [
        each
        for each in order.charger.memory.profiles.values()
        if evse in (None, each.evse)
        and (not asked.charging_profile_id or each.id in asked.charging_profile_id)
        and asked.stack_level in (None, each.stack_level)
        and asked.charging_profile_purpose in (None, each.purpose)
        and (not asked.charging_limit_source or "CSO" in asked.charging_limit_source)
    ]
    if not found:
        return order.answer(status="NoProfiles")
    return order.answer(partial(_report_profiles, order, found), status="Accepted")


def _report_profiles(order: Order, found: list[Profile]) -> None:
    evses = sorted({each.evse for each in found})
    for evse in evses:
        order.say(
            "ReportChargingProfiles",
            request_id=order.request.request_id,
            charging_limit_source="CSO",
            charging_profile=[each.wire for each in found if each.evse == evse],
            evse_id=evse,
            tbc=evse != evses[-1],
        )


def _composite(order: Order) -> Obeyed:
    request, charger = order.request, order.charger
    connector = charger.main if request.evse_id == 0 else order.connector(request.evse_id)
    if connector is None:
        return order.answer(status="Rejected")
    at, running = charger.runtime.time.stamp(), connector.transaction
    periods = composite(
        list(charger.memory.profiles.values()),
        connector.number,
        at,
        request.duration,
        full_w=connector.outlet.max_power_w,
        began_at=None if running is None else running.started_at,
        ref=None if running is None else running.ref,
        phases=connector.outlet.phases,
    )
    unit = request.charging_rate_unit or "W"
    per_unit = 1.0 if unit == "W" else MAINS_V * (connector.outlet.phases or 3)
    period = order.wire.ChargingSchedulePeriodType
    schedule = order.wire.CompositeScheduleType(
        evse_id=request.evse_id,
        duration=request.duration,
        schedule_start=format_time(at),
        charging_rate_unit=unit,
        charging_schedule_period=[
            period(start_period=start_s, limit=round(limit / per_unit, 1)) for start_s, limit in periods
        ],
    )
    return order.answer(status="Accepted", schedule=schedule)


def _update_dynamic(order: Order) -> Obeyed:
    known = order.charger.memory.profiles.get(order.request.charging_profile_id)
    limit = order.request.schedule_update.limit
    if known is None or known.kind != "Dynamic":
        return order.answer(status="Rejected")
    if limit is not None:
        schedule = known.wire.charging_schedule[0]
        periods = [changed(schedule.charging_schedule_period[0], limit=limit)]
        wire = changed(known.wire, charging_schedule=[changed(schedule, charging_schedule_period=periods)])
        order.charger.memory.profiles[known.id] = profile_of(known.evse, wire)
    return order.answer(order.charger.limits_changed, status="Accepted")


def _priority(order: Order) -> Obeyed:
    if order.running(order.request.transaction_id) is None:
        return order.answer(status="Rejected")
    known = order.charger.memory.profiles.values()
    has_one = any(each.purpose == "PriorityCharging" for each in known)
    return order.answer(status="Accepted" if has_one else "NoProfile")


COMMANDS: Final[dict[str, Obey]] = {
    "SetChargingProfile": _set_profile,
    "ClearChargingProfile": _clear_profile,
    "GetChargingProfiles": _get_profiles,
    "GetCompositeSchedule": _composite,
    "UpdateDynamicSchedule": _update_dynamic,
    "UsePriorityCharging": _priority,
}
