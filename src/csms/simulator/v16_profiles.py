# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What OCPP 1.6 asks for beside Core: firmware, logs, local list, reservations, charging profiles, certificates."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from csms.dialects.times import format_time, parse_time
from csms.ocpp import v16
from csms.simulator import orders
from csms.simulator.limits import Profile, composite
from csms.simulator.memory import Reservation
from csms.simulator.speech import Obeyed
from csms.simulator.transfers import Delivery, Update

if TYPE_CHECKING:
    from csms.simulator.charger import VirtualCharger

_Obey: TypeAlias = Callable[["VirtualCharger", Any], Obeyed]


def _update_firmware(charger: "VirtualCharger", request: v16.UpdateFirmware) -> Obeyed:
    update = Update(
        request.location,
        None,
        parse_time(request.retrieve_date),
        retries=request.retries or 0,
        retry_interval_s=request.retry_interval or 10,
    )
    charger.transfers.update(update)
    return Obeyed(v16.UpdateFirmwareResponse())


def _signed_update(charger: "VirtualCharger", request: v16.SignedUpdateFirmware) -> Obeyed:
    firmware = request.firmware
    update = Update(
        firmware.location,
        request.request_id,
        parse_time(firmware.retrieve_date_time),
        parse_time(firmware.install_date_time),
        firmware.signing_certificate,
        firmware.signature,
        request.retries or 0,
        request.retry_interval or 10,
    )
    replaced = charger.transfers.update(update)
    return Obeyed(v16.SignedUpdateFirmwareResponse(status="AcceptedCanceled" if replaced else "Accepted"))


def _diagnostics(charger: "VirtualCharger", request: v16.GetDiagnostics) -> Obeyed:
    name = charger.log_name("diagnostics")
    delivery = Delivery("diagnostics", request.location, None, name, request.retries or 0, request.retry_interval or 10)
    charger.transfers.deliver(delivery)
    return Obeyed(v16.GetDiagnosticsResponse(file_name=name))


def _log(charger: "VirtualCharger", request: v16.GetLog) -> Obeyed:
    name = charger.log_name("security" if request.log_type == "SecurityLog" else "diagnostics")
    delivery = Delivery(
        "log",
        request.log.remote_location,
        request.request_id,
        name,
        request.retries or 0,
        request.retry_interval or 10,
    )
    replaced = charger.transfers.deliver(delivery)
    return Obeyed(v16.GetLogResponse(status="AcceptedCanceled" if replaced else "Accepted", filename=name))


def _reserve(charger: "VirtualCharger", request: v16.ReserveNow) -> Obeyed:
    until = parse_time(request.expiry_date)
    if until is None:
        return Obeyed(v16.ReserveNowResponse(status="Rejected"))
    reservation = Reservation(
        request.reservation_id, request.connector_id, request.id_tag, request.parent_id_tag, until
    )
    status, after = orders.reserve(charger, reservation)
    return Obeyed(v16.ReserveNowResponse(status=status), after)


def _cancel(charger: "VirtualCharger", request: v16.CancelReservation) -> Obeyed:
    given_up = orders.cancel_reservation(charger, request.reservation_id)
    return Obeyed(v16.CancelReservationResponse(status="Accepted" if given_up else "Rejected"))


def _send_list(charger: "VirtualCharger", request: v16.SendLocalList) -> Obeyed:
    entries: dict[str, str | None] = {
        each.id_tag: None if each.id_tag_info is None else each.id_tag_info.status
        for each in request.local_authorization_list or ()
    }
    taken = charger.memory.update_list(request.list_version, entries, full=request.update_type == "Full")
    return Obeyed(v16.SendLocalListResponse(status="Accepted" if taken else "VersionMismatch"))


def _list_version(charger: "VirtualCharger", _: v16.GetLocalListVersion) -> Obeyed:
    return Obeyed(v16.GetLocalListVersionResponse(list_version=charger.memory.list_version))


def profile_of(connector: int, wire: v16.ChargingProfile) -> Profile:
    schedule = wire.charging_schedule
    return Profile(
        id=wire.charging_profile_id,
        evse=connector,
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
            (each.start_period, float(each.limit), each.number_phases) for each in schedule.charging_schedule_period
        ),
        wire=wire,
    )


def _set_profile(charger: "VirtualCharger", request: v16.SetChargingProfile) -> Obeyed:
    profile = profile_of(request.connector_id, request.cs_charging_profiles)
    connector = charger.connector(request.connector_id)
    running = None if connector is None else connector.transaction
    known = request.connector_id == 0 or connector is not None
    if not known or (profile.purpose == "TxProfile" and running is None):
        return Obeyed(v16.SetChargingProfileResponse(status="Rejected"))
    charger.memory.put_profile(profile)
    return Obeyed(v16.SetChargingProfileResponse(status="Accepted"), charger.limits_changed)


