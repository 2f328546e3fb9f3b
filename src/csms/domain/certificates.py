# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Certificates, named by their hashes."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class CertificateHash(Struct, frozen=True, forbid_unknown_fields=True):
    """Issuer and serial number, as RFC 6960 names a certificate."""

    hash_algorithm: Literal["sha256", "sha384", "sha512"]
    issuer_name_hash: Annotated[str, Meta(max_length=128)]
    issuer_key_hash: Annotated[str, Meta(max_length=128)]
    serial_number: Annotated[str, Meta(max_length=40)]


class OcspQuery(Struct, frozen=True):
    """Which certificate, and who answers for it."""

    certificate: CertificateHash
    responder_url: str
