# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The installation's own certificate authority: made at the first need, kept beside the installation's key."""

import contextlib
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from csms.kit.errors import InvalidError

FILE: Final = "chargers-ca.pem"  # the certificate and its private key
_LIFE: Final = timedelta(days=20 * 365)
_BACK: Final = timedelta(hours=1)  # clocks of chargers are late
_ONLY_OWNER: Final = 0o600


@dataclass(frozen=True, slots=True)
class Issued:
    """A signed certificate with its authority after it, in PEM; the serial number in hex."""

    chain: str
    serial: str
    subject: str
    not_before: datetime
    not_after: datetime


class Authority:
    """Signs certificates of chargers."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @property
    def pem(self) -> str:
        """What those must trust who check certificates of chargers."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def not_after(self) -> datetime:
        """When its time is over; nothing that it signed holds longer."""
        return self._certificate.not_valid_after_utc

    @classmethod
    def load_or_create(cls, folder: Path, now: datetime) -> Self:
        """Read it; make it at the first need. Several processes may start at once: all get the same."""
        path = folder / FILE
        if not path.exists():
            _create(path, now)
        try:
            content = path.read_bytes()
            certificate = x509.load_pem_x509_certificate(content)
            key = serialization.load_pem_private_key(content, None)
        except (OSError, ValueError, TypeError) as error:
            raise InvalidError(
                f"{path} is damaged: restore it from a backup, or take it away to have a new authority made; chargers "
                "need new certificates then"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise InvalidError(f"the key in {path} is not that of the certificate in it")
        return cls(certificate, key)

    def sign(self, csr: x509.CertificateSigningRequest, now: datetime, life: timedelta) -> Issued:
        """A certificate for the request's key and subject, for TLS clients; nothing else of it is taken over."""
        not_before, not_after = now - _BACK, min(now + life, self._certificate.not_valid_after_utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(csr.subject)
            .issuer_name(self._certificate.subject)
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Issued(
            chain=certificate.public_bytes(serialization.Encoding.PEM).decode() + self.pem,
            serial=f"{certificate.serial_number:x}",
            subject=certificate.subject.rfc4514_string(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _create(path: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CSMS Lite chargers")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _ONLY_OWNER)
    with os.fdopen(descriptor, "wb") as file:
        file.write(private + certificate.public_bytes(serialization.Encoding.PEM))
    with contextlib.suppress(FileExistsError):  # another process was faster: its authority is ours
        os.link(draft, path)
    draft.unlink()
