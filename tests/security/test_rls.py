# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The database keeps organizations apart, whatever a query of ours forgets (decision 1, attack 6)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from tests.support.postgres import Database
from tests.upgrade.data import fill

OTHER = "0192f000-0000-7000-8000-0000000000aa"
# Of the installation, not of anybody: every organization's door stands on these.
INSTALLATION_WIDE = {"gateway_nodes", "installation"}
REFUSED = (asyncpg.InsufficientPrivilegeError,)
_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""


@pytest.fixture
async def sql(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A database with rows in every table; the connection is the superuser's."""
    connection = await database.connect()
    await fill(connection)
    yield connection
    await connection.close()


@pytest.fixture
async def app(sql: asyncpg.Connection, database: Database) -> AsyncIterator[asyncpg.Connection]:
    """The application's connection, without a scope."""
    connection = await database.connect("csms_app")
    yield connection
    await connection.close()


async def _tables(sql: asyncpg.Connection) -> list[str]:
    found = [row[0] for row in await sql.fetch(_TABLES) if row[0] not in INSTALLATION_WIDE]
    assert len(found) > 15
    return found


@asynccontextmanager
async def _as(app: asyncpg.Connection, organization: object) -> AsyncIterator[None]:
    """A transaction in the scope of an organization; undone."""
    transaction = app.transaction()
    await transaction.start()
    await app.execute("SELECT set_config('csms.organization_id', $1, true)", str(organization))
    try:
        yield
    finally:
        await transaction.rollback()


async def _touched(app: asyncpg.Connection, statement: str) -> int:
    """How many rows a statement reached; none where the role may not even try."""
    try:
        async with app.transaction():
            return int((await app.execute(statement)).rpartition(" ")[2])
    except REFUSED:
        return 0


async def test_every_table_is_tested(sql: asyncpg.Connection) -> None:
    """Rows that do not exist cannot be hidden: each table has some of the first organization."""
    for table in await _tables(sql):
        count = await sql.fetchval(f"SELECT count(*) FROM {table} WHERE organization_id = $1", DEFAULT_ORGANIZATION_ID)
        assert count > 0, table


async def test_rows_of_another_organization_are_out_of_reach(sql: asyncpg.Connection, app: asyncpg.Connection) -> None:
    """Neither seen, nor changed, nor deleted."""
    ours = f"WHERE organization_id = '{DEFAULT_ORGANIZATION_ID}'"
    for table in await _tables(sql):
        async with _as(app, OTHER):
            assert await app.fetchval(f"SELECT count(*) FROM {table} {ours}") == 0, table
            assert await _touched(app, f"UPDATE {table} SET organization_id = organization_id {ours}") == 0, table
            assert await _touched(app, f"DELETE FROM {table} {ours}") == 0, table


async def test_without_a_scope_nothing_is_seen(sql: asyncpg.Connection, app: asyncpg.Connection) -> None:
    """Deny by default: whoever forgot to say for whom it asks, asks for nobody."""
    for table in await _tables(sql):
        assert await app.fetchval(f"SELECT count(*) FROM {table}") == 0, table
        assert await _touched(app, f"DELETE FROM {table}") == 0, table


async def test_the_own_rows_are_seen(sql: asyncpg.Connection, app: asyncpg.Connection) -> None:
    """The tests above would pass as well if nothing were ever seen."""
    for table in await _tables(sql):
        async with _as(app, DEFAULT_ORGANIZATION_ID):
            assert await app.fetchval(f"SELECT count(*) FROM {table}") > 0, table


async def test_no_row_is_smuggled_into_another_organization(sql: asyncpg.Connection, app: asyncpg.Connection) -> None:
    """Not by giving one's own row away, and not by inserting one in the other's name."""
    for table in await _tables(sql):
        async with _as(app, DEFAULT_ORGANIZATION_ID):
            with pytest.raises(REFUSED):  # also where the role may not update the table at all
                async with app.transaction():
                    await app.execute(f"UPDATE {table} SET organization_id = '{OTHER}'")
    async with _as(app, DEFAULT_ORGANIZATION_ID):
        with pytest.raises(REFUSED):
            await app.execute("INSERT INTO chargers (id, organization_id) VALUES ('SMUGGLED', $1)", OTHER)


async def test_the_application_cannot_become_more(app: asyncpg.Connection, database: Database) -> None:
    """What is signed in as csms_app is no owner, no superuser, and switches row-level security off for nobody."""
    row = await app.fetchrow("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = 'csms_app'")
    assert tuple(row or ()) == (False, False, False)
    for statement in (
        "ALTER TABLE chargers DISABLE ROW LEVEL SECURITY",
        "DROP POLICY app ON chargers",
        "CREATE POLICY all_of_it ON chargers TO csms_app USING (true)",
        "ALTER ROLE csms_app BYPASSRLS",
        "CREATE TABLE mine (id int)",
    ):
        with pytest.raises(REFUSED):
            await app.execute(statement)
    stranger = await asyncpg.connect(database.app_url)
    try:
        with pytest.raises(REFUSED):
            await stranger.execute("SET ROLE csms_owner")
        with pytest.raises(REFUSED):  # before it takes on a role it has none of their rights
            await stranger.fetch("SELECT * FROM chargers")
    finally:
        await stranger.close()


async def test_the_audit_log_is_only_ever_written_to(app: asyncpg.Connection, database: Database) -> None:
    """Not even csms_audit, which writes it, reads, changes or deletes a line."""
    audit = await database.connect("csms_audit")
    for connection in (app, audit):
        for statement in ("UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
            with pytest.raises(REFUSED):
                await connection.execute(statement)
    with pytest.raises(REFUSED):
        await audit.fetch("SELECT * FROM audit_log")
    await audit.close()


async def test_the_gateway_cannot_read_what_it_has_no_business_with(
    sql: asyncpg.Connection, database: Database
) -> None:
    """Passwords, sessions, the audit log: a gateway that was broken into finds none of them."""
    ingest = await database.connect("csms_ingest")
    for table in ("users", "refresh_tokens", "audit_log", "jobs", "outbox"):
        with pytest.raises(REFUSED):
            await ingest.fetch(f"SELECT * FROM {table}")
    for statement in ("DELETE FROM transactions", "DELETE FROM chargers", "UPDATE tokens SET status = 'accepted'"):
        with pytest.raises(REFUSED):
            await ingest.execute(statement)
    await ingest.close()
