# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One organization out of an installation and into another, or back: every row, or none."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from csms.features.audit.chain import Walk
from csms.kit.crypto import InstallationKeys
from csms.kit.db import migrate
from csms.kit.db.backup import MissingKeysError, restore
from csms.kit.db.backup_archive import BackupDamagedError
from csms.kit.db.backup_organization import (
    LEFT_OUT,
    OrganizationCollidesError,
    OrganizationExistsError,
    OrganizationUnknownError,
    OtherSchemaError,
    back_up_organization,
    restore_organization,
)
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID, metadata
from csms.kit.db.organization_archive import OrganizationArchive
from csms.kit.db.server_binaries import find_binaries
from csms.kit.errors import InvalidError
from csms.migrations.models import load_tables
from tests.support.postgres import Database, Server, another_server, find_older
from tests.upgrade.data import fill

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OTHER = UUID("0192f000-0000-7000-8000-0000000000aa")
_LINES = """
SELECT id, organization_id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, before::text AS before,
    after::text AS after, address, request_id, number, previous_hash, hash, person_salt, person_digest, content_salt,
    content_digest FROM audit_log WHERE organization_id = $1 ORDER BY number
"""


def _kept() -> list[str]:
    load_tables()
    return sorted(
        name for name, table in metadata.tables.items() if "organization_id" in table.c and name not in LEFT_OUT
    )


async def _rows(connection: asyncpg.Connection, organization: UUID) -> dict[str, list[Any]]:
    """Every row of an organization, as JSON; without the lines that a backup and a restore write."""
    found = {}
    for table in _kept():
        rows = [
            json.loads(row[0])
            for row in await connection.fetch(
                f'SELECT to_jsonb(t)::text FROM "{table}" t WHERE organization_id = $1', organization
            )
        ]
        anew = [column.name for column in metadata.tables[table].c if column.identity is not None]
        for row in rows:  # identity columns are numbered anew
            for name in anew:
                del row[name]
        rows = [row for row in rows if not str(row.get("action")).startswith("system:organization:")]
        found[table] = [] if table == "audit_heads" else sorted(rows, key=str)
    return found


async def _chain(connection: asyncpg.Connection, organization: UUID) -> list[str]:
    """The actions of an unbroken audit log."""
    lines, walk = await connection.fetch(_LINES, organization), Walk()
    assert all(walk.take(dict(line)) for line in lines), walk.broken
    head = await connection.fetchrow("SELECT number, hash FROM audit_heads WHERE organization_id = $1", organization)
    assert tuple(head or ()) == (lines[-1]["number"], lines[-1]["hash"])
    return [line["action"] for line in lines]


def _data_dir(path: Path, keys: Path | None = None) -> Path:
    path.mkdir()
    if keys is None:
        InstallationKeys.load_or_create(path)
    else:
        (path / "keys.json").write_bytes(keys.read_bytes())
        (path / "keys.json").chmod(0o600)
    return path


