# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of the commands feature under the application's role; the database holds each query to one organization."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.chargers.repository import charger_filter
from csms.features.commands.tables import commands
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_x = commands.c
COMMANDS: Final = Listing(
    columns={
        "id": _x.id,
        "charger_id": _x.charger_id,
        "type": _x.type,
        "body": _x.body,
        "status": _x.status,
        "reason": _x.reason,
        "result": _x.result,
        "effect": _x.effect,
        "queued": _x.queued,
        "transaction_id": _x.transaction_id,
        "actor_name": _x.actor_name,
        "created_at": _x.created_at,
        "expires_at": _x.expires_at,
        "sent_at": _x.sent_at,
        "finished_at": _x.finished_at,
    },
    key=_x.id,
    sorts={"created_at": _x.created_at},
    default_sort="-created_at",
    filters={
        "id": Filter(_x.id),
        "charger_id": charger_filter(_x.charger_id),
        "type": Filter(_x.type),
        "status": Filter(_x.status),
        "queued": Filter(_x.queued),
        "transaction_id": Filter(_x.transaction_id),
        "actor_name": Filter(_x.actor_name, fold=True),
        "created_at": Filter(_x.created_at),
    },
    search=(_x.charger_id, _x.type, _x.reason, _x.actor_name),
    paper=("charger_id", "type", "body", "status", "reason", "actor_name", "created_at", "finished_at"),
)


_NEWEST: Final = 50


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Insert a command; False where one with its idempotency key was stored meanwhile."""
    stored = insert(commands).values(**row)
    done = await connection.execute(
        stored.on_conflict_do_nothing(index_elements=["organization_id", "idempotency_key"])
    )
    return bool(done.rowcount)


async def get(connection: AsyncConnection, command_id: UUID) -> RowMapping | None:
    """One command."""
    row: RowMapping | None = (await connection.execute(COMMANDS.select().where(_x.id == command_id))).mappings().first()
    return row


async def by_idempotency_key(connection: AsyncConnection, key: str) -> RowMapping | None:
    """The command that was issued with a key."""
    found = await connection.execute(COMMANDS.select().where(_x.idempotency_key == key))
    row: RowMapping | None = found.mappings().first()
    return row


async def draw_numbers(connection: AsyncConnection, count: int) -> list[int]:
    """The next numbers that requests, reservations, profiles and messages are known by: never the same twice."""
    query = text("SELECT nextval('request_number_seq') FROM generate_series(1, :count)")
    return [row[0] for row in await connection.execute(query, {"count": count})]


async def charger_exists(connection: AsyncConnection, charger_id: str) -> str | None:
    """The charger's identity as stored, if it is there and not retired."""
    found = await connection.execute(
        text("SELECT id FROM chargers WHERE id = (SELECT csms_charger_named(:id)) AND retired_at IS NULL"),
        {"id": charger_id},
    )
    identity: str | None = found.scalar()
    return identity


async def chargers_seen(connection: AsyncConnection, charger_ids: Collection[str]) -> set[str]:
    """Which of these are there, for whoever looks."""
    found = await connection.execute(
        text("SELECT id FROM chargers WHERE id = ANY(:ids) AND retired_at IS NULL"), {"ids": list(charger_ids)}
    )
    return set(found.scalars())


async def mark_sent(connection: AsyncConnection, command_id: UUID, now: datetime, effect: str | None) -> bool:
    """Claim a command for sending; False if it was sent or closed before: nothing is ever sent twice."""
    done = await connection.execute(
        update(commands)
        .where(commands.c.id == command_id, commands.c.status == "pending", commands.c.sent_at.is_(None))
        .values(sent_at=now, effect=effect)
    )
    return bool(done.rowcount)


async def put_back(connection: AsyncConnection, command_id: UUID, reason: str) -> None:
    """A queued command could not be sent: it waits on."""
    await connection.execute(
        update(commands)
        .where(_x.id == command_id, _x.status == "pending")
        .values(sent_at=None, effect=None, reason=reason)
    )


_WAITING: Final = """
SELECT c.id, c.charger_id, c.body, c.actor_id, c.created_at, c.expires_at FROM commands c
JOIN charger_connections l ON l.charger_id = c.charger_id AND l.online
JOIN chargers h ON h.id = c.charger_id AND h.boot_status = 'accepted' AND h.registration = 'accepted'
WHERE c.status = 'pending' AND c.queued AND c.sent_at IS NULL AND c.expires_at > :now
ORDER BY c.charger_id, c.created_at, c.id
LIMIT 1000
"""


async def waiting(connection: AsyncConnection, now: datetime) -> list[RowMapping]:
    """Queued commands whose charger is there, of each in the order in which they were given."""
    found = await connection.execute(text(_WAITING), {"now": now})
    return list(found.mappings())


async def finish(connection: AsyncConnection, command_id: UUID, values: Mapping[str, Any]) -> bool:
    """Close a command; False if it was closed before."""
    done = await connection.execute(
        update(commands).where(commands.c.id == command_id, commands.c.status == "pending").values(**values)
    )
    return bool(done.rowcount)


async def sweep(connection: AsyncConnection, now: datetime, grace: timedelta, start_timeout: timedelta) -> int:
    """Close what nobody will close any more: expired unsent ones, those whose sender died, starts that never came."""
    closed = await connection.execute(
        text(
            """
            UPDATE commands SET finished_at = :now,
                status = CASE WHEN sent_at IS NULL THEN 'expired' ELSE 'timed_out' END,
                reason = CASE WHEN sent_at IS NULL THEN 'it expired before it could be sent'
                    ELSE 'the answer was lost: the process that had sent it ended' END
            WHERE status = 'pending'
              AND (sent_at IS NULL AND expires_at < :now OR sent_at IS NOT NULL AND expires_at < :lost)
            """
        ),
        {"now": now, "lost": now - grace},
    )
    await connection.execute(
        text("UPDATE commands SET effect = 'expired' WHERE effect = 'awaited' AND finished_at < :before"),
        {"before": now - start_timeout},
    )
    return closed.rowcount


async def newest(connection: AsyncConnection, charger_id: str, kind: str, since: datetime) -> list[RowMapping]:
    """The newest commands of a kind to a charger."""
    query = COMMANDS.select().where(_x.charger_id == charger_id, _x.type == kind, _x.created_at >= since)
    found = await connection.execute(query.order_by(_x.created_at.desc(), _x.id.desc()).limit(_NEWEST))
    return list(found.mappings())
