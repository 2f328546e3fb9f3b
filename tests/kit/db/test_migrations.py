# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The schema: migrations up, down and up again, the same as the models, every foreign key indexed."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from csms.kit.db import migrate
from csms.kit.db.metadata import metadata
from csms.kit.db.migrate import SchemaState
from csms.migrations.models import include_object, load_tables
from tests.support.postgres import Database

_UNINDEXED = """
SELECT c.conrelid::regclass::text || '.' || c.conname FROM pg_constraint c
WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND NOT EXISTS (
    SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid
      AND (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey
)
"""
_WITHOUT_ORGANIZATION = """
SELECT t.table_name FROM information_schema.tables t
WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND NOT EXISTS (
    SELECT 1 FROM information_schema.columns c
    WHERE c.table_name = t.table_name AND c.column_name = 'organization_id'
) ORDER BY 1
"""
_UNSECURED = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1
"""
# What belongs to no organization, each for its reason: Alembic's own, positions in the whole stream, PgQueuer's own,
# what each process of the installation tells of itself.
INFRASTRUCTURE = [
    "alembic_version",
    "outbox_consumers",
    "pgqueuer",
    "pgqueuer_log",
    "pgqueuer_schedules",
    "pgqueuer_statistics",
    "processes",
]


async def test_migrations_go_up_and_down_and_up(database: Database) -> None:
    """Every step can be taken back."""
    await migrate.downgrade(database.owner_url, "base")
    connection = await database.connect()
    left = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert [row[0] for row in left] == ["alembic_version"]
    await connection.close()
    await migrate.upgrade(database.owner_url)
    assert await migrate.state(database.owner_url) is SchemaState.CURRENT


async def test_the_database_is_what_the_models_say(database: Database) -> None:
    """No table, column, index or foreign key more or less."""
    load_tables()

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": include_object})
        return list(compare_metadata(context, metadata))

    engine = create_async_engine(migrate.alchemy(database.superuser_url))
    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []
    await engine.dispose()


async def test_every_foreign_key_has_an_index(database: Database) -> None:
    """A missing one is felt at the first delete and at every join (core#1000)."""
    connection = await database.connect()
    assert await connection.fetch(_UNINDEXED) == []
    await connection.close()


async def test_every_table_names_its_organization_and_is_secured(database: Database) -> None:
    """Row-level security is forced on all of them; partitions are out of the application's reach."""
    connection = await database.connect()
    assert [row[0] for row in await connection.fetch(_WITHOUT_ORGANIZATION)] == INFRASTRUCTURE
    assert [row[0] for row in await connection.fetch(_UNSECURED)] == INFRASTRUCTURE
    partitions = await connection.fetch(
        "SELECT c.oid::regclass::text, has_table_privilege('csms_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')"
        " FROM pg_class c WHERE c.relispartition AND c.relkind = 'r'"
    )
    assert len(partitions) > 10
    assert not [name for name, reachable in partitions if reachable]
    await connection.close()


async def test_a_newer_schema_is_refused(database: Database) -> None:
    """A revision that this program does not know was made by a newer one."""
    connection = await database.connect()
    await connection.execute("UPDATE alembic_version SET version_num = '29990101_future'")
    await connection.close()
    assert await migrate.state(database.owner_url) is SchemaState.NEWER
