# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The database roles: who owns, who works, who takes in, who writes the audit log.

`csms_owner` owns everything and runs migrations. The application's login belongs to `csms_app`, `csms_limited`,
`csms_ingest` and `csms_audit` without inheriting their rights: each pool names the role it works as. `csms_limited` has
the rights of `csms_app`, held to some sites and groups of chargers by further policies.
"""

from dataclasses import dataclass
from typing import Final

import asyncpg

from csms.kit.errors import UnavailableError

OWNER: Final = "csms_owner"
GROUPS: Final = ("csms_app", "csms_limited", "csms_ingest", "csms_audit")
_ATTEMPTS: Final = 10
_INHERIT_OPTION: Final = 16  # GRANT … WITH INHERIT came with PostgreSQL 16
_RACES: Final = (
    asyncpg.DuplicateObjectError,
    asyncpg.UniqueViolationError,
    asyncpg.exceptions.InternalServerError,  # "tuple concurrently updated"
)


class RoleRightsError(UnavailableError):
    """The owner may not create roles; the text has the statements for somebody who may."""

    code = "role_rights_missing"


def identifier(name: str) -> str:
    """A name as SQL spells it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as SQL spells it."""
    return "'" + value.replace("'", "''") + "'"


async def create_roles(connection: asyncpg.Connection, login: str | None) -> None:
    """Make the roles that are missing and let `login` take on the three; run as superuser or with CREATEROLE.

    Several may do this at once in one cluster: who loses a race looks again.
    """
    for _ in range(_ATTEMPTS):
        statements = await _missing(connection, login)
        if not statements:
            return
        for statement in statements:
            try:
                await connection.execute(statement)
            except asyncpg.InsufficientPrivilegeError as error:
                raise _rights_error(statements) from error
            except _RACES as error:
                if isinstance(error, asyncpg.exceptions.InternalServerError) and "concurrently" not in str(error):
                    raise
    raise UnavailableError("the database roles could not be made: others keep changing them; try again")


async def join_owner(connection: asyncpg.Connection) -> None:
    """Let the current user act as `csms_owner`, where it made that role but does not belong to it."""
    if await connection.fetchval("SELECT pg_has_role(current_user, $1, $2)", OWNER, "MEMBER"):
        return
    statement = f"GRANT {OWNER} TO {identifier(await connection.fetchval('SELECT current_user'))}"
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError as error:
        raise _rights_error([statement]) from error


async def _missing(connection: asyncpg.Connection, login: str | None) -> list[str]:
    """The statements that make what is not there."""
    wanted = [OWNER, *GROUPS]
    rows = await connection.fetch("SELECT rolname FROM pg_roles WHERE rolname = ANY($1)", [*wanted, login])
    there = {row["rolname"] for row in rows}
    statements = [f"CREATE ROLE {name} NOLOGIN" for name in wanted if name not in there]
    member = "SELECT count(*) > 0 FROM pg_auth_members WHERE roleid = to_regrole($1) AND member = to_regrole($2)"
    if not await connection.fetchval(member, "csms_app", "csms_limited"):
        statements.append("GRANT csms_app TO csms_limited")
    if login is None:
        return statements
    if login not in there:
        raise RoleRightsError(
            f"the application's user {login} does not exist. As a superuser, run:\n"
            f"  CREATE ROLE {identifier(login)} LOGIN NOINHERIT PASSWORD '…';"
        )
    # A superuser is a member of everything to pg_has_role: what was really granted stands in pg_auth_members.
    missing = await connection.fetch(
        "SELECT g.name FROM unnest($1::text[]) AS g(name) WHERE NOT EXISTS (SELECT 1 FROM pg_auth_members m"
        " JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member"
        " WHERE r.rolname = g.name AND u.rolname = $2)",
        list(GROUPS),
        login,
    )
    option = " WITH INHERIT FALSE, SET TRUE" if connection.get_server_version().major >= _INHERIT_OPTION else ""
    return [*statements, *(f"GRANT {row['name']} TO {identifier(login)}{option}" for row in missing)]


def _rights_error(statements: list[str]) -> RoleRightsError:
    return RoleRightsError(
        "this user may not create or grant the database roles. Run these statements as a superuser, then try again:\n  "
        + "\n  ".join(f"{line};" for line in statements)
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that `csms doctor` reports."""

    what: str
    remedy: str


async def check_roles(connection: asyncpg.Connection) -> list[Problem]:
    """What is wrong with the application's login: too many rights are as bad as too few."""
    row = await connection.fetchrow(
        "SELECT session_user AS name, rolsuper, rolbypassrls,"
        " (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()) AS owner,"
        " CASE WHEN to_regrole('csms_owner') IS NULL THEN false"
        " ELSE pg_has_role(session_user, to_regrole('csms_owner')::oid, 'MEMBER') END AS owns,"
        " ARRAY(SELECT g FROM unnest($1::text[]) AS g WHERE to_regrole(g) IS NULL"
        " OR NOT pg_has_role(session_user, to_regrole(g)::oid, 'MEMBER')) AS missing"
        " FROM pg_roles WHERE rolname = session_user",
        list(GROUPS),
    )
    if row is None:
        return [Problem("the login role is not visible", "grant it CONNECT on the database")]
    name = row["name"]
    remedy = "give CSMS_DATABASE__URL a login of its own: CREATE ROLE csms LOGIN NOINHERIT PASSWORD '…'"
    problems = [
        Problem(f"the application logs in as {name}, {why}: row-level security would not hold", remedy)
        for why, wrong in (
            ("a superuser", row["rolsuper"]),
            ("a role with BYPASSRLS", row["rolbypassrls"]),
            ("the owner of the database", row["owner"] == name),
            ("a member of csms_owner", row["owns"] and not row["rolsuper"]),
        )
        if wrong
    ]
    if row["missing"]:
        problems.append(
            Problem(
                f"{name} may not act as {', '.join(row['missing'])}",
                f"run `csms migrate`, or as a superuser: GRANT {', '.join(row['missing'])} TO {name}",
            )
        )
    return problems
