# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the imports feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, bindparam, case, delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.imports.tables import import_rows, imports
from csms.features.sites.repository import GROUPS, SITES
from csms.kit.http.filters import Filter, read_filters
from csms.kit.http.paging import Listing
from csms.kit.jobs.tables import jobs

_i, _r = imports.c, import_rows.c
_OPEN: Final = ("queued", "running")
# A job that was given up, or cancelled as a job, tells its import nothing any more.
_STATUS = case((and_(_i.status.in_(_OPEN), jobs.c.status.in_(("failed", "cancelled"))), jobs.c.status), else_=_i.status)
IMPORTS: Final = Listing(
    columns={
        "id": _i.id,
        "kind": _i.kind,
        "status": _STATUS,
        "dry_run": _i.dry_run,
        "on_conflict": _i.on_conflict,
        "file_name": _i.file_name,
        "file_bytes": _i.file_bytes,
        "total": _i.total,
        "created": _i.created,
        "updated": _i.updated,
        "skipped": _i.skipped,
        "failed": _i.failed,
        "secrets": _i.secrets,
        "error": _i.error,
        "job": _i.job,
        "actor_name": _i.actor_name,
        "created_at": _i.created_at,
        "finished_at": _i.finished_at,
    },
    key=_i.id,
    sorts={"created_at": _i.created_at},
    default_sort="-created_at",
    filters={
        "kind": Filter(_i.kind),
        "status": Filter(_STATUS, values=("queued", "running", "done", "cancelled", "failed")),
        "dry_run": Filter(_i.dry_run),
        "actor_name": Filter(_i.actor_name, fold=True),
        "created_at": Filter(_i.created_at),
    },
    search=(_i.file_name, _i.actor_name),
    paper=(
        "kind",
        "status",
        "dry_run",
        "file_name",
        "total",
        "created",
        "updated",
        "failed",
        "actor_name",
        "created_at",
    ),
    source=imports.outerjoin(jobs, jobs.c.id == _i.job),
)
_MORE: Final = ("format", "headers", "mapping", "sample")
_INSIDE: Final = ("wanted", "sheet", "permissions", "attempt", "actor_kind", "actor_id", "address")
ROWS: Final = Listing(
    columns={
        "number": _r.number,
        "status": _r.status,
        "subject": _r.subject,
        "reason": _r.reason,
        "errors": func.coalesce(_r.errors, text("'[]'::jsonb")),
        "values": _r["values"],
    },
    key=_r.number,
    sorts={"number": _r.number},
    default_sort="number",
    filters={
        "status": Filter(_r.status, values=("waiting", "created", "updated", "skipped", "failed")),
        "subject": Filter(_r.subject),
    },
    search=(_r.subject, _r.reason),
)


def of_import(key: UUID) -> ColumnElement[bool]:
    """The rows of one import."""
    own: ColumnElement[bool] = _r["import"] == key
    return own


