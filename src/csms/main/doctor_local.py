# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What `csms doctor` looks at on this machine: settings, files, certificates, ports, limits."""

import os
import resource
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from cryptography import x509

from csms.gateway.tls import TlsFiles, TlsFilesError, make_context
from csms.kit.clock import Clock
from csms.kit.config import Settings
from csms.kit.config_profile import concerns, is_loopback
from csms.kit.crypto import FILE, InstallationKeys
from csms.kit.db.embedded_place import choose_place
from csms.kit.db.server_binaries import find_binaries
from csms.kit.errors import CsmsError
from csms.main.sign_in import browser_origin
from csms.plugin.registry import load

_LOW_DISK: Final = 0.1
_RENEW: Final = timedelta(days=30)
_FILES: Final = 4096


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, how it is, and what to do. A note is no problem, and worth knowing."""

    what: str
    status: Literal["ok", "note", "bad"]
    said: str
    remedy: str = ""


def judged(what: str, well: bool, said: str, remedy: str = "") -> Finding:
    """Well, or not."""
    return Finding(what, "ok" if well else "bad", said, "" if well else remedy)


def local_checks(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """All of them, one after the other."""
    yield from _environment(settings)
    yield _data_directory(settings)
    yield _disk(settings)
    yield _open_files()
    yield from _doors(settings)
    yield from _public_urls(settings)
    for name, certificate, key in (
        ("TLS of the HTTP door", settings.http.tls_cert, settings.http.tls_key),
        ("TLS of the OCPP door", settings.ocpp.tls_cert, settings.ocpp.tls_key),
    ):
        if certificate is not None and key is not None:
            yield _tls(name, TlsFiles(certificate, key), clock.now())
    yield _mail(settings)
    if settings.mail.host is not None:
        yield _links(settings)
    yield _plugins(settings)
    if settings.database.url is None:
        yield _programs(settings)


def _environment(settings: Settings) -> Iterator[Finding]:
    found = concerns(settings)
    if settings.environment == "dev":
        said = "dev: nothing is demanded" + (f"; production would say {len(found)} things" if found else "")
        yield Finding("environment", "note" if found else "ok", said, "; ".join(each.setting for each in found))
        return
    yield Finding("environment", "ok", settings.environment)
    for each in found:
        yield Finding(each.setting, "note", each.said, each.remedy)


def _data_directory(settings: Settings) -> Finding:
    path = settings.data_dir / FILE
    try:
        found = path.stat()
        open_to, owner = found.st_mode & 0o077, found.st_uid
    except OSError:
        open_to, owner = 0, os.geteuid()
    try:
        keys = InstallationKeys.load_or_create(settings.data_dir)
    except (CsmsError, OSError) as error:
        said = error.detail if isinstance(error, CsmsError) else f"{path}: {error.strerror}"
        return judged("data directory", False, said, "give its owner the right to read and write there")
    if open_to:
        said = f"{path} could be read by others, and is closed now"
        return judged("data directory", False, said, "whoever read it can sign in as anybody: think of a new one")
    if owner not in {os.geteuid(), 0}:
        return Finding("data directory", "note", f"{path} belongs to uid {owner}, this is uid {os.geteuid()}")
    return Finding("data directory", "ok", f"{settings.data_dir.resolve()} (key {keys.key_id})")


def _disk(settings: Settings) -> Finding:
    usage = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else ".")
    free = usage.free / usage.total
    said = f"{usage.free / 2**30:.1f} GiB free ({free:.0%})"
    return judged("disk", free >= _LOW_DISK, said, "make room: below 10 % the oldest days of the OCPP log are dropped")


def _open_files() -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= _FILES:
        return Finding("open files", "ok", f"{soft} allowed")
    remedy = "each charger is one: for a large fleet raise it (LimitNOFILE=65536, or ulimit -n)"
    return Finding("open files", "note", f"{soft} allowed", remedy)


def _doors(settings: Settings) -> Iterator[Finding]:
    for name, host, port in (
        ("HTTP port", settings.http.host, settings.http.port),
        ("OCPP port", settings.ocpp.host, settings.ocpp.port),
    ):
        yield _port(name, host, port)
    if settings.http.insecure_lan and not is_loopback(settings.http.host):
        remedy = "for a closed network only; `csms tls self-signed` makes a certificate"
        yield Finding("HTTP door", "note", "open to the network without TLS", remedy)


def _port(name: str, host: str, port: int) -> Finding:
    """Taken is fine while csms runs; it is said either way."""
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex((host if host not in {"0.0.0.0", "::"} else "127.0.0.1", port)) == 0  # noqa: S104
    return Finding(
        name, "ok", f"{host}:{port} {'answers: csms, or something else, listens there' if taken else 'is free'}"
    )


def _public_urls(settings: Settings) -> Iterator[Finding]:
    """Of the form that people and chargers can use, and of one host."""
    hosts = {}
    for name, url, secure, schemes in (
        ("CSMS_HTTP__PUBLIC_URL", settings.http.public_url, "https", ("https", "http")),
        ("CSMS_OCPP__PUBLIC_URL", settings.ocpp.public_url, "wss", ("wss", "ws")),
        ("CSMS_FILES__PUBLIC_URL", settings.files.public_url, "https", ("https", "http")),
    ):
        if url is None:
            continue
        parts = urlsplit(url)
        hosts[name] = parts.hostname
        if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
            yield Finding(name, "bad", f"{url} is no such URL", f"it looks like {secure}://csms.example.org")
        elif parts.scheme != secure and not is_loopback(parts.hostname):
            yield Finding(name, "note", f"{url} is not encrypted", f"take {secure} where you can")
        else:
            yield Finding(name, "ok", url)
    if len(set(hosts.values())) > 1:
        said = ", ".join(f"{name} has {host}" for name, host in hosts.items())
        yield Finding("public URLs", "note", said, "different hosts are fine if that is meant")


def _tls(name: str, files: TlsFiles, now: datetime) -> Finding:
    try:
        make_context(files)
        certificate = x509.load_pem_x509_certificates(files.certificate.read_bytes())[0]
        open_to = _open_to_others(files.key)
    except (TlsFilesError, OSError, ValueError, IndexError) as error:
        return judged(name, False, str(error), "name a certificate chain and its key, in PEM, that csms may read")
    ends = certificate.not_valid_after_utc
    said = f"{files.certificate} until {ends:%Y-%m-%d}"
    if open_to:
        return judged(name, False, f"{files.key} can be read by others", f"chmod 600 {files.key}")
    if not certificate.not_valid_before_utc <= now < ends:
        return judged(name, False, f"{said}: it does not hold today", "renew it; a running csms takes the new files")
    if ends - now < _RENEW:
        return Finding(name, "note", said, "renew it soon; a running csms takes the new files")
    return Finding(name, "ok", said)


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o007)


def _mail(settings: Settings) -> Finding:
    host = settings.mail.host
    if host is None:
        return Finding("mail", "note", "no mail server: invitations and alerts go out by no mail", "CSMS_MAIL__HOST")
    if settings.mail.tls == "none" and not is_loopback(host):
        return Finding("mail", "note", f"{host}, in the clear", "take CSMS_MAIL__TLS=starttls where you can")
    return Finding("mail", "ok", host)


def _links(settings: Settings) -> Finding:
    """Mails with links need an address to lead to: without one they are not sent at all."""
    origin, remedy = browser_origin(settings), "set CSMS_HTTP__PUBLIC_URL to the address that people open"
    if origin is None:
        said = "invitations, new passwords and checks of addresses go out by no mail: there is no address to lead to"
        return Finding("links in mails", "note", said, remedy)
    if settings.http.public_url is None:
        return Finding("links in mails", "note", f"{origin}, which only this machine can open", remedy)
    return Finding("links in mails", "ok", origin)


def _plugins(settings: Settings) -> Finding:
    try:
        found = load(settings.plugins.disabled)
    except CsmsError as error:
        return judged("plug-ins", False, error.detail, "repair or remove it")
    names = ", ".join(f"{each.name} {each.version}" for each in found.all)
    return Finding("plug-ins", "ok", names or "none")


def _programs(settings: Settings) -> Finding:
    try:
        binaries = find_binaries(settings.pg_bin)
        place = choose_place(settings.data_dir)
    except CsmsError as error:
        return judged("embedded PostgreSQL", False, error.detail, "see the message")
    who = f"as uid {place.account.uid}" if place.account.uid is not None else f"as uid {os.geteuid()}"
    said = f"{binaries.version} from {binaries.folder}, data in {place.root}, {who}"
    return Finding("embedded PostgreSQL", "ok", said)
