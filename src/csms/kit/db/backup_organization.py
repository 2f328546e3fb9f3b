# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Backup and restore of one organization: all its rows on one snapshot, into an installation of the same schema.

Every table with `organization_id` belongs to it, but for those named in `LEFT_OUT`. Rows go back whole or not at all.
"""

import asyncio
import gzip
import hashlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from csms.kit.db import migrate
from csms.kit.db.backup import UNREADABLE, as_owner, check_keys, key_ids
from csms.kit.db.organization_archive import FORMAT, ArchiveWriter, OrganizationArchive, OrganizationManifest
from csms.kit.db.roles import OWNER, identifier
from csms.kit.errors import ConflictError, NotFoundError, UnavailableError
from csms.kit.ids import new_id

# What has `organization_id` and is no part of an organization's backup.
LEFT_OUT: Final = {
    "installation": "the installation's own row",
    "gateway_nodes": "processes that run now",
    "charger_connections": "who holds which charger now",
    "refresh_tokens": "sessions: people sign in again",
    "browser_sessions": "sessions: people sign in again",
    "challenges": "signing in that is in hand",
    "idempotency_keys": "answers of the last hours",
    "outbox": "events on their way",
    "outbox_parked": "events on their way",
    "alert_group_marks": "what the groups of alerts are put together from again",
    "alert_group_sums": "put together again from the alerts",
    "charger_state_marks": "what the sums of the fleet are put together from again",
    "charger_states": "what the sums of the fleet are put together from again",
    "fleet_sums": "put together again from the chargers",
    "place_sums": "counted again from the chargers",
    "token_group_sums": "counted again from the tokens",
    "jobs": "work in hand, of this installation's queue",
}
# Of these an organization that is replaced keeps nothing: they hang on rows that go.
_GOES_TOO: Final = (
    "alert_group_sums", "charger_connections", "refresh_tokens", "browser_sessions", "challenges", "idempotency_keys",
)  # fmt: skip
# Rows that refer to rows of their own table, whose triggers want those to be there.
_ORDER: Final = {"sites": "ORDER BY cardinality(path)"}
_SEQUENCES: Final = ("transaction_number_seq", "request_number_seq")
_TABLES: Final = """
SELECT c.relname AS name, p.partrelid IS NOT NULL AS partitioned,
  (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = p.partattrs[0]) AS instant,
  ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' AND (a.attidentity = '' OR EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f'
      AND f.confrelid = c.oid AND a.attnum = ANY(f.confkey))) ORDER BY a.attnum) AS columns,
  ARRAY(SELECT DISTINCT r.relname::text FROM pg_constraint f JOIN pg_class r ON r.oid = f.confrelid
    WHERE f.contype = 'f' AND f.conrelid = c.oid AND f.confrelid <> c.oid) AS needs,
  ARRAY(SELECT a.attname::text FROM pg_constraint k
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(k.conkey)
    WHERE k.contype = 'p' AND k.conrelid = c.oid ORDER BY a.attnum) AS key
