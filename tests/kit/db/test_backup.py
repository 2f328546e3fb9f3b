# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Backup and restore: everything comes back, on this and on an older server, whole or not at all."""

import shutil
import stat
import tarfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from csms.kit.crypto import InstallationKeys
from csms.kit.db import backup as backups
from csms.kit.db import migrate
from csms.kit.db.backup import DatabaseNotEmptyError, MissingKeysError, backup, read_manifest, restore, rotate
from csms.kit.db.backup_archive import BackupDamagedError, FilesInTheWayError
from csms.kit.db.client_programs import environment, require
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.migrate import NewerSchemaError, SchemaState
from csms.kit.db.server_binaries import Binaries, find_binaries
from csms.kit.errors import UnavailableError
from tests.support.postgres import Database, Server, another_server, find_older

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_GRANTS = """
SELECT c.relname, c.relkind::text, pg_get_userbyid(c.relowner), array_to_string(c.relacl, ' '), c.relrowsecurity,
  c.relforcerowsecurity FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1
"""
_FUNCTIONS = """
SELECT proname, pg_get_userbyid(proowner), array_to_string(proacl, ' '), prosecdef FROM pg_proc
WHERE pronamespace = 'public'::regnamespace ORDER BY 1
"""


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with a charger, its messages, meter values and a transaction."""
    connection = await database.connect()
    await connection.execute(
        "INSERT INTO chargers (id, organization_id, name) VALUES ('CP-Ä1', $1, E'back\\\\slash\\n\\\\.\\nSET x')",
        DEFAULT_ORGANIZATION_ID,
    )
    await connection.execute(
        "INSERT INTO meter_values (organization_id, charger_id, evse_id, connector_id, received_at, context, codes,"
        " values) SELECT $1, 'CP-Ä1', 1, 1, now(), 0, '{1,2}', ARRAY[n, n / 3.0] FROM generate_series(1, 5000) n",
        DEFAULT_ORGANIZATION_ID,
    )
    await connection.execute("SELECT setval('transaction_number_seq', 4711)")
    await connection.close()
    return database


@pytest.fixture
async def empty(pg_server: Server) -> AsyncIterator[Database]:
    """A database without anything."""
    async with pg_server.empty() as fresh:
        yield fresh


def data_dir_at(path: Path) -> Path:
    """A data directory with a CA and a firmware file."""
    (path / "ca").mkdir(parents=True)
    (path / "ca" / "root.key").write_bytes(b"private")
    (path / "ca" / "root.key").chmod(0o600)
    (path / "files" / "firmware").mkdir(parents=True)
    (path / "files" / "firmware" / "v1.bin").write_bytes(bytes(range(256)) * 1000)
    (path / "files" / "secret-link").symlink_to("/etc/passwd")
    return path


async def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Row counts, owners, rights, functions, sequences."""
    connection = await database.connect()
    try:
        found = {
            name: [tuple(row) for row in await connection.fetch(query)]
            for name, query in (("grants", _GRANTS), ("functions", _FUNCTIONS))
        }
        found["rows"] = [
            (name, await connection.fetchval(f"SELECT count(*) FROM {name}"))
            for (name,) in await connection.fetch(_TABLES)
        ]
        found["sequence"] = [(await connection.fetchval("SELECT last_value FROM transaction_number_seq"),)]
        found["names"] = [tuple(row) for row in await connection.fetch("SELECT id, name FROM chargers")]
        found["sum"] = [
            tuple(row) for row in await connection.fetch("SELECT sum(v) FROM meter_values, unnest(values) v")
        ]
    finally:
        await connection.close()
    return found


async def write(database: Database, folder: Path, data_dir: Path, now: datetime = NOW) -> Path:
    """A backup by the programs that tests run on."""
    return await backup(database.owner_url, find_binaries(), folder, data_dir, version="0.1.0", now=now)


