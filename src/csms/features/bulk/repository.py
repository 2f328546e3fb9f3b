# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the bulk feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, case, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.bulk.tables import bulk_commands, bulk_targets
from csms.features.chargers.repository import charger_filter
from csms.features.commands.tables import commands
from csms.kit.db.uow import SEES_A_PART
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_b, _t = bulk_commands.c, bulk_targets.c
_COUNTS: ColumnElement[Any] = literal_column(
    """(SELECT coalesce(jsonb_object_agg(s.status, s.count), '{}') FROM (
    SELECT CASE WHEN t.refusal IS NOT NULL THEN 'refused' WHEN t.command IS NULL THEN 'waiting'
        ELSE coalesce(c.status, 'expired') END AS status, count(*) AS count
    FROM bulk_targets t LEFT JOIN commands c ON c.id = t.command WHERE t.bulk = bulk_commands.id GROUP BY 1) s)""",
    JSONB,
)
_SEEN: Final = select(func.count()).where(_t.bulk == _b.id).correlate(bulk_commands).scalar_subquery()
_FINAL: Final = and_(_b.status == "done", _b.counts.is_not(None), ~SEES_A_PART)
BULKS: Final = Listing(
    columns={
        "id": _b.id,
        "filter": _b.filter,
        "body": _b.body,
        "queue_s": _b.queue_s,
        "at_once": _b.at_once,
        "status": _b.status,
        "round": _b.round,
        "total": case((SEES_A_PART, _SEEN), else_=_b.total),
        "counts": case((_FINAL, _b.counts), else_=_COUNTS),
        "actor_name": _b.actor_name,
        "created_at": _b.created_at,
        "finished_at": _b.finished_at,
    },
    key=_b.id,
    sorts={"created_at": _b.created_at},
    default_sort="-created_at",
    filters={
        "status": Filter(_b.status, values=("running", "done", "cancelled")),
        "actor_name": Filter(_b.actor_name, fold=True),
        "created_at": Filter(_b.created_at),
        "finished_at": Filter(_b.finished_at),
    },
    paper=("filter", "body", "status", "total", "counts", "actor_name", "created_at", "finished_at"),
)
_STATUS = case(
    (_t.refusal.is_not(None), "refused"),
    (_t.command.is_(None), "waiting"),
    else_=func.coalesce(commands.c.status, "expired"),
)
RESULTS: Final = Listing(
    columns={
        "charger_id": _t.charger_id,
        "status": _STATUS,
        "reason": func.coalesce(_t.refusal, commands.c.reason),
        "command": _t.command,
        "result": commands.c.result,
        "sent_at": commands.c.sent_at,
        "finished_at": commands.c.finished_at,
    },
    key=_t.charger_id,
    sorts={"charger_id": _t.charger_id},
    default_sort="charger_id",
    filters={"status": Filter(_STATUS), "charger_id": charger_filter(_t.charger_id)},
    search=(_t.charger_id, _t.refusal, commands.c.reason),
    source=bulk_targets.outerjoin(commands, commands.c.id == _t.command),
)
OF_BULK: Final = _t.bulk


async def get(connection: AsyncConnection, key: UUID) -> RowMapping | None:
    """One bulk command."""
    row: RowMapping | None = (await connection.execute(BULKS.select().where(_b.id == key))).mappings().first()
    return row


async def add(connection: AsyncConnection, values: Mapping[str, Any], chargers: Sequence[str]) -> None:
    """Keep a bulk command and whom it is for."""
    await connection.execute(insert(bulk_commands).values(**values))
    common = {"bulk": values["id"], "organization_id": values["organization_id"]}
    for start in range(0, len(chargers), 5_000):
        rows = [{**common, "charger_id": charger} for charger in chargers[start : start + 5_000]]
        await connection.execute(insert(bulk_targets), rows)


async def change(connection: AsyncConnection, key: UUID, status: str | None = None, **values: Any) -> bool:
    """Set columns of a running one; False if it is over."""
    values = {**values, **({} if status is None else {"status": status})}
    done = await connection.execute(update(bulk_commands).where(_b.id == key, _b.status == "running").values(**values))
    return bool(done.rowcount)


async def finish(connection: AsyncConnection, key: UUID, at: datetime) -> dict[str, int]:
    """It is over: kept with its counts of now, for a command may have ended since it was read."""
    values = {"status": "done", "finished_at": at, "counts": _COUNTS}
    query = update(bulk_commands).where(_b.id == key, _b.status == "running").values(**values).returning(_b.counts)
    return dict((await connection.execute(query)).scalar() or {})


async def again(connection: AsyncConnection, key: UUID, **values: Any) -> int:
    """Begin anew where it failed, if it is done; at how many chargers. A command that is forgotten did not fail."""
    failed = select(commands.c.id).where(commands.c.status.not_in(["pending", "accepted"]))
    done = select(_b.id).where(_b.id == key, _b.status == "done").with_for_update()
    found = await connection.execute(
        update(bulk_targets)
        .where(_t.bulk.in_(done), or_(_t.refusal.is_not(None), _t.command.in_(failed)))
        .values(command=None, refusal=None)
    )
    if found.rowcount:
        values |= {"status": "running", "round": _b.round + 1, "finished_at": None}
        await connection.execute(update(bulk_commands).where(_b.id == key).values(**values))
    return found.rowcount


async def is_seen_whole(connection: AsyncConnection, key: UUID) -> bool:
    """Whether all of the chargers that it is for are seen."""
    return bool((await connection.execute(select(_b.total <= _SEEN).where(_b.id == key))).scalar())


async def progress(connection: AsyncConnection, key: UUID) -> tuple[int, int]:
    """How many chargers are busy with it, and at how many it is over."""
    busy = func.count().filter(_STATUS == "pending")
    over = func.count().filter(_STATUS.not_in(["pending", "waiting"]))
    query = select(busy, over).select_from(RESULTS.source).where(_t.bulk == key)  # type: ignore[arg-type]
    row = (await connection.execute(query)).one()
    return int(row[0]), int(row[1])


async def next_ones(connection: AsyncConnection, key: UUID, count: int) -> list[str]:
    """The next chargers whose turn it is."""
    query = select(_t.charger_id).where(_t.bulk == key, _t.command.is_(None), _t.refusal.is_(None))
    return list((await connection.execute(query.order_by(_t.charger_id).limit(count))).scalars())


async def issued(
    connection: AsyncConnection, key: UUID, charger_id: str, command: UUID | None, refusal: str | None
) -> None:
    """A charger has its command, or will have none."""
    await connection.execute(
        update(bulk_targets).where(_t.bulk == key, _t.charger_id == charger_id).values(command=command, refusal=refusal)
    )


async def refuse_rest(connection: AsyncConnection, key: UUID, why: str) -> int:
    """Whose turn has not come will have no command; how many they are."""
    rest = (_t.bulk == key, _t.command.is_(None), _t.refusal.is_(None))
    return (await connection.execute(update(bulk_targets).where(*rest).values(refusal=why))).rowcount


async def actor_of(connection: AsyncConnection, key: UUID) -> str | None:
    """Who asked for it."""
    found: str | None = (await connection.execute(select(_b.actor_id).where(_b.id == key))).scalar()
    return found


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Remove what is older than is kept."""
    await connection.execute(bulk_commands.delete().where(_b.created_at < before, _b.status != "running"))
