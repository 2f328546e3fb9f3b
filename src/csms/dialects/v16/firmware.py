# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Firmware Management profile and its signed form: UpdateFirmware (§5.19), GetDiagnostics (§5.9), logs.

SignedUpdateFirmware, GetLog and their notifications come from the security white paper (edition 3, L01 and N01).
"""

from typing import Final, Literal

from csms.dialects.base import Inbound, NotExpressibleError, Outbound, needed
from csms.dialects.numbers import int32_or_none
from csms.dialects.outcomes import known_outcome
from csms.dialects.times import format_time
from csms.domain.commands import Command, GetDiagnostics, GetLog, Outcome, OutcomeStatus, UpdateFirmware
from csms.domain.messages import Acknowledged, ProgressReported
from csms.ocpp import v16

_LOGS: Final[dict[str, Literal["DiagnosticsLog", "SecurityLog"]]] = {
    "diagnostics": "DiagnosticsLog",
    "security": "SecurityLog",
}


def write_update(command: UpdateFirmware) -> v16.UpdateFirmware | v16.SignedUpdateFirmware:
    """Fetch and install; signed where a certificate and a signature are given."""
    if command.signing_certificate is None and command.signature is None:
        if command.install_at is not None:
            raise NotExpressibleError("OCPP 1.6 can say when to fetch unsigned firmware, not when to install it")
        return v16.UpdateFirmware(
            location=needed(command.location, "location"),
            retries=command.retries,
            retrieve_date=format_time(command.retrieve_at),
            retry_interval=command.retry_interval_s,
        )
    if command.signing_certificate is None or command.signature is None:
        raise NotExpressibleError("signed firmware needs both, the signing certificate and the signature")
    return v16.SignedUpdateFirmware(
        retries=command.retries,
        retry_interval=command.retry_interval_s,
        request_id=needed(command.request_id, "request id"),
        firmware=v16.FirmwareType(
            location=needed(command.location, "location"),
            retrieve_date_time=format_time(command.retrieve_at),
            install_date_time=None if command.install_at is None else format_time(command.install_at),
            signing_certificate=command.signing_certificate,
            signature=command.signature,
        ),
    )


def read_update(wire: v16.UpdateFirmwareResponse | v16.SignedUpdateFirmwareResponse) -> Outcome:
    """The unsigned one has no status: it was taken."""
    if isinstance(wire, v16.UpdateFirmwareResponse):
        return Outcome(OutcomeStatus.ACCEPTED)
    return known_outcome(wire.status)


def write_diagnostics(command: GetDiagnostics) -> v16.GetDiagnostics:
    """Upload the diagnostics."""
    return v16.GetDiagnostics(
        location=needed(command.location, "location"),
        retries=command.retries,
        retry_interval=command.retry_interval_s,
        start_time=None if command.since is None else format_time(command.since),
        stop_time=None if command.until is None else format_time(command.until),
    )


def read_diagnostics(wire: v16.GetDiagnosticsResponse) -> Outcome:
    """The name of the file; none where there is nothing to upload (§5.9)."""
    if not wire.file_name:
        return Outcome(OutcomeStatus.ACCEPTED, reason="the charger has no diagnostics to upload")
    return Outcome(OutcomeStatus.ACCEPTED, reason=f"file {wire.file_name}")


def write_log(command: GetLog) -> v16.GetLog:
    """Upload a log."""
    if command.log not in _LOGS:
        raise NotExpressibleError(f"OCPP 1.6 has no log {command.log!r}, only {', '.join(_LOGS)}")
    return v16.GetLog(
        log=v16.LogParametersType(
            remote_location=needed(command.location, "location"),
            oldest_timestamp=None if command.since is None else format_time(command.since),
            latest_timestamp=None if command.until is None else format_time(command.until),
        ),
        log_type=_LOGS[command.log],
        request_id=needed(command.request_id, "request id"),
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )


def read_log(wire: v16.GetLogResponse) -> Outcome:
    """Accepted (what was under way may have been cancelled for it) or Rejected."""
    outcome = known_outcome(wire.status)
    if outcome.reason is None and wire.filename:
        return Outcome(outcome.status, reason=f"file {wire.filename}")
    return outcome


def read_firmware_status(wire: v16.FirmwareStatusNotification) -> ProgressReported:
    """How far an update is; it does not say which (§4.5)."""
    return ProgressReported(kind="firmware", status=wire.status)


def answer_firmware_status(_: Acknowledged) -> v16.FirmwareStatusNotificationResponse:
    """Stored."""
    return v16.FirmwareStatusNotificationResponse()


def read_signed_firmware_status(wire: v16.SignedFirmwareStatusNotification) -> ProgressReported:
    """How far a signed update is."""
    return ProgressReported(kind="firmware", status=wire.status, request_id=int32_or_none(wire.request_id))


def answer_signed_firmware_status(_: Acknowledged) -> v16.SignedFirmwareStatusNotificationResponse:
    """Stored."""
    return v16.SignedFirmwareStatusNotificationResponse()


def read_diagnostics_status(wire: v16.DiagnosticsStatusNotification) -> ProgressReported:
    """How far an upload of diagnostics is; it does not say which (§4.4)."""
    return ProgressReported(kind="diagnostics", status=wire.status)


def answer_diagnostics_status(_: Acknowledged) -> v16.DiagnosticsStatusNotificationResponse:
    """Stored."""
    return v16.DiagnosticsStatusNotificationResponse()


def read_log_status(wire: v16.LogStatusNotification) -> ProgressReported:
    """How far the upload of a log is."""
    return ProgressReported(kind="log", status=wire.status, request_id=int32_or_none(wire.request_id))


def answer_log_status(_: Acknowledged) -> v16.LogStatusNotificationResponse:
    """Stored."""
    return v16.LogStatusNotificationResponse()


INBOUND: Final[dict[type, Inbound]] = {
    v16.FirmwareStatusNotification: Inbound(read_firmware_status, answer_firmware_status),
    v16.SignedFirmwareStatusNotification: Inbound(read_signed_firmware_status, answer_signed_firmware_status),
    v16.DiagnosticsStatusNotification: Inbound(read_diagnostics_status, answer_diagnostics_status),
    v16.LogStatusNotification: Inbound(read_log_status, answer_log_status),
}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    UpdateFirmware: Outbound("UpdateFirmware", write_update, read_update, also=("SignedUpdateFirmware",)),
    GetDiagnostics: Outbound("GetDiagnostics", write_diagnostics, read_diagnostics),
    GetLog: Outbound("GetLog", write_log, read_log),
}
