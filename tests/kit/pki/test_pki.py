# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests are judged, and the authority signs what passes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from csms.kit.errors import InvalidError
from csms.kit.pki.authority import FILE, Authority
from csms.kit.pki.requests import CsrError, read_csr
from tests.support.tls import make_csr

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _pem(builder: x509.CertificateSigningRequestBuilder, key: ec.EllipticCurvePrivateKey) -> str:
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_requests_that_may_be_signed() -> None:
    """The identity in any letter case; without an identity any one name."""
    for pem, identity in (
        (make_csr("CP1")[0], "CP1"),
        (make_csr("cp1")[0], "CP1"),
        (make_csr("CP1", rsa_bits=2048)[0], "CP1"),
        (make_csr("SECC-7")[0], None),
    ):
        assert read_csr(pem, identity).is_signature_valid
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CP1")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, None)
    assert read_csr(csr.public_bytes(serialization.Encoding.PEM).decode(), "CP1")


def test_requests_that_may_not() -> None:
    """Each with its reason."""
    good, _ = make_csr("CP1")
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in ("CP1", "CP2")]
    lines = good.splitlines()
    flipped = lines[3][:10] + ("A" if lines[3][10] != "A" else "B") + lines[3][11:]
    tampered = "\n".join([*lines[:3], flipped, *lines[4:]])
    for pem, word in (
        ("nonsense", "no certificate signing request"),
        ("x" * 10_001, "longer than"),
        (tampered, "own key|no certificate"),
        (make_csr("CP2")[0], "the charger is 'CP1'"),
        (make_csr("CP1", rsa_bits=1024)[0], "1024 bits"),
        (_pem(x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])), key), "exactly one common name"),
        (_pem(x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)), key), "exactly one"),
    ):
        with pytest.raises(CsrError, match=word):
            read_csr(pem, "CP1")
    small = ec.generate_private_key(ec.SECP192R1())
    weak = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names[:1]))
    with pytest.raises(CsrError, match="192 bits"):
        read_csr(_pem(weak, small), "CP1")


def test_the_authority_is_made_once_and_signs(tmp_path: Path) -> None:
    """Readable by its owner only; the certificate is for clients, ends in time, and is signed by the authority."""
    authority = Authority.load_or_create(tmp_path, NOW)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    assert Authority.load_or_create(tmp_path, NOW).pem == authority.pem
    assert "PRIVATE" not in authority.pem
    issued = authority.sign(read_csr(make_csr("CP1")[0], "CP1"), NOW, timedelta(days=30))
    own, ca = x509.load_pem_x509_certificates(issued.chain.encode())
    own.verify_directly_issued_by(ca)
    assert (issued.subject, issued.serial) == ("CN=CP1", f"{own.serial_number:x}")
    assert issued.not_after == NOW + timedelta(days=30)
    assert not own.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [item._name for item in usage] == ["clientAuth"]
    forever = authority.sign(read_csr(make_csr("CP1")[0], "CP1"), NOW, timedelta(days=36_500))
    assert forever.not_after == ca.not_valid_after_utc


def test_a_damaged_authority_is_not_made_anew(tmp_path: Path) -> None:
    """Certificates that are out there hang on it: the text says what to do."""
    Authority.load_or_create(tmp_path, NOW)
    (tmp_path / FILE).write_text("broken")
    with pytest.raises(InvalidError, match="restore it from a backup"):
        Authority.load_or_create(tmp_path, NOW)
    (tmp_path / FILE).unlink()
    first = Authority.load_or_create(tmp_path, NOW)
    content = (tmp_path / FILE).read_text().split("-----BEGIN CERTIFICATE")[0]
    (tmp_path / FILE).unlink()
    Authority.load_or_create(tmp_path, NOW)
    (tmp_path / FILE).write_text(content + first.pem)
    assert Authority.load_or_create(tmp_path, NOW).pem == first.pem
    other = (tmp_path / FILE).read_text()
    (tmp_path / FILE).unlink()
    stranger = Authority.load_or_create(tmp_path, NOW)
    (tmp_path / FILE).write_text(other.split("-----BEGIN CERTIFICATE")[0] + stranger.pem)
    with pytest.raises(InvalidError, match="not that of the certificate"):
        Authority.load_or_create(tmp_path, NOW)
