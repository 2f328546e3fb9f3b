# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A campaign among virtual chargers of all versions, which fetch the image, check it, restart and tell their version."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from csms.kit.config import HttpSettings
from csms.main.http_server import HttpServer
from csms.ocpp.codec import Protocol
from csms.simulator.charger import ChargerConfig, VirtualCharger
from csms.simulator.device import StopReason
from csms.simulator.fleet import running
from tests.features.campaigns.support import NEW, act, add_image, draft, results, until
from tests.features.whole import Whole
from tests.features.whole import whole as open_whole
from tests.support.postgres import Database
from tests.support.tls import Authority


@asynccontextmanager
async def _fleet(
    database: Database, folder: Path, protocols: Sequence[Protocol]
) -> AsyncIterator[tuple[Whole, list[VirtualCharger]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    async with AsyncExitStack() as stack:
        files = {"public_url": f"http://127.0.0.1:{port}"}
        whole = await stack.enter_async_context(open_whole(database, folder, files=files))
        runtime = await stack.enter_async_context(running(speed=20.0))
        server = HttpServer(whole.app, HttpSettings(port=port))
        await server.start()
        stack.push_async_callback(server.stop)
        chargers = []
        for number, protocol in enumerate(protocols, 1):
            identity = await whole.csms.charger(f"V{number}")
            config = ChargerConfig(
                identity, whole.csms.url, protocol=protocol, reboot_s=0.02, backoff_s=(0.02, 0.1), vendor="Virtual"
            )
            charger = VirtualCharger(config, runtime, Random(number))
            task = asyncio.create_task(charger.run())
            stack.push_async_callback(asyncio.wait_for, task, 5)
            stack.push_async_callback(charger.stop, finish=False)
            assert await charger.until(lambda ready=charger: ready.ready, 10)  # type: ignore[misc]
            chargers.append(charger)
        yield whole, chargers


async def test_all_versions_install_a_signed_image(database: Database, tmp_path: Path) -> None:
    """Over HTTP from the library, by SignedUpdateFirmware or UpdateFirmware; each comes back with the new version."""
    image = b"firmware" * 5_000
    files = Authority(tmp_path, "Vendor").issue("signer")
    key = load_pem_private_key(files.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = base64.b64encode(key.sign(image, ec.ECDSA(hashes.SHA256()))).decode()
    async with _fleet(database, tmp_path, [*Protocol, Protocol.V16]) as (whole, chargers):
        stored = await add_image(whole, NEW, image)
        words = {"signature": signature, "signing_certificate": files.certificate.read_text()}
        assert (await whole.client.patch(f"/api/v1/firmware/{stored['id']}", json=words)).status_code == 200
        campaign = await draft(whole, firmware=stored["id"], filter={"vendor": "Virtual"}, waves=[{"chargers": 1}])
        assert (await act(whole, campaign, "start", total=4))["sizes"] == [1, 3]
        assert (await until(whole, campaign, "done"))["counts"] == {"installed": 4}
        assert [charger.firmware for charger in chargers] == [NEW] * 4
        assert {each["version"] for each in (await results(whole, campaign)).values()} == {NEW}
        steps = await whole.items("/api/v1/chargers/V1/progress", kind="firmware", status="SignatureVerified")
        assert len(steps) == 1


async def test_another_version_than_expected(database: Database, tmp_path: Path) -> None:
    """The image is not what its entry in the library says: nobody has succeeded, and the campaign stops."""
    async with _fleet(database, tmp_path, [Protocol.V16, Protocol.V201]) as (whole, chargers):
        stored = await add_image(whole, "other", b"not what it says")
        options = {"waves": [{"chargers": 1}], "stop_on_failure_percent": 0}
        campaign = await draft(whole, firmware=stored["id"], filter={"vendor": "Virtual"}, **options)
        await act(whole, campaign, "start")
        await until(whole, campaign, counts={"verifying": 1, "waiting": 1})
        await chargers[0].restart(StopReason.REBOOT)
        stopped = await until(whole, campaign, "stopped")
        assert stopped["counts"] == {"failed": 1, "cancelled": 1}
        assert "booted with other in place of 2.0" in (await results(whole, campaign))["V1"]["reason"]
        assert chargers[1].firmware != "other"
