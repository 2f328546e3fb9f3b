# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers that wait for approval (decisions 14), over HTTP."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from csms.domain.events import ChargerChanged
from tests.api.support import Product

WAITING = "/api/v1/pending-chargers"
AT = datetime(2026, 11, 23, 11, tzinfo=UTC)


async def knocked(api: Product, identity: str, secret: bytes | None = None, **columns: Any) -> None:
    """A charger that knocked, with the secret it brought."""
    await api.insert(
        "pending_chargers",
        id=identity,
        secret_hash=None if secret is None else api.site.keys.hash_secret(secret),
        address="192.0.2.9",
        protocol="ocpp1.6",
        first_seen_at=AT,
        last_seen_at=AT,
        **columns,
    )


async def test_who_waits(api: Product) -> None:
    """What is known of them, and never the secret."""
    await knocked(api, "NEW1", b"what the charger brought", vendor="Acme", model="One")
    await knocked(api, "NEW2")
    found = await api.items(WAITING)
    assert [(item["id"], item["has_password"], item["vendor"]) for item in found] == [
        ("NEW1", True, "Acme"),
        ("NEW2", False, None),
    ]
    assert "secret" not in str(found)
    assert [item["id"] for item in await api.items(WAITING, id="new1")] == ["NEW1"]


async def test_the_secret_it_came_with_is_adopted(api: Product) -> None:
    """Approved without a body: it need not be touched to come back."""
    await knocked(api, "NEW1", b"what the charger brought", vendor="Acme", serial_number="S1")
    subscribed: asyncio.Queue[Any] = asyncio.Queue()
    async with await api.bus.subscribe((ChargerChanged,), subscribed.put):
        answer = await api.client.post(f"{WAITING}/new1/approve")
        assert (await asyncio.wait_for(subscribed.get(), 5)).charger_id == "NEW1"
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/v1/chargers/NEW1"
    item = answer.json()
    assert (item["id"], item["security_profile"], item["vendor"], item["serial_number"]) == ("NEW1", 1, "Acme", "S1")
    stored = await api.sql.fetchval("SELECT secret_hash FROM chargers WHERE id = 'NEW1'")
    assert stored == api.site.keys.hash_secret(b"what the charger brought")
    assert await api.items(WAITING) == []
    assert [line["subject_id"] for line in await api.items("/api/v1/audit", action="onboarding:charger:approve")] == [
        "NEW1"
    ]
    assert await api.refused("POST", f"{WAITING}/NEW1/approve") == (404, "charger_not_found")


async def test_the_approver_may_say_otherwise(api: Product) -> None:
    """Another password, or none at all."""
    await knocked(api, "A", b"what the charger brought")
    await knocked(api, "B", b"what the charger brought")
    answer = await api.client.post(f"{WAITING}/A/approve", json={"password": "sixteen-or-more!", "name": "Gate"})
    assert (answer.json()["security_profile"], answer.json()["name"]) == (1, "Gate")
    stored = await api.sql.fetchval("SELECT secret_hash FROM chargers WHERE id = 'A'")
    assert stored == api.site.keys.hash_secret(b"sixteen-or-more!")
    answer = await api.client.post(f"{WAITING}/B/approve", json={"security_profile": 0})
    assert (answer.json()["security_profile"], answer.json()["has_password"]) == (0, False)


async def test_without_a_secret_somebody_has_to_decide(api: Product) -> None:
    """Nobody becomes profile 0 by accident."""
    await knocked(api, "NEW1")
    assert await api.refused("POST", f"{WAITING}/NEW1/approve") == (400, "invalid_request")
    assert await api.refused("POST", f"{WAITING}/NEW1/approve", json={"security_profile": 1}) == (
        400,
        "invalid_request",
    )
    weak = {"password": "short"}
    assert await api.refused("POST", f"{WAITING}/NEW1/approve", json=weak) == (422, "invalid_body")
    assert len(await api.items(WAITING)) == 1
    assert (await api.client.post(f"{WAITING}/NEW1/approve", json={"security_profile": 0})).status_code == 201


async def test_an_identity_that_was_taken_meanwhile(api: Product) -> None:
    """409, and it goes on waiting."""
    await knocked(api, "NEW1", b"what the charger brought")
    await api.create("/api/v1/chargers", id="new1")
    assert await api.refused("POST", f"{WAITING}/NEW1/approve") == (409, "identity_taken")
    assert len(await api.items(WAITING)) == 1


async def test_two_who_approve_at_once_make_one_charger(api: Product) -> None:
    """The second finds nobody waiting."""
    await knocked(api, "NEW1", b"what the charger brought")
    answers = await asyncio.gather(*(api.client.post(f"{WAITING}/NEW1/approve") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 404, 404]


async def test_rejected_means_off_the_list(api: Product) -> None:
    """It may knock again; who is not there cannot be rejected."""
    await knocked(api, "NEW1")
    assert (await api.client.post(f"{WAITING}/new1/reject")).status_code == 204
    assert await api.items(WAITING) == []
    assert await api.refused("POST", f"{WAITING}/NEW1/reject") == (404, "charger_not_found")
    assert await api.refused("GET", "/api/v1/chargers/NEW1") == (404, "charger_not_found")
