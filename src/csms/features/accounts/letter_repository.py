# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of mails with links; the database holds each query to one organization."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.identity_tables import account_letters
from csms.features.accounts.tables import organizations, users

_l = account_letters.c


async def replace(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Keep a letter; the link of the one before of this purpose opens nothing any more."""
    await connection.execute(delete(account_letters).where(_l.user_id == row["user_id"], _l.purpose == row["purpose"]))
    await connection.execute(insert(account_letters).values(**row))


async def last(connection: AsyncConnection, user_id: UUID, purpose: str) -> RowMapping | None:
    """The last letter of a purpose to a user."""
    query = select(account_letters).where(_l.user_id == user_id, _l.purpose == purpose)
    return (await connection.execute(query)).mappings().first()


async def begin(connection: AsyncConnection, letter_id: UUID, now: datetime) -> dict[str, Any] | None:
    """A letter that is yet to go out, with what stands in it; this attempt is counted."""
    begun = (
        update(account_letters)
        .where(_l.id == letter_id, _l.status == "queued", _l.used_at.is_(None))
        .values(attempts=_l.attempts + 1, last_attempt_at=now)
        .returning(_l.id, _l.organization_id, _l.user_id, _l.purpose, _l.recipient, _l.expires_at)
    )
    letter = (await connection.execute(begun)).mappings().first()
    if letter is None:
        return None
    query = (
        select(
            users.c.username,
            users.c.email,
            users.c.is_active,
            organizations.c.name.label("organization"),
            organizations.c.time_zone,
        )
        .join_from(users, organizations, organizations.c.id == users.c.organization_id)
        .where(users.c.id == letter["user_id"])
    )
    return {**letter, **(await connection.execute(query)).mappings().one()}


async def end(
    connection: AsyncConnection, letter_id: UUID, now: datetime, *, status: str, error: str | None = None
) -> None:
    """What came of an attempt; `queued`: it is tried again."""
    over = None if status == "queued" else now
    values = {"status": status, "error": error, "finished_at": over}
    await connection.execute(update(account_letters).where(_l.id == letter_id).values(**values))


async def find(connection: AsyncConnection, token_hash: bytes, purpose: str, now: datetime) -> RowMapping | None:
    """The letter whose link was opened, if that is good for something."""
    query = select(_l.id, _l.user_id, _l.recipient).where(
        _l.token_hash == token_hash, _l.purpose == purpose, _l.used_at.is_(None), _l.expires_at > now
    )
    return (await connection.execute(query)).mappings().first()


async def use(connection: AsyncConnection, token_hash: bytes, purpose: str, now: datetime) -> RowMapping | None:
    """The same; from here on it is not: of two that use it one may."""
    used = (
        update(account_letters)
        .where(_l.token_hash == token_hash, _l.purpose == purpose, _l.used_at.is_(None), _l.expires_at > now)
        .values(used_at=now)
        .returning(_l.user_id, _l.recipient)
    )
    return (await connection.execute(used)).mappings().first()


async def drop(connection: AsyncConnection, user_id: UUID, purposes: Collection[str] = ()) -> None:
    """Links that were not used yet open nothing any more, and what waits does not go out; but a notice does."""
    query = delete(account_letters).where(_l.user_id == user_id, _l.used_at.is_(None), _l.purpose != "notice")
    await connection.execute(query.where(_l.purpose.in_(purposes)) if purposes else query)