async def test_everything_comes_back(filled: Database, empty: Database, tmp_path: Path) -> None:
    """Rows, owners, grants, policies, sequences and files are what they were."""
    data_dir = data_dir_at(tmp_path / "a")
    keys = InstallationKeys.load_or_create(data_dir)
    archive = await write(filled, tmp_path / "backups", data_dir)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert archive.name == "csms-20261123T020000Z.tar"
    manifest = read_manifest(archive)
    assert (manifest.schema_revision, manifest.key_ids) == (migrate.head(), (keys.key_id,))
    assert set(manifest.members) == {"database.dump", "ca/root.key", "files/firmware/v1.bin"}

    other = tmp_path / "b"
    other.mkdir()
    shutil.copy(data_dir / "keys.json", other)
    await restore(empty.owner_url, find_binaries(), archive, other, login="csms")
    assert await everything(empty) == await everything(filled)
    assert (other / "files/firmware/v1.bin").read_bytes() == (data_dir / "files/firmware/v1.bin").read_bytes()
    assert stat.S_IMODE((other / "ca/root.key").stat().st_mode) == 0o600
    assert await migrate.state(empty.app_url) is SchemaState.CURRENT
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [archive.name]
    for role in ("csms_app", "csms_ingest", "csms_audit"):
        await (await empty.connect(role)).close()


async def test_a_backup_goes_into_an_older_server(filled: Database, tmp_path: Path) -> None:
    """A dump of the embedded server restores into the oldest PostgreSQL that is supported, with all rights."""
    older = find_older(15)
    async with another_server(older) as server, server.empty() as target:
        connection = await target.connect()
        assert connection.get_server_version().major == 15
        await connection.close()
        archive = await write(filled, tmp_path / "backups", tmp_path)
        await restore(target.owner_url, find_binaries(), archive, tmp_path, login="csms")
        there, here = await everything(target), await everything(filled)
        for what in ("rows", "functions", "sequence", "names", "sum"):
            assert there[what] == here[what]
        # 17 brought the right MAINTAIN, which owners have by default: shown as m, unknown to 15
        assert there["grants"] == [
            tuple(part.replace("arwdDxtm", "arwdDxt") if isinstance(part, str) else part for part in row)
            for row in here["grants"]
        ]
        assert await migrate.state(target.app_url) is SchemaState.CURRENT
        await migrate.downgrade(target.owner_url, "base")
        await migrate.upgrade(target.owner_url)


async def test_a_database_that_is_not_empty_is_refused_unless_forced(filled: Database, tmp_path: Path) -> None:
    """Nothing is mixed: refused, or replaced as a whole."""
    archive = await write(filled, tmp_path / "backups", tmp_path)
    before = await everything(filled)
    connection = await filled.connect()
    await connection.execute("DELETE FROM meter_values")
    await connection.execute("CREATE TABLE later (id int); ALTER TABLE later OWNER TO csms_owner")
    with pytest.raises(DatabaseNotEmptyError, match="--force"):
        await restore(filled.owner_url, find_binaries(), archive, tmp_path)
    assert await connection.fetchval("SELECT count(*) FROM meter_values") == 0
    await connection.close()
    await restore(filled.owner_url, find_binaries(), archive, tmp_path, force=True)
    assert await everything(filled) == before


async def test_a_restore_that_fails_leaves_what_was_there(filled: Database, tmp_path: Path) -> None:
    """The old content goes only in the transaction that brings the new."""
    archive = await write(filled, tmp_path / "backups", tmp_path)
    connection = await filled.connect()
    # Somebody else's table is not ours to drop, and the dump's of the same name fails.
    await connection.execute("ALTER TABLE security_events RENAME TO gone; CREATE TABLE security_events (id int)")
    with pytest.raises(UnavailableError, match="security_events"):
        await restore(filled.owner_url, find_binaries(), archive, tmp_path, force=True)
    assert await connection.fetchval("SELECT count(*) FROM meter_values") == 5000
    await connection.close()


