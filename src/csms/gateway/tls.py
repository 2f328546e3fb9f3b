# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""TLS for chargers: versions, suites and client certificates as the security profiles ask for, files read anew."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

log = structlog.get_logger(__name__)

# What 2.x asks a CSMS to have (A00.FR.318, FR.319, FR.510), and the same with forward secrecy for RSA certificates.
SUITES: Final = ":".join(
    (
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
        "AES128-GCM-SHA256",
    )
)


class TlsFilesError(Exception):
    """The files cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where they are: the server's certificate chain and key; authorities of the chargers' certificates."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def stamps(self) -> tuple[int, ...]:
        """When they were last changed; 0 for one that is gone."""
        paths = (self.certificate, self.key, self.client_ca)
        return tuple(_changed(path) for path in paths if path is not None)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def make_context(files: TlsFiles, suites: str = SUITES) -> ssl.SSLContext:
    """A server's context: TLS 1.2 at least, no compression, client certificates checked where one is shown.

    Raises TlsFilesError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suites)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    load(context, files)
    return context


def load(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Read the files into a context: handshakes from now on go by them. Raises TlsFilesError."""
    for path in (files.certificate, files.key, files.client_ca):
        if path is not None and not path.is_file():
            raise TlsFilesError(f"{path} is no file that can be read")
    try:
        context.load_cert_chain(files.certificate, files.key)
    except (ssl.SSLError, OSError) as error:
        raise TlsFilesError(
            f"{files.certificate} and {files.key} are no certificate chain and its key in PEM: {error}"
        ) from error
    if files.client_ca is not None:
        try:
            context.load_verify_locations(files.client_ca)
        except (ssl.SSLError, OSError) as error:
            raise TlsFilesError(f"{files.client_ca} holds no certificates in PEM: {error}") from error
        context.verify_mode = ssl.CERT_OPTIONAL


class Reloader:
    """Reads the files anew when they have changed; what cannot be used leaves the old ones in force."""

    def __init__(self, context: ssl.SSLContext, files: TlsFiles) -> None:
        self._context = context
        self._files = files
        self._stamps = files.stamps()

    async def look(self) -> None:
        """Once."""
        stamps = self._files.stamps()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            make_context(self._files)
        except TlsFilesError as error:
            log.error("changed TLS files cannot be used, the old ones stay in force", error=str(error))
            return
        load(self._context, self._files)
        log.info("TLS files read anew", certificate=str(self._files.certificate))


def certificate_name(peer: dict[str, Any] | None) -> str | None:
    """The common name of a checked client certificate (2.x A00.FR.403: the charger's identity); the last of several."""
    names = [value for part in (peer or {}).get("subject", ()) for key, value in part if key == "commonName"]
    return names[-1] if names else None


def certificate_serial(peer: dict[str, Any] | None) -> str | None:
    """Its serial number, in hex without leading zeros."""
    serial = (peer or {}).get("serialNumber")
    return None if serial is None else f"{int(serial, 16):x}"
