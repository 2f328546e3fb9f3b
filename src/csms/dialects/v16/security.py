# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Security extension (white paper for OCPP 1.6-J, edition 3): events (A04) and certificates (A02, M03 to M05)."""

from typing import Final, Literal

from csms.dialects.base import Inbound, NotExpressibleError, Outbound
from csms.dialects.outcomes import known_outcome
from csms.dialects.times import parse_time
from csms.domain.certificates import CertificateHash
from csms.domain.commands import (
    Command,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
    Outcome,
    SendSignedCertificate,
)
from csms.domain.messages import Acknowledged, CertificateRequested, DecisionAnswer, SecurityEventReported
from csms.ocpp import v16

Root = Literal["CentralSystemRootCertificate", "ManufacturerRootCertificate"]
_ROOTS: Final[dict[str, Root]] = {
    "csms_root": "CentralSystemRootCertificate",
    "manufacturer_root": "ManufacturerRootCertificate",
}
_HASHES: Final[dict[str, Literal["SHA256", "SHA384", "SHA512"]]] = {
    "sha256": "SHA256",
    "sha384": "SHA384",
    "sha512": "SHA512",
}


def _root(kind: str) -> Root:
    if kind not in _ROOTS:
        raise NotExpressibleError(f"OCPP 1.6 has no certificates of kind {kind!r}, only {', '.join(_ROOTS)}")
    return _ROOTS[kind]


def write_install(command: InstallCertificate) -> v16.InstallCertificate:
    """Trust a root."""
    return v16.InstallCertificate(certificate_type=_root(command.kind), certificate=command.certificate)


def write_delete(command: DeleteCertificate) -> v16.DeleteCertificate:
    """Forget a certificate."""
    return v16.DeleteCertificate(certificate_hash_data=_write_hash(command.certificate))


def _write_hash(certificate: CertificateHash) -> v16.CertificateHashDataType:
    return v16.CertificateHashDataType(
        hash_algorithm=_HASHES[certificate.hash_algorithm],
        issuer_name_hash=certificate.issuer_name_hash,
        issuer_key_hash=certificate.issuer_key_hash,
        serial_number=certificate.serial_number,
    )


def write_installed(command: GetInstalledCertificates) -> v16.GetInstalledCertificateIds:
    """Which are there? 1.6 is asked for one kind at a time."""
    if len(command.kinds) != 1:
        raise NotExpressibleError(f"OCPP 1.6 is asked for exactly one kind of certificates: {' or '.join(_ROOTS)}")
    return v16.GetInstalledCertificateIds(certificate_type=_root(command.kinds[0]))


def write_signed(command: SendSignedCertificate) -> v16.CertificateSigned:
    """The certificate that the charger asked for."""
    if command.kind != "charging_station":
        raise NotExpressibleError("OCPP 1.6 knows only the charger's own certificate")
    return v16.CertificateSigned(certificate_chain=command.certificate_chain)


def read_outcome(
    wire: v16.InstallCertificateResponse
    | v16.DeleteCertificateResponse
    | v16.GetInstalledCertificateIdsResponse
    | v16.CertificateSignedResponse,
) -> Outcome:
    """Accepted, or why not; the list of certificates stands in the raw answer."""
    return known_outcome(wire.status)


def read_sign(wire: v16.SignCertificate) -> CertificateRequested:
    """A CSR for the charger's own certificate."""
    return CertificateRequested(wire.csr)


def answer_sign(answer: DecisionAnswer) -> v16.SignCertificateResponse:
    """Whether it will be signed."""
    return v16.SignCertificateResponse(status="Accepted" if answer.accepted else "Rejected")


def read_security_event(wire: v16.SecurityEventNotification) -> SecurityEventReported:
    """A security event."""
    return SecurityEventReported(wire.type, parse_time(wire.timestamp), wire.tech_info)


def answer_security_event(_: Acknowledged) -> v16.SecurityEventNotificationResponse:
    """Stored."""
    return v16.SecurityEventNotificationResponse()


INBOUND: Final[dict[type, Inbound]] = {
    v16.SecurityEventNotification: Inbound(read_security_event, answer_security_event),
    v16.SignCertificate: Inbound(read_sign, answer_sign),
}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    InstallCertificate: Outbound("InstallCertificate", write_install, read_outcome),
    DeleteCertificate: Outbound("DeleteCertificate", write_delete, read_outcome),
    GetInstalledCertificates: Outbound("GetInstalledCertificateIds", write_installed, read_outcome),
    SendSignedCertificate: Outbound("CertificateSigned", write_signed, read_outcome),
}
