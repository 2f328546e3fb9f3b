# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the webhooks feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.webhooks.rules import Subscriber
from csms.features.webhooks.tables import webhook_deliveries, webhooks
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_w, _d = webhooks.c, webhook_deliveries.c
WEBHOOKS: Final = Listing(
    columns={
        name: _w[name]
        for name in (
            "id",
            "url",
            "description",
            "event_types",
            "charger_ids",
            "status",
            "paused_reason",
            "failures",
            "failing_since",
            "last_error",
            "last_delivered_at",
            "retry_at",
            "previous_secret_until",
            "created_at",
            "updated_at",
        )
    },
    key=_w.id,
    sorts={"created_at": _w.created_at},
    default_sort="-created_at",
    filters={
        "status": Filter(_w.status, values=("active", "paused")),
        "url": Filter(_w.url),
        "event_types": Filter(_w.event_types),
        "created_at": Filter(_w.created_at),
    },
    search=(_w.url, _w.description),
    paper=("url", "description", "event_types", "status", "failures", "last_error", "last_delivered_at", "created_at"),
)
_DELIVERY: Final = (
    "id",
    "event_id",
    "event_type",
    "status",
    "attempts",
    "response_status",
    "latency_ms",
    "error",
    "created_at",
    "last_attempt_at",
    "finished_at",
)
DELIVERIES: Final = Listing(
    columns={name: _d[name] for name in _DELIVERY},
    key=_d.position,
    sorts={"created_at": _d.created_at},
    default_sort="-created_at",
    filters={
        "status": Filter(_d.status, values=("pending", "delivered", "dead")),
        "event_type": Filter(_d.event_type),
        "event_id": Filter(_d.event_id),
        "response_status": Filter(_d.response_status),
        "created_at": Filter(_d.created_at),
    },
    search=(_d.event_type, _d.error),
)
OF_WEBHOOK: Final = _d.webhook


