# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the privacy feature; the database holds each query to one organization."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Select, exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.tables import users
from csms.features.privacy.tables import privacy_requests
from csms.features.tokens.tables import tokens
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing
from csms.kit.privacy import Subject

_p = privacy_requests.c
REQUESTS: Final = Listing(
    columns={
        "id": _p.id,
        "subject_kind": _p.subject_kind,
        "subject_id": _p.subject_id,
        "status": _p.status,
        "job": _p.job,
        "actor_id": _p.actor_id,
        "counts": _p.counts,
        "size_bytes": _p.size_bytes,
        "created_at": _p.created_at,
        "finished_at": _p.finished_at,
        "expires_at": _p.expires_at,
    },
    key=_p.id,
    sorts={"created_at": _p.created_at},
    default_sort="-created_at",
    filters={
        "status": Filter(_p.status, values=("queued", "done", "expired")),
        "subject_kind": Filter(_p.subject_kind),
        "subject_id": Filter(_p.subject_id),
        "created_at": Filter(_p.created_at),
    },
)
KIND: Final = _p.kind
_PIECE: Final = 1_000


async def get(connection: AsyncConnection, key: UUID, kind: str) -> RowMapping | None:
    """One request of a kind."""
    row: RowMapping | None = (
        (await connection.execute(REQUESTS.select().where(_p.id == key, _p.kind == kind))).mappings().first()
    )
    return row


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep a request."""
    await connection.execute(insert(privacy_requests).values(**values))


async def change(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> None:
    """Say what came of it."""
    await connection.execute(update(privacy_requests).where(_p.id == key).values(**values))


async def user_of(connection: AsyncConnection, key: UUID) -> tuple[str, datetime | None] | None:
    """The name of a user, and until when a retired one had it: at the end it was given another."""
    row = (await connection.execute(select(users.c.username, users.c.retired_at).where(users.c.id == key))).first()
    if row is None:
        return None
    return (row[0] if row[1] is None else row[0].removesuffix(f"~{str(key)[-12:]}")), row[1]


async def email_of(connection: AsyncConnection, key: UUID) -> str | None:
    """The mail address of a user."""
    found: str | None = await connection.scalar(select(users.c.email).where(users.c.id == key))
    return found


async def token_of(connection: AsyncConnection, key: UUID) -> tuple[str, bool] | None:
    """A token in its normal form, and whether no other begins with it and an underscore."""
    found = (await connection.execute(select(tokens.c.normalized).where(tokens.c.id == key))).scalar()
    if found is None:
        return None
    others = exists().where(tokens.c.normalized.startswith(f"{found}_", autoescape=True))
    return found, not (await connection.execute(select(others))).scalar()


async def erase_audit(connection: AsyncConnection, line: UUID, now: datetime, subject: Subject) -> int:
    """Take names, addresses and contents out of audit lines; the database writes a line about it."""
    user, token = subject.kind == "user", subject.kind == "token"
    query = select(
        func.csms_erase_audit(
            line,
            now,
            str(subject.id) if user else None,
            subject.kind,
            str(subject.id),
            subject.pattern if token else None,
        )
    )
    return int((await connection.execute(query)).scalar_one())


async def oldest_message(connection: AsyncConnection) -> datetime | None:
    """When the OCPP log begins."""
    found: datetime | None = (await connection.execute(text("SELECT min(received_at) FROM ocpp_messages"))).scalar()
    return found


async def mask_messages(connection: AsyncConnection, subject: Subject, start: datetime, days: int = 1) -> int:
    """Put the pseudonym into the OCPP log of some days."""
    query = select(func.csms_mask_messages(subject.pattern, subject.pseudonym, start, start + timedelta(days=days)))
    return int((await connection.execute(query)).scalar_one())


async def patient(connection: AsyncConnection) -> None:
    """What goes through a whole log may take its time."""
    await connection.execute(text("SET LOCAL statement_timeout = '10min'"))


async def rows(connection: AsyncConnection, query: Select[Any]) -> Any:
    """A query's rows, a few at a time."""
    result = await connection.stream(query.execution_options(yield_per=_PIECE))
    return result.mappings().partitions()


async def expired(connection: AsyncConnection, now: datetime) -> list[UUID]:
    """Exports whose time is over from now on."""
    done = update(privacy_requests).where(_p.kind == "export", _p.status == "done", _p.expires_at <= now)
    return list((await connection.execute(done.values(status="expired").returning(_p.id))).scalars())


async def fetchable(connection: AsyncConnection) -> frozenset[UUID]:
    """Exports whose file is wanted."""
    query = select(_p.id).where(_p.kind == "export", _p.status != "expired")
    return frozenset((await connection.execute(query)).scalars())
