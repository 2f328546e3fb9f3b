# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of users, roles and organizations; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.identity_tables import passkeys, totp_seeds
from csms.features.accounts.repository import find_login
from csms.features.accounts.tables import account_links, organizations, role_assignments, roles, users
from csms.kit.errors import NotFoundError
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing
from csms.kit.ids import new_id

UNUSABLE: Final = "!"
"""The password hash of somebody who was invited and has none yet; nothing hashes to it."""

_u, _r, _a, _k = users.c, roles.c, role_assignments.c, account_links.c
_TOTP: ColumnElement[bool] = exists().where(totp_seeds.c.user_id == _u.id, totp_seeds.c.confirmed_at.is_not(None))
_PASSKEYS: ColumnElement[int] = select(func.count()).where(passkeys.c.user_id == _u.id).scalar_subquery()
_STATUS: ColumnElement[str] = case(
    (_u.retired_at.is_not(None), "retired"),
    (_u.is_active.is_(False), "suspended"),
    (_u.password_hash == UNUSABLE, "invited"),
    else_="active",
)
_ASSIGNMENTS: ColumnElement[Any] = literal_column(
    """(SELECT coalesce(jsonb_agg(jsonb_build_object('role', a.role, 'site_id', a.site_id, 'group_id', a.group_id)
    ORDER BY a.created_at, a.id), '[]') FROM role_assignments a WHERE a.user_id = users.id)""",
    JSONB,
)
USERS: Final = Listing(
    columns={
        "id": _u.id,
        "username": _u.username,
        "display_name": _u.display_name,
        "email": _u.email,
        "email_verified_at": _u.email_verified_at,
        "role": _u.role,
        "assignments": _ASSIGNMENTS,
        "status": _STATUS,
        "totp": _TOTP,
        "passkeys": _PASSKEYS,
        "must_change_password": _u.must_change_password,
        "password_changed_at": _u.password_changed_at,
        "last_login_at": _u.last_login_at,
        "invited_at": _u.invited_at,
        "retired_at": _u.retired_at,
        "created_at": _u.created_at,
        "updated_at": _u.updated_at,
    },
    key=_u.id,
    sorts={"username": _u.username, "created_at": _u.created_at, "last_login_at": _u.last_login_at},
    default_sort="username",
    filters={
        "username": Filter(_u.username, fold=True),
        "email": Filter(_u.email, fold=True),
        "role": Filter(_u.role),
        "status": Filter(_STATUS, values=("active", "invited", "suspended", "retired")),
        "last_login_at": Filter(_u.last_login_at),
        "created_at": Filter(_u.created_at),
    },
    search=(_u.username, _u.display_name, _u.email),
    paper=("username", "display_name", "email", "role", "assignments", "status", "last_login_at", "created_at"),
)


async def admins(connection: AsyncConnection) -> list[UUID]:
    """Who can administrate: active, with a password."""
    query = select(_u.id).where(_u.role == "admin", _STATUS == "active")
    return list((await connection.execute(query)).scalars())


