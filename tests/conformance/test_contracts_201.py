# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802  (tests carry the names of the certification cases)
"""OCPP 2.0.1 ISO 15118: the certification cases of contract certificates, with a responder and a provider of our own."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization

from tests.conformance.station import Station, station_of
from tests.support.csms import running
from tests.support.postgres import Database
from tests.support.servers import Other, other
from tests.support.tls import Authority

EMAID = "DEABCC1234567"
CONTRACT = {"idToken": EMAID, "type": "eMAID"}


@dataclass
class Site:
    """A station, who made the contract certificates, who answers for them, who provides them."""

    station: Station
    authority: Authority
    responder: Other
    provider: Other


@pytest.fixture
async def site(database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    """The contract is known; certificates by the authority are trusted."""
    authority = Authority(tmp_path, "MO Root")
    async with other() as responder, other() as provider:
        settings: dict[str, Any] = {
            "roots": authority.file,
            "contract_url": provider.url,
            "contract_token": "a token",
            "private_hosts": ("127.0.0.1",),
        }
        async with running(database, tmp_path, iso15118=settings) as csms:
            await csms.charger("CP1")
            await csms.token(EMAID)
            async with station_of(csms) as station:
                yield Site(station, authority, responder, provider)


async def _by_hashes(site: Site, *, revoked: bool = False) -> Any:
    own = site.authority.contract()
    site.responder.answer = site.authority.responds(own, revoked=revoked)
    hashes = site.authority.hashes_of(own) | {"responderURL": site.responder.url}
    return await site.station.call("Authorize", {"idToken": CONTRACT, "iso15118CertificateHashData": [hashes]})


async def test_TC_C_50_CSMS_contract_checked_by_the_station(site: Site) -> None:
    """The station sends hashes; the responder says good; asked again, it is remembered."""
    assert await _by_hashes(site) == {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"}
    [(headers, _)] = site.responder.asked
    assert headers["Content-Type"] == "application/ocsp-request"


async def test_TC_C_51_CSMS_contract_is_revoked(site: Site) -> None:
    """The responder says revoked: neither the certificate nor the token is accepted."""
    assert await _by_hashes(site, revoked=True) == {
        "idTokenInfo": {"status": "Invalid"},
        "certificateStatus": "CertificateRevoked",
    }


async def _by_chain(site: Site, *, authority: Authority | None = None, expired: bool = False) -> str:
    own = (authority or site.authority).contract(expired=expired)
    pem = own.public_bytes(serialization.Encoding.PEM).decode()
    answer = await site.station.call("Authorize", {"idToken": CONTRACT, "certificate": pem})
    assert answer["idTokenInfo"]["status"] == ("Accepted" if answer["certificateStatus"] == "Accepted" else "Invalid")
    status: str = answer["certificateStatus"]
    return status


async def test_TC_C_52_CSMS_contract_checked_by_the_csms(site: Site, tmp_path: Path) -> None:
    """The station sends the certificate: good; expired; of somebody else; of an impostor with the same name."""
    assert await _by_chain(site) == "Accepted"
    assert await _by_chain(site, expired=True) == "CertificateExpired"
    assert await _by_chain(site, authority=Authority(tmp_path, "Other")) == "CertChainError"
    assert await _by_chain(site, authority=Authority(tmp_path, "MO Root")) == "SignatureError"


async def test_TC_M_24_CSMS_certificate_status(site: Site) -> None:
    """The responder's answer is passed on as it was signed."""
    own = site.authority.contract()
    site.responder.answer = site.authority.responds(own)
    asked = {"ocspRequestData": site.authority.hashes_of(own) | {"responderURL": site.responder.url}}
    answer = await site.station.call("GetCertificateStatus", asked)
    assert answer["status"] == "Accepted"
    assert base64.b64decode(answer["ocspResult"]) == site.responder.answer


async def _contract(site: Site, action: str) -> None:
    site.provider.answer = b'{"status": "Accepted", "exi_response": "RVhJ"}'
    asked = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": action, "exiRequest": "cmVx"}
    answer = await site.station.call("Get15118EVCertificate", asked)
    assert answer == {"status": "Accepted", "exiResponse": "RVhJ"}
    [(headers, body)] = site.provider.asked
    assert headers["Authorization"] == "Bearer a token"
    sent = msgspec.json.decode(body)
    assert (sent["action"], sent["exi_request"], sent["charger_id"]) == (action.lower(), "cmVx", "CP1")


async def test_TC_M_26_CSMS_contract_installed(site: Site) -> None:
    """The vehicle's request goes to the provider, the provider's answer to the vehicle."""
    await _contract(site, "Install")


async def test_TC_M_28_CSMS_contract_updated(site: Site) -> None:
    """The same for an update."""
    await _contract(site, "Update")


async def test_nobody_can_be_asked(site: Site) -> None:
    """Unreachable, slow to the end, refusing, lying: each is answered, and nothing is let through."""
    own = site.authority.contract()
    good = site.authority.responds(own)
    stale = site.authority.responds(own, old=True)
    another = site.authority.responds(site.authority.contract())
    for url, answer, status in (
        ("http://127.0.0.1:9/", good, 200),
        (site.responder.url, good, 500),
        (site.responder.url, good, 302),
        (site.responder.url, b"nonsense", 200),
        (site.responder.url, b"x" * 300_000, 200),
        (site.responder.url, stale, 200),
        (site.responder.url, another, 200),
        ("http://10.0.0.1/", good, 200),
        ("file:///etc/passwd", good, 200),
        ("http://user:pw@127.0.0.1/", good, 200),
    ):
        site.responder.answer, site.responder.status = answer, status
        hashes = site.authority.hashes_of(own) | {"responderURL": url}
        answered = await site.station.call("GetCertificateStatus", {"ocspRequestData": hashes})
        assert answered["status"] == "Failed", url
        assert answered["statusInfo"]["reasonCode"] == "OCSPFailed"
        answered = await site.station.call("Authorize", {"idToken": CONTRACT, "iso15118CertificateHashData": [hashes]})
        assert answered == {"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "NoCertificateAvailable"}
    for body in (b"[]", b'{"status": 5}', b'{"status": "Accepted", "exi_response": "' + b"x" * 20_000 + b'"}'):
        site.provider.answer = body
        asked = {"iso15118SchemaVersion": "urn:iso", "action": "Install", "exiRequest": "cmVx"}
        answered = await site.station.call("Get15118EVCertificate", asked)
        assert (answered["status"], answered["exiResponse"]) == ("Failed", "")
    assert (await site.station.call("Heartbeat", {}))["currentTime"]