async def test_an_organization_moves(database: Database, pg_server: Server, tmp_path: Path) -> None:
    """All of it, and nothing of others: rows, partitions of long ago, files, the audit log's chain; then back again."""
    here, there = await database.connect(), _data_dir(tmp_path / "there")
    await fill(here)
    await here.execute("SELECT csms_make_partitions('2024-02-29 23:59+00', 0, 0)")
    await here.execute(
        "INSERT INTO meter_values SELECT organization_id, charger_id, evse_id, connector_id, transaction, NULL,"
        " '2024-02-29 23:59+00', NULL, 0, NULL, '{1}', '{1.50}', NULL, NULL FROM meter_values LIMIT 3"
    )
    before, other = await _rows(here, DEFAULT_ORGANIZATION_ID), await _rows(here, OTHER)
    assert all(before[name] for name in before if name != "audit_heads")
    data_dir = _data_dir(tmp_path / "here", there / "keys.json")
    for organization, name in ((DEFAULT_ORGANIZATION_ID, "0192f000-1"), (OTHER, "0192f000-2")):
        folder = data_dir / "files" / str(organization)
        folder.mkdir(parents=True)
        (folder / name).write_bytes(bytes(range(256)) * 5000)
    path = await back_up_organization(
        database.owner_url, DEFAULT_ORGANIZATION_ID, tmp_path / "b", data_dir, version="1", now=NOW
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert await _rows(here, DEFAULT_ORGANIZATION_ID) == before
    manifest = OrganizationArchive(path).manifest
    assert {name: part.rows for name, part in manifest.tables.items() if name != "audit_heads"} == {
        name: len(rows) for name, rows in before.items() if name != "audit_heads"
    }
    with pytest.raises(InvalidError, match="--organization"):
        await restore(database.owner_url, find_binaries(), path, data_dir, force=True)

    async with pg_server.clone() as target:
        sql = await target.connect()
        with pytest.raises(OrganizationExistsError, match="--replace"):
            await restore_organization(target.owner_url, path, there, now=NOW)
        await restore_organization(target.owner_url, path, there, now=NOW, replace=True)
        assert await _rows(sql, DEFAULT_ORGANIZATION_ID) == before
        assert (await _chain(sql, DEFAULT_ORGANIZATION_ID))[-1] == "system:organization:restore"
        assert await sql.fetchval("SELECT count(*) FROM meter_values_202402") == 3
        assert await sql.fetchval("SELECT count(*) FROM organizations") == 1
        assert [each.name for each in (there / "files").rglob("*-*") if each.is_file()] == ["0192f000-1"]
        await sql.close()

    # what was changed since, here, is undone; the other organization is untouched, and numbers are not issued twice
    await here.execute("UPDATE tokens SET note = 'changed'")
    await here.execute("SELECT setval('transaction_number_seq', 5)")
    await restore_organization(database.owner_url, path, data_dir, now=NOW, replace=True)
    assert await _rows(here, DEFAULT_ORGANIZATION_ID) == before
    assert await _rows(here, OTHER) == other
    assert await here.fetchval("SELECT last_value FROM transaction_number_seq") == 2147483646
    await here.close()


async def test_what_cannot_be_put_back_leaves_everything_as_it_was(database: Database, tmp_path: Path) -> None:
    """An identity or user name that somebody else has, other keys, another schema, a damaged file, a wrong id."""
    sql, data_dir = await database.connect(), _data_dir(tmp_path / "d")
    await fill(sql)
    await sql.execute("INSERT INTO chargers (id, organization_id) VALUES ('taken', $1)", OTHER)
    path = await back_up_organization(database.owner_url, OTHER, tmp_path / "b", data_dir, version="1", now=NOW)
    again = await back_up_organization(database.owner_url, OTHER, tmp_path / "b", data_dir, version="1", now=NOW)
    assert again.name == f"{path.stem}-2.tar"
    await sql.execute("DELETE FROM chargers WHERE organization_id = $1", OTHER)
    await sql.execute("INSERT INTO chargers (id, organization_id) VALUES ('taken', $1)", DEFAULT_ORGANIZATION_ID)
    state = await _rows(sql, OTHER), await _rows(sql, DEFAULT_ORGANIZATION_ID)

    async def attempt(file: Path = path, folder: Path = data_dir) -> None:
        await restore_organization(database.owner_url, file, folder, now=NOW, replace=True)

    with pytest.raises(OrganizationCollidesError, match=r"chargers.*taken"):
        await attempt()
    with pytest.raises(MissingKeysError):
        await attempt(folder=_data_dir(tmp_path / "e"))
    damaged = tmp_path / "damaged.tar"
    for at in (0.1, 0.4, 0.7):
        content = bytearray(path.read_bytes())
        content[int(len(content) * at) // 512 * 512 + 3] ^= 0xFF
        damaged.write_bytes(content)
        with pytest.raises(BackupDamagedError):
            await attempt(damaged)
    damaged.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(BackupDamagedError):
        await attempt(damaged)
    await sql.execute("UPDATE alembic_version SET version_num = '20261123_first'")
    with pytest.raises(OtherSchemaError, match="20261123_first"):
        await attempt()
    with pytest.raises(OrganizationUnknownError):
        await back_up_organization(database.owner_url, UUID(int=7), tmp_path, data_dir, version="1", now=NOW)
    assert (await _rows(sql, OTHER), await _rows(sql, DEFAULT_ORGANIZATION_ID)) == state
    await sql.close()


async def test_an_organization_goes_into_an_older_server(database: Database, tmp_path: Path) -> None:
    """From the embedded server into the oldest PostgreSQL that is supported."""
    older = find_older(15)
    sql, data_dir = await database.connect(), _data_dir(tmp_path / "d")
    await fill(sql)
    before = await _rows(sql, DEFAULT_ORGANIZATION_ID)
    path = await back_up_organization(
        database.owner_url, DEFAULT_ORGANIZATION_ID, tmp_path / "b", data_dir, version="1", now=NOW
    )
    async with another_server(older) as server, server.empty() as target:
        await migrate.upgrade(target.owner_url, login="csms")
        await restore_organization(target.owner_url, path, data_dir, now=NOW, replace=True)
        there = await target.connect()
        assert await _rows(there, DEFAULT_ORGANIZATION_ID) == before
        await _chain(there, DEFAULT_ORGANIZATION_ID)
        await there.close()
    await sql.close()
