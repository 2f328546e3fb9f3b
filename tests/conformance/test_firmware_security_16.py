# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802  (tests carry the names of the certification cases)
"""OCPP 1.6 Firmware Management and the security extension: the certification cases."""

from typing import Any

import aiohttp
import pytest

from tests.conformance.words import ACCEPTED, at, outcome, progress
from tests.support.charger import Charger, connected
from tests.support.csms import Csms

LOCATION = "https://files.example.com/fw.bin"
UPDATE = {"type": "update_firmware", "location": LOCATION, "retrieve_at": at(0)}
SIGNED = UPDATE | {"install_at": at(10), "signing_certificate": "CERT", "signature": "c2ln"}
DIAGNOSTICS = {"type": "get_diagnostics", "location": "https://files.example.com/up/"}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "ab", "issuerKeyHash": "cd", "serialNumber": "0e"}


async def _update(csms: Csms, charger: Charger, *statuses: str) -> None:
    """An unsigned update that goes through these statuses."""
    charger.answers["UpdateFirmware"] = {}
    assert await outcome(csms, UPDATE) == ("accepted", None)
    assert charger.heard == [("UpdateFirmware", {"location": LOCATION, "retrieveDate": at(0).replace("Z", ".000Z")})]
    for status in statuses:
        assert await charger.call("FirmwareStatusNotification", {"status": status}) == {}
        assert await progress(csms, "firmware") == status


async def test_TC_044_1_CSMS_firmware_installed(csms: Csms, charger: Charger) -> None:
    """All statuses are answered; the new version is known after the boot."""
    await _update(csms, charger, "Downloading", "Downloaded", "Installing")
    await charger.status("Unavailable", 0)
    await charger.boot(firmwareVersion="2.0")
    assert await charger.call("FirmwareStatusNotification", {"status": "Installed"}) == {}
    assert await progress(csms, "firmware") == "Installed"
    assert (await csms.row("SELECT firmware_version FROM chargers"))["firmware_version"] == "2.0"


async def test_TC_044_2_CSMS_download_failed(csms: Csms, charger: Charger) -> None:
    """The charger could not fetch it."""
    await _update(csms, charger, "Downloading", "DownloadFailed")


async def test_TC_044_3_CSMS_installation_failed(csms: Csms, charger: Charger) -> None:
    """The charger could not install it, and goes on as it was."""
    await _update(csms, charger, "Downloading", "Downloaded", "Installing", "InstallationFailed")


async def _diagnostics(csms: Csms, charger: Charger, *statuses: str) -> None:
    charger.answers["GetDiagnostics"] = {"fileName": "diag.zip"}
    assert await outcome(csms, DIAGNOSTICS) == ("accepted", "file diag.zip")
    assert charger.heard == [("GetDiagnostics", {"location": DIAGNOSTICS["location"]})]
    for status in statuses:
        assert await charger.call("DiagnosticsStatusNotification", {"status": status}) == {}
        assert await progress(csms, "diagnostics") == status


async def test_TC_045_1_CSMS_diagnostics_uploaded(csms: Csms, charger: Charger) -> None:
    """Uploading, then Uploaded."""
    await _diagnostics(csms, charger, "Uploading", "Uploaded")


async def test_TC_045_2_CSMS_diagnostics_failed(csms: Csms, charger: Charger) -> None:
    """UploadFailed is known too."""
    await _diagnostics(csms, charger, "Uploading", "UploadFailed")


async def _install(csms: Csms, charger: Charger, kind: str, wire: str) -> None:
    charger.answers["InstallCertificate"] = ACCEPTED
    body = {"type": "install_certificate", "kind": kind, "certificate": PEM}
    assert await outcome(csms, body) == ("accepted", None)
    assert charger.heard[-1] == ("InstallCertificate", {"certificateType": wire, "certificate": PEM})


async def test_TC_075_1_CSMS_install_manufacturer_root(csms: Csms, charger: Charger) -> None:
    """The maker's root, and that it is there."""
    await _install(csms, charger, "manufacturer_root", "ManufacturerRootCertificate")
    await _ask_installed(csms, charger, "manufacturer_root", "ManufacturerRootCertificate")


async def test_TC_075_2_CSMS_install_csms_root(csms: Csms, charger: Charger) -> None:
    """Our root, and that it is there."""
    await _install(csms, charger, "csms_root", "CentralSystemRootCertificate")
    await _ask_installed(csms, charger, "csms_root", "CentralSystemRootCertificate")


async def _ask_installed(csms: Csms, charger: Charger, kind: str, wire: str) -> None:
    answer = {"status": "Accepted", "certificateHashData": [HASH]}
    charger.answers["GetInstalledCertificateIds"] = answer
    assert await outcome(csms, {"type": "get_installed_certificates", "kinds": [kind]}) == ("accepted", None)
    assert charger.heard[-1] == ("GetInstalledCertificateIds", {"certificateType": wire})
    row = await csms.row("SELECT result FROM commands WHERE type = 'get_installed_certificates'")
    assert row["result"] == answer


