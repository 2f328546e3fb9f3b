# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802  (tests carry the names of the certification cases)
"""OCPP 1.6 and 2.0.1: the certification cases of TLS, client certificates, passwords and profile upgrades."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conformance.station import CommandCase, station_of
from tests.conformance.words import ACCEPTED, eventually_row, outcome
from tests.support.charger import Charger, connected
from tests.support.csms import Csms, running
from tests.support.postgres import Database
from tests.support.tls import Authority

OLD, NEW = "the old password!", "the new password!"
Refused = (aiohttp.WSServerHandshakeError, aiohttp.ClientError, ConnectionError, ssl.SSLError)


@dataclass
class Secured:
    """A CSMS that listens for TLS too, and the authority of its own and of the chargers' certificates."""

    csms: Csms
    authority: Authority


@pytest.fixture
async def secured(database: Database, tmp_path: Path) -> AsyncIterator[Secured]:
    """CP2 has profile 2, CP3 profile 3."""
    authority = Authority(tmp_path)
    own = authority.issue("csms")
    options: dict[str, Any] = {
        "tls_port": 0,
        "tls_cert": own.certificate,
        "tls_key": own.key,
        "tls_client_ca": authority.file,
    }
    async with running(database, tmp_path, **options) as csms:
        await csms.charger("CP1", password=OLD)
        await csms.charger("CP2", password=OLD, security_profile=2)
        await csms.charger("CP3", security_profile=3)
        yield Secured(csms, authority)


async def _lets_in(secured: Secured, identity: str, version: str, tls: ssl.SSLContext, **options: Any) -> None:
    async with connected(secured.csms.tls_url, identity, protocols=(version,), tls=tls, **options) as charger:
        if version == "ocpp1.6":
            assert (await charger.boot())["status"] == "Accepted"
        else:
            boot = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}
            assert (await charger.call("BootNotification", boot))["status"] == "Accepted"


async def _keeps_out(url: str, identity: str, **options: Any) -> None:
    with pytest.raises(Refused):
        async with connected(url, identity, protocols=("ocpp2.0.1",), **options) as charger:
            await charger.call("Heartbeat")


async def test_TC_086_CSMS_tls(secured: Secured) -> None:
    """Profile 2 in 1.6: TLS with the password; the plain port does not let it in."""
    await _lets_in(secured, "CP2", "ocpp1.6", secured.authority.client(), password=OLD)
    await _keeps_out(secured.csms.url, "CP2", password=OLD)
    kinds = [kind for kind, _ in await secured.csms.told()]
    assert "insecure_connection" in kinds


async def test_TC_A_04_CSMS_tls(secured: Secured) -> None:
    """The same in 2.0.1."""
    await _lets_in(secured, "CP2", "ocpp2.0.1", secured.authority.client(), password=OLD)
    await _keeps_out(secured.csms.tls_url, "CP2", tls=secured.authority.client(), password="another password")


async def test_TC_A_06_CSMS_tls_too_old(secured: Secured) -> None:
    """TLS 1.1 is not spoken."""
    old = secured.authority.client()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1_1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    await _keeps_out(secured.csms.tls_url, "CP2", tls=old, password=OLD)
    new = secured.authority.client()
    new.maximum_version = ssl.TLSVersion.TLSv1_2
    await _lets_in(secured, "CP2", "ocpp2.0.1", new, password=OLD)


async def test_TC_087_CSMS_client_certificate(secured: Secured) -> None:
    """Profile 3 in 1.6: the certificate is the credential."""
    own = secured.authority.issue("CP3")
    await _lets_in(secured, "CP3", "ocpp1.6", secured.authority.client(own))


async def test_TC_A_07_CSMS_client_certificate(secured: Secured) -> None:
    """The same in 2.0.1."""
    own = secured.authority.issue("CP3")
    await _lets_in(secured, "CP3", "ocpp2.0.1", secured.authority.client(own))


async def test_TC_A_08_CSMS_invalid_client_certificate(secured: Secured, tmp_path: Path) -> None:
    """None, another charger's, an expired one, one of an authority that nobody here trusts: kept out and told."""
    authority = secured.authority
    stranger = Authority(tmp_path, "Other CA")
    url = secured.csms.tls_url
    await _keeps_out(url, "CP3", tls=authority.client())
    await _keeps_out(url, "CP3", tls=authority.client(authority.issue("CP2")))
    told = await secured.csms.told()
    assert [kind for kind, _ in told] == ["wrong_certificate"]
    await _keeps_out(url, "CP3", tls=authority.client(authority.issue("CP3", expired=True)))
    await _keeps_out(url, "CP3", tls=authority.client(stranger.issue("CP3")))


