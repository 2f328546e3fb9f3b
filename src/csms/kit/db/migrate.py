# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Migrations from the program's side: what state is the schema in, bring it up, take it down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from csms.kit.db.roles import OWNER, create_roles, join_owner
from csms.kit.errors import ConflictError, UnavailableError

_PACKAGE: Final = Path(__file__).parents[2] / "migrations"
TRIGRAMS: Final = "pg_trgm"
_LOCK_TURN_S: Final = 0.2
_LOCK: Final = 7_241_955_218_304_411


class SchemaState(StrEnum):
    """How the database's schema stands to this program."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


class NewerSchemaError(ConflictError):
    """The database was migrated by a newer csms."""

    code = "schema_newer"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_PACKAGE))
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def alchemy(url: str) -> str:
    """A URL in SQLAlchemy's spelling."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+asyncpg://{rest}" if scheme in {"postgresql", "postgres", "postgresql+asyncpg"} else url


def driver(url: str) -> str:
    """A URL in the driver's spelling."""
    return f"postgresql://{url.partition('://')[2]}"


def head() -> str:
    """The newest revision this program knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("the program has no migrations")
    return revision


def known() -> set[str]:
    """Every revision this program knows."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


async def current(url: str) -> str | None:
    """The revision of a database; None where it has no schema."""
    try:
        connection = await asyncpg.connect(driver(url), timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise UnavailableError(f"the database cannot be reached: {error}") from error
    try:
        return await read_revision(connection)
    finally:
        await connection.close()


async def read_revision(connection: asyncpg.Connection) -> str | None:
    """The revision that a connection sees."""
    if await connection.fetchval("SELECT to_regclass('public.alembic_version')") is None:
        return None
    revision: str | None = await connection.fetchval("SELECT version_num FROM public.alembic_version")
    return revision


async def state(url: str) -> SchemaState:
    """How a database stands to this program."""
    revision = await current(url)
    if revision is None:
        return SchemaState.EMPTY
    if revision == head():
        return SchemaState.CURRENT
    return SchemaState.OLDER if revision in known() else SchemaState.NEWER


async def refuse_newer(url: str) -> SchemaState:
    """The state, unless it is newer than this program: then NewerSchemaError."""
    found = await state(url)
    if found is SchemaState.NEWER:
        raise NewerSchemaError(
            f"the database has the schema {await current(url)}, which this csms does not know: it was used by a newer "
            "one. Install that version again, or restore a backup made by this one"
        )
    return found


async def upgrade(owner_url: str, to: str = "head", *, login: str | None = None) -> None:
    """Create the roles where they are missing and migrate; a second migrator waits for the first."""
    async with _alone(owner_url) as connection:
        await create_roles(connection, login)
        await join_owner(connection)
        await require_schema_rights(connection)
        await refuse_newer(owner_url)
        await _run(owner_url, lambda config: command.upgrade(config, to))


async def downgrade(owner_url: str, to: str) -> None:
    """Take the schema back to a revision; data of what is taken away is lost."""
    async with _alone(owner_url):
        await refuse_newer(owner_url)
        await _run(owner_url, lambda config: command.downgrade(config, to))


async def require_schema_rights(connection: asyncpg.Connection) -> None:
    """What only the database's owner may do: make tables (since PostgreSQL 15), and switch trigrams on."""
    statements = []
    if not await connection.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", OWNER):
        statements.append(f"GRANT ALL ON SCHEMA public TO {OWNER};")
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = $1)", TRIGRAMS):
        if not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = $1)", TRIGRAMS
        ):
            raise UnavailableError(
                f"the PostgreSQL server lacks its module {TRIGRAMS}: install the contrib modules that belong to it"
            )
        if not await connection.fetchval("SELECT has_database_privilege($1, current_database(), 'CREATE')", OWNER):
            statements.append(f"CREATE EXTENSION {TRIGRAMS};")
    if statements:
        raise UnavailableError(
            f"{OWNER} may not make all that is needed here. As the database's owner or a superuser, run in this "
            "database:\n  " + "\n  ".join(statements)
        )


@asynccontextmanager
async def _alone(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that holds the migrators' lock."""
    try:
        connection = await asyncpg.connect(driver(owner_url), timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise UnavailableError(f"the database cannot be reached: {error or type(error).__name__}") from error
    try:
        # Asked again and again rather than waited for: a statement that waits holds a snapshot, and an index that is
        # built concurrently by the other migrator would wait for that in turn.
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110  (of another process)
            await asyncio.sleep(_LOCK_TURN_S)
        yield connection
    finally:
        await connection.close()


async def _run(owner_url: str, action: Callable[[Config], None]) -> None:
    engine = create_async_engine(
        alchemy(owner_url), poolclass=NullPool, connect_args={"server_settings": {"role": OWNER}}
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(lambda shared: action(_config(shared)))
            await connection.commit()
    finally:
        await engine.dispose()