FROM pg_class c LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id')
ORDER BY c.relname
"""
_LINE: Final = """
INSERT INTO audit_log (id, organization_id, at, actor_kind, actor_name, action, subject_kind, subject_id, after)
VALUES ($1, $2, $3, 'host', 'csms on the host', $4, 'organization', $2::uuid::text, $5::jsonb)
"""


class OrganizationUnknownError(NotFoundError):
    """No organization has that id."""

    code = "organization_not_found"


class OrganizationExistsError(ConflictError):
    """The organization is there: a restore would mix two states of it."""

    code = "organization_exists"


class OtherSchemaError(ConflictError):
    """The backup is of another schema than the database."""

    code = "schema_differs"


class OrganizationCollidesError(ConflictError):
    """Something of the backup is there already, in another organization."""

    code = "organization_collides"


class Table(msgspec.Struct, frozen=True):
    """A table that organizations have rows in; identity columns that nothing refers to are numbered anew."""

    name: str
    columns: tuple[str, ...]
    needs: tuple[str, ...]
    key: tuple[str, ...]
    instant: str | None

    @property
    def listed(self) -> str:
        """The columns as SQL."""
        return ", ".join(identifier(column) for column in self.columns)


async def tables(connection: asyncpg.Connection) -> list[Table]:
    """The tables of a backup, those that others refer to first."""
    rows = [row for row in await connection.fetch(_TABLES) if row["name"] not in LEFT_OUT]
    names = ("name", "columns", "needs", "key", "instant")
    found = {row["name"]: msgspec.convert({each: row[each] for each in names}, Table) for row in rows}
    order = TopologicalSorter({name: [need for need in table.needs if need in found] for name, table in found.items()})
    return [found[name] for name in order.static_order()]


async def back_up_organization(
    owner_url: str, organization_id: UUID, folder: Path, data_dir: Path, *, version: str, now: datetime
) -> Path:
    """Write an organization's backup into a folder and return its path; the database stays in use meanwhile."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = _free_name(folder, organization_id, now)
    async with as_owner(owner_url) as connection:
        hidden = [row[0] for row in await connection.fetch(UNREADABLE)]
        if hidden:
            raise UnavailableError(f"row-level security hides {', '.join(hidden)} from {OWNER}: nothing was written")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            name = await connection.fetchval("SELECT name FROM organizations WHERE id = $1", organization_id)
            if name is None:
                raise OrganizationUnknownError(f"there is no organization {organization_id}")
            with ArchiveWriter(target) as archive:
                for table in await tables(connection):
                    await _write_table(connection, archive, table, organization_id, now)
                await asyncio.to_thread(archive.add_files, data_dir / "files", str(organization_id))
                manifest = OrganizationManifest(
                    FORMAT,
                    version,
                    await migrate.read_revision(connection),
                    now,
                    str(organization_id),
                    name,
                    key_ids(data_dir),
                    await _numbers(connection),
                    await _sequences(connection),
                    archive.tables,
                    archive.files,
                )
                await asyncio.to_thread(archive.finish, manifest)
        await _tell(connection, organization_id, "system:organization:backup", now, {"file": target.name})
    return target


async def restore_organization(
    owner_url: str, path: Path, data_dir: Path, *, now: datetime, replace: bool = False, force: bool = False
) -> OrganizationManifest:
    """Put an organization back, whole or not at all. `replace` removes what it has now; `force` accepts other keys."""
    archive = await asyncio.to_thread(OrganizationArchive, path)
    manifest, organization_id = archive.manifest, UUID(archive.manifest.organization_id)
    if not force:
        check_keys(manifest.key_ids, data_dir)
    await asyncio.to_thread(archive.verify)
    async with as_owner(owner_url) as connection:
        revision = await migrate.read_revision(connection)
        if revision != manifest.schema_revision:
            raise OtherSchemaError(
                f"the backup has the schema {manifest.schema_revision}, the database {revision}: restore it with the "
                f"csms that wrote it ({manifest.csms_version}), upgrade there, and write it again"
            )
        try:
            async with connection.transaction():
                await connection.execute("SET LOCAL lock_timeout = '30s'")
                await connection.execute("SELECT set_config('csms.audit_replace', 'on', true)")
                there = await tables(connection)
                await _make_room(connection, there, organization_id, replace=replace)
                for table in there:
                    await _read_table(connection, archive, table)
                await _advance(connection, manifest)
                await connection.execute("SELECT set_config('csms.audit_replace', '', true)")
                after = {"file": path.name, "made_at": manifest.made_at}
                await _tell(connection, organization_id, "system:organization:restore", now, after)
                await asyncio.to_thread(archive.unpack_files, data_dir / "files" / str(organization_id))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise OrganizationCollidesError(
                f"nothing was restored: {error.table_name} of another organization has the same already ({error})"
            ) from error
    return manifest


async def _write_table(
    connection: asyncpg.Connection, archive: ArchiveWriter, table: Table, organization_id: UUID, now: datetime
) -> None:
    with tempfile.TemporaryFile() as spool:
        with gzip.GzipFile(fileobj=spool, mode="wb", compresslevel=6, mtime=0) as packed:

            async def take(piece: bytes) -> None:
                await asyncio.to_thread(packed.write, piece)

            tag = await connection.copy_from_query(
                f"SELECT {table.listed} FROM {identifier(table.name)} WHERE organization_id = $1",
                organization_id,
                output=take,
            )
        rows = int(tag.rpartition(" ")[2])
        await asyncio.to_thread(archive.add_table, table.name, table.columns, rows, spool, now)


