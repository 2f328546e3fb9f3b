# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Firmware (L), certificates (A, M), logs and security events (A04, N01)."""

from typing import Any, Final

from csms.dialects.base import Inbound, Outbound, needed
from csms.dialects.numbers import int32_or_none
from csms.dialects.times import format_time, parse_time
from csms.dialects.v2.authorization import read_ocsp_query, write_token
from csms.dialects.v2.mirror import to_domain, to_wire, word
from csms.dialects.v2.outcomes import read_status
from csms.dialects.v2.plain import plain
from csms.domain.certificates import CertificateHash
from csms.domain.commands import (
    Command,
    DeleteCertificate,
    GetDiagnostics,
    GetInstalledCertificates,
    GetLog,
    InstallCertificate,
    PublishFirmware,
    RequestBatterySwap,
    SendSignedCertificate,
    UnpublishFirmware,
    UpdateFirmware,
)
from csms.domain.messages import (
    Acknowledged,
    CertificateChainStatusAnswer,
    CertificateChainStatusRequested,
    CertificateRequested,
    CertificateStatusAnswer,
    CertificateStatusRequested,
    ContractCertificateAnswer,
    ContractCertificateRequested,
    DecisionAnswer,
    ProgressReported,
    SecurityEventReported,
)
from csms.ocpp import v21

_ROOTS: Final = {
    "csms_root": "CSMSRootCertificate",
    "manufacturer_root": "ManufacturerRootCertificate",
    "mo_root": "MORootCertificate",
    "oem_root": "OEMRootCertificate",
    "v2g_chain": "V2GCertificateChain",
    "v2g_root": "V2GRootCertificate",
}
_KINDS: Final = {
    "charging_station": "ChargingStationCertificate",
    "v2g": "V2GCertificate",
    "v2g20": "V2G20Certificate",
}
_KIND_WORDS: Final = {spelt: kind for kind, spelt in _KINDS.items()}
_LOGS: Final = {"diagnostics": "DiagnosticsLog", "security": "SecurityLog", "data_collector": "DataCollectorLog"}
_CHAIN_STATUS: Final = {"good": "Good", "revoked": "Revoked", "unknown": "Unknown", "failed": "Failed"}


def write_update(command: UpdateFirmware) -> v21.UpdateFirmware:
    """Fetch and install; signed where a certificate and a signature are given (L01), else not (L02)."""
    firmware = v21.FirmwareType(
        location=needed(command.location, "location"),
        retrieve_date_time=format_time(command.retrieve_at),
        install_date_time=None if command.install_at is None else format_time(command.install_at),
        signing_certificate=command.signing_certificate,
        signature=command.signature,
    )
    return v21.UpdateFirmware(
        request_id=needed(command.request_id, "request id"),
        firmware=firmware,
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )


def write_publish(command: PublishFirmware) -> v21.PublishFirmware:
    """Fetch and offer (L03)."""
    return v21.PublishFirmware(
        location=needed(command.location, "location"),
        checksum=needed(command.checksum, "checksum"),
        request_id=needed(command.request_id, "request id"),
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )


def write_log(command: GetLog | GetDiagnostics) -> v21.GetLog:
    """Upload a log."""
    kind = _LOGS[command.log] if isinstance(command, GetLog) else "DiagnosticsLog"
    return v21.GetLog(
        log=v21.LogParametersType(
            remote_location=needed(command.location, "location"),
            oldest_timestamp=None if command.since is None else format_time(command.since),
            latest_timestamp=None if command.until is None else format_time(command.until),
        ),
        log_type=kind,  # type: ignore[arg-type]
        request_id=needed(command.request_id, "request id"),
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )


def write_install(command: InstallCertificate) -> v21.InstallCertificate:
    """Trust a root."""
    return v21.InstallCertificate(
        certificate_type=_ROOTS[command.kind],  # type: ignore[arg-type]
        certificate=command.certificate,
    )


