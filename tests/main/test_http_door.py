# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The HTTP door on the wire: TLS, files that change, proxies, and a certificate of one's own."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from fastapi import FastAPI, Request
from typer.testing import CliRunner

from csms.kit.config import HttpSettings
from csms.kit.errors import InvalidError
from csms.main import http_server
from csms.main.cli import app as cli
from csms.main.http_server import HttpServer
from tests.support.eventually import eventually
from tests.support.tls import Authority, Files


def mirror() -> FastAPI:
    """Says what it sees of a request."""
    app = FastAPI()

    @app.get("/")
    async def see(request: Request) -> dict[str, Any]:
        return {
            "client": request.client.host if request.client else None,
            "url": str(request.url),
            "forwarded": [name for name in request.headers if name.startswith("x-forwarded")],
        }

    return app


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[HttpServer]:
    """A server of its own."""
    server = HttpServer(mirror(), HttpSettings(port=0, **settings))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def shown(port: int, context: ssl.SSLContext) -> x509.Certificate:
    """The certificate that a browser sees."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        return x509.load_der_x509_certificate(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
    finally:
        writer.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
async def test_tls_and_files_that_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1.2 and 1.3 only, with forward secrecy; a renewed certificate is taken within moments, a broken one is not."""
    monkeypatch.setattr(http_server, "TLS_FILES_S", 0.05)
    authority = Authority(tmp_path)
    first, second = authority.issue("csms", file="live"), authority.issue("csms2")
    context = authority.client()
    context.check_hostname = False

    def replace(files: Files) -> None:
        for old, new in ((first.certificate, files.certificate), (first.key, files.key)):
            draft = old.with_suffix(".draft")
            draft.write_bytes(new.read_bytes())
            draft.replace(old)

    async with serving(tls_cert=first.certificate, tls_key=first.key) as server:
        async with httpx2.AsyncClient(verify=context) as client:
            answer = await client.get(f"https://127.0.0.1:{server.port}/")
        assert answer.json()["url"].startswith("https://")
        before = await shown(server.port, context)
        for version, ciphers, accepted in (
            (ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM", True),
            (ssl.TLSVersion.TLSv1_2, "ECDHE+AES:!AESGCM:!AESCCM@SECLEVEL=0", False),
            (ssl.TLSVersion.TLSv1_1, "ALL@SECLEVEL=0", False),
            (ssl.TLSVersion.TLSv1_3, "ALL", True),
        ):
            old = authority.client()
            old.check_hostname = False
            old.set_ciphers(ciphers)
            old.minimum_version = old.maximum_version = version
            try:
                await shown(server.port, old)
            except (ssl.SSLError, ConnectionError):
                assert not accepted, (version, ciphers)
            else:
                assert accepted, (version, ciphers)
        replace(second)

        async def renewed() -> bool:
            return await shown(server.port, context) != before

        await eventually(renewed, 5)
        first.certificate.write_text("broken")
        await asyncio.sleep(0.3)
        assert await renewed()


def test_files_that_cannot_be_used_stop_the_start(tmp_path: Path) -> None:
    """The variables are named."""
    files = Authority(tmp_path).issue("csms")
    for certificate, key in ((tmp_path / "none", files.key), (files.key, files.key)):
        with pytest.raises(InvalidError, match="CSMS_HTTP__TLS_CERT"):
            HttpServer(mirror(), HttpSettings(tls_cert=certificate, tls_key=key))


async def test_small_packets_are_sent_at_once() -> None:
    """An answer goes out in two writes; the second does not wait until the first was acknowledged (40 ms later)."""
    async with serving() as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.sleep(0.1)
        (transport,) = server._half_open._networks
        found = transport.get_extra_info("socket")
        assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()


async def test_what_a_proxy_says_is_believed_if_it_is_named() -> None:
    """Address, scheme and host; from anybody else nothing, and the application does not even see it."""
    said = {
        "X-Forwarded-For": "198.51.100.1, 203.0.113.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "csms.example:8443",
    }
    async with httpx2.AsyncClient() as client:
        for proxies, expected in (
            ((), "127.0.0.1"), (("10.0.0.0/8",), "127.0.0.1"), (("127.0.0.1",), "203.0.113.7"),
        ):  # fmt: skip
            async with serving(trusted_proxies=proxies) as server:
                base = f"http://127.0.0.1:{server.port}/"
                seen = (await client.get(base, headers=said)).json()
                believed = expected != "127.0.0.1"
                url = "https://csms.example:8443/" if believed else base
                assert seen == {"client": expected, "url": url, "forwarded": []}
                if believed:
                    odd = {"X-Forwarded-Proto": "javascript", "X-Forwarded-Host": "a b/<x>", "X-Forwarded-For": "?"}
                    assert (await client.get(base, headers=odd)).json() == {**seen, "client": "127.0.0.1", "url": base}
                    more = {"X-Forwarded-Proto": "http, https", "X-Forwarded-Host": "evil.example, csms.example"}
                    assert (await client.get(base, headers=more)).json()["url"] == "https://csms.example/"


async def test_a_certificate_of_ones_own(tmp_path: Path) -> None:
    """Made once, the key closed to others; a browser that is told to trust it does; replaced only by force."""
    folder = tmp_path / "tls"
    runner = CliRunner()
    made = runner.invoke(
        cli, ["tls", "self-signed", "--folder", str(folder), "--host", "münchen.example", "--days", "30"]
    )
    assert made.exit_code == 0, made.output
    assert f"CSMS_HTTP__TLS_CERT={folder / 'server.pem'}" in made.output
    assert (folder / "server.key").stat().st_mode & 0o777 == 0o600
    certificate = x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["xn--mnchen-3ya.example", "localhost"]
    assert timedelta(days=29) < certificate.not_valid_after_utc - datetime.now(UTC) <= timedelta(days=30)
    context = ssl.create_default_context(cafile=folder / "server.pem")
    async with (
        serving(tls_cert=folder / "server.pem", tls_key=folder / "server.key") as server,
        httpx2.AsyncClient(verify=context) as client,
    ):
        assert (await client.get(f"https://127.0.0.1:{server.port}/")).status_code == 200
    again = runner.invoke(cli, ["tls", "self-signed", "--folder", str(folder)])
    assert (again.exit_code, "--force" in again.output) == (1, True)
    assert runner.invoke(cli, ["tls", "self-signed", "--folder", str(folder), "--force"]).exit_code == 0
    assert x509.load_pem_x509_certificate((folder / "server.pem").read_bytes()) != certificate
    for options in (["--host", "no..name"], ["--folder", "/proc/nowhere"]):
        refused = runner.invoke(cli, ["tls", "self-signed", "--folder", str(folder), "--force", *options])
        assert (refused.exit_code, refused.output.startswith("csms: ")) == (1, True)
