# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of API keys; the database holds each query to one organization, but for the look-up by prefix."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, case, exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.tables import api_keys, users
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_k = api_keys.c
_ANSWERED_FOR: Final = exists().where(users.c.id == _k.maker_id, users.c.is_active)
_STATUS: ColumnElement[str] = case(
    (_k.revoked_at.is_not(None), "revoked"),
    (_k.expires_at <= func.now(), "expired"),
    (~_ANSWERED_FOR, "suspended"),
    else_="active",
)
API_KEYS: Final = Listing(
    columns={
        "id": _k.id,
        "name": _k.name,
        "prefix": _k.prefix,
        "permissions": _k.permissions,
        "places": _k.places,
        "status": _STATUS,
        "created_by": _k.created_by,
        "maker_id": _k.maker_id,
        "expires_at": _k.expires_at,
        "revoked_at": _k.revoked_at,
        "previous_until": _k.previous_until,
        "last_used_at": _k.last_used_at,
        "last_used_address": _k.last_used_address,
        "created_at": _k.created_at,
        "updated_at": _k.updated_at,
    },
    key=_k.id,
    sorts={"created_at": _k.created_at, "name": _k.name, "last_used_at": _k.last_used_at},
    default_sort="-created_at",
    filters={
        "name": Filter(_k.name, fold=True),
        "status": Filter(_STATUS, values=("active", "expired", "revoked", "suspended")),
        "prefix": Filter(_k.prefix),
        "created_at": Filter(_k.created_at),
        "created_by": Filter(_k.created_by),
        "maker_id": Filter(_k.maker_id),
        "expires_at": Filter(_k.expires_at),
        "last_used_at": Filter(_k.last_used_at),
    },
    search=(_k.name, _k.prefix),
    paper=("name", "prefix", "status", "permissions", "expires_at", "last_used_at", "last_used_address", "created_at"),
)


async def find(connection: AsyncConnection, prefix: str) -> RowMapping | None:
    """The hashes of a key, before the organization is known."""
    found = await connection.execute(text("SELECT * FROM csms_find_api_key(:prefix)"), {"prefix": prefix})
    return found.mappings().first()


async def get(connection: AsyncConnection, key_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One key."""
    query = API_KEYS.select().where(_k.id == key_id)
    found = await connection.execute(query.with_for_update() if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Store a key."""
    await connection.execute(insert(api_keys).values(**row))


async def change(connection: AsyncConnection, key_id: UUID, values: Mapping[str, Any]) -> None:
    """Set columns of a key."""
    await connection.execute(update(api_keys).where(_k.id == key_id).values(**values))


async def rotate(
    connection: AsyncConnection, key_id: UUID, secret_hash: bytes, until: datetime, now: datetime, maker_id: UUID
) -> None:
    """A new secret; the one before works a while longer. Whoever has the new one answers for the key."""
    values = {
        "previous_hash": _k.secret_hash,
        "previous_until": until,
        "secret_hash": secret_hash,
        "maker_id": maker_id,
        "updated_at": now,
    }
    await connection.execute(update(api_keys).where(_k.id == key_id).values(values))


async def places_there(connection: AsyncConnection, places: list[UUID]) -> int:
    """How many of these sites and groups there are."""
    query = text(
        "SELECT (SELECT count(*) FROM sites WHERE id = ANY(:ids))"
        " + (SELECT count(*) FROM charger_groups WHERE id = ANY(:ids))"
    )
    return int((await connection.execute(query, {"ids": places})).scalar_one())


async def used(connection: AsyncConnection, key_id: UUID, now: datetime, address: str | None) -> None:
    """Note when and from where a key was used last."""
    await connection.execute(
        update(api_keys).where(_k.id == key_id).values(last_used_at=now, last_used_address=address)
    )


async def rights(connection: AsyncConnection, key_id: UUID) -> RowMapping | None:
    """What a key allows by itself, and who answers for it."""
    query = select(_k.id, _k.name, _k.permissions, _k.places, _k.maker_id, _k.expires_at, _k.last_used_at).where(
        _k.id == key_id, _k.revoked_at.is_(None)
    )
    return (await connection.execute(query)).mappings().first()
