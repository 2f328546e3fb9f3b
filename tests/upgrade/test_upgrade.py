# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every version that was released can be brought to the present one, and nothing it knew is lost."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from csms.features.audit.chain import Walk
from csms.kit.db import migrate
from csms.kit.db.backup import read_manifest, restore
from csms.kit.db.metadata import metadata
from csms.kit.db.migrate import SchemaState
from csms.kit.db.server_binaries import find_binaries
from csms.migrations.models import include_object, load_tables
from tests.support.postgres import Database, Server
from tests.upgrade.make import FOLDER, dump

CHANGELOG = FOLDER.parents[1] / "CHANGELOG.md"
PRESENT = "present"
# (table, column): values that a migration changes on purpose; name the migration.
CHANGED_ON_PURPOSE: set[tuple[str, str]] = {("alembic_version", "version_num")}

Content = dict[str, list[dict[str, Any]]]


def kept() -> list[str]:
    """The versions whose databases are kept."""
    return sorted(path.stem for path in FOLDER.glob("*.dump"))


@pytest.fixture
async def empty(pg_server: Server) -> AsyncIterator[Database]:
    """A database without anything."""
    async with pg_server.empty() as fresh:
        yield fresh


async def content(connection: asyncpg.Connection) -> Content:
    """Every row of every table, as JSON, in an order of its own."""
    tables = await connection.fetch(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND NOT c.relispartition"
    )
    return {
        name: [json.loads(row[0]) for row in await connection.fetch(f'SELECT to_jsonb(t)::text FROM "{name}" t')]
        for (name,) in tables
    }


def common(rows: list[dict[str, Any]], table: str, columns: set[str]) -> list[str]:
    """Rows with the columns that both versions have, sorted."""
    wanted = sorted(column for column in columns if (table, column) not in CHANGED_ON_PURPOSE)
    return sorted(json.dumps([row[column] for column in wanted]) for row in rows)


def columns_of(rows: list[dict[str, Any]]) -> set[str]:
    """All rows of a table have the same."""
    return set(rows[0]) if rows else set()


async def differences(url: str) -> list[object]:
    """Between the models and a database."""
    load_tables()

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": include_object})
        return list(compare_metadata(context, metadata))

    engine = create_async_engine(migrate.alchemy(url))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await engine.dispose()


async def follow_the_chain(connection: asyncpg.Connection) -> None:
    """The audit log is unbroken, also where its lines are older than the chain."""
    walks: dict[UUID, Walk] = {}
    lines = await connection.fetch(
        "SELECT l.*, l.before::text AS before, l.after::text AS after FROM audit_log l ORDER BY organization_id, number"
    )
    for line in lines:
        assert walks.setdefault(line["organization_id"], Walk()).take(dict(line.items()))
    heads = {row["organization_id"]: row["hash"] for row in await connection.fetch("SELECT * FROM audit_heads")}
    assert heads == {organization: walk.previous for organization, walk in walks.items()}


@pytest.mark.parametrize("version", [*kept(), PRESENT])
async def test_a_released_database_is_taken_over(
    version: str, empty: Database, pg_server: Server, tmp_path: Path
) -> None:
    """Restored, upgraded, the same as the models, and every row still says what it said."""
    archive = FOLDER / f"{version}.dump"
    if version == PRESENT:  # the same way for the schema as it is now: it will be a release one day
        archive = tmp_path / "present.dump"
        async with pg_server.clone() as source:
            await dump(source, archive, "0.0.0")
    await restore(empty.owner_url, find_binaries(), archive, tmp_path / "data", login="csms")
    connection = await empty.connect()
    try:
        before = await content(connection)
        assert all(before.values()), "a dump with empty tables proves little"
        expected = (
            SchemaState.CURRENT if read_manifest(archive).schema_revision == migrate.head() else SchemaState.OLDER
        )
        assert await migrate.state(empty.app_url) is expected
        await migrate.upgrade(empty.owner_url, login="csms")
        assert await migrate.state(empty.app_url) is SchemaState.CURRENT
        after = await content(connection)
        await follow_the_chain(connection)
    finally:
        await connection.close()
    assert await differences(empty.superuser_url) == []
    for table in before.keys() & after.keys():
        columns = columns_of(before[table]) & columns_of(after[table])
        assert common(after[table], table, columns) == common(before[table], table, columns), table


def test_every_release_has_kept_its_database() -> None:
    """A release without its dump could never be tested again: `python -m tests.upgrade.make`."""
    changelog = CHANGELOG.read_text() if CHANGELOG.exists() else ""
    released = set(re.findall(r"^## v?(\d+\.\d+\.\d+)\b", changelog, re.MULTILINE))
    assert sorted(released - set(kept())) == []
    for version in kept():
        assert read_manifest(FOLDER / f"{version}.dump").csms_version == version
