# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Keys of programs: shown once, held to what they are for, rotated without a gap, revoked at once."""

import asyncio
from datetime import timedelta

import httpx2
from structlog.testing import capture_logs

from tests.api.support import Product
from tests.features.people.test_people import client_of


async def _with(api: Product, key: str, path: str = "/api/v1/chargers") -> httpx2.Response:
    return await client_of(api, **{"X-API-Key": key}).get(path)


async def test_a_key_from_its_making_to_its_end(api: Product) -> None:
    """It opens what it is for and nothing else; its last use shows; its secret never does again."""
    end = (api.clock.now() + timedelta(days=30)).isoformat()
    body = {"name": "Export", "permissions": ["charger:charger:read"], "expires_at": end}
    with capture_logs() as logs:
        made = await api.client.post("/api/v1/api-keys", json=body)
        key = made.json()["key"]
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        assert (await _with(api, key)).status_code == 200
    assert key not in str(logs)
    path = f"/api/v1/api-keys/{made.json()['id']}"
    assert (await _with(api, key, "/api/v1/tokens")).status_code == 403
    me = (await _with(api, key, "/api/v1/me")).json()
    assert (me["kind"], me["username"], me["permissions"]) == ("api_key", "Export", ["charger:charger:read"])
    shown = await api.client.get(path)
    assert shown.json()["last_used_at"] is not None
    assert key not in shown.text
    assert key.split("_")[1] == shown.json()["prefix"]
    stored = await api.sql.fetchval("SELECT row_to_json(k)::text FROM api_keys k")
    assert key.split("_", 2)[2] not in stored

    rotated = (await api.client.post(f"{path}/rotate", json={"overlap_hours": 2})).json()["key"]
    assert rotated != key
    assert (await _with(api, rotated)).status_code == (await _with(api, key)).status_code == 200
    api.clock.advance(2 * 3600 + 1)
    assert (await _with(api, key)).status_code == 401
    assert (await _with(api, rotated)).status_code == 200
    api.client.headers.update(await api.site.bearer())

    assert (await api.client.patch(path, json={"name": "Exports"})).json()["name"] == "Exports"
    api.clock.advance(timedelta(days=30).total_seconds())
    assert (await _with(api, rotated)).status_code == 401  # over
    api.client.headers.update(await api.site.bearer())
    later = (api.clock.now() + timedelta(days=1)).isoformat()
    assert (await api.client.patch(path, json={"expires_at": later})).status_code == 200
    assert (await _with(api, rotated)).status_code == 200
    assert (await api.client.delete(path)).status_code == 204
    assert (await _with(api, rotated)).status_code == 401
    assert await api.refused("POST", f"{path}/rotate") == (409, "api_key_revoked")
    assert [item["status"] for item in await api.items("/api/v1/api-keys")] == ["revoked"]


async def test_what_is_no_key(api: Product) -> None:
    """Misspelt, of another secret, doubled, in the URL, beside a token: 401, slowed when it goes on."""
    made = await api.client.post("/api/v1/api-keys", json={"name": "k", "permissions": ["charger:charger:read"]})
    key = made.json()["key"]
    for wrong in ("", "csms_", key[:-1], key[:-1] + ("A" if key[-1] != "A" else "B"), "x" * 5000, key.upper()):
        answer = await _with(api, wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_api_key"), wrong
    nobody = client_of(api)
    assert (await nobody.get(f"/api/v1/chargers?api_key={key}")).status_code == 401
    both = await api.client.get("/api/v1/chargers", headers={"X-API-Key": key})
    assert both.status_code == 401
    twice = await nobody.get("/api/v1/chargers", headers=[("X-API-Key", key), ("X-API-Key", key)])
    assert twice.status_code == 401
    assert (await api.refused("POST", "/api/v1/api-keys", json={"name": "k", "permissions": []}))[0] == 422
    past = {"name": "k", "permissions": ["charger:charger:read"], "expires_at": "2020-01-01T00:00:00Z"}
    assert (await api.refused("POST", "/api/v1/api-keys", json=past))[0] == 400
    answers = await asyncio.gather(*(_with(api, f"csms_{number:010}_{'a' * 43}") for number in range(60)))
    assert {answer.status_code for answer in answers} == {401, 429}
    assert (await _with(api, key)).status_code == 200  # who has the secret is let in all the same


async def test_a_keeper_of_keys_comes_by_no_more_than_they_have(api: Product) -> None:
    """Neither a new secret nor a longer life for a key that may do more; revoking is free."""
    strong = {"name": "strong", "permissions": ["charger:charger:read", "charger:charger:delete"]}
    path = f"/api/v1/api-keys/{(await api.client.post('/api/v1/api-keys', json=strong)).json()['id']}"
    keeper = {"name": "keeper", "permissions": ["account:api_key:read", "account:api_key:write"]}
    key = (await api.client.post("/api/v1/api-keys", json=keeper)).json()["key"]
    program = client_of(api, **{"X-API-Key": key})
    for answer in (await program.post(f"{path}/rotate"), await program.patch(path, json={"expires_at": None})):
        assert (answer.status_code, answer.json()["code"]) == (403, "beyond_own_rights")
    assert (await program.delete(path)).status_code == 204