def write_delete(command: DeleteCertificate) -> v21.DeleteCertificate:
    """Forget a certificate."""
    return v21.DeleteCertificate(certificate_hash_data=write_hash(command.certificate))


def write_hash(certificate: CertificateHash) -> v21.CertificateHashDataType:
    """Issuer and serial number."""
    return to_wire(certificate, v21.CertificateHashDataType)


def write_installed(command: GetInstalledCertificates) -> v21.GetInstalledCertificateIds:
    """Which are there?"""
    kinds: list[Any] = [_ROOTS[kind] for kind in command.kinds]
    return v21.GetInstalledCertificateIds(certificate_type=kinds or None)


def write_signed(command: SendSignedCertificate) -> v21.CertificateSigned:
    """The certificate that the charger asked for."""
    return v21.CertificateSigned(
        certificate_chain=command.certificate_chain,
        certificate_type=_KINDS[command.kind],  # type: ignore[arg-type]
        request_id=command.request_id,
    )


def write_swap(command: RequestBatterySwap) -> v21.RequestBatterySwap:
    """Swap batteries for a token."""
    return v21.RequestBatterySwap(
        id_token=write_token(command.token, command.token_type), request_id=needed(command.request_id, "request id")
    )


def read_firmware_status(wire: v21.FirmwareStatusNotification) -> ProgressReported:
    """How far an update is."""
    return ProgressReported("firmware", wire.status, int32_or_none(wire.request_id), _info(wire.status_info))


def _info(info: v21.StatusInfoType | None) -> str | None:
    if info is None:
        return None
    return f"{info.reason_code}: {info.additional_info}" if info.additional_info else info.reason_code


def answer_firmware_status(_: Acknowledged) -> v21.FirmwareStatusNotificationResponse:
    """Stored."""
    return v21.FirmwareStatusNotificationResponse()


def read_log_status(wire: v21.LogStatusNotification) -> ProgressReported:
    """How far an upload is."""
    return ProgressReported("log", wire.status, int32_or_none(wire.request_id), _info(wire.status_info))


def answer_log_status(_: Acknowledged) -> v21.LogStatusNotificationResponse:
    """Stored."""
    return v21.LogStatusNotificationResponse()


def read_publish_status(wire: v21.PublishFirmwareStatusNotification) -> ProgressReported:
    """How far publishing is, and where the firmware can be fetched."""
    details = {"locations": wire.location} if wire.location else {}
    return ProgressReported(
        "publish_firmware", wire.status, int32_or_none(wire.request_id), _info(wire.status_info), details
    )


def answer_publish_status(_: Acknowledged) -> v21.PublishFirmwareStatusNotificationResponse:
    """Stored."""
    return v21.PublishFirmwareStatusNotificationResponse()


def read_security_event(wire: v21.SecurityEventNotification) -> SecurityEventReported:
    """A security event."""
    return SecurityEventReported(wire.type, parse_time(wire.timestamp), wire.tech_info)


def answer_security_event(_: Acknowledged) -> v21.SecurityEventNotificationResponse:
    """Stored."""
    return v21.SecurityEventNotificationResponse()


def read_sign(wire: v21.SignCertificate) -> CertificateRequested:
    """A CSR."""
    kind = wire.certificate_type
    return CertificateRequested(
        wire.csr,
        "charging_station" if kind is None else _KIND_WORDS.get(kind, word(kind)),
        int32_or_none(wire.request_id),
    )


def answer_sign(answer: DecisionAnswer) -> v21.SignCertificateResponse:
    """Whether it will be signed."""
    info = None
    if answer.reason is not None:
        info = v21.StatusInfoType(reason_code="InvalidCSR", additional_info=answer.reason[:1024])
    return v21.SignCertificateResponse(status="Accepted" if answer.accepted else "Rejected", status_info=info)