async def _make_room(
    connection: asyncpg.Connection, there: Sequence[Table], organization_id: UUID, *, replace: bool
) -> None:
    name = await connection.fetchval("SELECT name FROM organizations WHERE id = $1 FOR UPDATE", organization_id)
    if name is None:
        return
    if not replace:
        raise OrganizationExistsError(
            f"the organization {name!r} ({organization_id}) is there: with --replace all it has now is deleted first"
        )
    for gone in (*_GOES_TOO, *(table.name for table in reversed(there))):
        await connection.execute(f"DELETE FROM {identifier(gone)} WHERE organization_id = $1", organization_id)


async def _read_table(connection: asyncpg.Connection, archive: OrganizationArchive, table: Table) -> None:
    """By way of a temporary table: COPY is refused where row-level security applies."""
    part = archive.manifest.tables.get(table.name)
    if part is None or not part.rows:
        return
    await connection.execute(
        f"CREATE TEMP TABLE restored ON COMMIT DROP AS SELECT {table.listed} FROM {identifier(table.name)} WITH NO DATA"
    )
    await connection.copy_to_table(
        "restored", source=_fed(archive, table.name), columns=part.columns, schema_name="pg_temp"
    )
    if table.instant is not None:
        await connection.execute(
            f"SELECT csms_make_partitions(day, 0, 0) FROM (SELECT DISTINCT date_trunc('day', {table.instant}, 'UTC') AS"
            " day FROM pg_temp.restored) AS days ORDER BY day"
        )
    await _refuse_taken(connection, table)
    tag = await connection.execute(
        f"INSERT INTO {identifier(table.name)} ({table.listed}) SELECT {table.listed} FROM pg_temp.restored"
        f" {_ORDER.get(table.name, '')}"
    )
    if int(tag.rpartition(" ")[2]) != part.rows:
        raise OrganizationCollidesError(f"nothing was restored: {table.name} took {tag} of {part.rows} rows")
    await connection.execute("DROP TABLE pg_temp.restored")


async def _refuse_taken(connection: asyncpg.Connection, table: Table) -> None:
    """PostgreSQL does not tell which key is there already where row-level security applies."""
    if not table.key or not set(table.key) <= set(table.columns):
        return
    shown = " || ' ' || ".join(f"{identifier(column)}::text" for column in table.key)
    using = ", ".join(identifier(column) for column in table.key)
    taken = await connection.fetch(
        f"SELECT {shown} FROM pg_temp.restored JOIN {identifier(table.name)} USING ({using}) LIMIT 5"
    )
    if taken:
        raise OrganizationCollidesError(
            f"nothing was restored: {table.name} of another organization are {', '.join(row[0] for row in taken)}"
        )


async def _fed(archive: OrganizationArchive, table: str) -> AsyncIterator[bytes]:
    rows = archive.rows(table)
    while (piece := await asyncio.to_thread(next, rows, None)) is not None:
        yield piece


async def _numbers(connection: asyncpg.Connection) -> str:
    key = await connection.fetchval("SELECT transaction_number_key::text FROM installation")
    return hashlib.sha256(f"csms transaction numbers {key}".encode()).hexdigest()[:16]


async def _sequences(connection: asyncpg.Connection) -> dict[str, int]:
    return {name: await connection.fetchval(f"SELECT last_value FROM {name}") for name in _SEQUENCES}


async def _advance(connection: asyncpg.Connection, manifest: OrganizationManifest) -> None:
    """In the installation that issued them, no number is issued twice. Another one issues others, and a start that

    meets one that was restored is given the next.
    """
    if manifest.numbers != await _numbers(connection):
        return
    for name, value in manifest.sequences.items():
        if name in _SEQUENCES:
            await connection.execute(f"SELECT setval('{name}', greatest($1::bigint, last_value)) FROM {name}", value)


async def _tell(
    connection: asyncpg.Connection, organization_id: UUID, action: str, now: datetime, after: object
) -> None:
    await connection.execute(_LINE, new_id(), organization_id, now, action, msgspec.json.encode(after).decode())


def _free_name(folder: Path, organization_id: UUID, now: datetime) -> Path:
    stamp = f"csms-organization-{organization_id}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    number = 1
    while (target := folder / f"{stamp}{f'-{number}' if number > 1 else ''}.tar").exists():
        number += 1
    return target
