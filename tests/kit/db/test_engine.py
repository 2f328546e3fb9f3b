# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The application's connections: whose rights they have, and how trouble is told."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from csms.kit.db.engine import AppDatabase, at_last
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.errors import BusyError, CollisionError, CrowdedError, UnavailableError
from tests.support.postgres import Database

HOME = DEFAULT_ORGANIZATION_ID
WHO = text(
    "SELECT current_user, current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('jit')"
)


@pytest.fixture(params=[False, True], ids=["direct", "pgbouncer"])
async def app(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[AppDatabase]:
    """Connections straight to the server, and as through a pooler."""
    found = AppDatabase(database.app_url, pool_size=3, application_name="csms-test", pgbouncer=request.param)
    yield found
    await found.close()


async def test_every_transaction_acts_as_the_application(app: AppDatabase) -> None:
    """The role and the limits hold in the first transaction on a connection and in later ones."""
    for _ in range(2):
        async with app.connect() as connection:
            assert tuple((await connection.execute(WHO)).one()) == ("csms_app", "30s", "10s", "off")
            name = await connection.scalar(text("SELECT current_setting('application_name')"))
            assert name == "csms-test"


async def test_through_a_pooler_nothing_is_left_on_the_session(database: Database) -> None:
    """Whoever gets the session next has neither our role nor our limits."""
    app = AppDatabase(database.app_url, pool_size=1, pgbouncer=True)
    async with app.connect() as connection:
        await connection.execute(text("SELECT 1"))
    async with app.engine.connect() as connection:
        role, timeout, *_ = (await connection.execute(WHO)).one()
    await app.close()
    assert role != "csms_app"
    assert timeout == "0"


async def test_an_exception_undoes_everything(database: Database, app: AppDatabase) -> None:
    """Committed at the end, or not at all."""

    async def write(then: str) -> None:
        async with app.connect() as connection:
            await connection.execute(text("SELECT set_config('csms.organization_id', :id, true)"), {"id": str(HOME)})
            await connection.execute(text("UPDATE organizations SET name = 'changed'"))
            await connection.execute(text(then))
            raise RuntimeError("ours")

    with pytest.raises(ProgrammingError):
        await write("SELECT no_such_column")
    with pytest.raises(RuntimeError, match="ours"):
        await write("SELECT 1")
    owner = await database.connect()
    assert await owner.fetchval("SELECT name FROM organizations") != "changed"
    await owner.close()


async def test_a_server_that_is_away_is_told_as_such() -> None:
    """Not there, or another password: the caller may try again, and learns no address."""
    app = AppDatabase("postgresql://csms:secret@127.0.0.1:1/csms")
    with pytest.raises(UnavailableError) as told:
        async with app.connect():
            pass
    await app.close()
    assert "secret" not in str(told.value)
    assert "127.0.0.1" not in str(told.value)


async def test_a_database_that_is_not_there_is_away_too(database: Database) -> None:
    """What the driver says while it connects is understood."""
    app = AppDatabase(database.app_url.replace(f"/{database.name}", "/nowhere"))
    with pytest.raises(UnavailableError):
        async with app.connect():
            pass
    await app.close()


async def test_a_connection_that_is_cut_is_told_and_replaced(database: Database, app: AppDatabase) -> None:
    """In the middle of a transaction: UnavailableError; the next one works."""
    owner = await database.connect()

    async def cut_off() -> None:
        async with app.connect() as connection:
            process = await connection.scalar(text("SELECT pg_backend_pid()"))
            await owner.execute("SELECT pg_terminate_backend($1)", process)
            await connection.execute(text("SELECT 1"))

    with pytest.raises(UnavailableError):
        await cut_off()
    async with app.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await owner.close()


async def test_a_full_pool_is_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever, and nobody is told that the database is away."""
    app = AppDatabase(database.app_url, pool_size=1)
    monkeypatch.setattr(app.engine.pool, "_timeout", 0.05)
    async with app.connect():
        with pytest.raises(CrowdedError):
            async with app.connect():
                pass
    await app.close()


@pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout"])
async def test_what_takes_too_long_is_ended(app: AppDatabase, limit: str) -> None:
    """By itself, or behind a lock that somebody holds: told as busy, and not to be repeated at once."""

    async def wait() -> None:
        async with app.connect() as waiter:
            await waiter.execute(text(f"SET LOCAL {limit} = '20ms'"))
            await waiter.execute(text("SELECT pg_advisory_xact_lock(1)"))

    async with app.connect() as holder:
        await holder.execute(text("SELECT pg_advisory_xact_lock(1)"))
        with pytest.raises(BusyError) as told:
            await wait()
    assert not isinstance(told.value, CollisionError)


async def test_of_two_that_wait_for_each_other_one_may_begin_again(database: Database, app: AppDatabase) -> None:
    """A real deadlock: one goes through, the other is told that it may be repeated."""
    owner = await database.connect()
    await owner.execute(f"ALTER DATABASE \"{database.name}\" SET deadlock_timeout = '50ms'")
    await owner.close()
    both = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> str:
        try:
            async with app.connect() as connection:
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({first})"))
                await both.wait()
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({second})"))
        except CollisionError:
            return "undone"
        return "done"

    assert sorted(await asyncio.gather(lock(1, 2), lock(2, 1))) == ["done", "undone"]


async def test_what_is_first_said_is_said_once(app: AppDatabase) -> None:
    """With the transaction's BEGIN, and never in that of whoever has the connection next."""
    setting = text("SELECT coalesce(current_setting('csms.organization_id', true), '')")
    first = f"SET LOCAL csms.organization_id = '{HOME}';"
    async with app.connect(first):
        pass  # nothing was asked, so it was not said
    async with app.connect() as connection:
        assert await connection.scalar(setting) == ""
    async with app.connect(first) as connection:
        assert await connection.scalar(setting) == str(HOME)
    async with app.connect(first, snapshot=True) as connection:
        assert await connection.scalar(setting) == str(HOME)
        assert await connection.scalar(text("SHOW transaction_isolation")) == "repeatable read"
        assert await connection.scalar(text("SELECT current_user")) == "csms_app"
    async with app.connect() as connection:
        assert await connection.scalar(setting) == ""


async def test_a_first_word_that_is_refused_costs_the_connection_and_no_more(app: AppDatabase) -> None:
    """It may have begun a transaction that nobody knows of."""

    async def ask() -> None:
        async with app.connect("SET LOCAL ROLE nobody_at_all;") as connection:
            await connection.execute(text("SELECT 1"))

    for _ in range(4):
        with pytest.raises(UnavailableError):
            await ask()
    async with app.connect() as connection:
        assert await connection.scalar(text("SELECT current_user")) == "csms_app"


async def test_what_is_last_said_goes_with_the_commit_or_not_at_all(database: Database, app: AppDatabase) -> None:
    """After an exception nothing of it happens, then or in the next transaction."""
    rename = f"UPDATE organizations SET name = 'last' WHERE id = '{HOME}'"
    first = f"SET LOCAL csms.organization_id = '{HOME}';"
    owner = await database.connect()

    async def fail() -> None:
        async with app.connect(first) as connection:
            await at_last(connection, rename)
            raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        await fail()
    async with app.connect(first) as connection:
        await connection.execute(text("SELECT 1"))
    assert await owner.fetchval("SELECT name FROM organizations WHERE id = $1", HOME) != "last"
    async with app.connect(first) as connection:
        await at_last(connection, rename)
        assert await connection.scalar(text("SELECT name FROM organizations")) != "last"
    assert await owner.fetchval("SELECT name FROM organizations WHERE id = $1", HOME) == "last"
    await owner.close()
