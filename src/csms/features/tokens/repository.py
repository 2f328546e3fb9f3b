# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of the tokens feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, RowMapping, cast, delete, func, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.tokens import normalize
from csms.features.tokens.tables import token_group_sums, tokens
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_t, _s = tokens.c, token_group_sums.c


TOKENS: Final = Listing(
    columns={
        "id": _t.id,
        "value": _t.value,
        "type": _t.type,
        "status": _t.status,
        "group": _t.group,
        "note": _t.note,
        "driver_id": _t.driver_id,
        "expires_at": _t.expires_at,
        "created_at": _t.created_at,
        "updated_at": _t.updated_at,
    },
    key=_t.id,
    sorts={"created_at": _t.created_at, "value": _t.value, "expires_at": _t.expires_at},
    default_sort="-created_at",
    filters={
        "value": Filter(_t.value, folded=_t.normalized, fold_by=normalize),
        "type": Filter(_t.type),
        "status": Filter(_t.status),
        "group": Filter(_t.group),
        "driver_id": Filter(_t.driver_id),
        "expires_at": Filter(_t.expires_at),
        "created_at": Filter(_t.created_at),
    },
    search=(_t.value, _t.group, _t.note),
)
of_driver: Final = _t.driver_id
_STATUSES: Final = ("accepted", "blocked", "expired", "invalid")
_groups = (
    select(
        _s.name,
        cast(func.sum(_s.tokens), BigInteger).label("tokens"),
        *(
            cast(func.coalesce(func.sum(_s.tokens).filter(_s.status == status), 0), BigInteger).label(status)
            for status in _STATUSES
        ),
    )
    .group_by(_s.name)
    .having(func.sum(_s.tokens) > 0)
    .subquery("token_groups")
)
GROUPS: Final = Listing(
    columns={name: _groups.c[name] for name in ("name", "tokens", *_STATUSES)},
    key=_groups.c.name,
    sorts={"name": _groups.c.name, "tokens": _groups.c.tokens},
    default_sort="name",
    filters={"name": Filter(_groups.c.name)},
    source=_groups,
    search=(_groups.c.name,),
)
_NOT_BLOCKED: Final = text(
    "NOT EXISTS (SELECT FROM drivers d WHERE d.organization_id = tokens.organization_id AND d.id = tokens.driver_id"
    " AND d.status = 'blocked')"
)


async def get(connection: AsyncConnection, token_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One token; with `lock` nobody else changes it until the commit."""
    query = TOKENS.select().where(_t.id == token_id)
    found = await connection.execute(query.with_for_update() if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def by_value(connection: AsyncConnection, normalized: str) -> RowMapping | None:
    """The token with this normal form, locked until the commit."""
    found = await connection.execute(TOKENS.select().where(_t.normalized == normalized).with_for_update())
    row: RowMapping | None = found.mappings().first()
    return row


async def usable(connection: AsyncConnection, now: datetime, limit: int) -> list[RowMapping]:
    """Tokens that are accepted and not expired, and of no driver who is blocked, by value."""
    query = (
        select(_t.value, _t.group, _t.expires_at)
        .where(_t.status == "accepted", or_(_t.expires_at.is_(None), _t.expires_at > now), _NOT_BLOCKED)
        .order_by(_t.value)
        .limit(limit)
    )
    return list((await connection.execute(query)).mappings())


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Insert a token; False where the same one is there already."""
    try:
        async with connection.begin_nested():
            await connection.execute(insert(tokens).values(**values))
    except IntegrityError:
        return False
    return True


async def change(connection: AsyncConnection, token_id: UUID, values: Mapping[str, Any]) -> None:
    """Set columns of a token."""
    await connection.execute(update(tokens).where(_t.id == token_id).values(**values))


async def remove(connection: AsyncConnection, token_id: UUID) -> None:
    """Delete a token; transactions keep its value."""
    await connection.execute(delete(tokens).where(_t.id == token_id))


async def charges_now(connection: AsyncConnection, normalized: str) -> bool:
    """Whether a transaction of this token, in its normal form, is open."""
    found = await connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM transactions WHERE upper(btrim(id_tag)) = upper(:value) AND status = 'active')"
        ),
        {"value": normalized},
    )
    return bool(found.scalar())


async def group(connection: AsyncConnection, name: str) -> RowMapping | None:
    """A group, counted."""
    found = await connection.execute(GROUPS.select().where(_groups.c.name == name))
    row: RowMapping | None = found.mappings().first()
    return row


async def change_group(
    connection: AsyncConnection, name: str, values: Mapping[str, Any], status: str | None = None
) -> int:
    """Set columns of the tokens of a group, of those in one status only if it is named; how many."""
    members = select(_t.id).where(_t.group == name)
    if status is not None:
        members = members.where(_t.status == status)
    # whoever changes several locks them in this order
    ids = (await connection.execute(members.order_by(_t.id).with_for_update())).scalars().all()
    if ids:
        await connection.execute(update(tokens).where(_t.id.in_(ids)).values(**values))
    return len(ids)
