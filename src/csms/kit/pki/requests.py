# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Certificate signing requests (PKCS #10), judged before anybody signs them."""

from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

MAX_BYTES: Final = 10_000
_MIN_RSA_BITS: Final = 2048
_MIN_EC_BITS: Final = 224  # 2.x A00.FR.508
_WEAK: Final = frozenset({"md5", "sha1"})


class CsrError(ValueError):
    """The request is not signed; the text says why."""


def read_csr(pem: str, identity: str | None) -> x509.CertificateSigningRequest:
    """A request that may be signed. With an identity its common name must be that. Raises CsrError.

    Key lengths and hashes as 2.x Part 2 A00.FR.508 and FR.510 and the 1.6 white paper ask for.
    """
    if len(pem) > MAX_BYTES:
        raise CsrError(f"the request is longer than {MAX_BYTES} bytes")
    try:
        csr = x509.load_pem_x509_csr(pem.encode())
        key = csr.public_key()
        signed = csr.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise CsrError("the request is no certificate signing request in PEM") from error
    if not signed:
        raise CsrError("the request is not signed with its own key")
    algorithm = csr.signature_hash_algorithm
    if algorithm is not None and algorithm.name in _WEAK:
        raise CsrError(f"the request is signed with {algorithm.name}, which is too weak")
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < _MIN_RSA_BITS:
            raise CsrError(f"the RSA key has {key.key_size} bits, at least {_MIN_RSA_BITS} are needed")
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.key_size < _MIN_EC_BITS:
            raise CsrError(f"the key's curve has {key.curve.key_size} bits, at least {_MIN_EC_BITS} are needed")
    elif not isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        raise CsrError("the key is of a kind that is not signed here")
    names = [str(name.value) for name in csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(names) != 1:
        raise CsrError("the subject needs exactly one common name")
    if identity is not None and names[0].casefold() != identity.casefold():
        raise CsrError(f"the common name is {names[0][:100]!r}, the charger is {identity!r}")
    return csr
