# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of second factors that are asked for; the database holds each query to one organization."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.identity_tables import browser_sessions, passkeys
from csms.features.accounts.repository import has_factor
from csms.features.accounts.roles import ADMIN
from csms.features.accounts.tables import refresh_tokens, users


async def can_show_factor(connection: AsyncConnection, user_id: UUID | None, now: datetime) -> bool:
    """Whether a user has a second factor, here or by the provider they came from now; None: any administrator."""
    shown = exists().where(
        browser_sessions.c.user_id == users.c.id,
        browser_sessions.c.second_factor,
        browser_sessions.c.revoked_at.is_(None),
        browser_sessions.c.expires_at > now,
    )
    who = (
        (users.c.role == ADMIN) & users.c.is_active & has_factor()
        if user_id is None
        else (users.c.id == user_id) & or_(has_factor(), shown)
    )
    return bool(await connection.scalar(select(exists().where(who))))


async def second_factor_shown(connection: AsyncConnection, session_id: UUID) -> bool:
    """Whether one was shown for a session."""
    browser, token = browser_sessions.c, refresh_tokens.c
    shown = or_(
        exists().where(browser.id == session_id, browser.second_factor),
        exists().where(token.family_id == session_id, token.second_factor),
    )
    return bool(await connection.scalar(select(shown)))


async def forget_second_factor(connection: AsyncConnection, user_id: UUID) -> None:
    """What was shown for a user's sessions counts no more."""
    for table in (browser_sessions, refresh_tokens):
        await connection.execute(update(table).where(table.c.user_id == user_id).values(second_factor=False))


async def note_second_factor(connection: AsyncConnection, session_id: UUID) -> None:
    """One was shown for a session."""
    for table, key in ((browser_sessions, browser_sessions.c.id), (refresh_tokens, refresh_tokens.c.family_id)):
        await connection.execute(update(table).where(key == session_id).values(second_factor=True))


async def rename_passkey(connection: AsyncConnection, user_id: UUID, passkey_id: UUID, name: str) -> str | None:
    """Call one of a user's passkeys otherwise; what it was called before."""
    own = (passkeys.c.user_id == user_id, passkeys.c.id == passkey_id)
    before: str | None = await connection.scalar(select(passkeys.c.name).where(*own).with_for_update())
    if before is not None:
        await connection.execute(update(passkeys).where(*own).values(name=name))
    return before
