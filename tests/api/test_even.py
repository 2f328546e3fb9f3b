# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is the same everywhere: keys of idempotency, limits and their headers, other origins."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from csms.api.app import ApiDependencies
from csms.kit.config import HttpSettings
from csms.main.api import assemble, new_hub
from tests.api.support import Product, product
from tests.support.postgres import Database


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> AsyncIterator[Product]:
    """All routes, with an administrator signed in; answers are held to the API document."""
    async with product(database, tmp_path) as found:
        yield found


def limited(api: Product, **http: object) -> httpx2.AsyncClient:
    """The same product with other settings of the HTTP door."""
    state = api.app.state
    deps = ApiDependencies(**{name: getattr(state, name) for name in ApiDependencies.__dataclass_fields__})
    deps = replace(deps, http=HttpSettings(**http))  # type: ignore[arg-type]
    app = assemble(deps, api.commands, new_hub(deps.bus))
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://csms.test", headers=api.client.headers)


async def test_a_post_that_is_sent_again_has_no_second_effect(api: Product) -> None:
    """One after the other and at the same time: one charger, one audit line, one secret; the answer is the same."""
    key = {"Idempotency-Key": "make-CP1"}
    first = await api.client.post("/api/v1/chargers", json={"id": "CP1"}, headers=key)
    again = await api.client.post("/api/v1/chargers", json={"id": "CP1"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.json()["password"] not in str(await api.sql.fetch("SELECT * FROM idempotency_keys"))
    assert again.headers["idempotent-replayed"] == "true"
    assert [again.headers[name] for name in ("etag", "location")] == [
        first.headers[name] for name in ("etag", "location")
    ]
    assert "idempotent-replayed" not in first.headers

    together = await asyncio.gather(
        *(
            api.client.post("/api/v1/tokens", json={"value": "T1"}, headers={"Idempotency-Key": "make-T1"})
            for _ in range(5)
        )
    )
    assert {answer.status_code for answer in together} <= {201, 409}
    assert len({answer.json()["id"] for answer in together if answer.status_code == 201}) == 1
    assert len(await api.items("/api/v1/tokens")) == 1
    created = await api.items("/api/v1/audit", action="charger:charger:create")
    assert len(created) == 1

    other = await api.client.post("/api/v1/chargers", json={"id": "CP2"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    elsewhere = await api.client.post("/api/v1/tokens", json={"value": "T2"}, headers=key)
    assert elsewhere.json()["code"] == "idempotency_key_reused"
    for wrong in ("", "x" * 201, "a\tb"):
        answer = await api.client.post("/api/v1/tokens", json={"value": "T2"}, headers={"Idempotency-Key": wrong})
        assert answer.json()["code"] == "invalid_idempotency_key", wrong


async def test_a_refusal_leaves_the_key_free(api: Product) -> None:
    """What had no effect may be tried again under the same key, and another user's key is another key."""
    key = {"Idempotency-Key": "k"}
    await api.client.post("/api/v1/tokens", json={"value": "T1"})
    taken = await api.client.post("/api/v1/tokens", json={"value": "T1"}, headers=key)
    assert taken.status_code == 409
    assert (await api.client.post("/api/v1/tokens", json={"value": "T2"}, headers=key)).status_code == 201
    made = {"name": "k", "permissions": ["token:token:create"]}
    program = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api.app), base_url="http://csms.test")
    program.headers["X-API-Key"] = (await api.client.post("/api/v1/api-keys", json=made)).json()["key"]
    assert (await program.post("/api/v1/tokens", json={"value": "T3"}, headers=key)).status_code == 201
    # the process died after the commit, before the answer was kept
    await api.sql.execute("UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL")
    lost = await api.client.post("/api/v1/tokens", json={"value": "T2"}, headers=key)
    assert (lost.status_code, lost.json()["code"]) == (409, "idempotency_answer_unknown")


async def test_limits_are_told_and_hold(api: Product) -> None:
    """Each answer says what is left; one user who asks too much is slowed and nobody else is."""
    async with limited(api, requests_per_minute=10) as client:
        answers = [await client.get("/api/v1/me") for _ in range(12)]
        assert answers[0].headers["ratelimit-policy"] == '"user";q=10;w=60'
        assert answers[0].headers["ratelimit"].startswith('"user";r=9;t=')
        assert [answer.status_code for answer in answers].count(429) == 2
        refused = answers[-1]
        assert refused.json()["code"] == "rate_limited"
        assert int(refused.headers["retry-after"]) > 0
        made = {"name": "k", "permissions": ["charger:charger:read"]}
        key = (await api.client.post("/api/v1/api-keys", json=made)).json()["key"]
        del client.headers["authorization"]
        assert (await client.get("/api/v1/chargers", headers={"X-API-Key": key})).status_code == 200
    async with limited(api, requests_per_minute_address=10) as client:
        del client.headers["authorization"]
        codes = [(await client.get("/api/v1/me")).status_code for _ in range(12)]
        assert codes == [401] * 10 + [429] * 2
    await api.client.post("/api/v1/chargers", json={"id": "CP1"})
    async with limited(api, commands_per_minute_charger=2) as client:
        for path in ("CP1", "cp1", "CP1"):
            answer = await client.post(f"/api/v1/chargers/{path}/commands", json={"type": "reset"})
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")


async def test_other_origins_only_where_they_are_named(api: Product) -> None:
    """Without a setting a browser lets no other site's script read an answer; with it, that one's."""
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in (await api.client.get("/api/v1/me", headers=asked)).headers
    async with limited(api, cors_origins=("https://app.example.com",)) as client:
        before = await client.options("/api/v1/chargers", headers=asked)
        assert before.headers["access-control-allow-origin"] == "https://app.example.com"
        assert "access-control-allow-credentials" not in before.headers
        other = await client.options("/api/v1/chargers", headers={**asked, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
        read = await client.get("/api/v1/me", headers={"Origin": "https://app.example.com"})
        assert "RateLimit" in read.headers["access-control-expose-headers"]
