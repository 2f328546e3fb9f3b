# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Backup and restore: one file with the database, the files and the local CA; into any PostgreSQL 15 to 18.

The installation's keys are not in it, only their ids: whoever finds a backup cannot check a charger's secret with it.
Keep `keys.json` elsewhere.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, TypeVar

import asyncpg

from csms.kit.crypto import FILE as KEYS_FILE
from csms.kit.crypto import InstallationKeys
from csms.kit.db import backup_archive, migrate
from csms.kit.db.backup_archive import Archive, Description, Manifest
from csms.kit.db.backup_programs import Dump, Restore
from csms.kit.db.client_programs import environment, require
from csms.kit.db.roles import OWNER, create_roles, join_owner
from csms.kit.db.server_binaries import Binaries
from csms.kit.errors import ConflictError, UnavailableError

_NAME: Final = re.compile(r"^csms-\d{8}T\d{6}Z(-\d+)?\.tar$")
_PARTIAL: Final = ".csms-*.tar.*.partial"
_T = TypeVar("_T")

UNREADABLE: Final = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relforcerowsecurity
  AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'r')
    AND pg_get_expr(p.polqual, p.polrelid) = 'true' AND p.polroles && ARRAY['csms_owner'::regrole::oid, 0::oid])
"""
_CONTENT: Final = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
  AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LIMIT 1
"""


class DatabaseNotEmptyError(ConflictError):
    """A restore would mix two databases."""

    code = "database_not_empty"


class MissingKeysError(ConflictError):
    """The data directory has other keys than the backup's secrets were hashed with."""

    code = "keys_missing"


async def backup(
    owner_url: str, binaries: Binaries, folder: Path, data_dir: Path, *, version: str, now: datetime
) -> Path:
    """Write a backup into a folder and return its path; the database stays in use meanwhile."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = _free_name(folder, now)
    async with as_owner(owner_url) as connection:
        require(binaries, connection.get_server_version().major)
        hidden = [row[0] for row in await connection.fetch(UNREADABLE)]
        if hidden:
            raise UnavailableError(f"row-level security hides {', '.join(hidden)} from {OWNER}: nothing was written")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            description = Description(
                version,
                await migrate.read_revision(connection),
                now,
                await connection.fetchval("SHOW server_version"),
                binaries.major,
                key_ids(data_dir),
            )
            dump = Dump(binaries, environment(owner_url, "csms-backup"), snapshot)

            def write(source: IO[bytes], check: Callable[[], None]) -> None:
                backup_archive.write(target, source, check, data_dir, description)

            await in_thread(lambda: dump.run(write), dump.kill)
    return target


async def restore(
    owner_url: str,
    binaries: Binaries,
    archive: Path,
    data_dir: Path,
    *,
    force: bool = False,
    login: str | None = None,
) -> Manifest:
    """Put a backup into an empty database, whole or not at all, and its files beside it.

    `force` replaces what is there and accepts that the data directory has other keys. `login` is the application's
    user: it may act as the three roles afterwards. An older schema stays old: `migrate.upgrade` is the next step.
    """
    opened = await asyncio.to_thread(Archive, archive)
    manifest = opened.manifest
    if manifest.schema_revision is not None and manifest.schema_revision not in migrate.known():
        raise migrate.NewerSchemaError(
            f"the backup was made by csms {manifest.csms_version} and has the schema {manifest.schema_revision}, "
            "which this csms does not know: install that version"
        )
    require(binaries, manifest.dumped_by_major, "the backup was written by")
    if not force:
        opened.check_room(data_dir)
        check_keys(manifest.key_ids, data_dir)
    await asyncio.to_thread(opened.verify)
    await _prepare(owner_url, login)
    async with as_owner(owner_url) as connection:
        require(binaries, connection.get_server_version().major)
        there = await connection.fetchval(_CONTENT)
        if there is not None and not force:
            raise DatabaseNotEmptyError(
                f"the database is not empty (it has {there}): restore into an empty one, or with --force, which "
                "deletes what is in it"
            )
        modern = connection.get_server_version().major >= 17
    pump = Restore(binaries, environment(owner_url, "csms-restore"), opened, modern, clear=force)
    await in_thread(pump.run, pump.kill)
    await asyncio.to_thread(opened.unpack_files, data_dir)
    async with as_owner(owner_url) as connection:
        await connection.execute("ANALYZE")
    return manifest


def rotate(folder: Path, keep: int = 7) -> list[Path]:
    """Keep the newest backups of a folder and remove the others; other files are not touched."""
    if keep < 1:
        raise ValueError("at least one backup is kept")
    written = sorted((path for path in folder.glob("csms-*.tar") if _NAME.match(path.name)), key=_age, reverse=True)
    gone = written[keep:]
    if written:  # what a killed backup left is older than one that was finished
        newest = written[0].stat().st_mtime
        gone += [path for path in folder.glob(_PARTIAL) if path.stat().st_mtime < newest]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def read_manifest(archive: Path) -> Manifest:
    """What a backup says of itself."""
    return Archive(archive).manifest


def _age(path: Path) -> tuple[str, int]:
    stamp, _, number = path.stem.removeprefix("csms-").partition("-")
    return stamp, int(number or 1)


def _free_name(folder: Path, now: datetime) -> Path:
    stamp = f"csms-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    number = 1
    while (target := folder / f"{stamp}{f'-{number}' if number > 1 else ''}.tar").exists():
        number += 1
    return target


def key_ids(data_dir: Path) -> tuple[str, ...]:
    """Of the installation's key and of the keys that secrets are sealed with; the first of these comes from it."""
    if not (data_dir / KEYS_FILE).exists():
        return ()
    keys = InstallationKeys.load_or_create(data_dir)
    return (keys.key_id, *sorted(keys.secret_keys().keys.keys() - {keys.own_secret_key_id}))


def check_keys(wanted: tuple[str, ...], data_dir: Path) -> None:
    """MissingKeysError where a backup's secrets were made with other keys than are here."""
    missing = set(wanted) - set(key_ids(data_dir))
    if missing:
        raise MissingKeysError(
            f"the secrets in this backup were hashed or sealed with the key {', '.join(sorted(missing))}, which is "
            f"not in {data_dir / KEYS_FILE}: put that file there first. With --force the backup is restored without "
            "it, and every charger needs a new password (what only a later key sealed has to be set anew)"
        )


@asynccontextmanager
async def as_owner(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection in the owner's role."""
    try:
        connection = await asyncpg.connect(migrate.driver(owner_url), timeout=10, server_settings={"role": OWNER})
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError) as error:
        raise UnavailableError(
            f"{error}: backup and restore need the owner's login (CSMS_DATABASE__OWNER_URL), a member of {OWNER}"
        ) from error
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise UnavailableError(f"the database cannot be reached: {error or type(error).__name__}") from error
    try:
        yield connection
    finally:
        await connection.close()


async def _prepare(owner_url: str, login: str | None) -> None:
    """The roles that the dump's grants name."""
    connection = await asyncpg.connect(migrate.driver(owner_url), timeout=10)
    try:
        await create_roles(connection, login)
        await join_owner(connection)
        await migrate.require_schema_rights(connection)
    finally:
        await connection.close()


async def in_thread(work: Callable[[], _T], kill: Callable[[], None]) -> _T:
    """Run work that waits for processes; a cancelled caller ends them and waits until the work has cleaned up."""
    task = asyncio.create_task(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        kill()
        await asyncio.gather(task, return_exceptions=True)
        raise