def read_contract(wire: v21.Get15118EVCertificate) -> ContractCertificateRequested:
    """A vehicle wants its contract certificate."""
    return ContractCertificateRequested(
        schema_version=wire.iso15118_schema_version,
        action=word(wire.action),
        exi_request=wire.exi_request,
        maximum_chains=wire.maximum_contract_certificate_chains,
        prioritized_emaids=tuple(wire.prioritized_emaids or ()),
    )


def answer_contract(answer: ContractCertificateAnswer) -> v21.Get15118EVCertificateResponse:
    """What the provider said."""
    return v21.Get15118EVCertificateResponse(
        status="Accepted" if answer.accepted else "Failed",
        exi_response=answer.exi_response,
        remaining_contracts=answer.remaining,
    )


def read_certificate_status(wire: v21.GetCertificateStatus) -> CertificateStatusRequested:
    """Is it revoked?"""
    return CertificateStatusRequested(read_ocsp_query(wire.ocsp_request_data))


def answer_certificate_status(answer: CertificateStatusAnswer) -> v21.GetCertificateStatusResponse:
    """The responder's answer, or that there is none and why."""
    info = None
    if answer.reason is not None:
        info = v21.StatusInfoType(reason_code="OCSPFailed", additional_info=answer.reason[:1024])
    return v21.GetCertificateStatusResponse(
        status="Failed" if answer.ocsp_result is None else "Accepted",
        ocsp_result=answer.ocsp_result,
        status_info=info,
    )


def read_chain_status(wire: v21.GetCertificateChainStatus) -> CertificateChainStatusRequested:
    """Are they revoked?"""
    return CertificateChainStatusRequested(
        tuple(
            (to_domain(item.certificate_hash_data, CertificateHash), word(item.source), tuple(item.urls))
            for item in wire.certificate_status_requests
        )
    )


def answer_chain_status(answer: CertificateChainStatusAnswer) -> v21.GetCertificateChainStatusResponse:
    """Each with its status."""
    return v21.GetCertificateChainStatusResponse(
        certificate_status=[
            v21.CertificateStatusType(
                certificate_hash_data=write_hash(query[0]),
                source=query[1].upper(),  # type: ignore[arg-type]
                status=_CHAIN_STATUS[status],  # type: ignore[arg-type]
                next_update=format_time(until),
            )
            for query, (status, until) in zip(answer.queries, answer.statuses, strict=True)
        ]
    )


INBOUND: Final[dict[type, Inbound]] = {
    v21.FirmwareStatusNotification: Inbound(read_firmware_status, answer_firmware_status),
    v21.LogStatusNotification: Inbound(read_log_status, answer_log_status),
    v21.PublishFirmwareStatusNotification: Inbound(read_publish_status, answer_publish_status),
    v21.SecurityEventNotification: Inbound(read_security_event, answer_security_event),
    v21.SignCertificate: Inbound(read_sign, answer_sign),
    v21.Get15118EVCertificate: Inbound(read_contract, answer_contract),
    v21.GetCertificateStatus: Inbound(read_certificate_status, answer_certificate_status),
    v21.GetCertificateChainStatus: Inbound(read_chain_status, answer_chain_status),
}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    UpdateFirmware: Outbound("UpdateFirmware", write_update, read_status),
    PublishFirmware: Outbound("PublishFirmware", write_publish, read_status),
    UnpublishFirmware: plain(v21.UnpublishFirmware),
    GetLog: Outbound("GetLog", write_log, read_status),
    GetDiagnostics: Outbound("GetLog", write_log, read_status),
    InstallCertificate: Outbound("InstallCertificate", write_install, read_status),
    DeleteCertificate: Outbound("DeleteCertificate", write_delete, read_status),
    GetInstalledCertificates: Outbound("GetInstalledCertificateIds", write_installed, read_status),
    SendSignedCertificate: Outbound("CertificateSigned", write_signed, read_status),
    RequestBatterySwap: Outbound("RequestBatterySwap", write_swap, read_status),
}
