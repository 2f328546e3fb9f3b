# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of the commands feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.commands.tables import commands

_COLUMNS = (
    commands.c.id,
    commands.c.charger_id,
    commands.c.type,
    commands.c.body,
    commands.c.status,
    commands.c.reason,
    commands.c.result,
    commands.c.effect,
    commands.c.transaction_id,
    commands.c.actor_name,
    commands.c.created_at,
    commands.c.expires_at,
    commands.c.sent_at,
    commands.c.finished_at,
)
COLUMNS = _COLUMNS


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Insert a command."""
    await connection.execute(insert(commands).values(**row))


async def get(connection: AsyncConnection, command_id: UUID) -> RowMapping | None:
    """One command."""
    return (await connection.execute(select(*_COLUMNS).where(commands.c.id == command_id))).mappings().first()


async def by_idempotency_key(connection: AsyncConnection, key: str) -> RowMapping | None:
    """The command that was issued with a key."""
    found = await connection.execute(select(*_COLUMNS).where(commands.c.idempotency_key == key))
    return found.mappings().first()


async def charger_exists(connection: AsyncConnection, charger_id: str) -> str | None:
    """The charger's identity as stored, if it is there and not retired."""
    found = await connection.execute(
        text("SELECT id FROM chargers WHERE lower(id) = lower(:id) AND retired_at IS NULL"), {"id": charger_id}
    )
    identity: str | None = found.scalar()
    return identity


async def mark_sent(connection: AsyncConnection, command_id: UUID, now: datetime) -> bool:
    """Claim a command for sending; False if it was sent or closed before: nothing is ever sent twice."""
    done = await connection.execute(
        update(commands)
        .where(commands.c.id == command_id, commands.c.status == "pending", commands.c.sent_at.is_(None))
        .values(sent_at=now)
    )
    return bool(done.rowcount)


async def finish(connection: AsyncConnection, command_id: UUID, values: Mapping[str, Any]) -> bool:
    """Close a command; False if it was closed before."""
    done = await connection.execute(
        update(commands).where(commands.c.id == command_id, commands.c.status == "pending").values(**values)
    )
    return bool(done.rowcount)


async def await_start(connection: AsyncConnection, command_id: UUID) -> None:
    """An accepted start: look whether its transaction came already, else wait for it."""
    await connection.execute(
        text(
            """
            UPDATE commands c SET effect = CASE WHEN t.id IS NULL THEN 'awaited' ELSE 'started' END,
                transaction_id = t.id
            FROM commands me LEFT JOIN LATERAL (
                SELECT t.id FROM transactions t
                WHERE t.organization_id = me.organization_id AND t.charger_id = me.charger_id
                  AND t.created_at >= me.sent_at AND upper(t.id_tag) = upper(me.body ->> 'token')
                  AND coalesce((me.body ->> 'connector_id')::int, t.connector_id) = t.connector_id
                ORDER BY t.created_at LIMIT 1
            ) t ON true
            WHERE me.id = :id AND c.id = me.id
            """
        ),
        {"id": command_id},
    )


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