async def test_files_are_not_overwritten(filled: Database, empty: Database, tmp_path: Path) -> None:
    """Refused before the database is touched; with force the folder is replaced."""
    archive = await write(filled, tmp_path / "backups", data_dir_at(tmp_path / "a"))
    other = tmp_path / "b"
    (other / "files").mkdir(parents=True)
    (other / "files" / "mine").write_text("mine")
    with pytest.raises(FilesInTheWayError, match="files"):
        await restore(empty.owner_url, find_binaries(), archive, other)
    assert await migrate.state(empty.owner_url) is SchemaState.EMPTY
    await restore(empty.owner_url, find_binaries(), archive, other, force=True)
    assert sorted(path.name for path in other.rglob("*") if path.is_file()) == ["root.key", "v1.bin"]


async def test_other_keys_are_refused(filled: Database, empty: Database, tmp_path: Path) -> None:
    """Without the keys no charger's secret could be checked: said before, not found out after."""
    data_dir = data_dir_at(tmp_path / "a")
    InstallationKeys.load_or_create(data_dir)
    archive = await write(filled, tmp_path / "backups", data_dir)
    other = tmp_path / "b"
    InstallationKeys.load_or_create(other)
    with pytest.raises(MissingKeysError, match=r"keys\.json"):
        await restore(empty.owner_url, find_binaries(), archive, other)
    assert await migrate.state(empty.owner_url) is SchemaState.EMPTY


@pytest.mark.parametrize("at", [0.3, 0.9])
async def test_a_damaged_backup_is_refused(filled: Database, empty: Database, tmp_path: Path, at: float) -> None:
    """One wrong byte, in the dump or in a file, is found before anything is done."""
    archive = await write(filled, tmp_path / "backups", data_dir_at(tmp_path / "a"))
    with archive.open("r+b") as file:
        file.seek(int(archive.stat().st_size * at))
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 0xFF]))
    with pytest.raises(BackupDamagedError, match="damaged"):
        await restore(empty.owner_url, find_binaries(), archive, tmp_path / "b")
    assert await migrate.state(empty.owner_url) is SchemaState.EMPTY


async def test_a_backup_cut_off_is_refused(filled: Database, tmp_path: Path) -> None:
    """Its manifest is missing."""
    archive = await write(filled, tmp_path / "backups", tmp_path)
    whole = archive.read_bytes()
    for size in (len(whole) // 2, 100, 0):
        archive.write_bytes(whole[:size])
        with pytest.raises(BackupDamagedError):
            read_manifest(archive)


async def test_an_archive_cannot_reach_out_of_the_data_directory(filled: Database, tmp_path: Path) -> None:
    """A member that climbs is refused even where the manifest knows it."""
    archive = await write(filled, tmp_path / "backups", data_dir_at(tmp_path / "a"))
    text = archive.read_bytes()
    with tarfile.open(archive) as opened:
        info = opened.getmember("files/firmware/v1.bin")
        start = info.offset
    bad = tarfile.TarInfo("../firmware/v1.bin")
    bad.size = info.size
    archive.write_bytes(text[:start] + bad.tobuf() + text[start + 512 :])
    with pytest.raises(BackupDamagedError):
        read_manifest(archive)


async def test_a_newer_schema_is_not_restored(filled: Database, empty: Database, tmp_path: Path) -> None:
    """A backup of a newer csms needs that csms."""
    connection = await filled.connect()
    await connection.execute("UPDATE alembic_version SET version_num = '29990101_future'")
    await connection.close()
    archive = await write(filled, tmp_path / "backups", tmp_path)
    with pytest.raises(NewerSchemaError, match="29990101_future"):
        await restore(empty.owner_url, find_binaries(), archive, tmp_path / "b")


async def test_rows_that_the_owner_cannot_see_stop_the_backup(filled: Database, tmp_path: Path) -> None:
    """A table whose policies forget the owner would be dumped empty: better no backup than that one."""
    connection = await filled.connect()
    await connection.execute("DROP POLICY owner ON chargers")
    await connection.close()
    with pytest.raises(UnavailableError, match="chargers"):
        await write(filled, tmp_path / "backups", tmp_path)
    assert list((tmp_path / "backups").iterdir()) == []


async def test_a_dump_that_fails_leaves_no_file(filled: Database, tmp_path: Path) -> None:
    """pg_dump's own words reach the reader."""
    connection = await filled.connect()
    await connection.execute("CREATE TABLE strangers (id int)")
    await connection.close()
    with pytest.raises(UnavailableError, match=r"pg_dump failed.*strangers"):
        await write(filled, tmp_path / "backups", tmp_path)
    assert list((tmp_path / "backups").iterdir()) == []


async def test_the_application_may_not_back_up(filled: Database, tmp_path: Path) -> None:
    """Its login is no member of the owner; the message names the setting that is missing."""
    with pytest.raises(UnavailableError, match="CSMS_DATABASE__OWNER_URL"):
        await backup(filled.app_url, find_binaries(), tmp_path, tmp_path, version="0.1.0", now=NOW)


def test_rotation_keeps_the_newest_and_touches_nothing_else(tmp_path: Path) -> None:
    """By the name's time, not by the file's; strangers stay."""
    names = [f"csms-{NOW + timedelta(days=day):%Y%m%dT%H%M%SZ}.tar" for day in range(10)]
    for name in [*reversed(names), "csms-20261202T020000Z-2.tar", "mine.tar", "csms-old.tar"]:
        (tmp_path / name).touch()
    removed = rotate(tmp_path, keep=3)
    assert sorted(path.name for path in removed) == names[:8]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*names[8:], "csms-20261202T020000Z-2.tar", "mine.tar", "csms-old.tar"]
    )
    with pytest.raises(ValueError, match="at least one"):
        rotate(tmp_path, keep=0)


