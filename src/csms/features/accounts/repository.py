# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of accounts; the database holds each query to one organization, but for the look-up at sign-in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, delete, exists, false, func, insert, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.identity_tables import browser_sessions, passkeys, totp_seeds
from csms.features.accounts.tables import (
    organizations,
    refresh_tokens,
    role_assignments,
    roles,
    settings,
    users,
)


async def find_login(connection: AsyncConnection, username: str) -> RowMapping | None:
    """The user of a name, before the organization is known; the one query that asks without it."""
    found = await connection.execute(text("SELECT * FROM csms_find_login(:username)"), {"username": username})
    return found.mappings().first()


async def has_admin(connection: AsyncConnection) -> bool:
    """Whether anybody could sign in as administrator."""
    return bool((await connection.execute(select(exists().where(users.c.role == "admin")))).scalar())


async def add_user(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Add a user; False if the name is taken, in whichever organization."""
    added = await connection.execute(pg_insert(users).values(**row).on_conflict_do_nothing())
    return bool(added.rowcount)


async def get_user(connection: AsyncConnection, user_id: UUID) -> RowMapping | None:
    """One user."""
    return (await connection.execute(select(users).where(users.c.id == user_id))).mappings().first()


DEMANDS: Final = "sign_in"
"""The section of settings that says of whom a second factor is asked for."""


def _rights() -> tuple[Any, ...]:
    """What the role allows, if the organization made it, and the roles that hold at places; which ask for more."""
    own = select(roles.c.permissions).where(roles.c.key == users.c.role).scalar_subquery()
    asks = select(roles.c.require_mfa).where(roles.c.key == users.c.role).scalar_subquery()
    given = func.jsonb_build_object(
        "role",
        role_assignments.c.role,
        "own",
        func.to_jsonb(roles.c.permissions),
        "asks",
        func.coalesce(roles.c.require_mfa, false()),
        "place",
        func.coalesce(role_assignments.c.site_id, role_assignments.c.group_id),
    )
    placed = (
        select(func.coalesce(func.jsonb_agg(given), text("'[]'::jsonb")))
        .select_from(role_assignments.outerjoin(roles, roles.c.key == role_assignments.c.role))
        .where(role_assignments.c.user_id == users.c.id)
        .scalar_subquery()
    )
    return own.label("own_permissions"), placed.label("placed"), func.coalesce(asks, false()).label("role_asks")


def has_factor() -> ColumnElement[bool]:
    """Whether a user has an authenticator or a passkey."""
    return or_(
        exists().where(totp_seeds.c.user_id == users.c.id, totp_seeds.c.confirmed_at.is_not(None)),
        exists().where(passkeys.c.user_id == users.c.id),
    )


def _factors(session_id: UUID) -> tuple[Any, ...]:
    """What the organization asks of its people, whether a user has a second factor, whether this session showed it."""
    stored = select(settings.c.value).where(settings.c.key == DEMANDS).scalar_subquery()
    shown = or_(
        exists().where(browser_sessions.c.id == session_id, browser_sessions.c.second_factor),
        exists().where(refresh_tokens.c.family_id == session_id, refresh_tokens.c.second_factor),
    )
    return stored.label("demands"), has_factor().label("has_factor"), shown.label("factor_shown")


async def demands(connection: AsyncConnection) -> Mapping[str, Any] | None:
    """What the organization asks of its people, as it is stored."""
    found: Mapping[str, Any] | None = await connection.scalar(select(settings.c.value).where(settings.c.key == DEMANDS))
    return found


_ACTIVE: Final = (users.c.id, users.c.username, users.c.role, users.c.must_change_password, *_rights())


async def session_user(connection: AsyncConnection, user_id: UUID, family_id: UUID, now: datetime) -> RowMapping | None:
    """The user of a session that is neither ended nor over: of tokens, or of a browser."""
    open_session = or_(
        exists().where(
            refresh_tokens.c.family_id == family_id,
            refresh_tokens.c.user_id == users.c.id,
            refresh_tokens.c.revoked_at.is_(None),
            refresh_tokens.c.expires_at > now,
        ),
        exists().where(
            browser_sessions.c.id == family_id,
            browser_sessions.c.user_id == users.c.id,
            browser_sessions.c.revoked_at.is_(None),
            browser_sessions.c.expires_at > now,
        ),
    )
    query = select(*_ACTIVE, *_factors(family_id)).where(users.c.id == user_id, users.c.is_active, open_session)
    return (await connection.execute(query)).mappings().first()


async def active_user(connection: AsyncConnection, user_id: UUID) -> RowMapping | None:
    """A user who is neither suspended nor retired, with what their roles allow: whether or not they are signed in."""
    query = select(*_ACTIVE).where(users.c.id == user_id, users.c.is_active)
    return (await connection.execute(query)).mappings().first()


async def profile(connection: AsyncConnection, user_id: UUID | None) -> RowMapping | None:
    """A user and their organization; without a user the organization alone."""
    query = (
        select(
            users.c.id,
            users.c.username,
            users.c.email,
            users.c.email_verified_at,
            users.c.display_name,
            users.c.role,
            users.c.must_change_password,
            users.c.last_login_at,
            organizations.c.id.label("organization_id"),
            organizations.c.name.label("organization_name"),
            organizations.c.time_zone,
        )
        .select_from(organizations.outerjoin(users, users.c.id == user_id))
        .where(true() if user_id is None else users.c.id == user_id)
    )
    return (await connection.execute(query)).mappings().first()


async def set_password(
    connection: AsyncConnection,
    user_id: UUID,
    password_hash: str,
    now: datetime,
    *,
    must_change: bool,
    was: str | None = None,
) -> bool:
    """Store a new password; with `was`, only over that one."""
    query = update(users).where(users.c.id == user_id)
    if was is not None:
        query = query.where(users.c.password_hash == was)
    done = await connection.execute(
        query.values(
            password_hash=password_hash, must_change_password=must_change, password_changed_at=now, updated_at=now
        )
    )
    return bool(done.rowcount)


async def unlock(connection: AsyncConnection, user_id: UUID, now: datetime) -> None:
    """Let a user sign in again."""
    await connection.execute(update(users).where(users.c.id == user_id).values(is_active=True, updated_at=now))


async def add_refresh_token(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Store a refresh token's hash."""
    await connection.execute(insert(refresh_tokens).values(**row))


async def take_refresh_token(connection: AsyncConnection, token_hash: bytes) -> RowMapping | None:
    """A refresh token with its user, locked: two requests with the same token are served one after the other."""
    query = (
        select(
            refresh_tokens.c.id,
            refresh_tokens.c.user_id,
            refresh_tokens.c.family_id,
            refresh_tokens.c.expires_at,
            refresh_tokens.c.used_at,
            refresh_tokens.c.revoked_at,
            refresh_tokens.c.second_factor,
            users.c.username,
            users.c.is_active,
            users.c.must_change_password,
        )
        .join(users, users.c.id == refresh_tokens.c.user_id)
        .where(refresh_tokens.c.token_hash == token_hash)
        .with_for_update(of=refresh_tokens)
    )
    return (await connection.execute(query)).mappings().first()


async def family_began(connection: AsyncConnection, family_id: UUID) -> datetime | None:
    """When somebody signed in for this session."""
    query = select(func.min(refresh_tokens.c.created_at)).where(refresh_tokens.c.family_id == family_id)
    began: datetime | None = (await connection.execute(query)).scalar()
    return began


async def use_refresh_token(connection: AsyncConnection, token_id: UUID, now: datetime) -> None:
    """It was exchanged, and is no good from here on."""
    await connection.execute(update(refresh_tokens).where(refresh_tokens.c.id == token_id).values(used_at=now))


async def end_sessions(
    connection: AsyncConnection, user_id: UUID, now: datetime, *, family_id: UUID | None = None
) -> None:
    """End one session of a user, or all of them: those of tokens, and those of browsers."""
    for table, key in ((refresh_tokens, refresh_tokens.c.family_id), (browser_sessions, browser_sessions.c.id)):
        query = update(table).where(table.c.user_id == user_id, table.c.revoked_at.is_(None))
        if family_id is not None:
            query = query.where(key == family_id)
        await connection.execute(query.values(revoked_at=now))


async def forget_sessions(connection: AsyncConnection, user_id: UUID, before: datetime) -> None:
    """Remove tokens that ended long ago. Used ones stay as long as their session may last: their reuse is a theft."""
    await connection.execute(
        delete(refresh_tokens).where(refresh_tokens.c.user_id == user_id, refresh_tokens.c.expires_at < before)
    )
