# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of sites and groups of chargers; the database holds each query to one organization, and to what is seen of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    RowMapping,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.sites.tables import charger_group_members, charger_groups, place_sums, sites
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_s, _g, _m = sites.c, charger_groups.c, charger_group_members.c
_p = place_sums.c
_THERE: ColumnElement[int] = cast(
    func.coalesce(select(func.sum(_p.chargers)).where(_p.place == _s.id).correlate(sites).scalar_subquery(), 0),
    BigInteger,
)
SITES: Final = Listing(
    columns={
        "id": _s.id,
        "parent_id": _s.parent_id,
        "path": _s.path,
        "name": _s.name,
        "street": _s.street,
        "postal_code": _s.postal_code,
        "city": _s.city,
        "country": _s.country,
        "latitude": _s.latitude,
        "longitude": _s.longitude,
        "time_zone": _s.time_zone,
        "opening_hours": _s.opening_hours,
        "note": _s.note,
        "chargers": _THERE,
        "created_at": _s.created_at,
        "updated_at": _s.updated_at,
    },
    key=_s.id,
    sorts={"name": _s.name, "created_at": _s.created_at},
    default_sort="name",
    filters={
        "name": Filter(_s.name, fold=True),
        "parent_id": Filter(_s.parent_id),
        "path": Filter(_s.path),
        "city": Filter(_s.city, fold=True),
        "postal_code": Filter(_s.postal_code),
        "country": Filter(_s.country),
        "created_at": Filter(_s.created_at),
    },
    search=(_s.name, _s.street, _s.postal_code, _s.city, _s.note),
    paper=("name", "street", "postal_code", "city", "country", "time_zone", "chargers", "note"),
)
_MEMBERS: ColumnElement[int] = literal_column(
    "(SELECT count(*) FROM charger_group_members m WHERE m.group_id = charger_groups.id)", BigInteger
)
GROUPS: Final = Listing(
    columns={
        "id": _g.id,
        "name": _g.name,
        "description": _g.description,
        "chargers": _MEMBERS,
        "created_at": _g.created_at,
        "updated_at": _g.updated_at,
    },
    key=_g.id,
    sorts={"name": _g.name, "created_at": _g.created_at},
    default_sort="name",
    filters={"name": Filter(_g.name, fold=True), "created_at": Filter(_g.created_at)},
    search=(_g.name, _g.description),
)


async def get_site(connection: AsyncConnection, site_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One site."""
    query = SITES.select().where(_s.id == site_id)
    found = await connection.execute(query.with_for_update(of=sites) if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def add_site(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Add a site; False where the one above does not exist."""
    try:
        async with connection.begin_nested():
            await connection.execute(insert(sites).values(**row))
    except IntegrityError:
        return False
    return True


async def change_site(connection: AsyncConnection, site_id: UUID, values: Mapping[str, Any]) -> bool:
    """Set columns; False where the site above does not exist, or lies inside this one."""
    try:
        async with connection.begin_nested():
            await connection.execute(update(sites).where(_s.id == site_id).values(**values))
    except IntegrityError:
        return False
    return True


async def remove_site(connection: AsyncConnection, site_id: UUID) -> bool:
    """Delete a site; False where something is there still."""
    try:
        async with connection.begin_nested():
            await connection.execute(delete(sites).where(_s.id == site_id))
    except IntegrityError:
        return False
    return True


async def get_group(connection: AsyncConnection, group_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One group."""
    query = GROUPS.select().where(_g.id == group_id)
    found = await connection.execute(query.with_for_update(of=charger_groups) if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def add_group(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Add a group; False where the name is taken."""
    added = await connection.execute(pg_insert(charger_groups).values(**row).on_conflict_do_nothing())
    return bool(added.rowcount)


async def change_group(connection: AsyncConnection, group_id: UUID, values: Mapping[str, Any]) -> bool:
    """Set columns; False where the name is taken."""
    try:
        async with connection.begin_nested():
            await connection.execute(update(charger_groups).where(_g.id == group_id).values(**values))
    except IntegrityError:
        return False
    return True


async def remove_group(connection: AsyncConnection, group_id: UUID) -> None:
    """Delete a group; its chargers stay."""
    await connection.execute(delete(charger_groups).where(_g.id == group_id))


async def known(connection: AsyncConnection, identities: Sequence[str]) -> dict[str, str]:
    """Chargers as they are spelled here, by their identity in lower case."""
    query = text("SELECT id FROM chargers WHERE lower(id) = ANY(:ids)")
    rows = await connection.execute(query, {"ids": [each.lower() for each in identities]})
    return {row[0].lower(): row[0] for row in rows}


async def add_members(
    connection: AsyncConnection, organization_id: UUID, group_id: UUID, chargers: Sequence[str]
) -> None:
    """Put chargers into a group, in one order, so that two such changes do not stand in each other's way."""
    rows = [{"organization_id": organization_id, "group_id": group_id, "charger_id": each} for each in sorted(chargers)]
    if rows:
        await connection.execute(pg_insert(charger_group_members).on_conflict_do_nothing(), rows)


async def remove_members(connection: AsyncConnection, group_id: UUID, chargers: Sequence[str]) -> None:
    """Take chargers out of a group."""
    await connection.execute(delete(charger_group_members).where(_m.group_id == group_id, _m.charger_id.in_(chargers)))