def _clear_profile(charger: "VirtualCharger", request: v16.ClearChargingProfile) -> Obeyed:
    gone = charger.memory.clear_profiles(
        key=request.id,
        evse=request.connector_id,
        purpose=request.charging_profile_purpose,
        level=request.stack_level,
    )
    status = "Accepted" if gone else "Unknown"
    return Obeyed(v16.ClearChargingProfileResponse(status=status), charger.limits_changed)  # type: ignore[arg-type]


def _composite(charger: "VirtualCharger", request: v16.GetCompositeSchedule) -> Obeyed:
    connector = charger.main if request.connector_id == 0 else charger.connector(request.connector_id)
    if connector is None:
        return Obeyed(v16.GetCompositeScheduleResponse(status="Rejected"))
    at: datetime = charger.runtime.time.stamp()
    running = connector.transaction
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
    per_unit = 1.0 if unit == "W" else 230.0 * (connector.outlet.phases or 3)
    schedule = v16.ChargingSchedule(
        duration=request.duration,
        start_schedule=format_time(at),
        charging_rate_unit=unit,
        charging_schedule_period=[
            v16.ChargingSchedulePeriod(start_period=start_s, limit=round(limit / per_unit, 1))
            for start_s, limit in periods
        ],
    )
    return Obeyed(
        v16.GetCompositeScheduleResponse(
            status="Accepted",
            connector_id=request.connector_id,
            schedule_start=format_time(at),
            charging_schedule=schedule,
        )
    )


def _install(charger: "VirtualCharger", request: v16.InstallCertificate) -> Obeyed:
    taken = charger.memory.keys.install(request.certificate_type, request.certificate)
    return Obeyed(v16.InstallCertificateResponse(status="Accepted" if taken else "Rejected"))


def _delete(charger: "VirtualCharger", request: v16.DeleteCertificate) -> Obeyed:
    named = request.certificate_hash_data
    gone = charger.memory.keys.delete(named.issuer_name_hash, named.issuer_key_hash, named.serial_number)
    return Obeyed(v16.DeleteCertificateResponse(status="Accepted" if gone else "NotFound"))


def _installed(charger: "VirtualCharger", request: v16.GetInstalledCertificateIds) -> Obeyed:
    found = [
        v16.CertificateHashDataType(
            hash_algorithm="SHA256",
            issuer_name_hash=each.issuer_name_hash,
            issuer_key_hash=each.issuer_key_hash,
            serial_number=each.serial_number,
        )
        for each in charger.memory.keys.listed([request.certificate_type])
    ]
    status = "Accepted" if found else "NotFound"
    return Obeyed(
        v16.GetInstalledCertificateIdsResponse(status=status, certificate_hash_data=found or None)  # type: ignore[arg-type]
    )


def _signed(charger: "VirtualCharger", request: v16.CertificateSigned) -> Obeyed:
    if charger.memory.keys.accept(request.certificate_chain):
        return Obeyed(v16.CertificateSignedResponse(status="Accepted"))
    told = partial(charger.uplink.say_security_event, "InvalidChargePointCertificate", "not of the key that asked")
    return Obeyed(v16.CertificateSignedResponse(status="Rejected"), told)


def extended_trigger(charger: "VirtualCharger", message: str) -> orders.After | None:
    """What the security extension and Firmware Management let trigger."""
    match message:
        case "SignChargePointCertificate":
            return orders.sign_request(charger)
        case "LogStatusNotification":
            return partial(charger.transfers.again, "log")
        case "DiagnosticsStatusNotification":
            return partial(charger.transfers.again, "diagnostics")
        case "FirmwareStatusNotification":
            return partial(charger.transfers.again, "firmware")
        case _:
            return None


COMMANDS: Final[dict[type, _Obey]] = {
    v16.UpdateFirmware: _update_firmware,
    v16.SignedUpdateFirmware: _signed_update,
    v16.GetDiagnostics: _diagnostics,
    v16.GetLog: _log,
    v16.ReserveNow: _reserve,
    v16.CancelReservation: _cancel,
    v16.SendLocalList: _send_list,
    v16.GetLocalListVersion: _list_version,
    v16.SetChargingProfile: _set_profile,
    v16.ClearChargingProfile: _clear_profile,
    v16.GetCompositeSchedule: _composite,
    v16.InstallCertificate: _install,
    v16.DeleteCertificate: _delete,
    v16.GetInstalledCertificateIds: _installed,
    v16.CertificateSigned: _signed,
}
