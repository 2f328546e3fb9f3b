# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The TLS door beyond the certification cases: files, suites, a proxy before it, compression."""

import ssl
import zlib
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from csms.gateway.tls import SUITES, Reloader, TlsFiles, TlsFilesError, certificate_name, make_context
from csms.kit.errors import InvalidError
from tests.support.charger import basic, connected
from tests.support.csms import running
from tests.support.postgres import Database
from tests.support.tls import Authority

SECRET = "a secret of 16 +"


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    """The text says which and why."""
    authority = Authority(tmp_path)
    own, other = authority.issue("a"), authority.issue("b")
    nothing, garbage = tmp_path / "none", tmp_path / "garbage"
    garbage.write_text("no PEM")
    for files, word in (
        (TlsFiles(nothing, own.key), "none is no file"),
        (TlsFiles(own.certificate, other.key), "certificate chain and its key"),
        (TlsFiles(garbage, own.key), "garbage"),
        (TlsFiles(own.certificate, own.key, garbage), "holds no certificates"),
    ):
        with pytest.raises(TlsFilesError, match=word):
            make_context(files)


def test_suites_are_those_that_are_asked_for(tmp_path: Path) -> None:
    """TLS 1.2 at least; the four suites of 2.x, nothing with CBC, SHA-1 or anonymous."""
    own = Authority(tmp_path).issue("a")
    context = make_context(TlsFiles(own.certificate, own.key))
    names = {cipher["name"] for cipher in context.get_ciphers()}
    assert names >= set(SUITES.split(":"))
    assert all("GCM" in name or "CHACHA20" in name for name in names)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_NONE


def test_the_name_of_a_certificate() -> None:
    """The last common name; none without a certificate."""
    assert certificate_name(None) is None
    assert certificate_name({}) is None
    subject = ((("organizationName", "Acme"),), (("commonName", "A"),), (("commonName", "CP1"),))
    assert certificate_name({"subject": subject}) == "CP1"


async def test_files_are_read_anew(tmp_path: Path) -> None:
    """A changed chain is used; one that cannot be used is not."""
    authority = Authority(tmp_path)
    own = authority.issue("a", file="server")
    files = TlsFiles(own.certificate, own.key)
    context = make_context(files)
    reloader = Reloader(context, files)
    await reloader.look()
    own.key.write_text("broken")
    await reloader.look()
    authority.issue("b", file="server")
    await reloader.look()
    own.certificate.unlink()
    await reloader.look()


async def test_settings_that_do_not_fit(database: Database, tmp_path: Path) -> None:
    """A port without files, and files that are none: told at the start, with the names of the settings."""
    with pytest.raises(InvalidError, match="CSMS_OCPP__TLS_CERT"):
        async with running(database, tmp_path, tls_port=0):
            pass
    missing = {"tls_cert": tmp_path / "x", "tls_key": tmp_path / "y"}
    with pytest.raises(InvalidError, match="is no file"):
        async with running(database, tmp_path, tls_port=0, **missing):
            pass


async def test_behind_a_proxy_that_does_tls(database: Database, tmp_path: Path) -> None:
    """What comes to the plain port counts as TLS if the settings say so; a certificate cannot come that way."""
    async with running(database, tmp_path, proxied_tls=True) as csms:
        await csms.charger("CP2", password=SECRET, security_profile=2)
        await csms.charger("CP3", security_profile=3)
        async with connected(csms.url, "CP2", password=SECRET, boot=True):
            pass
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(csms.url, "CP3"):
                pass
        assert refused.value.status == 401


@pytest.mark.parametrize(
    ("protocol", "setting", "agreed"),
    [("ocpp2.0.1", True, True), ("ocpp2.1", True, True), ("ocpp1.6", True, False), ("ocpp2.0.1", False, False)],
)
async def test_compression_is_for_2x(
    database: Database, tmp_path: Path, protocol: str, setting: bool, agreed: bool
) -> None:
    """Agreed where the charger offers it and the setting allows it; messages are the same."""
    async with running(database, tmp_path, compression=setting) as csms:
        await csms.charger("CP1")
        async with connected(csms.url, "CP1", protocols=(protocol,), compress=15) as charger:
            assert bool(charger.socket.compress) is agreed
            boot: dict[str, Any] = {"chargePointVendor": "A", "chargePointModel": "B"}
            if protocol != "ocpp1.6":
                boot = {"chargingStation": {"vendorName": "A", "model": "B"}, "reason": "PowerUp"}
            assert (await charger.call("BootNotification", boot))["status"] == "Accepted"
            assert "currentTime" in await charger.call("Heartbeat")


async def test_a_deflate_bomb_costs_its_own_connection_only(database: Database, tmp_path: Path) -> None:
    """A small frame that would be 100 MB: refused at the size limit; the others go on."""
    async with running(database, tmp_path) as csms:
        await csms.charger("CP1", password=SECRET)
        await csms.charger("CP2")
        async with connected(csms.url, "CP2", protocols=("ocpp2.0.1",)) as other, aiohttp.ClientSession() as session:
            socket = await session.ws_connect(
                f"{csms.url}/CP1", protocols=("ocpp2.0.1",), headers=basic("CP1", SECRET), compress=15
            )
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            bomb = packer.compress(b'[2,"1","Heartbeat",{"x":"' + b"0" * 100_000_000) + packer.flush(zlib.Z_SYNC_FLUSH)
            bomb = bomb.removesuffix(b"\x00\x00\xff\xff")
            assert len(bomb) < 200_000
            wire = socket.get_extra_info("socket").dup()  # a text frame, compressed, masked with zeros
            wire.setblocking(True)
            wire.sendall(bytes([0xC1, 0xFF]) + len(bomb).to_bytes(8, "big") + bytes(4) + bomb)
            wire.close()
            message = await socket.receive(timeout=20)
            assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
            assert socket.close_code == 1009
            boot = {"chargingStation": {"vendorName": "A", "model": "B"}, "reason": "PowerUp"}
            assert (await other.call("BootNotification", boot))["status"] == "Accepted"