async def get(connection: AsyncConnection, key: UUID, *, lock: bool = False) -> RowMapping | None:
    """One receiver; with `lock` nobody else changes it until the commit."""
    query = WEBHOOKS.select().where(_w.id == key)
    found = await connection.execute(query.with_for_update() if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def count(connection: AsyncConnection) -> int:
    """How many receivers there are."""
    return int((await connection.execute(select(func.count()).select_from(webhooks))).scalar_one())


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert a receiver."""
    await connection.execute(insert(webhooks).values(**values))


async def change(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> None:
    """Set columns of a receiver."""
    await connection.execute(update(webhooks).where(_w.id == key).values(**values))


async def remove(connection: AsyncConnection, key: UUID) -> None:
    """Delete a receiver, and what it was to get."""
    await connection.execute(delete(webhooks).where(_w.id == key))


async def address(connection: AsyncConnection, key: UUID) -> RowMapping | None:
    """Where it is, and the sealed secrets."""
    columns = (_w.url, _w.secret, _w.previous_secret, _w.previous_secret_until)
    row: RowMapping | None = (await connection.execute(select(*columns).where(_w.id == key))).mappings().first()
    return row


# -- what is to be sent


async def subscribers(connection: AsyncConnection) -> list[Subscriber]:
    """All of an organization, paused ones too: they get their events when they go on."""
    rows = await connection.execute(select(_w.id, _w.event_types, _w.charger_ids).order_by(_w.id))
    return [
        Subscriber(row.id, frozenset(row.event_types), None if row.charger_ids is None else frozenset(row.charger_ids))
        for row in rows
    ]


async def store(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what is to be sent; what is there already stays as it is."""
    await connection.execute(upsert(webhook_deliveries).on_conflict_do_nothing(), list(rows))


async def delivery(connection: AsyncConnection, webhook: UUID, key: UUID) -> RowMapping | None:
    """One delivery with its text."""
    query = select(*(_d[name] for name in (*_DELIVERY, "payload"))).where(_d.webhook == webhook, _d.id == key)
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


_AGAIN: Final = {"status": "pending", "first_attempt_at": None, "finished_at": None}


async def again(connection: AsyncConnection, webhook: UUID, *, only: UUID | None = None) -> int:
    """Send one that is done, or all that were given up, again, at the places that they had; how many."""
    chosen = _d.status == "dead" if only is None else (_d.id == only) & (_d.status != "pending")
    done = await connection.execute(update(webhook_deliveries).where(_d.webhook == webhook, chosen).values(**_AGAIN))
    return int(done.rowcount)


async def fresh(connection: AsyncConnection, webhook: UUID) -> None:
    """What waits has all its time again: the pause does not count."""
    waiting = (_d.webhook == webhook) & (_d.status == "pending") & _d.first_attempt_at.is_not(None)
    await connection.execute(update(webhook_deliveries).where(waiting).values(first_attempt_at=None))


async def forget(connection: AsyncConnection, before: datetime, limit: int = 10_000) -> int:
    """Delete old deliveries, whatever became of them; how many."""
    old = select(_d.id).where(_d.created_at < before).order_by(_d.created_at).limit(limit)
    return int((await connection.execute(delete(webhook_deliveries).where(_d.id.in_(old)))).rowcount)


# -- sending

_CLAIM: Final = text("""
UPDATE webhooks SET locked_by = :me, locked_until = now() + make_interval(secs => :lease_s), served_at = now()
WHERE id IN (
    SELECT w.id FROM webhooks w
    WHERE w.status = 'active' AND (w.retry_at IS NULL OR w.retry_at <= :now)
      AND (w.locked_until IS NULL OR w.locked_until < now())
      AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook = w.id AND d.status = 'pending')
    ORDER BY w.served_at NULLS FIRST LIMIT :most FOR UPDATE OF w SKIP LOCKED)
RETURNING id, organization_id
""")


async def claim(
    connection: AsyncConnection, me: str, now: datetime, most: int, lease_s: float
) -> list[tuple[UUID, UUID]]:
    """Take receivers, of all organizations, that something can be sent to: theirs and their organization's ids."""
    await connection.execute(text("SELECT set_config('csms.worker', 'on', true)"))
    found = await connection.execute(_CLAIM, {"me": me, "now": now, "most": most, "lease_s": lease_s})
    return [(row.id, row.organization_id) for row in found]


async def hold(connection: AsyncConnection, key: UUID, me: str, now: datetime, lease_s: float) -> RowMapping | None:
    """Keep a receiver a while longer; its address and sealed secrets, if it is ours and may be sent to."""
    may = (_w.locked_by == me) & (_w.status == "active") & or_(_w.retry_at.is_(None), _w.retry_at <= now)
    until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, lease_s)
    query = (
        update(webhooks)
        .where(_w.id == key, may)
        .values(locked_until=until)
        .returning(_w.url, _w.secret, _w.previous_secret, _w.previous_secret_until)
    )
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


async def head(connection: AsyncConnection, webhook: UUID) -> RowMapping | None:
    """What a receiver gets next."""
    columns = (_d.id, _d.event_id, _d.event_type, _d.payload, _d.first_attempt_at)
    query = select(*columns).where(_d.webhook == webhook, _d.status == "pending").order_by(_d.position).limit(1)
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


async def state(connection: AsyncConnection, key: UUID) -> RowMapping | None:
    """How a receiver does, locked for what comes of an attempt."""
    columns = (_w.status, _w.failures, _w.failing_since, _w.locked_by)
    query = select(*columns).where(_w.id == key).with_for_update()
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


async def attempted(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> None:
    """Write what came of one attempt."""
    await connection.execute(
        update(webhook_deliveries)
        .where(_d.id == key, _d.status == "pending")
        .values(attempts=_d.attempts + 1, **values)
    )


async def release(connection: AsyncConnection, key: UUID, me: str) -> None:
    """Give a receiver back."""
    await connection.execute(
        update(webhooks).where(_w.id == key, _w.locked_by == me).values(locked_by=None, locked_until=None)
    )
