# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The database roles: made once whoever comes first, checked for too many rights, said where a right is missing."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest

from csms.kit.db.roles import GROUPS, RoleRightsError, check_roles, create_roles, identifier, literal
from tests.support.postgres import Database


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection."""
    connection = await database.connect()
    yield connection
    await connection.close()


@pytest.fixture
async def login(admin: asyncpg.Connection, database: Database) -> AsyncIterator[str]:
    """A user that was just made, and goes again with what was granted to it."""
    name = f"Us'er\"{secrets.token_hex(4)}"
    await admin.execute(f"CREATE ROLE {identifier(name)} LOGIN NOINHERIT PASSWORD {literal('p')}")
    yield name
    await admin.execute(f"DROP OWNED BY {identifier(name)}; DROP ROLE {identifier(name)}")


async def member_of(admin: asyncpg.Connection, login: str) -> list[str]:
    """What a user was granted."""
    rows = await admin.fetch(
        "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member"
        " WHERE u.rolname = $1 ORDER BY 1",
        login,
    )
    return [row[0] for row in rows]


async def connect_as(database: Database, login: str) -> asyncpg.Connection:
    """As that user."""
    return await asyncpg.connect(database.superuser_url, user=login, password="p")


async def test_many_at_once_leave_one_result(admin: asyncpg.Connection, database: Database, login: str) -> None:
    """Parallel starts in one cluster: nobody fails, nothing is missing or double."""
    connections = [await database.connect() for _ in range(8)]
    await asyncio.gather(*(create_roles(connection, login) for connection in connections))
    for connection in connections:
        await connection.close()
    assert await member_of(admin, login) == sorted(GROUPS)


async def test_the_login_takes_a_role_on_but_does_not_inherit_it(
    admin: asyncpg.Connection, database: Database, login: str
) -> None:
    """Without naming a role it can do nothing; a pool names its own."""
    await create_roles(admin, login)
    connection = await connect_as(database, login)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("SELECT * FROM chargers")
    await connection.execute("SET ROLE csms_app")
    assert await connection.fetch("SELECT * FROM chargers") == []
    assert await check_roles(connection) == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("SET ROLE csms_owner")
    await connection.close()


async def test_an_owner_that_may_create_roles_is_enough(admin: asyncpg.Connection, database: Database) -> None:
    """No superuser is needed at run time."""
    connection = await asyncpg.connect(database.owner_url)
    await create_roles(connection, "csms")
    await connection.close()


async def test_a_missing_right_is_said_with_the_statements(
    admin: asyncpg.Connection, database: Database, login: str
) -> None:
    """They can be copied and run by somebody who may."""
    connection = await connect_as(database, login)
    with pytest.raises(RoleRightsError) as refused:
        await create_roles(connection, login)
    await connection.close()
    statements = [line.strip() for line in refused.value.detail.splitlines()[1:]]
    assert len(statements) == len(GROUPS)
    for statement in statements:
        await admin.execute(statement)
    assert await member_of(admin, login) == sorted(GROUPS)


async def test_a_login_that_is_not_there_is_named(admin: asyncpg.Connection) -> None:
    """Silently granting to nobody would be found out much later."""
    with pytest.raises(RoleRightsError, match="nobody_here"):
        await create_roles(admin, "nobody_here")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ALTER ROLE {} SUPERUSER", "superuser"),
        ("ALTER ROLE {} BYPASSRLS", "BYPASSRLS"),
        ("ALTER DATABASE {database} OWNER TO {}", "owner of the database"),
        ("GRANT csms_owner TO {}", "member of csms_owner"),
        ("REVOKE csms_ingest FROM {}", "may not act as csms_ingest"),
    ],
)
async def test_wrong_rights_are_found(
    admin: asyncpg.Connection, database: Database, login: str, change: str, words: str
) -> None:
    """Each one that would make row-level security a decoration, and one too few."""
    await create_roles(admin, login)
    await admin.execute(change.format(identifier(login), database=database.name))
    connection = await connect_as(database, login)
    problems = await check_roles(connection)
    await connection.close()
    await admin.execute(f"ALTER DATABASE {database.name} OWNER TO csms_owner")
    assert any(words in problem.what for problem in problems)
    assert all(problem.remedy for problem in problems)
