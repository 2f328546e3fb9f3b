# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the bulk changes feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, case, func, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.bulk_changes.tables import bulk_change_targets, bulk_changes
from csms.features.chargers.repository import charger_filter
from csms.features.tokens.tables import tokens
from csms.kit.db.uow import SEES_A_PART
from csms.kit.http.filters import Filter, read_filters
from csms.kit.http.paging import Listing
from csms.kit.http.spellings import settle
from csms.kit.jobs.tables import jobs

_b, _t = bulk_changes.c, bulk_change_targets.c
_COUNTS: ColumnElement[Any] = literal_column(
    """(SELECT coalesce(jsonb_object_agg(s.status, s.count), '{}') FROM (SELECT t.status, count(*) AS count
    FROM bulk_change_targets t WHERE t.bulk = bulk_changes.id GROUP BY 1) s)""",
    JSONB,
)
# A job that was given up, or cancelled as a job, tells its change nothing any more.
_STATUS = case(
    (and_(_b.status == "running", jobs.c.status.in_(("failed", "cancelled"))), jobs.c.status), else_=_b.status
)
_SEEN: Final = select(func.count()).where(_t.bulk == _b.id).correlate(bulk_changes).scalar_subquery()
_FINAL: Final = and_(_b.status == "done", _b.counts.is_not(None), ~SEES_A_PART)
CHANGES: Final = Listing(
    columns={
        "id": _b.id,
        "filter": _b.filter,
        "change": _b.change,
        "status": _STATUS,
        "round": _b.round,
        "total": case((SEES_A_PART, _SEEN), else_=_b.total),
        "counts": case((_FINAL, _b.counts), else_=_COUNTS),
        "error": _b.error,
        "job": _b.job,
        "actor_name": _b.actor_name,
        "created_at": _b.created_at,
        "finished_at": _b.finished_at,
    },
    key=_b.id,
    sorts={"created_at": _b.created_at},
    default_sort="-created_at",
    filters={
        "status": Filter(_STATUS, values=("running", "done", "cancelled", "failed")),
        "actor_name": Filter(_b.actor_name, fold=True),
        "created_at": Filter(_b.created_at),
        "finished_at": Filter(_b.finished_at),
    },
    paper=("filter", "change", "status", "total", "counts", "actor_name", "created_at", "finished_at"),
    source=bulk_changes.outerjoin(jobs, jobs.c.id == _b.job),
)
_RESULT: Final = {"number": _t.number, "status": _t.status, "reason": _t.reason, "finished_at": _t.finished_at}
_STATUSES: Final = Filter(_t.status, values=("waiting", "changed", "unchanged", "refused"))
CHARGER_RESULTS: Final = Listing(
    columns={**_RESULT, "charger_id": _t.charger_id},
    key=_t.number,
    sorts={"number": _t.number},
    default_sort="number",
    filters={"status": _STATUSES, "charger_id": charger_filter(_t.charger_id)},
    search=(_t.charger_id, _t.reason),
)
TOKEN_RESULTS: Final = Listing(
    columns={**_RESULT, "token_id": _t.token_id, "value": tokens.c.value},
    key=_t.number,
    sorts={"number": _t.number},
    default_sort="number",
    filters={"status": _STATUSES, "token_id": Filter(_t.token_id)},
    search=(tokens.c.value, _t.reason),
    source=bulk_change_targets.join(tokens, tokens.c.id == _t.token_id),
)
OF_CHANGE: Final = _t.bulk
_INSIDE: Final = ("kind", "actor_kind", "actor_id", "address")


def of_kind(kind: str) -> ColumnElement[bool]:
    """Changes to chargers, or to tokens."""
    own: ColumnElement[bool] = _b.kind == kind
    return own


async def named(
    connection: AsyncConnection, listing: Listing, pairs: Sequence[tuple[str, str]], most: int
) -> list[Any]:
    """The keys of what a list's filter names, in their order; at most so many. Raises InvalidFilterError."""
    query = select(listing.key).select_from(_source(listing))
    query = query.where(*await settle(connection, read_filters(listing.filters, pairs, listing.search)))
    if "retired" in listing.filters:
        query = query.where(listing.filters["retired"].column.is_(False))
    return list((await connection.execute(query.order_by(listing.key).limit(most))).scalars())


