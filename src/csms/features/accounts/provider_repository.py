# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of identity providers and of the people who come from there."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.identity_tables import identity_providers, linked_identities, passkeys
from csms.features.accounts.passwords import NO_PASSWORD
from csms.features.accounts.roles import ADMIN
from csms.features.accounts.tables import account_links, roles, users
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_p = identity_providers.c
PROVIDERS: Final = Listing(
    columns={
        "id": _p.id,
        "label": _p.label,
        "issuer": _p.issuer,
        "client_id": _p.client_id,
        "has_secret": _p.client_secret.is_not(None),
        "domains": _p.domains,
        "role_claim": _p.role_claim,
        "role_map": _p.role_map,
        "default_role": _p.default_role,
        "auto_create": _p.auto_create,
        "trust_mfa": _p.trust_mfa,
        "enabled": _p.enabled,
        "created_at": _p.created_at,
        "updated_at": _p.updated_at,
    },
    key=_p.id,
    sorts={"created_at": _p.created_at, "label": _p.label},
    default_sort="-created_at",
    filters={"label": Filter(_p.label, fold=True), "issuer": Filter(_p.issuer), "enabled": Filter(_p.enabled)},
    search=(_p.label, _p.issuer),
)


async def sign_in_providers(connection: AsyncConnection) -> Sequence[RowMapping]:
    """Those that are in use, before the organization is known."""
    return (await connection.execute(text("SELECT * FROM csms_sign_in_providers()"))).mappings().all()


async def get_provider(connection: AsyncConnection, provider_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One, as it is shown; to be changed, it is locked."""
    query = PROVIDERS.select().where(_p.id == provider_id)
    if lock:
        query = query.with_for_update(of=identity_providers)
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


async def get_enabled(connection: AsyncConnection, provider_id: UUID) -> RowMapping | None:
    """One that is in use, with its sealed secret."""
    query = select(identity_providers).where(_p.id == provider_id, _p.enabled)
    return (await connection.execute(query)).mappings().first()


async def add_provider(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Add one; False if its issuer and client are there already."""
    return bool(
        (await connection.execute(pg_insert(identity_providers).values(**row).on_conflict_do_nothing())).rowcount
    )


async def is_taken(connection: AsyncConnection, provider_id: UUID, issuer: str, client_id: str) -> bool:
    """Whether another one has this issuer and client."""
    query = select(_p.id).where(_p.issuer == issuer, _p.client_id == client_id, _p.id != provider_id)
    return (await connection.execute(query)).first() is not None


async def change_provider(connection: AsyncConnection, provider_id: UUID, values: Mapping[str, Any]) -> None:
    """Change what is named."""
    await connection.execute(update(identity_providers).where(_p.id == provider_id).values(**values))


async def delete_provider(connection: AsyncConnection, provider_id: UUID) -> None:
    """Forget one, and who came from there; the users stay."""
    await connection.execute(delete(identity_providers).where(_p.id == provider_id))


async def find_linked(connection: AsyncConnection, issuer: str, subject: str) -> UUID | None:
    """Whose identity it is."""
    linked = linked_identities.c
    query = select(linked.user_id).where(linked.issuer == issuer, linked.subject == subject)
    found: UUID | None = (await connection.execute(query)).scalar()
    return found


async def link(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """From here on the identity is the user's."""
    await connection.execute(insert(linked_identities).values(**row))


async def has_other_ways(connection: AsyncConnection, user_id: UUID, email: str) -> bool:
    """Whether somebody may come into the account who did not show that mail to this address is theirs."""
    linked = linked_identities.c
    others = or_(linked.email.is_(None), func.lower(linked.email) != email.lower())
    query = select(
        or_(
            exists().where(users.c.id == user_id, ~users.c.password_hash.startswith(NO_PASSWORD, autoescape=True)),
            exists().where(passkeys.c.user_id == user_id),
            exists().where(linked.user_id == user_id, others),
        )
    )
    return bool((await connection.execute(query)).scalar_one())


async def unlink(connection: AsyncConnection, user_id: UUID) -> None:
    """No provider's name is the user's any more."""
    await connection.execute(delete(linked_identities).where(linked_identities.c.user_id == user_id))


async def drop_links(connection: AsyncConnection, user_id: UUID) -> None:
    """Whoever has an invitation to the account comes in by it no more."""
    unused = (account_links.c.user_id == user_id, account_links.c.used_at.is_(None))
    await connection.execute(delete(account_links).where(*unused))


async def settle(connection: AsyncConnection, user_id: UUID, marker: str, now: datetime) -> None:
    """Somebody who was invited came in without choosing a password: they wait for none any more."""
    await connection.execute(
        update(users)
        .where(users.c.id == user_id, users.c.password_hash == NO_PASSWORD)
        .values(password_hash=marker, updated_at=now)
    )


async def note_link(connection: AsyncConnection, issuer: str, subject: str, now: datetime) -> None:
    """Somebody came from there."""
    linked = linked_identities.c
    await connection.execute(
        update(linked_identities).where(linked.issuer == issuer, linked.subject == subject).values(last_used_at=now)
    )


async def find_by_email(connection: AsyncConnection, email: str) -> UUID | None:
    """The user of an e-mail address."""
    query = select(users.c.id).where(func.lower(users.c.email) == email.lower())
    found: UUID | None = (await connection.execute(query)).scalar()
    return found


async def get_role(connection: AsyncConnection, user_id: UUID) -> str | None:
    """The role that a user has."""
    found: str | None = (await connection.execute(select(users.c.role).where(users.c.id == user_id))).scalar()
    return found


async def role_permissions(connection: AsyncConnection, keys: Collection[str]) -> dict[str, Sequence[str]]:
    """What roles allow that the organization made."""
    found = await connection.execute(select(roles.c.key, roles.c.permissions).where(roles.c.key.in_(keys)))
    return {row.key: row.permissions for row in found}


_PARTY: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('admins:' || csms_organization()::text, 0))")


async def hold_admins(connection: AsyncConnection) -> None:
    """One change of who administrates at a time: two admins who remove each other leave one."""
    await connection.execute(_PARTY)


async def has_other_admin(connection: AsyncConnection, user_id: UUID) -> bool:
    """Whether somebody else could administrate the organization; held still until the commit."""
    await hold_admins(connection)
    others = (users.c.role == ADMIN, users.c.is_active, users.c.id != user_id, users.c.password_hash != NO_PASSWORD)
    query = select(users.c.id).where(*others).limit(1)
    return (await connection.execute(query)).first() is not None


async def set_role(connection: AsyncConnection, user_id: UUID, role: str, now: datetime) -> None:
    """The role that the provider says."""
    await connection.execute(update(users).where(users.c.id == user_id).values(role=role, updated_at=now))
