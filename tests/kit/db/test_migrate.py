# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Migrating: two at once, step by step, impatient with locks, and never from the future."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from csms.kit.db import migrate
from csms.kit.db.migrate import NewerSchemaError, SchemaState
from csms.kit.errors import UnavailableError
from tests.support.postgres import Database, Server

_STEP = '''"""{name}"""
from alembic import op
revision = "{name}"
down_revision = {before!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''


@pytest.fixture
async def empty(pg_server: Server) -> AsyncIterator[Database]:
    """A database without anything."""
    async with pg_server.empty() as fresh:
        yield fresh


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations of our own: a table, an index made while others write, a step that fails."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        shutil.copy(migrate._PACKAGE / name, folder)
    monkeypatch.setattr(migrate, "_PACKAGE", folder)
    write(folder, "one", None, 'op.execute("CREATE TABLE things (id int)")', 'op.execute("DROP TABLE things")')
    write(
        folder,
        "two",
        "one",
        "with op.get_context().autocommit_block():\n"
        '        op.execute("CREATE INDEX CONCURRENTLY ix_things ON things (id)")',
        'op.execute("DROP INDEX ix_things")',
    )
    return folder


def write(folder: Path, name: str, before: str | None, upgrade: str, downgrade: str) -> None:
    """A migration."""
    text = _STEP.format(name=name, before=before, upgrade=upgrade, downgrade=downgrade)
    (folder / "versions" / f"{name}.py").write_text(text)


async def test_two_migrators_at_once(empty: Database) -> None:
    """The second waits for the first and finds nothing to do."""
    assert await migrate.state(empty.owner_url) is SchemaState.EMPTY
    await asyncio.gather(*(migrate.upgrade(empty.owner_url, login="csms") for _ in range(3)))
    assert await migrate.state(empty.app_url) is SchemaState.CURRENT


async def test_every_state_is_told(empty: Database, steps: Path) -> None:
    """Empty, older, current; and whoever comes from the future is refused both ways."""
    assert await migrate.current(empty.owner_url) is None
    await migrate.upgrade(empty.owner_url, "one")
    assert await migrate.state(empty.owner_url) is SchemaState.OLDER
    await migrate.upgrade(empty.owner_url)
    assert (await migrate.current(empty.owner_url), migrate.head()) == ("two", "two")
    assert await migrate.state(empty.owner_url) is SchemaState.CURRENT
    (steps / "versions" / "two.py").unlink()
    assert await migrate.state(empty.owner_url) is SchemaState.NEWER
    for change in (migrate.upgrade(empty.owner_url), migrate.downgrade(empty.owner_url, "base")):
        with pytest.raises(NewerSchemaError, match="two"):
            await change


async def test_each_migration_is_a_transaction_of_its_own(empty: Database, steps: Path) -> None:
    """What succeeded stays, what failed leaves nothing, and an index can be built without stopping writers."""
    write(
        steps,
        "three",
        "two",
        'op.execute("CREATE TABLE half (id int)"); op.execute("SELECT no_such_function()")',
        'op.execute("DROP TABLE half")',
    )
    with pytest.raises(DBAPIError, match="no_such_function"):
        await migrate.upgrade(empty.owner_url)
    assert await migrate.current(empty.owner_url) == "two"
    connection = await empty.connect()
    assert await connection.fetchval("SELECT to_regclass('half')") is None
    assert await connection.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_things'::regclass")
    owners = await connection.fetch("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert [row[0] for row in owners] == ["csms_owner"]
    await connection.close()


async def test_a_migration_does_not_wait_for_a_lock_for_ever(empty: Database, steps: Path) -> None:
    """Behind a long transaction everybody else would queue up too: it gives up, and can be run again."""
    await migrate.upgrade(empty.owner_url)
    write(
        steps,
        "three",
        "two",
        'op.execute("SET LOCAL lock_timeout = \'50ms\'"); op.execute("ALTER TABLE things ADD COLUMN more int")',
        'op.execute("ALTER TABLE things DROP COLUMN more")',
    )
    connection = await empty.connect()
    async with connection.transaction():
        await connection.execute("LOCK TABLE things IN ACCESS SHARE MODE")
        with pytest.raises(DBAPIError, match="lock timeout"):
            await migrate.upgrade(empty.owner_url)
    await migrate.upgrade(empty.owner_url)
    assert await migrate.current(empty.owner_url) == "three"
    await connection.close()


async def test_migrations_are_impatient_unless_they_say_otherwise(empty: Database, steps: Path) -> None:
    """The limits hold in every migration, not in the first only."""
    write(
        steps,
        "three",
        "two",
        "op.execute(\"CREATE TABLE limits AS SELECT current_setting('lock_timeout') AS a,"
        " current_setting('statement_timeout') AS b\")",
        'op.execute("DROP TABLE limits")',
    )
    await migrate.upgrade(empty.owner_url)
    connection = await empty.connect()
    assert tuple(await connection.fetchrow("SELECT a, b FROM limits")) == ("5s", "15min")
    await connection.close()


async def test_a_missing_right_on_the_schema_is_said(empty: Database) -> None:
    """PostgreSQL 15 took CREATE on public from everybody: the message has the statements."""
    connection = await empty.connect()
    await connection.execute(f"ALTER DATABASE {empty.name} OWNER TO csms_super")
    with pytest.raises(UnavailableError, match="GRANT ALL ON SCHEMA public TO csms_owner") as refused:
        await migrate.upgrade(empty.owner_url)
    for statement in refused.value.detail.splitlines()[1:]:
        await connection.execute(statement)
    await migrate.upgrade(empty.owner_url)
    await connection.close()


async def test_a_server_that_is_away_is_said() -> None:
    """Not a stack trace of the driver."""
    for attempt in (migrate.state, migrate.upgrade):
        with pytest.raises(UnavailableError, match="cannot be reached"):
            await attempt("postgresql://csms@/csms?host=%2Fnowhere")
