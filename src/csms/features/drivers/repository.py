# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of the drivers feature; the database holds each query to one organization."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    String,
    and_,
    column,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.drivers.tables import drivers
from csms.features.tokens.tables import tokens
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing
from csms.kit.http.spellings import Spelled, settle

_d, _k = drivers.c, tokens.c
_SPELLED: Final = "transactions.id_tag"
_charged: Final = table("transactions", column("id_tag", String), column("status", String))
DRIVERS: Final = Listing(
    columns={
        "id": _d.id,
        "name": _d.name,
        "email": _d.email,
        "phone": _d.phone,
        "language": _d.language,
        "external_id": _d.external_id,
        "note": _d.note,
        "status": _d.status,
        "created_at": _d.created_at,
        "updated_at": _d.updated_at,
    },
    key=_d.id,
    sorts={"name": _d.name, "created_at": _d.created_at},
    default_sort="name",
    filters={
        "id": Filter(_d.id),
        "email": Filter(_d.email, fold=True),
        "external_id": Filter(_d.external_id),
        "status": Filter(_d.status, values=("active", "blocked")),
        "created_at": Filter(_d.created_at),
    },
    search=(_d.name, _d.email, _d.external_id),
    paper=("name", "email", "phone", "external_id", "status", "note"),
)


def is_of(id_tag: ColumnElement[Any], driver_id: UUID) -> ColumnElement[bool]:
    """Whether a tag, as a charger said it, is a token of the driver: by the forms of `csms.domain.tokens`."""
    tag = func.upper(func.btrim(id_tag))
    own = select(func.upper(_k.normalized)).where(_k.driver_id == driver_id)
    exact = tokens.alias("exact")
    forms = (func.regexp_replace(tag, "^VID:", ""), func.split_part(tag, "_", 1))
    spelled = and_(or_(*(form.in_(own) for form in forms)), ~exists().where(exact.c.normalized == tag))
    return or_(tag.in_(own), spelled)


async def charged_by(connection: AsyncConnection, id_tag: ColumnElement[Any], driver_id: UUID) -> ColumnElement[bool]:
    """The same for `transactions.id_tag`, as a condition that an index serves: their spellings are looked up first."""
    own = (await connection.execute(select(_k.normalized).where(_k.driver_id == driver_id))).scalars().all()
    if not own:
        return false()
    whole = [form for value in own for form in (value, f"VID:{value}")]
    begun = [" ", *(f"{value}{sign}" for value in own for sign in (" ", "_"))]
    spelled = (Spelled(id_tag, _SPELLED, whole), Spelled(id_tag, _SPELLED, begun, prefix=True))
    return and_(or_(*await settle(connection, spelled)), is_of(id_tag, driver_id))


async def get(connection: AsyncConnection, driver_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One driver; with `lock` nobody else changes them until the commit."""
    query = DRIVERS.select().where(_d.id == driver_id)
    found = await connection.execute(query.with_for_update() if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def by_external_id(connection: AsyncConnection, external_id: str) -> RowMapping | None:
    """The driver whom another system calls so, locked until the commit."""
    found = await connection.execute(DRIVERS.select().where(_d.external_id == external_id).with_for_update())
    row: RowMapping | None = found.mappings().first()
    return row


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Insert a driver; False where the external id is somebody else's."""
    try:
        async with connection.begin_nested():
            await connection.execute(insert(drivers).values(**values))
    except IntegrityError:
        return False
    return True


async def change(connection: AsyncConnection, driver_id: UUID, values: Mapping[str, Any]) -> bool:
    """Set columns of a driver; False where the external id is somebody else's."""
    try:
        async with connection.begin_nested():
            await connection.execute(update(drivers).where(_d.id == driver_id).values(**values))
    except IntegrityError:
        return False
    return True


async def remove(connection: AsyncConnection, driver_id: UUID) -> None:
    """Delete a driver."""
    await connection.execute(delete(drivers).where(_d.id == driver_id))


async def tokens_of(connection: AsyncConnection, driver_id: UUID) -> list[UUID]:
    """The ids of a driver's tokens, in the one order in which several are locked."""
    return list((await connection.execute(select(_k.id).where(_k.driver_id == driver_id).order_by(_k.id))).scalars())


async def charges_now(connection: AsyncConnection, driver_id: UUID) -> bool:
    """Whether a transaction of one of a driver's tokens is open."""
    query = select(exists().where(_charged.c.status == "active", is_of(_charged.c.id_tag, driver_id)))
    return bool((await connection.execute(query)).scalar())