async def get(connection: AsyncConnection, key: UUID, *, lock: bool = False) -> RowMapping | None:
    """One import, whole; with `lock` nobody else changes it until the commit."""
    query = IMPORTS.select().add_columns(*(_i[name] for name in (*_MORE, *_INSIDE))).where(_i.id == key)
    found = await connection.execute(query.with_for_update(of=imports) if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep an import whose file is there."""
    await connection.execute(insert(imports).values(**values))


async def change(connection: AsyncConnection, key: UUID, **values: Any) -> None:
    """Set columns."""
    await connection.execute(update(imports).where(_i.id == key).values(**values))


async def begin(connection: AsyncConnection, key: UUID, job: UUID, attempt: int) -> bool:
    """A worker takes it up; False where the job is not its job any more, or it is over."""
    done = await connection.execute(
        update(imports)
        .where(_i.id == key, _i.job == job, _i.status.in_(_OPEN), _i.attempt <= attempt)
        .values(status="running", attempt=attempt)
    )
    return done.rowcount == 1


async def hold(connection: AsyncConnection, key: UUID, job: UUID, attempt: int) -> bool:
    """Whether it is still this worker's, and stays so until the commit."""
    query = select(_i.id).where(_i.id == key, _i.job == job, _i.status == "running", _i.attempt == attempt)
    return (await connection.execute(query.with_for_update())).scalar() is not None


async def zone(connection: AsyncConnection) -> str:
    """The organization's time zone."""
    return str((await connection.execute(text("SELECT time_zone FROM organizations"))).scalar() or "UTC")


async def places_named(connection: AsyncConnection, kind: Literal["site", "group"], name: str) -> list[UUID]:
    """Sites or groups with this name in any letter case; two of several."""
    listing = SITES if kind == "site" else GROUPS
    query = listing.select(["id"]).where(*read_filters(listing.filters, [("name", name)])).limit(2)
    return list((await connection.execute(query)).scalars())


async def clear(connection: AsyncConnection, key: UUID) -> None:
    """Forget the rows: the file is read from its beginning."""
    await connection.execute(delete(import_rows).where(of_import(key)))


async def add_rows(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep rows as they were read."""
    await connection.execute(insert(import_rows), [dict(row) for row in rows])


async def next_rows(connection: AsyncConnection, key: UUID, count: int) -> list[RowMapping]:
    """The next rows whose turn it is."""
    query = select(_r.number, _r.key, _r["values"], _r.faults, _r.secret).where(of_import(key), _r.status == "waiting")
    return list((await connection.execute(query.order_by(_r.number).limit(count))).mappings())


async def firsts(connection: AsyncConnection, key: UUID, keys: Sequence[str]) -> dict[str, int]:
    """The first row about each of these things."""
    query = select(_r.key, func.min(_r.number)).where(of_import(key), _r.key.in_(keys)).group_by(_r.key)
    return {row[0]: row[1] for row in await connection.execute(query)}


async def write(connection: AsyncConnection, key: UUID, results: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """What became of rows; cells that are secrets are forgotten where they did their work."""
    statement = (
        update(import_rows)
        .where(of_import(key), _r.number == bindparam("row"))
        .values(
            **{name: bindparam(f"new_{name}") for name in ("status", "reason", "errors", "subject", "generated")},
            secret=case((bindparam("new_done", type_=_i.dry_run.type), None), else_=_r.secret),
        )
    )
    await connection.execute(
        statement, [{"row": row} | {f"new_{name}": value for name, value in result.items()} for row, result in results]
    )


async def count(connection: AsyncConnection, key: UUID, statuses: Mapping[str, int], secrets: int) -> None:
    """Add to the counts."""
    more = {name: _i[name] + number for name, number in statuses.items()}
    await connection.execute(update(imports).where(_i.id == key).values(**more, secrets=_i.secrets + secrets))


async def reset(connection: AsyncConnection, key: UUID, status: str | None = None) -> None:
    """The turn of rows comes again: of all, or of those with a status."""
    again = update(import_rows).where(of_import(key))
    again = again.where(_r.status != "waiting") if status is None else again.where(_r.status == status)
    await connection.execute(again.values(status="waiting", reason=None, errors=None, subject=None))


async def generated(connection: AsyncConnection, key: UUID) -> list[RowMapping]:
    """Secrets that were made, still sealed."""
    query = select(_r.number, _r.subject, _r["values"], _r.generated).where(of_import(key), _r.generated.is_not(None))
    return list((await connection.execute(query.order_by(_r.number))).mappings())


async def forget_generated(connection: AsyncConnection, key: UUID) -> None:
    """They were fetched."""
    await connection.execute(
        update(import_rows).where(of_import(key), _r.generated.is_not(None)).values(generated=None)
    )
    await connection.execute(update(imports).where(_i.id == key).values(secrets=0))


async def forget(connection: AsyncConnection, before: datetime, secrets_before: datetime) -> int:
    """Remove imports older than are kept, and the secrets of those that nobody takes up again; how many imports."""
    over = select(_i.id).where(_i.created_at < secrets_before)
    held = or_(_r.secret.is_not(None), _r.generated.is_not(None))
    await connection.execute(
        update(import_rows).where(_r["import"].in_(over), held).values(secret=None, generated=None)
    )
    await connection.execute(update(imports).where(_i.id.in_(over), _i.secrets > 0).values(secrets=0))
    done = await connection.execute(delete(imports).where(_i.created_at < before))
    return done.rowcount


async def unread(connection: AsyncConnection) -> frozenset[UUID]:
    """Imports whose files are still needed."""
    rows = await connection.execute(select(_i.id).where(_i.total.is_(None), _i.status.in_(_OPEN)))
    return frozenset(rows.scalars())
