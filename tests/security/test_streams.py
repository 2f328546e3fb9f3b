# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Live streams: nobody takes all the places that others need."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest

from csms.api import live
from csms.api.live import Places, StreamLimits
from csms.domain.events import ChargerConnected, TransactionChanged
from csms.features.accounts.permissions import Permission
from csms.kit.config import HttpSettings
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.http.principal import Principal
from csms.main.http_server import HttpServer
from tests.api.support import Product
from tests.security.test_matrix import somebody
from tests.support.eventually import eventually

HEARS = dict.fromkeys([Permission.EVENT_READ, Permission.CHARGER_READ])


async def test_nobody_takes_all_places(api: Product) -> None:
    """Two of one key, three of an organization, four in all; whoever leaves makes place, refused ones take none."""
    other = uuid4()
    known = {
        "a": somebody(HEARS, kind="api_key"),
        "b": somebody(HEARS, kind="api_key"),
        "c": somebody(HEARS, other, kind="api_key"),
        "d": somebody(HEARS, other, kind="api_key"),
    }

    async def by_key(key: str, _: str | None) -> Principal:
        return known[key]

    places = api.hub.places = Places(StreamLimits(4, 3, 2))
    api.app.state.authenticate_key = by_key
    server = HttpServer(api.app, HttpSettings(port=0))
    await server.start()
    try:
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}"))

            async def opened(key: str) -> tuple[int, str, AsyncExitStack]:
                own = await stack.enter_async_context(AsyncExitStack())
                path = "/api/v1/events?topics=chargers"
                answer = await own.enter_async_context(client.stream("GET", path, headers={"X-API-Key": key}))
                if answer.status_code == 200:
                    return 200, "", own
                await answer.aread()
                assert int(answer.headers["retry-after"]) > 0
                return answer.status_code, answer.json()["code"], own

            assert (await opened("a"))[0] == 200
            status, _, last = await opened("a")
            assert status == 200
            assert (await opened("a"))[:2] == (429, "too_many_streams")
            assert (await opened("b"))[0] == 200
            assert (await opened("b"))[:2] == (429, "too_many_streams")  # three of the organization
            assert (await opened("c"))[0] == 200
            assert (await opened("d"))[:2] == (503, "unavailable")  # four in all
            assert len(places) == 4
            await last.aclose()

            async def free() -> bool:
                return len(places) == 3

            await eventually(free)
            assert (await opened("d"))[0] == 200

        async def empty() -> bool:
            return not len(places) and not places._taken

        await eventually(empty)
    finally:
        await api.hub.stop()
        await server.stop()


async def test_whoever_previews_a_role_hears_what_it_hears(api: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics are those of the role; without the permission there is no stream; it ends with the role."""
    monkeypatch.setattr(live, "_CHECK_S", 0.05)
    monkeypatch.setattr(live, "_HEARTBEAT_S", 0.05)
    body = {"key": "few", "name": "Few", "permissions": [Permission.EVENT_READ, Permission.CHARGER_READ]}
    assert (await api.client.post("/api/v1/roles", json=body)).status_code == 201
    deaf = {"key": "deaf", "name": "Deaf", "permissions": [Permission.CHARGER_READ]}
    assert (await api.client.post("/api/v1/roles", json=deaf)).status_code == 201
    at = datetime(2026, 11, 29, tzinfo=UTC)
    server = HttpServer(api.app, HttpSettings(port=0))
    await server.start()
    try:
        base, headers = f"http://127.0.0.1:{server.port}", dict(api.client.headers)
        async with httpx2.AsyncClient(base_url=base, headers=headers) as client:
            refused = await client.get("/api/v1/events", headers={"CSMS-Preview-Role": "deaf"})
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
            named = await client.get("/api/v1/events?topics=transactions", headers={"CSMS-Preview-Role": "few"})
            assert (named.status_code, named.json()["code"]) == (403, "forbidden")
            async with client.stream("GET", "/api/v1/events", headers={"CSMS-Preview-Role": "few"}) as stream:
                lines = stream.aiter_lines()
                assert await anext(lines) == "retry: 2000"
                await api.hub._hear(
                    TransactionChanged(
                        organization_id=DEFAULT_ORGANIZATION_ID,
                        charger_id="CP1",
                        id=uuid4(),
                        transaction_id=1,
                        connector_id=1,
                        status="active",
                        energy_wh=None,
                        at=at,
                    )
                )
                await api.hub._hear(
                    ChargerConnected(
                        organization_id=DEFAULT_ORGANIZATION_ID, charger_id="CP1", protocol="ocpp1.6", at=at
                    )
                )
                async with asyncio.timeout(30):
                    told = [line async for line in _until(lines, "event: charger_connected")]
                    assert not any(line.startswith("event: transaction") for line in told)
                    assert (await api.client.delete("/api/v1/roles/few")).status_code == 204
                    assert [line async for line in lines if line.startswith("event:")] == []
    finally:
        await api.hub.stop()
        await server.stop()


async def _until(lines: AsyncIterator[str], last: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line == last:
            return
