# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The audit log cannot be changed by us, and whoever can change it is found out."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Actor, Scope
from csms.kit.ids import new_id
from tests.api.support import Product, product
from tests.support.audited import UnauditedChangeError, written
from tests.support.postgres import Database

REFUSED = (asyncpg.InsufficientPrivilegeError,)
VERIFY = "/api/v1/audit/verify"


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> AsyncIterator[Product]:
    """All routes, and a dozen lines of audit log."""
    async with product(database, tmp_path) as found:
        for number in range(10):
            await found.create("/api/v1/tokens", value=f"TAG{number}", note='Zoë "Ä" \\ \n \u0001 \U0001f600 </x>')
        yield found


async def _verify(api: Product, **query: Any) -> dict[str, Any]:
    answer = await api.client.get(VERIFY, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_only_the_database_writes_the_chain(api: Product, database: Database) -> None:
    """No role of the application changes a line or a head, writes a number of its own, or forges a chain's link."""
    for role in ("csms_app", "csms_audit", "csms_ingest"):
        connection = await database.connect(role)
        await connection.execute("SELECT set_config('csms.organization_id', $1, false)", str(DEFAULT_ORGANIZATION_ID))
        for latch in ("csms.audit_erase", "csms.audit_replace"):
            await connection.execute(f"SELECT set_config('{latch}', 'on', false)")
        for statement in (
            "UPDATE audit_log SET action = 'x'",
            "DELETE FROM audit_log",
            "TRUNCATE audit_log",
            "UPDATE audit_heads SET number = 0",
            "DELETE FROM audit_heads",
            "INSERT INTO audit_heads VALUES (gen_random_uuid(), 1, '')",
            "ALTER TABLE audit_log DISABLE TRIGGER ALL",
            "SELECT csms_audit_chain()",
        ):
            with pytest.raises(REFUSED):
                await connection.execute(statement)
        if role == "csms_audit":
            await connection.execute(
                "INSERT INTO audit_log (id, organization_id, at, actor_kind, actor_name, action, subject_kind,"
                " subject_id, number, previous_hash, hash) VALUES ($1, $2, now(), 'user', 'forged', 'x', 'x', 'x', 99,"
                " '', '')",
                new_id(),
                DEFAULT_ORGANIZATION_ID,
            )
        await connection.close()
    owner = await asyncpg.connect(database.owner_url, server_settings={"role": "csms_owner"})
    for latch in ("", "csms.audit_erase"):
        if latch:
            await owner.execute(f"SELECT set_config('{latch}', 'on', false)")
        for statement in (
            "UPDATE audit_log SET action = 'x'",
            "UPDATE audit_log SET actor_name = 'x'",
            "UPDATE audit_log SET after = NULL",
            "UPDATE audit_log SET actor_name = '', address = NULL, person_salt = NULL, number = number + 1",
            "DELETE FROM audit_log",
            "TRUNCATE audit_log",
        ):
            with pytest.raises(REFUSED, match="only ever written to"):
                await owner.execute(statement)
    await owner.close()
    found = await _verify(api)
    assert (found["intact"], found["broken"], found["next"]) == (True, None, None)
    assert found["lines"] == found["head"]["number"] == 13  # the first administrator, a sign-in, ten tokens, the forged
    assert (await api.items("/api/v1/audit", actor_name="forged"))[0]["number"] == 13


# What somebody does who has the superuser's password, the line that is named for it, and words of the reason.
TAMPERINGS = [
    ("UPDATE audit_log SET action = 'token:token:update' WHERE number = 5", 5, "its hash is wrong"),
    ("UPDATE audit_log SET at = at + interval '1 us' WHERE number = 5", 5, "its hash is wrong"),
    ("UPDATE audit_log SET actor_name = 'mallory' WHERE number = 5", 5, "name or address"),
    ("UPDATE audit_log SET address = NULL WHERE number = 5", 5, "name or address"),
    ("UPDATE audit_log SET after = '{}' WHERE number = 5", 5, "before and after"),
    ("UPDATE audit_log SET actor_name = 'x', person_salt = NULL WHERE number = 5", 5, "not covered"),
    ("UPDATE audit_log SET content_salt = NULL WHERE number = 5", 5, "not covered"),
    (
        "UPDATE audit_log SET person_digest = sha256('x'), person_salt = NULL WHERE number = 5",
        5,
        "its hash is wrong",
    ),
    ("DELETE FROM audit_log WHERE number = 5", 5, "a line was removed"),
    ("DELETE FROM audit_log WHERE number <= 5", 1, "a line was removed"),
    (
        "UPDATE audit_log SET number = 1000 WHERE number = 5; UPDATE audit_log SET number = 5 WHERE number = 6;"
        " UPDATE audit_log SET number = 6 WHERE number = 1000",
        5,
        "changed places",
    ),
    ("DELETE FROM audit_log WHERE number > 9", 10, "the last line that was written is 12"),
    ("UPDATE audit_heads SET number = 9", 9, "not the line that was written last"),
    (
        "DELETE FROM audit_log WHERE number > 9; UPDATE audit_heads SET number = 9, hash = (SELECT hash FROM"
        " audit_log WHERE number = 8)",
        9,
        "not the line that was written last",
    ),
    ("UPDATE audit_heads SET number = 11, hash = (SELECT hash FROM audit_log WHERE number = 11)", 12, "was added"),
]


async def test_a_superuser_who_tampers_is_found_out(api: Product) -> None:
    """Even with the triggers off: changed, removed, swapped, cut off at either end."""
    with pytest.raises(REFUSED, match="only ever written to"):
        await api.sql.execute("DELETE FROM audit_log WHERE number = 5")
    await api.sql.execute("SET session_replication_role = replica")
    for table in ("audit_log", "audit_heads"):
        await api.sql.execute(f"CREATE TEMP TABLE kept_{table} AS TABLE {table}")
    for tampering, number, reason in TAMPERINGS:
        await api.sql.execute(tampering)
        found = await _verify(api)
        assert (found["intact"], (found["broken"] or {}).get("number")) == (False, number), (tampering, found)
        assert reason in found["broken"]["reason"], tampering
        for table in ("audit_log", "audit_heads"):
            await api.sql.execute(f"DELETE FROM {table}; INSERT INTO {table} TABLE kept_{table}")
        assert (await _verify(api))["intact"]


async def test_what_is_whole_is_told_apart_from_what_is_not(api: Product) -> None:
    """A walk may begin and end anywhere; a line that was removed just before it is missed."""
    await api.sql.execute("SET session_replication_role = replica")
    await api.sql.execute("UPDATE audit_log SET action = 'x' WHERE number = 5")
    assert (await _verify(api, **{"from": 6}))["lines"] == 7
    assert (await _verify(api, to=4))["lines"] == 4
    assert not (await _verify(api, **{"from": 4, "to": 7}))["intact"]
    await api.sql.execute("DELETE FROM audit_log WHERE number = 8")
    assert (await _verify(api, **{"from": 9}))["broken"]["number"] == 8
    assert await api.refused("GET", VERIFY, params={"from": 14}) == (400, "invalid_request")
    assert (await api.refused("GET", VERIFY, params={"from": 0}))[0] == 422
    async with api.as_nobody() as nobody:
        for path in (VERIFY, "/api/v1/audit/head", f"/api/v1/users/{new_id()}/activity"):
            assert (await nobody.get(path)).status_code == 401


async def test_the_tests_would_notice_a_change_without_a_line(api: Product) -> None:
    """Every unit of work that any test opens is held to it; what only reads, and the system's own work, is not."""
    me = Scope(DEFAULT_ORGANIZATION_ID, Actor("user", "u", "Zoë"))
    change = text("UPDATE tokens SET note = NULL")
    with pytest.raises(UnauditedChangeError, match="tokens"):
        async with api.units(me) as uow:
            await uow.connection.execute(change)
    async with api.units(me) as uow:
        await uow.connection.execute(text("SELECT 1 FROM tokens FOR UPDATE"))
    async with api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        await uow.connection.execute(change)
    async with api.units(me) as uow:
        await uow.connection.execute(change)
        uow.audit("token:token:update", "token", "all", None, None)
    assert written("INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 2") == {"a"}
    assert written('WITH gone AS (DELETE FROM "b" RETURNING 1) INSERT INTO outbox SELECT 1 FROM gone') == {"b"}
    assert written("SELECT * FROM t FOR UPDATE OF t SKIP LOCKED") == set()
