# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The chain as one reads it: numbers, hashes, walks in pieces, what a user did."""

import asyncio
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from csms.features.audit import service as audit_service
from csms.features.audit.chain import START, hash_of
from csms.features.audit.service import AuditLineUnknownError, AuditService
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import SYSTEM, Actor, Scope
from csms.kit.http.exports import HEAD
from tests.api.support import Product

OTHER = "0192f000-0000-7000-8000-0000000000aa"


async def test_lines_are_numbered_and_chained(api: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what many write at once; in pieces it is the same chain; each organization has its own."""
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)

    async def write(number: int, organization: Any = DEFAULT_ORGANIZATION_ID) -> None:
        scope = Scope(organization, Actor("user", f"u{number % 3}", "Zoë"), "127.0.0.1", f"r{number}")
        async with api.units(scope) as uow:
            for part in range(3):
                after = {"b": 1.50, "a": ["ä\u2028\x7f", None], "part": part}
                uow.audit("test:line:write", "line", str(number), None, after)

    await asyncio.gather(*(write(number) for number in range(20)), write(1, OTHER))
    walked = await api.items("/api/v1/audit", sort="at", limit=500)
    numbered = sorted(walked, key=lambda item: item["number"])
    assert [item["number"] for item in numbered] == list(range(1, len(numbered) + 1))
    assert len(numbered) == 62
    previous = START.hex()
    for item in numbered:  # as docs/howto/audit.md says it, from what the API shows
        fields = [
            "csms-audit-1", str(DEFAULT_ORGANIZATION_ID), item["number"], previous, item["id"],
            item["at"].removesuffix("Z") + ".000000Z", item["actor_kind"], item["actor_id"], item["action"],
            item["subject_kind"], item["subject_id"], item["request_id"], item["person_digest"], item["content_digest"],
        ]  # fmt: skip
        text = json.dumps(fields, ensure_ascii=False).encode()
        assert (item["previous_hash"], item["hash"]) == (previous, hashlib.sha256(text).hexdigest())
        previous = item["hash"]
    head = (await api.client.get("/api/v1/audit/head")).json()
    assert head == {"number": 62, "hash": previous}

    monkeypatch.setattr(audit_service, "PIECE", 7)
    service, found = AuditService(), (await api.client.get("/api/v1/audit/verify")).json()
    assert found == {"intact": True, "lines": 62, "erased": 0, "broken": None, "head": head, "next": None}
    async with api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        first = await service.verify(uow, most=50)
        assert (first.lines, first.next, first.broken) == (50, 51, None)
        rest = await service.verify(uow, 51, previous=first.previous)
        assert (rest.lines, rest.next, rest.broken) == (12, None, None)
        wrong = await service.verify(uow, 51, previous=START)
        assert wrong.broken is not None
        assert await service.is_line(uow, 62, bytes.fromhex(previous))
        assert not await service.is_line(uow, 61, bytes.fromhex(previous))
        with pytest.raises(AuditLineUnknownError):
            await service.is_line(uow, 63, START)
    async with api.units(Scope.system(OTHER)) as uow:  # type: ignore[arg-type]
        assert (await service.verify(uow)).lines == 3


async def test_an_empty_log_is_whole(api: Product) -> None:
    """Nothing was written, nothing was changed."""
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    async with api.units(Scope.system(OTHER)) as uow:  # type: ignore[arg-type]
        found = await AuditService().verify(uow)
    assert (found.lines, found.broken, found.head.number) == (0, None, 0)


async def test_what_a_user_did(api: Product) -> None:
    """Their changes, and when they signed in, also where the line is the system's; nobody else's."""
    me = (await api.client.get("/api/v1/me")).json()["id"]
    await api.create("/api/v1/tokens", value="TAG")
    async with api.units(Scope(DEFAULT_ORGANIZATION_ID, SYSTEM)) as uow:
        uow.audit("account:session:reuse", "user", me, None, None)
        uow.audit("account:user:unlock", "user", me, None, None)
    async with api.units(Scope(DEFAULT_ORGANIZATION_ID, Actor("user", "somebody", "else"))) as uow:
        uow.audit("token:token:create", "token", "x", None, None)
    done = await api.items(f"/api/v1/users/{me}/activity", sort="at")
    assert {item["action"] for item in done} == {
        "account:session:create",
        "token:token:create",
        "account:session:reuse",
    }
    (made,) = await api.items(f"/api/v1/users/{me}/activity", action="token:token:create")
    assert (made["actor_id"], made["actor_name"], made["address"]) == (me, "admin", "127.0.0.1")
    assert made["request_id"]
    assert await api.items("/api/v1/users/0192f000-0000-7000-8000-00000000ffff/activity") == []


@pytest.mark.parametrize("sort", ["at", "-number"])
async def test_a_file_of_what_a_user_did(api: Product, sort: str) -> None:
    """Each line once and in order, where the first rows are found by themselves and both ways lead to some of them."""
    me = (await api.client.get("/api/v1/me")).json()["id"]
    for actor in (SYSTEM, Actor("user", me, "admin"), SYSTEM):
        async with api.units(Scope(DEFAULT_ORGANIZATION_ID, actor)) as uow:
            for _ in range(HEAD):
                uow.audit("account:session:reuse", "user", me, None, None)
    there = f"/api/v1/users/{me}/activity"
    answer = await api.client.get(there, params={"format": "ndjson", "sort": sort})  # which writes a line, too
    shown = [item["number"] for item in await api.items(there, sort=sort, limit=500)]
    numbers = [json.loads(line)["number"] for line in answer.text.splitlines()]
    assert numbers == shown
    assert len(set(numbers)) == len(numbers) > 3 * HEAD


def test_what_is_hashed_is_what_postgresql_would_write() -> None:
    """Texts are escaped as jsonb escapes them: the test above has real ones, this one never changes."""
    line = {
        "organization_id": DEFAULT_ORGANIZATION_ID,
        "number": 1,
        "previous_hash": START,
        "id": "0192f000-0000-7000-8000-000000000001",
        "at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        "actor_kind": "user",
        "actor_id": None,
        "action": "a:b:c",
        "subject_kind": "x",
        "subject_id": 'Ä"\\\n\x01',
        "request_id": None,
        "person_digest": START,
        "content_digest": START,
    }
    assert hash_of(line).hex() == "4635d6b4858b52f82d32b1e3f8362a8c99a50c1d024f02ce541a56611ac2c177"