async def get(connection: AsyncConnection, user_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One user; with `lock` nobody else changes it until the commit."""
    query = USERS.select().where(_u.id == user_id)
    found = await connection.execute(query.with_for_update() if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def by_username(connection: AsyncConnection, username: str) -> RowMapping | None:
    """A user of the organization by their name in any letter case."""
    named = await find_login(connection, username)  # by an index: under row-level security `lower` would have none
    return None if named is None else await get(connection, named["id"])


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Add a user; False where the name or the address is taken, in whichever organization."""
    added = await connection.execute(pg_insert(users).values(**row).on_conflict_do_nothing())
    return bool(added.rowcount)


async def change(connection: AsyncConnection, user_id: UUID, values: Mapping[str, Any]) -> bool:
    """Set columns; False where the new name or address is taken."""
    try:
        async with connection.begin_nested():
            await connection.execute(update(users).where(_u.id == user_id).values(**values))
    except IntegrityError:
        return False
    return True


async def is_here(connection: AsyncConnection, username: str | None, email: str | None) -> bool:
    """Whether a name or an address is one of the organization's own."""
    same = [func.lower(_u.username) == (username or "").lower(), func.lower(_u.email) == (email or "").lower()]
    return bool((await connection.execute(select(exists().where(or_(*same))))).scalar_one())


async def assign(connection: AsyncConnection, organization_id: UUID, user_id: UUID, given: Sequence[Any]) -> None:
    """Replace the roles that hold at places. Raises NotFoundError where there is no such place."""
    await connection.execute(delete(role_assignments).where(_a.user_id == user_id))
    rows = [
        {
            "id": new_id(),
            "organization_id": organization_id,
            "user_id": user_id,
            "role": each.role,
            "site_id": each.site_id,
            "group_id": each.group_id,
        }
        for each in given
    ]
    if not rows:
        return
    try:
        async with connection.begin_nested():
            await connection.execute(insert(role_assignments), rows)
    except IntegrityError as error:
        raise NotFoundError("a site or group that a role is given for does not exist") from error


async def add_link(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Store a link's hash; earlier ones of the same purpose are good for nothing any more."""
    same = (_k.user_id == row["user_id"], _k.purpose == row["purpose"], _k.used_at.is_(None))
    await connection.execute(delete(account_links).where(*same))
    await connection.execute(insert(account_links).values(**row))


async def drop_links(connection: AsyncConnection, user_id: UUID, purpose: str | None = None) -> None:
    """Links that were not used yet open nothing any more."""
    query = delete(account_links).where(_k.user_id == user_id, _k.used_at.is_(None))
    await connection.execute(query if purpose is None else query.where(_k.purpose == purpose))


async def last_link(connection: AsyncConnection, user_id: UUID, purpose: str) -> RowMapping | None:
    """The last one of a purpose, used or not."""
    query = select(_k.created_at, _k.expires_at, _k.used_at).where(_k.user_id == user_id, _k.purpose == purpose)
    return (await connection.execute(query.order_by(_k.created_at.desc(), _k.id.desc()).limit(1))).mappings().first()


async def take_link(connection: AsyncConnection, token_hash: bytes, purpose: str, now: datetime) -> RowMapping | None:
    """Use a link, once; its user."""
    used = (
        update(account_links)
        .where(
            _k.token_hash == token_hash,
            _k.purpose == purpose,
            _k.used_at.is_(None),
            _k.expires_at > now,
        )
        .values(used_at=now)
        .returning(_k.user_id)
    )
    user_id = (await connection.execute(used)).scalar()
    return None if user_id is None else await get(connection, user_id, lock=True)


# -- roles -------------------------------------------------------------------------------------------------------------


async def own_roles(connection: AsyncConnection) -> list[RowMapping]:
    """The roles that the organization made."""
    return list((await connection.execute(select(roles).order_by(_r.name, _r.key))).mappings())


async def get_role(connection: AsyncConnection, key: str, *, lock: bool = False) -> RowMapping | None:
    """One of them."""
    query = select(roles).where(_r.key == key)
    return (await connection.execute(query.with_for_update() if lock else query)).mappings().first()


async def add_role(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Add a role; False where the key is taken."""
    added = await connection.execute(pg_insert(roles).values(**row).on_conflict_do_nothing())
    return bool(added.rowcount)


async def change_role(connection: AsyncConnection, key: str, values: Mapping[str, Any]) -> None:
    """Set columns of a role."""
    await connection.execute(update(roles).where(_r.key == key).values(**values))


async def remove_role(connection: AsyncConnection, key: str) -> None:
    """Delete a role."""
    await connection.execute(delete(roles).where(_r.key == key))


async def bearers(connection: AsyncConnection, key: str) -> int:
    """How many users have a role, somewhere."""
    placed = select(_a.user_id).where(_a.role == key)
    query = select(func.count()).select_from(users).where(or_(_u.role == key, _u.id.in_(placed)))
    return int((await connection.execute(query)).scalar_one())


# -- organizations -----------------------------------------------------------------------------------------------------


async def organization(connection: AsyncConnection, *, lock: bool = False) -> RowMapping | None:
    """The scope's own."""
    o = organizations.c
    query = select(o.id, o.name, o.time_zone, o.created_at, o.updated_at)
    return (await connection.execute(query.with_for_update() if lock else query)).mappings().first()


async def change_organization(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Set columns of the scope's own."""
    await connection.execute(update(organizations).values(**values))


async def all_organizations(connection: AsyncConnection) -> list[RowMapping]:
    """All of the installation, with how large they are."""
    return list((await connection.execute(text("SELECT * FROM csms_list_organizations()"))).mappings())


async def add_organization(connection: AsyncConnection, key: UUID, name: str, time_zone: str) -> None:
    """Make an organization; its first administrator is made in a unit of work of its own."""
    await connection.execute(
        text("SELECT csms_make_organization(:key, :name, :zone)"), {"key": key, "name": name, "zone": time_zone}
    )
