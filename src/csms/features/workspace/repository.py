# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of the workspace feature; the database holds each query to one organization, these to one user."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, String, Table, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.tables import role_assignments, roles, users
from csms.features.workspace.rules import SCREENS
from csms.features.workspace.tables import dashboard_defaults, dashboards, saved_views, user_preferences
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_p, _v, _d, _f = user_preferences.c, saved_views.c, dashboards.c, dashboard_defaults.c
VIEWS: Final = Listing(
    columns={
        "id": _v.id,
        "screen": _v.screen,
        "name": _v.name,
        "shared": _v.shared,
        "filter": _v.filter,
        "sort": _v.sort,
        "columns": _v.columns,
        "display": _v.display,
        "position": _v.position,
        "owner_id": _v.user_id,
        "owner": func.coalesce(users.c.display_name, users.c.username, type_=String),
        "created_at": _v.created_at,
        "updated_at": _v.updated_at,
    },
    key=_v.id,
    sorts={"position": _v.position, "name": _v.name, "created_at": _v.created_at},
    default_sort="position",
    filters={"screen": Filter(_v.screen, values=tuple(SCREENS)), "shared": Filter(_v.shared)},
    source=saved_views.join(users, users.c.id == _v.user_id),
    search=(_v.name,),
    paper=("screen", "name", "shared", "owner", "updated_at"),
)
DASHBOARDS: Final = Listing(
    columns={
        "id": _d.id,
        "name": _d.name,
        "widgets": _d.widgets,
        "position": _d.position,
        "created_at": _d.created_at,
        "updated_at": _d.updated_at,
    },
    key=_d.id,
    sorts={"position": _d.position, "name": _d.name, "created_at": _d.created_at},
    default_sort="position",
    search=(_d.name,),
    paper=("name", "position", "updated_at"),
)
DEFAULTS: Final = Listing(
    columns={"role": _f.role, "dashboards": _f.dashboards, "updated_at": _f.updated_at},
    key=_f.role,
    sorts={"role": _f.role},
    default_sort="role",
    paper=("role", "updated_at"),
)


async def preferences(connection: AsyncConnection, user_id: UUID) -> RowMapping | None:
    """What a user chose."""
    row: RowMapping | None = (
        (await connection.execute(select(_p.document, _p.updated_at).where(_p.user_id == user_id))).mappings().first()
    )
    return row


async def hold_preferences(
    connection: AsyncConnection, organization_id: UUID, user_id: UUID, now: datetime
) -> RowMapping:
    """The same, and nobody else changes it until the commit; a row is made where there is none."""
    new = {"organization_id": organization_id, "user_id": user_id, "document": {}, "updated_at": now}
    await connection.execute(upsert(user_preferences).values(new).on_conflict_do_nothing())
    query = select(_p.document, _p.updated_at).where(_p.user_id == user_id).with_for_update()
    return (await connection.execute(query)).mappings().one()


async def keep_preferences(
    connection: AsyncConnection, user_id: UUID, document: Mapping[str, Any], now: datetime
) -> None:
    """Store what a user chose."""
    changed = update(user_preferences).where(_p.user_id == user_id)
    await connection.execute(changed.values(document=dict(document), updated_at=now))


def seen_by(user_id: UUID, screens: Sequence[str]) -> ColumnElement[bool]:
    """Views that are a user's own, or shared and of a screen that they may read."""
    return or_(_v.user_id == user_id, and_(_v.shared, _v.screen.in_(screens)))


