# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the notifications feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.notifications.tables import notification_channels, notification_templates, notifications
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_c, _n, _t = notification_channels.c, notifications.c, notification_templates.c
CHANNELS: Final = Listing(
    columns={
        name: _c[name] for name in ("id", "name", "kind", "target", "language", "enabled", "created_at", "updated_at")
    },
    key=_c.id,
    sorts={"created_at": _c.created_at, "name": _c.name},
    default_sort="-created_at",
    filters={
        "kind": Filter(_c.kind, values=("email", "webhook", "apprise")),
        "name": Filter(_c.name),
        "enabled": Filter(_c.enabled),
    },
    search=(_c.name, _c.target),
)
NOTIFICATIONS: Final = Listing(
    columns={
        name: _n[name]
        for name in (
            "id",
            "channel",
            "kind",
            "severity",
            "title",
            "body",
            "url",
            "status",
            "attempts",
            "error",
            "created_at",
            "last_attempt_at",
            "finished_at",
        )
    },
    key=_n.id,
    sorts={"created_at": _n.created_at},
    default_sort="-created_at",
    filters={
        "status": Filter(_n.status, values=("pending", "sent", "dead")),
        "channel": Filter(_n.channel),
        "kind": Filter(_n.kind),
        "severity": Filter(_n.severity),
        "created_at": Filter(_n.created_at),
    },
    search=(_n.title, _n.body, _n.error),
    paper=("created_at", "kind", "severity", "title", "status", "attempts", "error", "finished_at"),
)
TEMPLATES: Final = Listing(
    columns={
        "kind": _t.kind,
        "language": _t.language,
        "subject": _t.subject,
        "text": _t.text,
        "own": literal(True),
        "updated_at": _t.updated_at,
    },
    key=_t.kind + ":" + _t.language,
    sorts={"kind": _t.kind},
    default_sort="kind",
    filters={"kind": Filter(_t.kind), "language": Filter(_t.language)},
)


async def get(connection: AsyncConnection, key: UUID, *, lock: bool = False) -> RowMapping | None:
    """One channel; with `lock` nobody else changes it until the commit."""
    query = CHANNELS.select().where(_c.id == key)
    found = await connection.execute(query.with_for_update() if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def count(connection: AsyncConnection) -> int:
    """How many channels there are."""
    return int((await connection.execute(select(func.count()).select_from(notification_channels))).scalar_one())


async def sealed(connection: AsyncConnection, key: UUID) -> bytes | None:
    """Where a channel goes, sealed."""
    found: bytes | None = (await connection.execute(select(_c.config).where(_c.id == key))).scalar()
    return found


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert a channel."""
    await connection.execute(insert(notification_channels).values(**values))


async def change(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> None:
    """Set columns of a channel."""
    await connection.execute(update(notification_channels).where(_c.id == key).values(**values))


async def remove(connection: AsyncConnection, key: UUID) -> None:
    """Delete a channel, and what was to go over it."""
    await connection.execute(delete(notification_channels).where(_c.id == key))


# -- templates


async def hold_template(connection: AsyncConnection, kind: str, language: str) -> None:
    """Nobody else sets these words until the commit; those that were never set have no row to be locked."""
    name = func.concat(func.csms_organization(), f" notification template {kind} {language}")
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def template(connection: AsyncConnection, kind: str, language: str) -> RowMapping | None:
    """The words that were set."""
    query = TEMPLATES.select().where(_t.kind == kind, _t.language == language)
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


async def set_template(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Set words, in place of those before."""
    words = {name: values[name] for name in ("subject", "text", "updated_at")}
    statement = upsert(notification_templates).values(**values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["organization_id", "kind", "language"], set_=words)
    )


async def drop_template(connection: AsyncConnection, kind: str, language: str) -> bool:
    """Forget words; whether there were some."""
    gone = await connection.execute(delete(notification_templates).where(_t.kind == kind, _t.language == language))
    return bool(gone.rowcount)


