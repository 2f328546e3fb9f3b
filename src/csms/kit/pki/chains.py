# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chains of certificates, held against authorities that are trusted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

MAX_LENGTH: Final = 10
Problem = Literal["certificate_expired", "signature_error", "cert_chain_error"]


class ChainError(Exception):
    """The chain is not good; `problem` says how, in OCPP's words (2.x AuthorizeCertificateStatusEnumType)."""

    def __init__(self, problem: Problem, text: str) -> None:
        super().__init__(text)
        self.problem: Problem = problem


def read_chain(pem: str) -> list[x509.Certificate]:
    """Certificates in PEM, the first is the one in question. Raises ChainError."""
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ChainError("cert_chain_error", "no certificates in PEM") from error
    if len(found) > MAX_LENGTH:
        raise ChainError("cert_chain_error", f"more than {MAX_LENGTH} certificates")
    return found


def verify_chain(chain: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate], now: datetime) -> None:
    """Each is valid now and made by the next, the last by one that is trusted. Raises ChainError."""
    current, rest = chain[0], list(chain[1:])
    for _ in range(MAX_LENGTH):
        if not current.not_valid_before_utc <= now <= current.not_valid_after_utc:
            raise ChainError("certificate_expired", f"{current.subject.rfc4514_string()} is not valid now")
        if current in trusted:
            return
        made_by = [one for one in (*trusted, *rest) if one.subject == current.issuer and one is not current]
        if not made_by:
            raise ChainError("cert_chain_error", f"who made {current.subject.rfc4514_string()} is not trusted here")
        issuers = [one for one in made_by if _is_authority(one) and _made(one, current)]
        if not issuers:
            raise ChainError("signature_error", f"{current.subject.rfc4514_string()} is not signed by who it says")
        current = issuers[0]
        rest = [one for one in rest if one is not current]
    raise ChainError("cert_chain_error", "the chain does not end")


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _made(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