async def view(
    connection: AsyncConnection, view_id: UUID, seen: ColumnElement[bool], *, lock: bool = False
) -> RowMapping | None:
    """One view of those that are seen; with `lock` nobody else changes it until the commit."""
    query = VIEWS.select().where(_v.id == view_id, seen)
    found = await connection.execute(query.with_for_update(of=saved_views) if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def last_view(connection: AsyncConnection, user_id: UUID, screen: str) -> tuple[int, int]:
    """How many views a user has, and which position is the next on a screen."""
    of_screen = func.max(_v.position).filter(_v.screen == screen)
    query = select(func.count(), func.coalesce(of_screen, -1) + 1).where(_v.user_id == user_id)
    count, position = (await connection.execute(query)).one()
    return int(count), int(position)


async def last_dashboard(connection: AsyncConnection, user_id: UUID) -> tuple[int, int]:
    """How many dashboards a user has, and which position is the next."""
    query = select(func.count(), func.coalesce(func.max(_d.position), -1) + 1).where(_d.user_id == user_id)
    count, position = (await connection.execute(query)).one()
    return int(count), int(position)


async def hold_user(connection: AsyncConnection, user_id: UUID) -> None:
    """What is counted of a user is not added to by somebody else until the commit."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"workspace {user_id}", 0))))


async def add_view(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Insert a view; False where its owner has one of that name on the screen."""
    try:
        async with connection.begin_nested():
            await connection.execute(insert(saved_views).values(**values))
    except IntegrityError:
        return False
    return True


async def change_view(connection: AsyncConnection, view_id: UUID, values: Mapping[str, Any]) -> bool:
    """Set columns of a view; False where its owner has one of that name on the screen."""
    try:
        async with connection.begin_nested():
            await connection.execute(update(saved_views).where(_v.id == view_id).values(**values))
    except IntegrityError:
        return False
    return True


async def remove_view(connection: AsyncConnection, view_id: UUID) -> None:
    """Delete a view."""
    await connection.execute(delete(saved_views).where(_v.id == view_id))


async def put_in_order(connection: AsyncConnection, table: Table, ids: Sequence[UUID], now: datetime) -> None:
    """Number rows in the order of their ids; locks are taken in one order."""
    places = {key: number for number, key in enumerate(ids)}
    for key in sorted(places):
        changed = update(table).where(table.c.id == key, table.c.position != places[key])
        await connection.execute(changed.values(position=places[key], updated_at=now))


async def dashboard(
    connection: AsyncConnection, dashboard_id: UUID, user_id: UUID, *, lock: bool = False
) -> RowMapping | None:
    """One dashboard of a user's own; with `lock` nobody else changes it until the commit."""
    query = DASHBOARDS.select().where(_d.id == dashboard_id, _d.user_id == user_id)
    found = await connection.execute(query.with_for_update() if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


def owned_dashboards(user_id: UUID) -> ColumnElement[bool]:
    """Dashboards of a user's own."""
    return _d.user_id == user_id


async def add_dashboard(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert a dashboard."""
    await connection.execute(insert(dashboards).values(**values))


async def change_dashboard(connection: AsyncConnection, dashboard_id: UUID, values: Mapping[str, Any]) -> None:
    """Set columns of a dashboard."""
    await connection.execute(update(dashboards).where(_d.id == dashboard_id).values(**values))


async def remove_dashboard(connection: AsyncConnection, dashboard_id: UUID) -> None:
    """Delete a dashboard."""
    await connection.execute(delete(dashboards).where(_d.id == dashboard_id))


async def remove_dashboards(connection: AsyncConnection, user_id: UUID) -> int:
    """Delete all of a user's own, and say how many they were."""
    return int((await connection.execute(delete(dashboards).where(_d.user_id == user_id))).rowcount)


async def roles_at_places(connection: AsyncConnection, user_id: UUID) -> list[str]:
    """The roles that a user has at sites or for groups."""
    query = select(role_assignments.c.role).where(role_assignments.c.user_id == user_id).distinct()
    return sorted((await connection.execute(query)).scalars())


async def has_role(connection: AsyncConnection, key: str) -> bool:
    """Whether the organization made a role of that key."""
    return bool(await connection.scalar(select(exists().where(roles.c.key == key))))


async def defaults(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, RowMapping]:
    """The dashboards of roles that have some."""
    found = await connection.execute(DEFAULTS.select().where(_f.role.in_(list(keys))))
    return {row["role"]: row for row in found.mappings()}


async def hold_default(connection: AsyncConnection, organization_id: UUID, key: str) -> RowMapping | None:
    """The dashboards of a role, and nobody else changes them until the commit, even where there are none yet."""
    name = f"dashboards {organization_id} {key}"
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    return (await defaults(connection, [key])).get(key)


async def keep_default(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store the dashboards of a role in place of others."""
    added = upsert(dashboard_defaults).values(**values)
    changed = {name: added.excluded[name] for name in ("dashboards", "updated_at")}
    await connection.execute(added.on_conflict_do_update(index_elements=["organization_id", "role"], set_=changed))


async def remove_default(connection: AsyncConnection, key: str) -> None:
    """Forget the dashboards of a role."""
    await connection.execute(delete(dashboard_defaults).where(_f.role == key))
