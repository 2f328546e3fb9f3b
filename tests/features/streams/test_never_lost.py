# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A broker that is away delays no charger, no command and no webhook, and gets everything later."""

import json
import time
from pathlib import Path

import pytest

from tests.features.whole import Whole, whole
from tests.support.brokers import TOPIC, Broker, make
from tests.support.charger import connected
from tests.support.eventually import eventually
from tests.support.postgres import Database
from tests.support.receiver import receiver


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["nats", "rabbitmq"])
async def test_a_broker_that_is_away_delays_nobody(kind: str, database: Database, tmp_path: Path) -> None:
    """Away at the start, and frozen later; what came meanwhile is there afterwards, in order."""
    server = make(kind)
    try:
        await server.start()
        await server.expect()
        server.kill()
        options = {"url": server.url, "topic": TOPIC, "timeout_s": 1}
        async with (
            whole(database, tmp_path, broker=options) as found,
            connected(found.csms.url, "CP1", boot=True) as cp,
        ):
            await found.csms.token("TAG")
            cp.answers["ClearCache"] = {"status": "Accepted"}
            async with receiver() as other:
                await found.create("/api/v1/webhooks", url=other.url, event_types=["transaction.ended"])
                slowest_s = 0.0

                async def charge(meter: int) -> None:
                    nonlocal slowest_s
                    started_s = time.monotonic()
                    begun = await cp.start(meter=meter)
                    await cp.stop(begun["transactionId"], meter + 500)
                    slowest_s = max(slowest_s, (time.monotonic() - started_s) / 2)

                await charge(1_000)
                assert (await found.command({"type": "clear_cache"}))["status"] == "accepted"
                await server.start()
                await charge(2_000)
                assert await eventually(lambda: _has(server, 2), 60)
                server.freeze()
                await charge(3_000)

                async def webhooks_go_on() -> bool:
                    return len(other.messages()) == 3

                assert await eventually(webhooks_go_on, 20)
                server.thaw()
                assert await eventually(lambda: _has(server, 3), 60)
            assert slowest_s < 1.0
            assert await _as_told(found, server)
    finally:
        server.close()


async def _has(server: Broker, ended: int) -> bool:
    found = {each.id for each in await server.received() if each.headers["csms-event-type"] == "transaction.ended"}
    return len(found) == ended


async def _as_told(found: Whole, server: Broker) -> bool:
    """What the outbox has of the charger is there, the first of each in its order."""
    told = await found.csms.rows(
        "SELECT payload FROM outbox WHERE type IN ('transaction_started', 'transaction_ended') ORDER BY id"
    )
    first = {each.id: json.loads(each.body) for each in await server.received()}
    got = [(body["type"], body["data"]["id"]) for body in first.values() if body["type"].startswith("transaction.")]
    return got == [(row["payload"]["type"].replace("_", "."), row["payload"]["id"]) for row in told]
