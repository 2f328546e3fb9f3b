# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The certificates of a virtual charger: its own key and chain, the roots it trusts (1.6 whitepaper, 2.x A and M)."""

import hashlib
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Known:
    """A certificate by which OCPP names it: hashes of issuer and key in hexadecimal (SHA256), serial number in hex."""

    kind: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    @property
    def name(self) -> tuple[str, str, str]:
        """Without its use."""
        return self.issuer_name_hash.lower(), self.issuer_key_hash.lower(), self.serial_number.lower().lstrip("0")


class Keyring:
    """Keys and certificates, in memory only."""

    def __init__(self) -> None:
        self.roots: dict[tuple[str, str, str], Known] = {}
        self.chain: str | None = None
        self._key: ec.EllipticCurvePrivateKey | None = None

    def request(self, common_name: str, organization: str) -> str:
        """A CSR (PEM) with a fresh key."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        names = [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common_name)]
        subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in names])
        csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(self._key, hashes.SHA256())
        return csr.public_bytes(Encoding.PEM).decode()

    def accept(self, chain: str) -> bool:
        """Keep a chain if its first certificate is of the key that was asked with."""
        leaf = _load(chain)
        if leaf is None or self._key is None or _spki(leaf.public_key()) != _spki(self._key.public_key()):
            return False
        self.chain = chain
        return True

    def install(self, kind: str, pem: str) -> bool:
        """Trust a root; False for what is no certificate."""
        root = _load(pem)
        if root is None:
            return False
        known = Known(kind, _sha256(root.issuer.public_bytes()), _sha256(_bits(root)), f"{root.serial_number:x}")
        self.roots[known.name] = known
        return True

    def delete(self, issuer_name_hash: str, issuer_key_hash: str, serial_number: str) -> bool:
        """Trust it no longer; False if it is not there."""
        wanted = Known("", issuer_name_hash, issuer_key_hash, serial_number)
        return self.roots.pop(wanted.name, None) is not None

    def listed(self, kinds: Iterable[str] | None) -> list[Known]:
        """What is trusted; of all kinds if none is named."""
        wanted = None if kinds is None else frozenset(kinds)
        return [known for known in self.roots.values() if wanted is None or known.kind in wanted]


def is_signed(image: bytes, certificate: str, signature: bytes) -> bool:
    """Whether the certificate's key signed the image (SHA-256; ECDSA, RSA-PSS or RSA with PKCS #1 v1.5)."""
    signer = _load(certificate)
    if signer is None:
        return False
    key = signer.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _verifies(lambda: key.verify(signature, image, ec.ECDSA(hashes.SHA256())))
    if isinstance(key, rsa.RSAPublicKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
        return any(
            _verifies(lambda used=used: key.verify(signature, image, used, hashes.SHA256()))  # type: ignore[misc]
            for used in (pss, padding.PKCS1v15())
        )
    return False


def _verifies(check: Callable[[], None]) -> bool:
    try:
        check()
    except InvalidSignature:
        return False
    return True


def _load(pem: str) -> x509.Certificate | None:
    try:
        with warnings.catch_warnings(action="ignore"):
            return x509.load_pem_x509_certificates(pem.encode())[0]
    except ValueError:
        return None


def _spki(key: object) -> bytes:
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return found


def _bits(certificate: x509.Certificate) -> bytes:
    """The bits of a root's key, which is its issuer's, as OCSP hashes them (RFC 6960 §4.1.1)."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _spki(key)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
