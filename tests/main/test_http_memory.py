# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What `csms serve` keeps of requests: answers in memory, lines in the request log."""

import aiohttp
import pytest

from csms.kit.config import load_settings
from csms.main.application import Role
from csms.main.serve import Service
from tests.features.accounts.support import PASSWORD
from tests.support.eventually import eventually
from tests.support.postgres import Database

LOGIN = {"username": "admin", "password": PASSWORD}


@pytest.mark.parametrize("is_on", [True, False])
async def test_answers_and_requests_are_kept_or_not(
    database: Database, monkeypatch: pytest.MonkeyPatch, *, is_on: bool
) -> None:
    """Answers come from memory until something changes, and the last requests are stored at the end; both can be off."""
    monkeypatch.setenv("CSMS_DATABASE__URL", database.app_url)
    monkeypatch.setenv("CSMS_ADMIN__PASSWORD", PASSWORD)
    if not is_on:
        monkeypatch.setenv("CSMS_HTTP__REQUEST_LOG", "off")
        monkeypatch.setenv("CSMS_HTTP__KEPT_ANSWERS_MIB", "0")
    service = Service(load_settings(), Role.ALL, lambda _: None)
    await service.start()
    try:
        assert service.http is not None
        base = f"http://127.0.0.1:{service.http.port}"
        async with aiohttp.ClientSession(base) as http:
            async with http.post("/api/v1/auth/login", json=LOGIN) as answer:
                http.headers["Authorization"] = f"Bearer {(await answer.json())['access_token']}"

            async def kept() -> float | None:
                await (await http.get("/api/v1/sites")).read()
                text = await (await http.get("/metrics")).text()
                found = [
                    line for line in text.splitlines() if line.startswith('csms_http_answers_total{outcome="kept"}')
                ]
                return float(found[0].split()[-1]) or None

            if is_on:
                await eventually(kept)
            else:
                assert [await kept() for _ in range(5)] == [None] * 5
            async with http.post("/api/v1/sites", json={"name": "Depot"}) as answer:
                assert answer.status == 201
            async with http.get("/api/v1/sites") as answer:
                assert [each["name"] for each in (await answer.json())["items"]] == ["Depot"]
    finally:
        await service.stop()
    connection = await database.connect()
    rows = await connection.fetch("SELECT method, path, status, actor_name FROM api_requests")
    await connection.close()
    assert [tuple(row) for row in rows] == ([("POST", "/api/v1/sites", 201, "admin")] if is_on else [])
