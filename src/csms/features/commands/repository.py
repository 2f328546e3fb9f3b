# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of the commands feature under the application's role; the database holds each query to one organization."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Boolean, RowMapping, String, Uuid, any_, bindparam, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import Outcome
from csms.features.chargers.repository import charger_filter
from csms.features.commands.tables import commands
from csms.kit.db.outbox import to_jsonb
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
_ONE: Final = COMMANDS.select().where(_x.id == bindparam("key"))
_SOME: Final = COMMANDS.select().where(_x.id == any_(bindparam("keys", type_=ARRAY(Uuid))))
_ADD: Final = (
    insert(commands)
    .on_conflict_do_nothing(index_elements=["organization_id", "idempotency_key"])
    .returning(*COMMANDS.select().selected_columns)
)


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> RowMapping | None:
    """Insert a command; None where one with its idempotency key was stored meanwhile."""
    done = await connection.execute(_ADD, dict(row))
    found: RowMapping | None = done.mappings().first()
    return found


async def get(connection: AsyncConnection, command_id: UUID) -> RowMapping | None:
    """One command."""
    row: RowMapping | None = (await connection.execute(_ONE, {"key": command_id})).mappings().first()
    return row


async def some(connection: AsyncConnection, command_ids: Collection[UUID]) -> dict[UUID, RowMapping]:
    """Commands by their ids."""
    found = await connection.execute(_SOME, {"keys": list(command_ids)})
    return {row["id"]: row for row in found.mappings()}


async def by_idempotency_key(connection: AsyncConnection, key: str) -> RowMapping | None:
    """The command that was issued with a key."""
    found = await connection.execute(COMMANDS.select().where(_x.idempotency_key == key))
    row: RowMapping | None = found.mappings().first()
    return row


async def draw_numbers(connection: AsyncConnection, count: int) -> list[int]:
    """The next numbers that requests, reservations, profiles and messages are known by: never the same twice."""
    query = text("SELECT nextval('request_number_seq') FROM generate_series(1, :count)")
    return [row[0] for row in await connection.execute(query, {"count": count})]


# As it is stored it is found at once. COALESCE stands in a sub-select: row-level security lets no index serve it.
_NAMED: Final = text(
    """
    SELECT id FROM chargers
    WHERE id = (SELECT coalesce((SELECT c.id FROM chargers c WHERE c.id = :id), csms_charger_named(:id)))
        AND retired_at IS NULL
    """
)


async def charger_exists(connection: AsyncConnection, charger_id: str) -> str | None:
    """The charger's identity as stored, if it is there and not retired."""
    identity: str | None = (await connection.execute(_NAMED, {"id": charger_id})).scalar()
    return identity


async def chargers_seen(connection: AsyncConnection, charger_ids: Collection[str]) -> set[str]:
    """Which of these are there, for whoever looks."""
    found = await connection.execute(
        text("SELECT id FROM chargers WHERE id = ANY(:ids) AND retired_at IS NULL"), {"ids": list(charger_ids)}
    )
    return set(found.scalars())


_CLAIM: Final = text(
    """
    UPDATE commands c SET sent_at = :now, effect = n.effect FROM unnest(:keys, :effects) AS n (id, effect)
    WHERE c.id = n.id AND c.status = 'pending' AND c.sent_at IS NULL
    RETURNING c.id
    """
).bindparams(bindparam("keys", type_=ARRAY(Uuid)), bindparam("effects", type_=ARRAY(String)))


async def mark_sent(connection: AsyncConnection, rows: Sequence[tuple[UUID, str | None]], now: datetime) -> set[UUID]:
    """Claim commands for sending, each with its effect; those that were not sent or closed before: nothing is ever
    sent twice.
    """
    keys, effects = ([row[place] for row in rows] for place in (0, 1))
    return set((await connection.execute(_CLAIM, {"now": now, "keys": keys, "effects": effects})).scalars())


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


_FINISH: Final = text(
    """
    UPDATE commands c SET status = n.status, reason = n.reason, result = n.result::jsonb, finished_at = :now,
        effect = CASE WHEN n.kept THEN c.effect END, transaction_id = CASE WHEN n.kept THEN c.transaction_id END
    FROM unnest(:keys, :statuses, :reasons, :results, :kept) AS n (id, status, reason, result, kept)
    WHERE c.id = n.id AND c.status = 'pending'
    RETURNING c.id
    """
).bindparams(
    bindparam("keys", type_=ARRAY(Uuid)),
    *(bindparam(name, type_=ARRAY(String)) for name in ("statuses", "reasons", "results")),
    bindparam("kept", type_=ARRAY(Boolean)),
)


async def finish(connection: AsyncConnection, rows: Sequence[tuple[UUID, Outcome, bool]], now: datetime) -> set[UUID]:
    """Close commands, each with its outcome and whether it may have an effect; those that were not closed before."""
    outcomes = [outcome for _, outcome, _ in rows]
    found = await connection.execute(
        _FINISH,
        {
            "now": now,
            "keys": [key for key, _, _ in rows],
            "statuses": [outcome.status.value for outcome in outcomes],
            "reasons": [outcome.reason and outcome.reason.replace("\0", "\ufffd") for outcome in outcomes],
            "results": [
                None if outcome.result is None else to_jsonb(msgspec.json.encode(outcome.result))
                for outcome in outcomes
            ],
            "kept": [kept for _, _, kept in rows],
        },
    )
    return set(found.scalars())


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
