# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms tls self-signed`: a certificate that browsers warn of, and that nobody on the network reads along with."""

import os
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from csms.kit.clock import SystemClock
from csms.kit.config import load_settings
from csms.kit.errors import ConflictError, CsmsError, InvalidError

app = typer.Typer(no_args_is_help=True, help="Certificates of the HTTP door.")


@app.command("self-signed")
def self_signed(
    host: Annotated[list[str] | None, typer.Option(help="A name or address that it is for; may be repeated.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it holds.")] = 397,
    folder: Annotated[Path | None, typer.Option(help="Where to write; by default `tls` in the data directory.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the files that are there.")] = False,
) -> None:
    """Make a certificate and its key; a csms that uses these files takes the new ones without a restart."""
    try:
        target = folder or load_settings().data_dir / "tls"
        names = list(dict.fromkeys([*(host or [socket.gethostname()]), "localhost", "127.0.0.1", "::1"]))
        certificate, key = write(target, names, SystemClock().now(), timedelta(days=days), force=force)
    except CsmsError as error:
        typer.echo(f"csms: {error.detail}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"for {', '.join(names)}, {days} days; browsers will warn of it. Then set:")
    typer.echo(f"CSMS_HTTP__TLS_CERT={certificate}\nCSMS_HTTP__TLS_KEY={key}")


def write(folder: Path, names: Sequence[str], now: datetime, life: timedelta, *, force: bool) -> tuple[Path, Path]:
    """The two files, PEM; the key is readable by its owner only."""
    certificate, key = folder / "server.pem", folder / "server.key"
    if not force and (certificate.exists() or key.exists()):
        raise ConflictError(f"there are files in {folder} already: --force replaces them")
    private = ec.generate_private_key(ec.SECP256R1())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _put(
            key,
            private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            0o600,
        )
        _put(certificate, _certificate(private, names, now, life).public_bytes(serialization.Encoding.PEM), 0o644)
    except OSError as error:
        raise InvalidError(f"cannot write into {folder}: {error.strerror}") from error
    return certificate.resolve(), key.resolve()


def _certificate(
    private: ec.EllipticCurvePrivateKey, names: Sequence[str], now: datetime, life: timedelta
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks of others may be behind
        .not_valid_after(now + life)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass  # a name then
    try:
        return x509.DNSName(name.encode("idna").decode())
    except (UnicodeError, ValueError) as error:
        raise InvalidError(f"{name!r} is neither a host name nor an address") from error


def _put(path: Path, content: bytes, mode: int) -> None:
    """Beside and renamed: a csms that looks sees the old file or the new one, whole."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
