# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Certificates over HTTP: listed, renewed in time, revoked at the door."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

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
    await asyncio.gather(*(worker._sweeps[0]() for _ in range(4)))  # as several workers would, beside its own turn
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


async def test_what_ends_when(whole: Whole, charger: Charger) -> None:
    """By the certificates in use; what is refused, or not taken, is counted beside them; the authority has an end too."""
    charger.answers["CertificateSigned"] = ACCEPTED
    for _ in range(2):
        await charger.call("SignCertificate", {"csr": make_csr("CP1")[0]})
    await charger.call("SignCertificate", {"csr": make_csr("SOMEBODY")[0]})

    async def both() -> list[dict[str, Any]] | None:
        found = await whole.items(CERTIFICATES, status="accepted", sort="created_at")
        return found if len(found) == 2 else None

    found = await eventually(both)
    assert found is not None
    for each, days in zip(found, (5, 20), strict=True):
        ends = "UPDATE charger_certificates SET not_after = now() + make_interval(days => $2) WHERE id = $1"
        await whole.csms.sql.execute(ends, UUID(each["id"]), days)
    (used,) = await whole.items(CERTIFICATES, in_use="true", sort="not_after")
    assert (used["id"], used["in_use"]) == (found[1]["id"], True)
    soon = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    assert [each["id"] for each in await whole.items(CERTIFICATES, **{"not_after[lte]": soon})] == [found[0]["id"]]
    horizon = (await whole.client.get(f"{CERTIFICATES}/horizon")).json()
    counted = {name: horizon[name] for name in ("in_use", "expired", "within_7_days", "within_30_days", "refused")}
    assert counted == {"in_use": 1, "expired": 0, "within_7_days": 0, "within_30_days": 1, "refused": 1}
    assert horizon["next_not_after"] == used["not_after"]
    assert horizon["authority_not_after"] > used["not_after"]
    assert horizon["servers"] == {}


async def test_renewed_and_sent_again(whole: Whole, charger: Charger) -> None:
    """A person need not wait for the last days; what a charger refused is brought to it once more."""
    charger.answers |= {"CertificateSigned": {"status": "Rejected"}, "ExtendedTriggerMessage": ACCEPTED}
    await charger.call("SignCertificate", {"csr": make_csr("CP1")[0]})
    refused = await _listed(whole, status="rejected")
    path = f"{CERTIFICATES}/{refused['id']}"
    assert await whole.refused("POST", f"{path}/renew") == (409, "certificate_not_in_use")
    charger.answers["CertificateSigned"] = ACCEPTED
    sent = await whole.client.post(f"{path}/send")
    assert (sent.status_code, sent.json()["type"]) == (202, "send_signed_certificate")
    taken = await _listed(whole, status="accepted")
    assert (taken["id"], taken["serial"]) == (refused["id"], refused["serial"])
    renewed = await whole.client.post(f"{path}/renew")
    assert (renewed.status_code, renewed.json()["type"]) == (202, "trigger_message")
    asked = await charger.heard_action("ExtendedTriggerMessage")
    assert asked == {"requestedMessage": "SignChargePointCertificate"}
    assert (await whole.client.get(path)).json()["renewal_asked_at"] is not None
    assert (await whole.client.post(f"{path}/revoke")).status_code == 200
    assert await whole.refused("POST", f"{path}/send") == (409, "certificate_over")
    rows = await whole.csms.rows("SELECT action FROM audit_log WHERE action LIKE 'certificate:%' ORDER BY at")
    assert [row["action"].rpartition(":")[2] for row in rows] == ["sign", "send", "renew", "revoke"]


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
