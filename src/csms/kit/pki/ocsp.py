# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Is a certificate revoked? Questions and answers of the Online Certificate Status Protocol (RFC 6960)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

_ALGORITHMS: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_SKEW: Final = timedelta(minutes=5)
_UNSAID: Final = timedelta(hours=1)  # how long an answer holds that does not say so
Status = Literal["good", "revoked", "unknown"]


class OcspError(Exception):
    """No answer that could be believed; the text says why."""


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """What is known of a certificate, and until when."""

    status: Status
    until: datetime


def make_request(algorithm: str, name_hash: str, key_hash: str, serial: str) -> bytes:
    """The question about a certificate, named by hashes in hex. Raises OcspError."""
    try:
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            bytes.fromhex(name_hash), bytes.fromhex(key_hash), int(serial, 16), _ALGORITHMS[algorithm]()
        )
        return builder.build().public_bytes(serialization.Encoding.DER)
    except (ValueError, KeyError, TypeError) as error:
        raise OcspError(f"the hashes do not name a certificate: {error}") from error


def read_answer(der: bytes, serial: str, trusted: Sequence[x509.Certificate], now: datetime) -> OcspAnswer:
    """A responder's answer, signed by a trusted authority or by a responder that one of them made. Raises OcspError."""
    try:
        answer = ocsp.load_der_ocsp_response(der)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise OcspError(f"the responder says {answer.response_status.name.lower()}")
        number, known = answer.serial_number, answer.certificate_status
        since, until = answer.this_update_utc, answer.next_update_utc
    except (ValueError, UnsupportedAlgorithm) as error:
        raise OcspError("the answer is no OCSP response") from error
    if number != int(serial, 16):
        raise OcspError("the answer is about another certificate")
    if since > now + _SKEW or (until is not None and until < now - _SKEW):
        raise OcspError("the answer is not of now")
    if not _is_signed(answer, trusted, now):
        raise OcspError("the answer is not signed by an authority that is trusted here")
    status: Status = "unknown"
    if known is ocsp.OCSPCertStatus.GOOD:
        status = "good"
    elif known is ocsp.OCSPCertStatus.REVOKED:
        status = "revoked"
    return OcspAnswer(status, until or now + _UNSAID)


def _is_signed(answer: ocsp.OCSPResponse, trusted: Sequence[x509.Certificate], now: datetime) -> bool:
    signers = [*trusted, *(own for own in answer.certificates if _may_answer(own, trusted, now))]
    return any(_signs(signer, answer) for signer in signers)


def _may_answer(own: x509.Certificate, trusted: Sequence[x509.Certificate], now: datetime) -> bool:
    """A responder's certificate: made by a trusted authority for just this (RFC 6960 §4.2.2.2)."""
    try:
        usage = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    if ExtendedKeyUsageOID.OCSP_SIGNING not in usage or not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        return False
    return any(_is_issued_by(own, authority) for authority in trusted)


def _is_issued_by(own: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        own.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _signs(signer: x509.Certificate, answer: ocsp.OCSPResponse) -> bool:
    key, algorithm = signer.public_key(), answer.signature_hash_algorithm
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        else:
            return False
    except InvalidSignature:
        return False
    return True