async def test_TC_076_CSMS_delete_certificate(csms: Csms, charger: Charger) -> None:
    """What the charger lists can be named for deletion as it listed it."""
    await _ask_installed(csms, charger, "csms_root", "CentralSystemRootCertificate")
    charger.answers["DeleteCertificate"] = ACCEPTED
    named = {"hash_algorithm": "sha256", "issuer_name_hash": "ab", "issuer_key_hash": "cd", "serial_number": "0e"}
    assert await outcome(csms, {"type": "delete_certificate", "certificate": named}) == ("accepted", None)
    assert charger.heard[-1] == ("DeleteCertificate", {"certificateHashData": HASH})


async def _security_event(csms: Csms, charger: Charger, kind: str) -> None:
    event = {"type": kind, "timestamp": at(5), "techInfo": "not ours"}
    assert await charger.call("SecurityEventNotification", event) == {}
    assert (kind, "not ours") in await csms.told()
    told = await csms.row("SELECT payload FROM outbox WHERE type = 'security_event_raised'")
    assert kind in str(told["payload"])


async def test_TC_077_CSMS_certificate_refused(csms: Csms, charger: Charger) -> None:
    """The charger does not take the certificate, and says so in a security event, which is kept and told."""
    charger.answers["CertificateSigned"] = {"status": "Rejected"}
    status, _ = await outcome(csms, {"type": "send_signed_certificate", "certificate_chain": PEM})
    assert status == "rejected"
    assert charger.heard == [("CertificateSigned", {"certificateChain": PEM})]
    await _security_event(csms, charger, "InvalidChargePointCertificate")


async def test_TC_078_CSMS_root_refused(csms: Csms, charger: Charger) -> None:
    """The same for a root."""
    charger.answers["InstallCertificate"] = {"status": "Rejected"}
    body = {"type": "install_certificate", "kind": "csms_root", "certificate": PEM}
    assert (await outcome(csms, body))[0] == "rejected"
    await _security_event(csms, charger, "InvalidCentralSystemCertificate")


async def test_TC_079_CSMS_security_log(csms: Csms, charger: Charger) -> None:
    """GetLog with a drawn number; the notifications with that number are answered."""
    charger.answers["GetLog"] = {"status": "Accepted", "filename": "sec.log"}
    body = {"type": "get_log", "log": "security", "location": "https://files.example.com/up/"}
    assert await outcome(csms, body) == ("accepted", "file sec.log")
    [(action, payload)] = charger.heard
    number = payload["requestId"]
    sent = {"logType": "SecurityLog", "requestId": number, "log": {"remoteLocation": body["location"]}}
    assert (action, payload) == ("GetLog", sent)
    for status in ("Uploading", "Uploaded"):
        assert await charger.call("LogStatusNotification", {"status": status, "requestId": number}) == {}
        assert await progress(csms, "log") == status


async def _signed_update(csms: Csms, charger: Charger, *statuses: str) -> None:
    charger.answers["SignedUpdateFirmware"] = ACCEPTED
    assert await outcome(csms, SIGNED) == ("accepted", None)
    [(action, payload)] = charger.heard
    firmware: dict[str, Any] = {
        "location": LOCATION,
        "retrieveDateTime": at(0).replace("Z", ".000Z"),
        "installDateTime": at(10).replace("Z", ".000Z"),
        "signingCertificate": "CERT",
        "signature": "c2ln",
    }
    assert (action, payload["firmware"]) == ("SignedUpdateFirmware", firmware)
    for status in statuses:
        told = {"status": status, "requestId": payload["requestId"]}
        assert await charger.call("SignedFirmwareStatusNotification", told) == {}
        assert await progress(csms, "firmware") == status


async def test_TC_080_CSMS_signed_update(csms: Csms, charger: Charger) -> None:
    """Every status is answered; after the restart the charger goes on with the same connection's rights."""
    await _signed_update(csms, charger, "Downloading", "Downloaded", "SignatureVerified", "Installing")
    await _signed_statuses(csms, charger, "InstallRebooting")
    await charger.boot(firmwareVersion="2.1")
    await _signed_statuses(csms, charger, "Installed")


async def _signed_statuses(csms: Csms, charger: Charger, *statuses: str) -> None:
    number = charger.heard[0][1]["requestId"]
    for status in statuses:
        told = {"status": status, "requestId": number}
        assert await charger.call("SignedFirmwareStatusNotification", told) == {}
        assert await progress(csms, "firmware") == status


async def test_TC_081_CSMS_signature_invalid(csms: Csms, charger: Charger) -> None:
    """InvalidSignature, and its security event."""
    await _signed_update(csms, charger, "Downloading", "Downloaded", "InvalidSignature")
    await _security_event(csms, charger, "InvalidFirmwareSignature")


async def test_TC_085_CSMS_basic_authentication(csms: Csms) -> None:
    """Profile 1: the right name and password are let in, any other is not."""
    await csms.charger("CP2", password="a secret of 16 +")
    async with connected(csms.url, "CP2", password="a secret of 16 +", boot=True) as let_in:
        assert "currentTime" in await let_in.call("Heartbeat")
    for user, password in (("CP2", "another secret 1"), ("CP1", "a secret of 16 +")):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(csms.url, "CP2", password=password, user=user):
                pass
        assert refused.value.status == 401
