# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Several processes on one database and one Valkey, as docs/howto/several-processes.md says."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.cluster import Cluster, cluster
from tests.faults.fleet import PASSWORD, TAG
from tests.faults.process import CsmsProcess
from tests.support.charger import NOW, connected
from tests.support.eventually import eventually

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def nodes(folder: Path) -> AsyncIterator[Cluster]:
    """Two gateways, two API nodes and a worker, with a charger and a token."""
    async with cluster(folder, workers=1) as all_:
        await all_.apis[0].provision(["CP1"], PASSWORD, TAG)
        await all_.apis[1].sign_in()
        yield all_


async def _command(api: CsmsProcess, kind: str) -> Any:
    status, body = await api.ask("POST", "/api/v1/chargers/CP1/commands?wait=20", type=kind)
    assert status == 200, body
    return body["status"]


async def _listen(api: CsmsProcess, heard: list[dict[str, Any]], open_: asyncio.Event) -> None:
    """What the stream of live events tells of connections."""
    url = f"http://127.0.0.1:{api.http_port}/api/v1/events?topics=chargers,transactions"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers={"Authorization": f"Bearer {api._token}"}) as stream,
    ):
        async for line in stream.content:
            open_.set()
            if line.startswith(b"data: "):
                heard.append(json.loads(line[6:]))


async def test_any_node_serves_any_charger(nodes: Cluster) -> None:
    """Connect here, ask there, see it elsewhere; the newest connection wins across nodes."""
    (first, second), (one, two) = nodes.gateways, nodes.apis
    heard: list[dict[str, Any]] = []
    open_ = asyncio.Event()
    listening = asyncio.create_task(_listen(one, heard, open_))
    await open_.wait()
    async with connected(second.ocpp_url, "CP1", password=PASSWORD, boot=True) as old:
        old.answers["ClearCache"] = {"status": "Accepted"}
        assert [await _command(api, "clear_cache") for api in (one, two)] == ["accepted", "accepted"]
        number = (await old.start(TAG, timestamp=NOW))["transactionId"]
        page = await two.get("/api/v1/transactions")
        assert [item["transaction_id"] for item in page["items"]] == [number]
        async with connected(first.ocpp_url, "CP1", password=PASSWORD) as new:
            await asyncio.wait_for(old.closed.wait(), 20)
            assert old.close_code == 1008
            new.answers["ClearCache"] = {"status": "Rejected"}
            assert await _command(two, "clear_cache") == "rejected"
            await new.stop(number, 5000)
            assert (await two.get("/api/v1/transactions"))["items"][0]["status"] == "completed"
            assert (await one.get("/api/v1/chargers/CP1"))["online"] is True
    kinds = [event["type"] for event in heard]
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert kinds.count("charger_connected") == 2
    assert "transaction_changed" in kinds


async def test_a_gateway_that_is_killed_is_missed_and_replaced(nodes: Cluster) -> None:
    """Its charger is shown offline when the lease is over, comes in by another door, and no fact is lost."""
    (first, second), (one, _) = nodes.gateways, nodes.apis
    async with connected(first.ocpp_url, "CP1", password=PASSWORD, boot=True) as charger:
        number = (await charger.start(TAG, timestamp=NOW))["transactionId"]
        first.kill()

    async def offline() -> bool:
        return (await one.get("/api/v1/chargers/CP1"))["online"] is False

    await eventually(offline, 30)
    async with connected(second.ocpp_url, "CP1", password=PASSWORD) as charger:
        charger.answers["ClearCache"] = {"status": "Accepted"}
        assert await _command(one, "clear_cache") == "accepted"
        await charger.stop(number, 5000)
        assert (await one.get("/api/v1/transactions"))["items"][0]["status"] == "completed"


async def test_valkey_may_die(nodes: Cluster) -> None:
    """Facts go on being stored without it; commands are carried out again when it is back."""
    (first, _), (one, two) = nodes.gateways, nodes.apis
    async with connected(first.ocpp_url, "CP1", password=PASSWORD, boot=True) as charger:
        charger.answers["ClearCache"] = {"status": "Accepted"}
        nodes.valkey.kill()
        number = (await charger.start(TAG, timestamp=NOW))["transactionId"]
        assert (await two.get("/api/v1/transactions"))["items"][0]["transaction_id"] == number
        await nodes.valkey.start()

        async def obeys() -> bool:
            return await _command(one, "clear_cache") == "accepted"

        await eventually(obeys, 60)


async def test_every_process_can_be_watched(nodes: Cluster) -> None:
    """Health, readiness and metrics of gateways and workers too; SIGTERM ends each in order."""
    for process in nodes.nodes:
        assert [await process.status(path) for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    assert await nodes.workers[0].status("/api/v1/chargers") == 404
    gateway = nodes.gateways[0]
    assert gateway.process is not None
    gateway.process.send_signal(signal.SIGTERM)
    assert await gateway.exit_code(30) == 0


async def _handled(worker: CsmsProcess) -> bool:
    """Whether this worker is the one that sends commands."""
    figures = (await worker.text("/metrics")).splitlines()
    name = 'csms_outbox_events_total{consumer="commands",outcome="handled"}'
    return any(line.startswith(name) and float(line.split()[-1]) > 0 for line in figures)


async def test_a_worker_that_is_killed_is_replaced_before_a_command_expires(folder: Path) -> None:
    """Nobody waits for the lease of a process that is gone: its connection to PostgreSQL ended with it."""
    async with cluster(folder, gateways=1, apis=1, workers=2) as nodes:
        api, door = nodes.apis[0], nodes.gateways[0]
        await api.provision(["CP1"], PASSWORD, TAG)
        status, body = await api.ask("PATCH", "/api/v1/settings/commands", send_within_s=8)  # shorter than a lease
        assert status == 200, body
        async with connected(door.ocpp_url, "CP1", password=PASSWORD, boot=True) as charger:
            charger.answers["ClearCache"] = {"status": "Accepted"}
            assert await _command(api, "clear_cache") == "accepted"
            (holder,) = [worker for worker in nodes.workers if await _handled(worker)]
            holder.kill()
            assert await _command(api, "clear_cache") == "accepted"
