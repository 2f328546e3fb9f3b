# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of signing in; the database holds each query to one organization, but for the look-ups before it is known."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    RowMapping,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.identity_tables import (
    browser_sessions,
    challenges,
    passkeys,
    password_history,
    recovery_codes,
    totp_seeds,
)
from csms.features.accounts.tables import refresh_tokens, users

_MOST_SESSIONS = 200
_RECENT = 50

# -- accounts ----------------------------------------------------------------------------------------------------------


async def find_account(connection: AsyncConnection, login: str) -> RowMapping | None:
    """Whose user name or e-mail address it is, before the organization is known."""
    found = await connection.execute(text("SELECT * FROM csms_find_account(:login)"), {"login": login})
    return found.mappings().first()


async def account(connection: AsyncConnection, user_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """A user, with what signing in asks of them; with `lock` nobody changes them until the commit."""
    confirmed = exists().where(totp_seeds.c.user_id == users.c.id, totp_seeds.c.confirmed_at.is_not(None))
    query = select(
        users.c.id,
        users.c.username,
        users.c.email,
        users.c.email_verified_at,
        users.c.password_hash,
        users.c.is_active,
        users.c.must_change_password,
        confirmed.label("has_totp"),
        exists().where(passkeys.c.user_id == users.c.id).label("has_passkey"),
    ).where(users.c.id == user_id)
    return (await connection.execute(query.with_for_update(of=users) if lock else query)).mappings().first()


async def verify_email(connection: AsyncConnection, user_id: UUID, address: str, now: datetime) -> bool:
    """Mail to an address is read by the user; False if it is not theirs any more, or that was known."""
    done = await connection.execute(
        update(users)
        .where(users.c.id == user_id, func.lower(users.c.email) == address.lower(), users.c.email_verified_at.is_(None))
        .values(email_verified_at=now, updated_at=now)
    )
    return bool(done.rowcount)


async def move_email(connection: AsyncConnection, user_id: UUID, address: str, now: datetime) -> bool:
    """Another address, whose mail is known to be read by the user; False where somebody has it."""
    moved = update(users).where(users.c.id == user_id)
    try:
        async with connection.begin_nested():
            await connection.execute(moved.values(email=address, email_verified_at=now, updated_at=now))
    except IntegrityError:
        return False
    return True


async def unverified(connection: AsyncConnection, addresses: Collection[str]) -> list[str]:
    """Those of some addresses that a user has who did not show yet that mail there is theirs."""
    query = select(users.c.email).where(
        func.lower(users.c.email).in_([each.lower() for each in addresses]), users.c.email_verified_at.is_(None)
    )
    return list((await connection.execute(query.order_by(users.c.email))).scalars())


async def rehash(connection: AsyncConnection, user_id: UUID, was: str, now_hash: str) -> None:
    """The same password, hashed as it is done today."""
    await connection.execute(
        update(users).where(users.c.id == user_id, users.c.password_hash == was).values(password_hash=now_hash)
    )


async def note_sign_in(connection: AsyncConnection, user_id: UUID, now: datetime) -> bool:
    """Somebody signed in without a password; False if they may not any more."""
    done = await connection.execute(
        update(users).where(users.c.id == user_id, users.c.is_active).values(last_login_at=now)
    )
    return bool(done.rowcount)


async def recent_addresses(connection: AsyncConnection, user_id: UUID, since: datetime) -> Sequence[str]:
    """From where a user signed in lately."""
    parts = [
        select(table.c.address, table.c.created_at).where(
            table.c.user_id == user_id, table.c.created_at > since, table.c.address.is_not(None)
        )
        for table in (browser_sessions, refresh_tokens)
    ]
    both = union_all(*parts).subquery()
    query = select(both.c.address).group_by(both.c.address).order_by(func.max(both.c.created_at).desc()).limit(_RECENT)
    return (await connection.execute(query)).scalars().all()


# -- sessions ----------------------------------------------------------------------------------------------------------


async def add_browser_session(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Store a session's hash."""
    await connection.execute(insert(browser_sessions).values(**row))


async def find_browser_session(connection: AsyncConnection, secret_hash: bytes, now: datetime) -> RowMapping | None:
    """An open session."""
    session = browser_sessions.c
    query = select(session.id, session.user_id, session.last_seen_at, session.ends_at).where(
        session.secret_hash == secret_hash, session.revoked_at.is_(None), session.expires_at > now
    )
    return (await connection.execute(query)).mappings().first()


async def touch_browser_session(
    connection: AsyncConnection, session_id: UUID, now: datetime, expires_at: datetime, address: str | None
) -> None:
    """It is in use."""
    await connection.execute(
        update(browser_sessions)
        .where(browser_sessions.c.id == session_id, browser_sessions.c.revoked_at.is_(None))
        .values(last_seen_at=now, expires_at=expires_at, address=func.coalesce(address, browser_sessions.c.address))
    )


async def end_browser_session(connection: AsyncConnection, secret_hash: bytes, now: datetime) -> UUID | None:
    """End the session of a cookie; whose it was."""
    ended = await connection.execute(
        update(browser_sessions)
        .where(browser_sessions.c.secret_hash == secret_hash, browser_sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(browser_sessions.c.user_id)
    )
    user_id: UUID | None = ended.scalar_one_or_none()
    return user_id


async def forget_browser_sessions(connection: AsyncConnection, user_id: UUID, before: datetime) -> None:
    """Remove those that ended long ago."""
    await connection.execute(
        delete(browser_sessions).where(browser_sessions.c.user_id == user_id, browser_sessions.c.expires_at < before)
    )


async def open_sessions(connection: AsyncConnection, user_id: UUID, now: datetime) -> Sequence[RowMapping]:
    """The open sessions of a user, the last used first: browsers', and those of access tokens."""
    browser, token = browser_sessions.c, refresh_tokens.c
    family = refresh_tokens.alias("family").c
    began = select(func.min(family.created_at)).where(family.family_id == token.family_id).scalar_subquery()
    browsers = select(
        browser.id,
        literal("cookie").label("kind"),
        browser.address,
        browser.user_agent,
        browser.created_at,
        browser.last_seen_at,
        browser.expires_at,
    ).where(browser.user_id == user_id, browser.revoked_at.is_(None), browser.expires_at > now)
    programs = select(
        token.family_id,
        literal("token"),
        token.address,
        token.user_agent,
        began,
        token.created_at,
        token.expires_at,
    ).where(token.user_id == user_id, token.revoked_at.is_(None), token.used_at.is_(None), token.expires_at > now)
    both = union_all(browsers, programs).subquery()
    query = select(both).order_by(both.c.last_seen_at.desc()).limit(_MOST_SESSIONS)
    return (await connection.execute(query)).mappings().all()


async def session_began(connection: AsyncConnection, session_id: UUID) -> datetime | None:
    """When somebody signed in for a session of either kind."""
    query = select(
        func.coalesce(
            select(browser_sessions.c.created_at).where(browser_sessions.c.id == session_id).scalar_subquery(),
            select(func.min(refresh_tokens.c.created_at))
            .where(refresh_tokens.c.family_id == session_id)
            .scalar_subquery(),
        )
    )
    began: datetime | None = (await connection.execute(query)).scalar()
    return began


async def end_chosen_sessions(
    connection: AsyncConnection, user_id: UUID, now: datetime, *, only: UUID | None = None, but: UUID | None = None
) -> int:
    """End one session of a user, or all but one; how many."""
    ended: set[UUID] = set()
    for table, key in ((browser_sessions, browser_sessions.c.id), (refresh_tokens, refresh_tokens.c.family_id)):
        query = update(table).where(table.c.user_id == user_id, table.c.revoked_at.is_(None), table.c.expires_at > now)
        if only is not None:
            query = query.where(key == only)
        if but is not None:
            query = query.where(key != but)
        ended |= set((await connection.execute(query.values(revoked_at=now).returning(key))).scalars())
    return len(ended)


# -- challenges --------------------------------------------------------------------------------------------------------


async def add_challenge(connection: AsyncConnection, row: Mapping[str, Any], now: datetime) -> None:
    """Store a one-time secret's hash; those that are over go."""
    await connection.execute(delete(challenges).where(challenges.c.expires_at < now))
    await connection.execute(insert(challenges).values(**row))


async def count_challenges(connection: AsyncConnection, kind: str, user_id: UUID | None, now: datetime) -> int:
    """How many of a kind are open."""
    query = select(func.count()).where(challenges.c.kind == kind, challenges.c.expires_at > now)
    if user_id is not None:
        query = query.where(challenges.c.user_id == user_id)
    return int((await connection.execute(query)).scalar_one())


async def try_challenge(
    connection: AsyncConnection, kind: str, secret_hash: bytes, now: datetime, most: int
) -> RowMapping | None:
    """A challenge that is open; an attempt at it is counted."""
    found = await connection.execute(
        update(challenges)
        .where(
            challenges.c.kind == kind,
            challenges.c.secret_hash == secret_hash,
            challenges.c.expires_at > now,
            challenges.c.attempts < most,
        )
        .values(attempts=challenges.c.attempts + 1)
        .returning(challenges.c.id, challenges.c.user_id, challenges.c.data)
    )
    return found.mappings().first()


async def take_challenge(
    connection: AsyncConnection, kind: str, secret_hash: bytes, now: datetime
) -> RowMapping | None:
    """A challenge that is open, and no longer is: of two that take it one gets it."""
    found = await connection.execute(
        delete(challenges)
        .where(challenges.c.kind == kind, challenges.c.secret_hash == secret_hash)
        .returning(challenges.c.user_id, challenges.c.data, challenges.c.expires_at)
    )
    row = found.mappings().first()
    return row if row is not None and row["expires_at"] > now else None


async def drop_challenges(connection: AsyncConnection, user_id: UUID) -> None:
    """What a user began is not to be finished."""
    await connection.execute(delete(challenges).where(challenges.c.user_id == user_id))


# -- second factors ----------------------------------------------------------------------------------------------------


async def get_totp(connection: AsyncConnection, user_id: UUID) -> RowMapping | None:
    """The sealed seed of a user's authenticator."""
    return (await connection.execute(select(totp_seeds).where(totp_seeds.c.user_id == user_id))).mappings().first()


async def put_totp(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Store a seed that is yet to be confirmed; False over one that is."""
    query = pg_insert(totp_seeds).values(**row)
    done = await connection.execute(
        query.on_conflict_do_update(
            index_elements=["user_id"],
            set_={"seed": query.excluded.seed, "created_at": query.excluded.created_at},
            where=totp_seeds.c.confirmed_at.is_(None),
        )
    )
    return bool(done.rowcount)


async def use_step(connection: AsyncConnection, user_id: UUID, step: int, now: datetime, *, confirm: bool) -> bool:
    """A code of a time step was right; False if that step, or a later one, was used before."""
    seeds = totp_seeds.c
    query = update(totp_seeds).where(seeds.user_id == user_id, or_(seeds.last_step.is_(None), seeds.last_step < step))
    query = query.where(seeds.confirmed_at.is_(None) if confirm else seeds.confirmed_at.is_not(None))
    confirmed_at = case((seeds.confirmed_at.is_(None), now), else_=seeds.confirmed_at)
    done = await connection.execute(query.values(last_step=step, confirmed_at=confirmed_at))
    return bool(done.rowcount)


async def delete_totp(connection: AsyncConnection, user_id: UUID) -> bool:
    """Forget the seed."""
    return bool((await connection.execute(delete(totp_seeds).where(totp_seeds.c.user_id == user_id))).rowcount)


async def replace_recovery_codes(connection: AsyncConnection, user_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """New codes; the old ones are good for nothing."""
    await connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    if rows:
        await connection.execute(insert(recovery_codes), rows)


async def use_recovery_code(connection: AsyncConnection, user_id: UUID, code_hash: bytes, now: datetime) -> bool:
    """Whether it is an unused code of the user; it is used now."""
    codes = recovery_codes.c
    done = await connection.execute(
        update(recovery_codes)
        .where(codes.user_id == user_id, codes.code_hash == code_hash, codes.used_at.is_(None))
        .values(used_at=now)
    )
    return bool(done.rowcount)


async def count_recovery_codes(connection: AsyncConnection, user_id: UUID) -> int:
    """How many are left."""
    query = select(func.count()).where(recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None))
    return int((await connection.execute(query)).scalar_one())


async def list_passkeys(connection: AsyncConnection, user_id: UUID) -> Sequence[RowMapping]:
    """The passkeys of a user, the oldest first."""
    query = select(passkeys).where(passkeys.c.user_id == user_id).order_by(passkeys.c.created_at, passkeys.c.id)
    return (await connection.execute(query)).mappings().all()


async def find_passkey(connection: AsyncConnection, user_id: UUID, credential_id: bytes) -> RowMapping | None:
    """One of a user's passkeys, locked: its counter is compared and moved on."""
    query = select(passkeys).where(passkeys.c.user_id == user_id, passkeys.c.credential_id == credential_id)
    return (await connection.execute(query.with_for_update())).mappings().first()


async def add_passkey(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Store a passkey; False if it is known already."""
    done = await connection.execute(pg_insert(passkeys).values(**row).on_conflict_do_nothing())
    return bool(done.rowcount)


async def use_passkey(
    connection: AsyncConnection, passkey_id: UUID, sign_count: int, now: datetime, *, backed_up: bool
) -> None:
    """Somebody signed in with it."""
    await connection.execute(
        update(passkeys)
        .where(passkeys.c.id == passkey_id)
        .values(sign_count=sign_count, last_used_at=now, backed_up=backed_up)
    )


async def delete_passkey(connection: AsyncConnection, user_id: UUID, passkey_id: UUID) -> str | None:
    """Forget a passkey; its name."""
    gone = await connection.execute(
        delete(passkeys).where(passkeys.c.user_id == user_id, passkeys.c.id == passkey_id).returning(passkeys.c.name)
    )
    return gone.scalar_one_or_none()


async def delete_passkeys(connection: AsyncConnection, user_id: UUID) -> int:
    """Forget all of a user's passkeys; how many."""
    return (await connection.execute(delete(passkeys).where(passkeys.c.user_id == user_id))).rowcount


# -- passwords ---------------------------------------------------------------------------------------------------------


async def past_passwords(connection: AsyncConnection, user_id: UUID, most: int) -> Sequence[str]:
    """The hashes of a user's last passwords before the present one."""
    past = password_history.c
    query = select(past.password_hash).where(past.user_id == user_id).order_by(past.created_at.desc(), past.id.desc())
    return (await connection.execute(query.limit(most))).scalars().all()


async def remember_password(connection: AsyncConnection, row: Mapping[str, Any], most: int) -> None:
    """A password that is replaced; only the last ones are kept."""
    await connection.execute(insert(password_history).values(**row))
    past = password_history.c
    kept = select(past.id).where(past.user_id == row["user_id"]).order_by(past.created_at.desc(), past.id.desc())
    await connection.execute(
        delete(password_history).where(past.user_id == row["user_id"], past.id.not_in(kept.limit(most)))
    )
