# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tokens over HTTP."""

from typing import Any
from uuid import UUID

from csms.kit.ids import new_id
from tests.api.support import Product

TOKENS = "/api/v1/tokens"


async def test_from_first_to_last(api: Product) -> None:
    """Made, read, changed, deleted; each change is in the audit log."""
    answer = await api.client.post(
        TOKENS, json={"value": "04AB", "group": "Fleet", "expires_at": "2027-01-01T00:00:00+01:00", "note": "Anna's"}
    )
    assert answer.status_code == 201
    token = answer.json()
    assert answer.headers["location"] == f"{TOKENS}/{token['id']}"
    assert (token["value"], token["type"], token["status"], token["group"]) == ("04AB", "rfid", "accepted", "Fleet")
    assert token["expires_at"] == "2026-12-31T23:00:00Z"
    read = await api.client.get(answer.headers["location"])
    assert read.json() == token
    assert read.headers["etag"] == answer.headers["etag"]
    changed = await api.client.patch(f"{TOKENS}/{token['id']}", json={"status": "blocked", "expires_at": None})
    assert (changed.json()["status"], changed.json()["expires_at"], changed.json()["note"]) == (
        "blocked",
        None,
        "Anna's",
    )
    assert (await api.client.delete(f"{TOKENS}/{token['id']}")).status_code == 204
    assert await api.refused("GET", f"{TOKENS}/{token['id']}") == (404, "token_not_found")
    audit = await api.items("/api/v1/audit", subject_kind="token", sort="at")
    assert [line["action"] for line in audit] == ["token:token:create", "token:token:update", "token:token:delete"]
    assert audit[1]["before"] == {"status": "accepted", "expires_at": "2026-12-31T23:00:00Z"}
    assert audit[1]["after"] == {"status": "blocked", "expires_at": None}


MISFITS: list[dict[str, Any]] = [
    {},
    {"value": ""},
    {"value": "   "},
    {"value": "x" * 37},
    {"value": "a\nb"},
    {"value": "a\0b"},
    {"value": "A", "note": "\0"},
    {"value": "A", "group": ""},
    {"value": "A", "status": "concurrent_tx"},
    {"value": "A", "type": "magic"},
    {"value": "A", "expires_at": "2027-01-01T00:00:00"},
    {"value": "A", "expires_at": "0001-01-01T00:00:00+14:00"},
    {"value": "A", "expires_at": "9999-12-31T23:59:59-14:00"},
    {"value": "A", "normalized": "B"},
    {"value": "A", "id": "00000000-0000-7000-8000-000000000002"},
]


async def test_bodies_that_do_not_fit(api: Product) -> None:
    """422, and nothing is stored."""
    for body in MISFITS:
        assert await api.refused("POST", TOKENS, json=body) == (422, "invalid_body"), body
    raw = {"content": b'{"value":"\\ud800"}', "headers": {"Content-Type": "application/json"}}
    assert await api.refused("POST", TOKENS, **raw) == (422, "invalid_body")
    assert await api.items(TOKENS) == []


async def test_the_same_token_in_another_spelling_is_taken(api: Product) -> None:
    """Readers differ in letter case and blanks."""
    await api.create(TOKENS, value="04ab")
    for value in ("04AB", " 04ab "):
        assert await api.refused("POST", TOKENS, json={"value": value}) == (409, "token_taken")


async def test_a_token_that_charges_is_not_deleted(api: Product) -> None:
    """However the charger spells it; afterwards it may go, and its transactions stay."""
    await api.create("/api/v1/chargers", id="CP1")
    token = await api.create(TOKENS, value="04ab ")
    transaction = await api.transaction("CP1", id_tag="04AB")
    assert await api.refused("DELETE", f"{TOKENS}/{token['id']}") == (409, "transaction_open")
    await api.sql.execute("UPDATE transactions SET status = 'completed'")
    assert (await api.client.delete(f"{TOKENS}/{token['id']}")).status_code == 204
    assert (await api.client.get(f"/api/v1/transactions/{transaction}")).json()["id_tag"] == "04AB"


async def test_changes_that_are_refused(api: Product) -> None:
    """The value is the token; what cannot be empty is not emptied; nobody writes over what they did not see."""
    token = await api.create(TOKENS, value="A")
    path = f"{TOKENS}/{token['id']}"
    assert await api.refused("PATCH", path, json={"value": "B"}) == (422, "invalid_body")
    assert await api.refused("PATCH", path, json={"status": None}) == (400, "invalid_request")
    seen = (await api.client.get(path)).headers["etag"]
    assert (await api.client.patch(path, json={"note": "x"}, headers={"If-Match": seen})).status_code == 200
    stale = {"json": {"note": "y"}, "headers": {"If-Match": seen}}
    assert await api.refused("PATCH", path, **stale) == (412, "stale")
    assert (await api.client.patch(path, json={})).json()["note"] == "x"


async def test_tokens_of_others_are_not_there(api: Product) -> None:
    """404 for reading, changing and deleting; the list is one's own; the same value is free."""
    other, theirs = new_id(), new_id()
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Rival')", other)
    await api.insert("tokens", id=theirs, organization_id=other, value="A", normalized="A")
    for method, options in (("GET", {}), ("PATCH", {"json": {"note": "x"}}), ("DELETE", {})):
        assert await api.refused(method, f"{TOKENS}/{theirs}", **options) == (404, "token_not_found")
    assert await api.items(TOKENS) == []
    await api.create(TOKENS, value="A")
    assert await api.sql.fetchval("SELECT count(*) FROM tokens") == 2


async def test_lists(api: Product) -> None:
    """Filtered by value in any letter case, by status and by time; junk is named."""
    for value, status in (("A", "accepted"), ("B", "blocked"), ("C", "accepted")):
        await api.create(TOKENS, value=value, status=status)
        api.clock.advance(60)
    assert [item["value"] for item in await api.items(TOKENS)] == ["C", "B", "A"]
    assert [item["value"] for item in await api.items(TOKENS, value="b")] == ["B"]
    assert [item["value"] for item in await api.items(TOKENS, status="accepted", sort="value")] == ["A", "C"]
    at = (await api.items(TOKENS, value="B"))[0]["created_at"]
    later = await api.items(TOKENS, **{"created_at[gt]": at})
    assert [item["value"] for item in later] == ["C"]
    shown = await api.items(TOKENS, fields="id,value", sort="value")
    assert [set(item) for item in shown] == [{"id", "value"}] * 3
    for query in ({"colour": "red"}, {"status[gt]": "a"}, {"created_at": "yesterday"}, {"value": ["x"] * 101}):
        assert await api.refused("GET", TOKENS, params=query) == (400, "invalid_filter"), query
    assert all(UUID(item["id"]) for item in shown)
