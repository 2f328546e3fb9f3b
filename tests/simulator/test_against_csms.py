# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Virtual chargers of all versions and this CSMS, over sockets: what a person without hardware would try."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from csms.kit.config import HttpSettings
from csms.main.http_server import HttpServer
from csms.ocpp.codec import Protocol
from csms.simulator.charger import ChargerConfig, Runtime, VirtualCharger
from csms.simulator.device import Status, StopReason
from csms.simulator.fleet import running
from csms.simulator.physics import Outlet
from tests.features.whole import Whole
from tests.features.whole import whole as open_whole
from tests.simulator.conftest import CAR
from tests.support.eventually import eventually
from tests.support.postgres import Database
from tests.support.tls import Authority

VERSIONS = pytest.mark.parametrize("protocol", list(Protocol), ids=lambda protocol: protocol.value)
V2 = pytest.mark.parametrize("protocol", [Protocol.V201, Protocol.V21], ids=lambda protocol: protocol.value)
AT = "2026-01-01T00:00:00Z"


@dataclass
class Stage:
    """A CSMS with an HTTP door, and a virtual charger that is accepted there."""

    whole: Whole
    charger: VirtualCharger
    runtime: Runtime

    async def command(self, **body: Any) -> dict[str, Any]:
        """A command that has to be accepted."""
        found = await self.whole.command(body)
        assert found["status"] == "accepted", found
        return found

    async def listed(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The items of a list, once there are some."""

        async def look() -> list[dict[str, Any]]:
            return await self.whole.items(path, **query)

        return await eventually(look)

    async def progress(self, kind: str, last: str) -> list[str]:
        """All steps of a transfer, oldest first, once the last is there."""

        async def look() -> list[str] | None:
            found = [each["status"] for each in await self.whole.items("/api/v1/chargers/CP1/progress", kind=kind)]
            return found[::-1] if last in found else None

        found: list[str] | None = await eventually(look)
        assert found is not None
        return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def stage(database: Database, folder: Path, protocol: Protocol, *, speed: float = 20.0) -> AsyncIterator[Stage]:
    """Everything is up; the charger is CP1 with two connectors."""
    port = _free_port()
    files = {"public_url": f"http://127.0.0.1:{port}"}
    async with open_whole(database, folder, files=files) as whole, running(speed=speed) as runtime:
        server = HttpServer(whole.app, HttpSettings(port=port))
        await server.start()
        await whole.csms.token("TAG")
        config = ChargerConfig(
            "CP1",
            whole.csms.url,
            protocol=protocol,
            outlets=(Outlet(11_000.0), Outlet(50_000.0, phases=0)),
            reboot_s=0.02,
            backoff_s=(0.02, 0.1),
            min_sample_interval_s=0.2,
        )
        charger = VirtualCharger(config, runtime, Random(7))
        task = asyncio.create_task(charger.run())
        assert await charger.until(lambda: charger.ready, 30)
        try:
            yield Stage(whole, charger, runtime)
        finally:
            await charger.stop(finish=False)
            await asyncio.wait_for(task, 30)
            await server.stop()


@VERSIONS
async def test_a_session_told_from_end_to_end(database: Database, tmp_path: Path, protocol: Protocol) -> None:
    """Authorized, charged, read, interrupted, stopped: the CSMS has one transaction with the meter's energy."""
    async with stage(database, tmp_path, protocol) as on:
        charger, connector = on.charger, on.charger.connectors[0]
        assert await charger.authorize("NOBODY") == "Invalid" or protocol is not Protocol.V16
        assert await charger.authorize("TAG") == "Accepted"
        charger.plug(connector, CAR)
        transaction = charger.start_transaction(connector, "TAG")
        charger.meter(connector, "Sample.Periodic")
        await charger.drained(30)
        charger.go_offline(0.1)
        charger.meter(connector, "Sample.Periodic")
        assert await charger.until(lambda: charger.ready, 30)
        connector.register_wh += 50
        charger.stop_transaction(connector, StopReason.LOCAL, "TAG")
        assert await charger.drained(30)
        (found,) = await on.listed("/api/v1/transactions", status="completed")
        assert found["energy_wh"] == connector.meter_wh - transaction.meter_start_wh
        assert found["stop_reason"] == "Local"
        assert await on.whole.items("/api/v1/chargers/CP1/findings") == []
        charger.unplug(connector)


@VERSIONS
async def test_remote_start_and_stop(database: Database, tmp_path: Path, protocol: Protocol) -> None:
    """The cable waits; the command starts and stops it."""
    async with stage(database, tmp_path, protocol) as on:
        connector = on.charger.connectors[1]
        on.charger.plug(connector, CAR)
        await on.command(type="start_transaction", connector_id=2, token="TAG")
        (found,) = await on.listed("/api/v1/transactions", status="active")
        assert found["id_tag"] == "TAG"
        await on.command(type="stop_transaction", transaction_id=found["id"])
        (found,) = await on.listed("/api/v1/transactions", status="completed")
        assert (found["stop_reason"], connector.transaction) == ("Remote", None)


@VERSIONS
async def test_firmware_is_fetched_checked_and_installed(
    database: Database, tmp_path: Path, protocol: Protocol
) -> None:
    """Over HTTP from the library, with the signer's certificate; the charger comes back with the new version."""
    async with stage(database, tmp_path, protocol) as on:
        image = b"firmware" * 5_000
        files = Authority(tmp_path, "Vendor").issue("signer")
        certificate = files.certificate.read_text()
        key = load_pem_private_key(files.key.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        created = await on.whole.client.post("/api/v1/firmware", params={"name": "fw-2.bin"}, content=image)
        own = f"/api/v1/firmware/{created.json()['id']}"
        for signature, last in (
            (b"wrong", "InvalidSignature"),
            (key.sign(image, ec.ECDSA(hashes.SHA256())), "Installed"),
        ):
            words = {"signature": base64.b64encode(signature).decode(), "signing_certificate": certificate}
            assert (await on.whole.client.patch(own, json=words)).status_code == 200
            await on.command(type="update_firmware", firmware=created.json()["id"], retrieve_at=AT)
            steps = await on.progress("firmware", last)
        assert steps[:3] == ["Downloading", "Downloaded", "InvalidSignature"]
        assert steps[3:] == [
            "Downloading",
            "Downloaded",
            "SignatureVerified",
            "Installing",
            "InstallRebooting",
            "Installed",
        ]
        assert (await on.whole.client.get("/api/v1/chargers/CP1")).json()["firmware_version"] == "fw-2.bin"
        assert "InvalidFirmwareSignature" in {kind for kind, _ in await on.whole.csms.told()}


@VERSIONS
async def test_a_log_is_sent(database: Database, tmp_path: Path, protocol: Protocol) -> None:
    """To the link that the command brought; to a server that nobody runs it fails."""
    async with stage(database, tmp_path, protocol) as on:
        await on.command(type="get_log", log="security")
        assert await on.progress("log", "Uploaded") == ["Uploading", "Uploaded"]
        (found,) = await on.listed("/api/v1/files", kind="security")
        content = await on.whole.client.get(f"/api/v1/files/{found['id']}/content")
        assert found["name"] == "CP1-security.log"
        assert b"log: Uploading" in content.content
        await on.command(type="get_diagnostics", location="ftp://example.com/in")
        await on.progress(
            "diagnostics" if protocol is Protocol.V16 else "log",
            "UploadFailed" if protocol is Protocol.V16 else "UploadFailure",
        )


@VERSIONS
async def test_a_certificate_is_asked_for_and_taken(database: Database, tmp_path: Path, protocol: Protocol) -> None:
    """Triggered, signed by the CSMS's own authority, accepted as it is of the charger's key; roots come and go."""
    async with stage(database, tmp_path, protocol) as on:
        await on.command(type="trigger_message", message="sign_charging_station_certificate")
        (found,) = await on.listed("/api/v1/certificates", status="accepted")
        assert on.charger.memory.keys.chain is not None
        assert found["charger_id"] == "CP1"
        root = Authority(tmp_path, "Root").certificate.public_bytes(Encoding.PEM).decode()
        await on.command(type="install_certificate", kind="csms_root", certificate=root)
        listed = await on.command(type="get_installed_certificates", kinds=["csms_root"])
        assert len(on.charger.memory.keys.roots) == 1
        (known,) = on.charger.memory.keys.roots.values()
        assert known.issuer_key_hash in str(listed["result"])
        named = {
            "hash_algorithm": "sha256",
            "issuer_name_hash": known.issuer_name_hash,
            "issuer_key_hash": known.issuer_key_hash,
            "serial_number": known.serial_number,
        }
        await on.command(type="delete_certificate", certificate=named)
        assert on.charger.memory.keys.roots == {}


@VERSIONS
async def test_power_is_limited(database: Database, tmp_path: Path, protocol: Protocol) -> None:
    """A profile holds the car to its limit, zero suspends it, and the composite schedule says so."""
    async with stage(database, tmp_path, protocol, speed=60.0) as on:
        connector = on.charger.connectors[0]
        on.charger.plug(connector, CAR)
        on.charger.start_transaction(connector, "TAG")
        await on.charger.drained(30)

        def profile(limit: float) -> dict[str, Any]:
            period = {"start_s": 0, "limit": limit}
            schedule = {"unit": "A", "start_at": AT, "periods": [period]}
            return {"stack_level": 1, "purpose": "tx_default_profile", "kind": "absolute", "schedules": [schedule]}

        await on.command(type="set_charging_profile", evse_id=1, profile=profile(6))
        await on.charger.until_sim(lambda: False, 120)
        on.charger.meter(connector, "Sample.Periodic")
        assert 0 < connector.power_w <= 6 * 230 * 3
        await on.command(type="set_charging_profile", evse_id=1, profile=profile(0))
        assert await on.charger.until(lambda: connector.status is Status.SUSPENDED_EVSE, 30)
        found = await on.command(type="get_composite_schedule", evse_id=1, duration_s=3600)
        assert "'limit': 0" in str(found["result"])
        await on.command(type="clear_charging_profile", evse_id=1)
        assert on.charger.memory.profiles == {}


@VERSIONS
async def test_reservations_and_the_local_list(database: Database, tmp_path: Path, protocol: Protocol) -> None:
    """A reserved connector is kept for its tag, who uses it up; listed tags are known without asking."""
    async with stage(database, tmp_path, protocol) as on:
        connector = on.charger.connectors[0]
        await on.command(type="reserve_now", token="TAG", evse_id=1, expires_at="2099-01-01T00:00:00Z")
        assert await on.charger.until(lambda: connector.status is Status.RESERVED, 30)
        refused = await on.whole.command({"type": "start_transaction", "connector_id": 1, "token": "OTHER"})
        assert refused["status"] == "rejected"
        on.charger.plug(connector, CAR)
        on.charger.start_transaction(connector, "TAG")
        (used,) = await on.listed("/api/v1/reservations", status="used")
        assert used["transaction"] is not None
        entries = [{"token": "LISTED", "status": "accepted"}]
        await on.command(type="send_local_list", update="full", entries=entries)
        await on.command(type="get_local_list_version")
        assert await on.charger.authorize("listed") == "Accepted"
        await on.command(type="reserve_now", token="TAG", evse_id=2, expires_at="2099-01-01T00:00:00Z")
        (active,) = await on.listed("/api/v1/reservations", status="active")
        await on.command(type="cancel_reservation", reservation_id=active["reservation_id"])
        assert on.charger.memory.reservations == {}


@VERSIONS
async def test_a_new_password(database: Database, tmp_path: Path, protocol: Protocol) -> None:
    """The charger takes it, comes again with it, and the old one is no more."""
    async with stage(database, tmp_path, protocol) as on:
        key = "AuthorizationKey" if protocol is Protocol.V16 else "SecurityCtrlr.BasicAuthPassword"
        before = on.charger.uplink.connection
        await on.command(type="change_configuration", key=key, value="a-new-password-16")
        assert await on.charger.until(lambda: on.charger.ready and on.charger.uplink.connection is not before, 30)
        assert on.charger.password == "a-new-password-16"


@V2
async def test_the_device_model(database: Database, tmp_path: Path, protocol: Protocol) -> None:
    """Reported whole, in parts; variables are read and written by name."""
    async with stage(database, tmp_path, protocol) as on:
        await on.command(type="get_base_report", base="full_inventory")
        (report,) = await on.listed("/api/v1/chargers/CP1/reports", status="complete")
        assert report["parts"] > 1
        await on.command(type="change_configuration", key="TxCtrlr.EVConnectionTimeOut", value="77")
        assert on.charger.configuration.integer("ConnectionTimeOut") == 77
        wrong = await on.whole.command({"type": "change_configuration", "key": "EVSE@1.Power", "value": "1"})
        assert wrong["status"] == "rejected"
        found = await on.command(
            type="get_configuration", keys=["EVSE@1.AvailabilityState", "Connector@2:1.ConnectorType"]
        )
        assert "cCCS2" in str(found["result"])


@V2
async def test_monitors_messages_and_customers(database: Database, tmp_path: Path, protocol: Protocol) -> None:
    """Kept, reported and cleared."""
    async with stage(database, tmp_path, protocol) as on:
        monitor = {"value": 10_000, "type": "upper_threshold", "severity": 4}
        body = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}, **monitor}
        await on.command(type="set_monitors", monitors=[body])
        await on.command(type="get_monitoring_report")
        message = {"priority": "in_front", "message": {"format": "utf8", "content": "Hello"}}
        await on.command(type="set_display_message", message=message)
        await on.command(type="get_display_messages")
        await on.charger.authorize("TAG")
        await on.command(type="get_customer_information", report=True, clear=True, token="TAG")
        reports = await on.listed("/api/v1/chargers/CP1/reports", status="complete")

        async def all_there() -> bool:
            return len(await on.whole.items("/api/v1/chargers/CP1/reports", status="complete")) == 3

        assert await eventually(all_there), reports
        assert on.charger.cache == {}