async def test_two_backups_in_one_second_are_two_files(filled: Database, tmp_path: Path) -> None:
    """None replaces the other."""
    first, second = await write(filled, tmp_path, tmp_path), await write(filled, tmp_path, tmp_path)
    assert [first.name, second.name] == ["csms-20261123T020000Z.tar", "csms-20261123T020000Z-2.tar"]


def test_programs_older_than_the_server_are_refused() -> None:
    """pg_dump refuses a newer server; we say it earlier and say what to do."""
    binaries = find_binaries()
    require(binaries, binaries.major)
    with pytest.raises(UnavailableError, match="CSMS_PG_BIN"):
        require(Binaries(binaries.folder, 15, "15.0"), 16)
    with pytest.raises(UnavailableError, match="no pg_dump"):
        require(Binaries(Path("/nowhere"), 18, "18.0"), 18)


def test_a_url_becomes_an_environment() -> None:
    """Passwords travel in the environment, escaped characters as themselves, strangers' parameters not at all."""
    found = environment(
        "postgresql+asyncpg://us%40er:p%2Fw@[::1]:5433,db2/csms?ssl=require&prepared_statement_cache_size=0", "test"
    )
    expected = {"PGUSER": "us@er", "PGPASSWORD": "p/w", "PGHOST": "::1,db2", "PGPORT": "5433,5432"}
    assert {name: found[name] for name in expected} == expected
    assert (found["PGDATABASE"], found["PGSSLMODE"]) == ("csms", "require")
    assert environment("postgresql://a:b@/x?host=%2Frun%2Fpg", "test")["PGHOST"] == "/run/pg"


async def test_a_cancelled_backup_leaves_nothing(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pg_dump is ended and the half-written file goes before the caller is told."""
    import asyncio
    import threading

    reached, go_on = threading.Event(), threading.Event()
    original = backups.backup_archive.write

    def slow(*arguments: object) -> None:
        reached.set()
        go_on.wait(10)
        original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(backups.backup_archive, "write", slow)
    task = asyncio.create_task(write(filled, tmp_path / "backups", tmp_path))
    await asyncio.to_thread(reached.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list((tmp_path / "backups").iterdir()) == []
    connection = await asyncpg.connect(filled.superuser_url)
    left = await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'csms-backup'")
    assert left == 0
    await connection.close()