async def known(connection: AsyncConnection, listing: Listing, condition: ColumnElement[bool]) -> list[Any]:
    """The keys of what there is, in their order."""
    query = select(listing.key).where(*await settle(connection, [condition])).order_by(listing.key)
    return list((await connection.execute(query)).scalars())


def _source(listing: Listing) -> Any:
    return listing.key.table if listing.source is None else listing.source


async def get(connection: AsyncConnection, key: UUID, kind: str, *, lock: bool = False) -> RowMapping | None:
    """One change; with `lock` nobody else changes it until the commit."""
    query = CHANGES.select().add_columns(*(_b[name] for name in _INSIDE)).where(_b.id == key, of_kind(kind))
    found = await connection.execute(query.with_for_update(of=bulk_changes) if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def add(connection: AsyncConnection, values: Mapping[str, Any], column: str, targets: Sequence[Any]) -> None:
    """Keep a change and whom it is for."""
    await connection.execute(insert(bulk_changes).values(**values))
    common = {"bulk": values["id"], "organization_id": values["organization_id"]}
    for start in range(0, len(targets), 5_000):
        rows = [
            {**common, "number": number, column: target}
            for number, target in enumerate(targets[start : start + 5_000], start + 1)
        ]
        await connection.execute(insert(bulk_change_targets), rows)


async def change(connection: AsyncConnection, key: UUID, **values: Any) -> None:
    """Set columns."""
    await connection.execute(update(bulk_changes).where(_b.id == key).values(**values))


async def again(connection: AsyncConnection, key: UUID) -> int:
    """What was refused waits again; how many wait then."""
    refused = update(bulk_change_targets).where(_t.bulk == key, _t.status == "refused")
    await connection.execute(refused.values(status="waiting", reason=None, finished_at=None))
    query = select(func.count()).where(_t.bulk == key, _t.status == "waiting")
    return int((await connection.execute(query)).scalar_one())


async def is_seen_whole(connection: AsyncConnection, key: UUID) -> bool:
    """Whether all of those that it is for are seen."""
    return bool((await connection.execute(select(_b.total <= _SEEN).where(_b.id == key))).scalar())


async def waiting(connection: AsyncConnection, key: UUID) -> int:
    """How many wait for their turn."""
    query = select(func.count()).where(_t.bulk == key, _t.status == "waiting")
    return int((await connection.execute(query)).scalar_one())


# -- for the job -------------------------------------------------------------------------------------------------------


async def running(connection: AsyncConnection, key: UUID, job: UUID) -> RowMapping | None:
    """The change, if it is not over and still this job's."""
    columns = (_b.kind, _b.change, _b.total, _b.actor_kind, _b.actor_id, _b.actor_name, _b.address)
    query = select(*columns).where(_b.id == key, _b.job == job, _b.status == "running")
    return (await connection.execute(query)).mappings().first()


async def next_ones(connection: AsyncConnection, key: UUID, count: int) -> list[tuple[int, Any]]:
    """The next whose turn it is: number and id."""
    query = select(_t.number, _t.charger_id, _t.token_id).where(_t.bulk == key, _t.status == "waiting")
    rows = await connection.execute(query.order_by(_t.number).limit(count))
    return [(row[0], row[2] if row[1] is None else row[1]) for row in rows]


async def take(connection: AsyncConnection, key: UUID, job: UUID, number: int) -> bool:
    """Hold one whose turn it is until the commit; False where it is over, was done, or is not seen."""
    query = (
        select(_t.number)
        .join(bulk_changes, _b.id == _t.bulk)
        .where(_t.bulk == key, _t.number == number, _t.status == "waiting", _b.job == job, _b.status == "running")
    )
    return (await connection.execute(query.with_for_update(of=bulk_change_targets))).scalar() is not None


async def write(
    connection: AsyncConnection, key: UUID, number: int, status: str, reason: str | None, now: datetime
) -> None:
    """What became of it at one."""
    await connection.execute(
        update(bulk_change_targets)
        .where(_t.bulk == key, _t.number == number)
        .values(status=status, reason=reason, finished_at=now)
    )


async def counts(connection: AsyncConnection, key: UUID) -> dict[str, int]:
    """How many are where."""
    query = select(_t.status, func.count()).where(_t.bulk == key).group_by(_t.status)
    return {row[0]: row[1] for row in await connection.execute(query)}


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Remove what is older than is kept."""
    await connection.execute(bulk_changes.delete().where(_b.created_at < before, _b.status != "running"))
