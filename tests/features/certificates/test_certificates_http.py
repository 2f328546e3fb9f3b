# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Certificates over HTTP: listed, renewed in time, revoked at the door."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from csms.kit.clock import SystemClock
from csms.kit.pki.authority import Authority as OwnAuthority
from tests.features.whole import Whole
from tests.features.whole import whole as open_whole
from tests.support.charger import Charger, connected
from tests.support.eventually import eventually
from tests.support.postgres import Database
from tests.support.tls import Authority, Files, make_csr

CERTIFICATES = "/api/v1/certificates"
ACCEPTED = {"status": "Accepted"}


async def _listed(whole: Whole, **query: Any) -> dict[str, Any]:
    async def look() -> list[dict[str, Any]]:
        return await whole.items(CERTIFICATES, **query)

    (found,) = await eventually(look)
    return found


async def test_a_request_that_is_not_signed(whole: Whole, charger: Charger) -> None:
    """Refused with the reason, which the list and the security events have too; nothing is sent."""
    csr, _ = make_csr("SOMEBODY")
    assert await charger.call("SignCertificate", {"csr": csr}) == {"status": "Rejected"}
    found = await _listed(whole, status="refused")
    assert (found["reason"], found["serial"]) == ("the common name is 'SOMEBODY', the charger is 'CP1'", None)
    assert ("InvalidCsr", found["reason"]) in await whole.csms.told()
    assert charger.heard == []
    assert await whole.refused("POST", f"{CERTIFICATES}/{found['id']}/revoke") == (409, "certificate_not_signed")
    nowhere = f"{CERTIFICATES}/00000000-0000-7000-8000-000000000009"
    assert await whole.refused("GET", nowhere) == (404, "certificate_not_found")


async def test_a_repeated_request_is_signed_once(whole: Whole, charger: Charger) -> None:
    """A charger repeats what was not answered in time."""
    charger.answers["CertificateSigned"] = ACCEPTED
    csr, _ = make_csr("CP1")
    for _ in range(2):
        assert await charger.call("SignCertificate", {"csr": csr}) == ACCEPTED
    await _listed(whole, status="accepted")
    ours = (await whole.client.get(f"{CERTIFICATES}/authority")).json()["certificate"]
    assert ours.startswith("-----BEGIN CERTIFICATE")
    assert "PRIVATE" not in ours


async def test_a_new_one_is_asked_for_in_time(whole: Whole, charger: Charger) -> None:
    """Once a day while it ends soon, and no more when the new one is there."""
    charger.answers |= {"CertificateSigned": ACCEPTED, "ExtendedTriggerMessage": ACCEPTED}
    await charger.call("SignCertificate", {"csr": make_csr("CP1")[0]})
    await _listed(whole, status="accepted")
    await whole.csms.sql.execute("UPDATE charger_certificates SET not_after = now() + interval '3 days'")
    worker = whole.csms.application.worker
    assert worker is not None
    for _ in range(2):
        await worker._sweeps[0]()
    asked = await charger.heard_action("ExtendedTriggerMessage")
    assert asked == {"requestedMessage": "SignChargePointCertificate"}
    assert len(await whole.items("/api/v1/commands", type="trigger_message")) == 1
    await charger.call("SignCertificate", {"csr": make_csr("CP1")[0]})

    async def both() -> bool:
        return len(await whole.items(CERTIFICATES, status="accepted")) == 2

    await eventually(both)
    await whole.csms.sql.execute("UPDATE charger_certificates SET renewal_asked_at = NULL")
    await worker._sweeps[0]()
    assert len(await whole.items("/api/v1/commands", type="trigger_message")) == 1


async def test_a_revoked_certificate_lets_nobody_in(database: Database, tmp_path: Path) -> None:
    """Signed here, used for profile 3, revoked: the charger is cut off and kept out."""
    server = Authority(tmp_path)
    own = server.issue("csms")
    clients = tmp_path / "clients.pem"
    clients.write_text(OwnAuthority.load_or_create(tmp_path, SystemClock().now()).pem)
    options: dict[str, Any] = {
        "tls_port": 0,
        "tls_cert": own.certificate,
        "tls_key": own.key,
        "tls_client_ca": clients,
    }
    async with open_whole(database, tmp_path, **options) as whole:
        csr, key = make_csr("CP1")
        async with connected(whole.csms.url, "CP1", boot=True) as charger:
            charger.answers["CertificateSigned"] = ACCEPTED
            await charger.call("SignCertificate", {"csr": csr})
            sent = await charger.heard_action("CertificateSigned")
            found = await _listed(whole, status="accepted")
        files = Files(tmp_path / "cp1.pem", tmp_path / "cp1.key")
        files.certificate.write_text(sent["certificateChain"])
        files.key.write_bytes(key)
        changed = await whole.client.patch("/api/v1/chargers/CP1", json={"security_profile": 3})
        assert (changed.status_code, changed.json()["has_password"]) == (200, False)
        context = server.client(files)
        async with connected(whole.csms.tls_url, "CP1", tls=context, boot=True) as charger:
            revoked = await whole.client.post(f"{CERTIFICATES}/{found['id']}/revoke")
            assert revoked.json()["status"] == "revoked"
            await charger.closed.wait()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(whole.csms.tls_url, "CP1", tls=context):
                pass
        assert refused.value.status == 401
        assert "revoked" in (await whole.csms.told())[-1][1]
        assert (await whole.client.post(f"{CERTIFICATES}/{found['id']}/revoke")).status_code == 200