# -- what is to be sent


async def enabled(connection: AsyncConnection, channels: Sequence[UUID]) -> list[UUID]:
    """Those of the channels that there are, and that are in use."""
    query = select(_c.id).where(_c.id.in_(list(channels)), _c.enabled).order_by(_c.id)
    return list((await connection.execute(query)).scalars())


async def store(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what is to be sent; what is there already stays as it is."""
    await connection.execute(upsert(notifications).on_conflict_do_nothing(), list(rows))


async def notification(connection: AsyncConnection, key: UUID) -> RowMapping | None:
    """One message over one channel."""
    row: RowMapping | None = (await connection.execute(NOTIFICATIONS.select().where(_n.id == key))).mappings().first()
    return row


async def again(connection: AsyncConnection, key: UUID, now: datetime) -> bool:
    """Send one that was given up again."""
    done = await connection.execute(
        update(notifications)
        .where(_n.id == key, _n.status == "dead")
        .values(status="pending", due_at=now, first_attempt_at=None, finished_at=None)
    )
    return bool(done.rowcount)


async def forget(connection: AsyncConnection, before: datetime, limit: int = 10_000) -> int:
    """Delete old messages, whatever became of them; how many."""
    old = select(_n.id).where(_n.created_at < before).order_by(_n.created_at).limit(limit)
    return int((await connection.execute(delete(notifications).where(_n.id.in_(old)))).rowcount)


# -- sending

_CLAIM: Final = text("""
UPDATE notification_channels SET
    locked_by = :me, locked_until = now() + make_interval(secs => :lease_s), served_at = now()
WHERE id IN (
    SELECT c.id FROM notification_channels c
    WHERE c.enabled AND (c.locked_until IS NULL OR c.locked_until < now())
      AND EXISTS (
          SELECT FROM notifications n WHERE n.channel = c.id AND n.status = 'pending' AND n.due_at <= :now)
    ORDER BY c.served_at NULLS FIRST LIMIT :most FOR UPDATE OF c SKIP LOCKED)
RETURNING id, organization_id
""")


async def claim(
    connection: AsyncConnection, me: str, now: datetime, most: int, lease_s: float
) -> list[tuple[UUID, UUID]]:
    """Take channels, of all organizations, that something is due over: theirs and their organization's ids."""
    await connection.execute(text("SELECT set_config('csms.worker', 'on', true)"))
    found = await connection.execute(_CLAIM, {"me": me, "now": now, "most": most, "lease_s": lease_s})
    return [(row.id, row.organization_id) for row in found]


async def hold(connection: AsyncConnection, key: UUID, me: str, lease_s: float) -> RowMapping | None:
    """Keep a channel a while longer; what it is, if it is ours and in use."""
    until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, lease_s)
    query = (
        update(notification_channels)
        .where(_c.id == key, _c.locked_by == me, _c.enabled)
        .values(locked_until=until)
        .returning(_c.kind, _c.config, _c.language)
    )
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


async def due(connection: AsyncConnection, channel: UUID, now: datetime) -> RowMapping | None:
    """What goes over a channel next."""
    names = ("id", "kind", "severity", "title", "body", "url", "attempts", "first_attempt_at")
    query = (
        select(*(_n[name] for name in names))
        .where(_n.channel == channel, _n.status == "pending", _n.due_at <= now)
        .order_by(_n.due_at, _n.id)
        .limit(1)
    )
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


async def attempted(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> None:
    """Write what came of one attempt."""
    await connection.execute(
        update(notifications).where(_n.id == key, _n.status == "pending").values(attempts=_n.attempts + 1, **values)
    )


async def release(connection: AsyncConnection, key: UUID, me: str) -> None:
    """Give a channel back."""
    await connection.execute(
        update(notification_channels).where(_c.id == key, _c.locked_by == me).values(locked_by=None, locked_until=None)
    )
