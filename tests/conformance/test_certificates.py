# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802  (tests carry the names of the certification cases)
"""OCPP 1.6 and 2.0.1: the certification cases of certificates that stations ask for."""

from typing import Any

from cryptography import x509

from tests.conformance.station import CommandCase, station_of
from tests.conformance.words import ACCEPTED, eventually_row, outcome
from tests.support.charger import Charger
from tests.support.csms import Csms
from tests.support.tls import make_csr


async def _status(csms: Csms, status: str) -> Any:
    return await eventually_row(csms, "SELECT * FROM charger_certificates WHERE status = $1", status)


async def _asked_for(csms: Csms, charger: Charger, extra: dict[str, Any], name: str = "CP1") -> dict[str, Any]:
    """A request with success; the certificate as the charger gets it."""
    csr, _ = make_csr(name)
    assert await charger.call("SignCertificate", {"csr": csr, **extra}) == ACCEPTED
    sent = await charger.heard_action("CertificateSigned")
    own, authority = x509.load_pem_x509_certificates(sent["certificateChain"].encode())
    own.verify_directly_issued_by(authority)
    assert own.subject.rfc4514_string() == f"CN={name}"
    assert own.public_key() == x509.load_pem_x509_csr(csr.encode()).public_key()
    return sent


async def test_TC_074_CSMS_certificate_by_request(csms: Csms, charger: Charger) -> None:
    """Triggered, asked for, signed, taken."""
    charger.answers |= {"ExtendedTriggerMessage": ACCEPTED, "CertificateSigned": ACCEPTED}
    body = {"type": "trigger_message", "message": "sign_charging_station_certificate"}
    assert await outcome(csms, body) == ("accepted", None)
    assert charger.heard == [("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})]
    assert set(await _asked_for(csms, charger, {})) == {"certificateChain"}
    await _status(csms, "accepted")


async def _triggered(csms: Csms, message: str, wire: str, *kinds: str) -> None:
    async with station_of(csms) as station:
        station.answers["CertificateSigned"] = ACCEPTED
        body = {"type": "trigger_message", "message": message}
        await CommandCase(body, "TriggerMessage", {"requestedMessage": wire}).run(station)
        for kind in kinds:
            station.heard.clear()
            name = "CP1" if kind == "ChargingStationCertificate" else "SECC-7"
            sent = await _asked_for(csms, station.charger, {"certificateType": kind}, name)
            assert sent["certificateType"] == kind
    await eventually_row(
        csms,
        "SELECT count(*) FROM charger_certificates WHERE status = 'accepted' HAVING count(*) = $1",
        len(kinds),
    )


async def test_TC_A_11_CSMS_charging_station_certificate(csms: Csms) -> None:
    """The station's own."""
    await _triggered(
        csms,
        "sign_charging_station_certificate",
        "SignChargingStationCertificate",
        "ChargingStationCertificate",
    )


async def test_TC_A_12_CSMS_v2g_certificate(csms: Csms) -> None:
    """The one that vehicles see."""
    await _triggered(csms, "sign_v2g_certificate", "SignV2GCertificate", "V2GCertificate")


async def test_TC_A_13_CSMS_combined_certificate(csms: Csms) -> None:
    """One for both: the station asks for each."""
    kinds = ("ChargingStationCertificate", "V2GCertificate")
    await _triggered(csms, "sign_combined_certificate", "SignCombinedCertificate", *kinds)


async def test_TC_A_14_CSMS_invalid_certificate(csms: Csms) -> None:
    """The station does not take it, and says so in a security event."""
    async with station_of(csms) as station:
        station.answers["CertificateSigned"] = {"status": "Rejected"}
        await _asked_for(csms, station.charger, {"certificateType": "ChargingStationCertificate"})
        event = {"type": "InvalidChargingStationCertificate", "timestamp": "2026-11-24T10:00:00Z"}
        assert await station.call("SecurityEventNotification", event) == {}
    assert (await _status(csms, "rejected"))["serial"] is not None
    assert "InvalidChargingStationCertificate" in [kind for kind, _ in await csms.told()]
