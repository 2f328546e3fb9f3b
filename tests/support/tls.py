# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""An authority of the tests' own, certificates by it, and contexts that use them."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


@dataclass(frozen=True)
class Files:
    """A certificate and its key, in PEM."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; everything is written below a folder."""

    def __init__(self, folder: Path, name: str = "Test CA") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + 365 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, common: str, *, expired: bool = False, file: str | None = None) -> Files:
        """A certificate for a name; it holds for 127.0.0.1 too."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(common))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 30 * DAY)
            .not_valid_after(now - DAY if expired else now + 30 * DAY)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        stem = file or f"{common}-{certificate.serial_number}"
        files = Files(self._folder / f"{stem}.pem", self._folder / f"{stem}.key")
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files

    def contract(self, name: str = "DE-ABC-C123", *, expired: bool = False) -> x509.Certificate:
        """A contract certificate."""
        return x509.load_pem_x509_certificate(self.issue(name, expired=expired).certificate.read_bytes())

    def hashes_of(self, certificate: x509.Certificate) -> dict[str, str]:
        """OCPP's name for a certificate that this authority made."""
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, self.certificate, hashes.SHA256()).build()
        return {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": request.issuer_name_hash.hex(),
            "issuerKeyHash": request.issuer_key_hash.hex(),
            "serialNumber": f"{certificate.serial_number:x}",
        }

    def responds(self, certificate: x509.Certificate, *, revoked: bool = False, old: bool = False) -> bytes:
        """An OCSP answer about it, signed by the authority itself."""
        now = datetime.now(UTC).replace(microsecond=0) - (10 * DAY if old else timedelta(0))
        status = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
        builder = ocsp.OCSPResponseBuilder().add_response(
            certificate,
            self.certificate,
            hashes.SHA256(),
            status,
            now,
            now + DAY,
            now if revoked else None,
            None,
        )
        signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate).sign(
            self._key, hashes.SHA256()
        )
        return signed.public_bytes(serialization.Encoding.DER)

    def client(self, own: Files | None = None) -> ssl.SSLContext:
        """A charger's context: it trusts this authority, and shows a certificate if it has one."""
        context = ssl.create_default_context(cafile=self.file)
        if own is not None:
            context.load_cert_chain(own.certificate, own.key)
        return context


def make_csr(common: str, *, rsa_bits: int = 0, algorithm: hashes.HashAlgorithm | None = None) -> tuple[str, bytes]:
    """A request and its key, both in PEM."""
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = (
        rsa.generate_private_key(65_537, rsa_bits) if rsa_bits else ec.generate_private_key(ec.SECP256R1())
    )
    csr = x509.CertificateSigningRequestBuilder().subject_name(_name(common)).sign(key, algorithm or hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return csr.public_bytes(serialization.Encoding.PEM).decode(), private