async def _changes_password(secured: Secured, charger: Charger, body: dict[str, Any], action: str, taken: Any) -> None:
    """The old password holds until the charger comes with the new one; the secret is kept nowhere."""
    csms = secured.csms
    charger.answers[action] = taken
    assert (await outcome(csms, body))[0] == "accepted"
    [(heard, payload)] = charger.heard
    assert heard == action
    assert NEW in str(payload)
    stored = await csms.row("SELECT body FROM commands")
    assert NEW not in str(stored["body"])
    version = ("ocpp1.6",) if action == "ChangeConfiguration" else ("ocpp2.0.1",)
    for password, enters in ((OLD, True), (NEW, True), (OLD, False), (NEW, True)):
        if not enters:
            await _keeps_out(csms.url, "CP1", password=password)
            continue
        async with connected(csms.url, "CP1", password=password, protocols=version):
            pass
    assert "secret_changed" in [kind for kind, _ in await csms.told()]


PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}


async def test_TC_073_CSMS_password_changed(secured: Secured) -> None:
    """1.6: AuthorizationKey."""
    async with connected(secured.csms.url, "CP1", password=OLD, boot=True) as charger:
        body = {"type": "change_configuration", "key": "AuthorizationKey", "value": NEW}
        await _changes_password(secured, charger, body, "ChangeConfiguration", ACCEPTED)


async def test_TC_A_09_CSMS_password_changed(secured: Secured) -> None:
    """2.0.1: SecurityCtrlr.BasicAuthPassword."""
    async with station_of(secured.csms, password=OLD) as station:
        body = {"type": "set_variables", "variables": [PASSWORD | {"value": NEW}]}
        result = {"setVariableResult": [PASSWORD | {"attributeStatus": "Accepted"}]}
        await _changes_password(secured, station.charger, body, "SetVariables", result)


async def test_TC_A_10_CSMS_password_not_changed(secured: Secured) -> None:
    """The station refuses: the new password never lets it in, the old one does."""
    csms = secured.csms
    async with station_of(csms, password=OLD) as station:
        result = {"setVariableResult": [PASSWORD | {"attributeStatus": "Rejected"}]}
        station.answers["SetVariables"] = result
        body = {"type": "set_variables", "variables": [PASSWORD | {"value": NEW}]}
        assert (await outcome(csms, body))[0] == "rejected"
        await eventually_row(csms, "SELECT FROM chargers WHERE id = 'CP1' AND next_secret_hash IS NULL")
    await _keeps_out(csms.url, "CP1", password=NEW)
    async with station_of(csms, password=OLD):
        pass


async def test_TC_A_19_CSMS_profile_upgraded(secured: Secured) -> None:
    """The station is told another way to connect and to restart; it comes by TLS, and never again without it."""
    csms = secured.csms
    profile = {
        "interface": "wired0",
        "csms_url": csms.tls_url,
        "message_timeout_s": 30,
        "security_profile": 2,
        "ocpp_version": "ocpp20",
    }
    wire = {
        "ocppInterface": "Wired0",
        "ocppCsmsUrl": csms.tls_url,
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
    }
    async with station_of(csms, password=OLD) as station:
        await CommandCase(
            {"type": "set_network_profile", "slot": 1, "profile": profile},
            "SetNetworkProfile",
            {"configurationSlot": 1, "connectionData": wire},
        ).run(station)
        await eventually_row(csms, "SELECT FROM chargers WHERE id = 'CP1' AND next_security_profile = 2")
        await CommandCase({"type": "reset"}, "Reset", {"type": "OnIdle"}).run(station)
    async with station_of(csms, password=OLD):
        pass  # it may come the old way as long as it has not come the new one
    await _lets_in(secured, "CP1", "ocpp2.0.1", secured.authority.client(), password=OLD)
    row = await csms.row("SELECT security_profile, next_security_profile FROM chargers WHERE id = 'CP1'")
    assert tuple(row) == (2, None)
    await _keeps_out(csms.url, "CP1", password=OLD)
    assert "profile_upgraded" in [kind for kind, _ in await csms.told()]
