# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of API keys: make, rotate, revoke; and who a program is that shows one."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import structlog
from sqlalchemy import RowMapping

from csms.features.accounts.permissions import Permission
from csms.features.accounts.roles import Assignment, check_within, grants_of, narrowed
from csms.features.accounts.service import user_now
from csms.features.api_keys import repository
from csms.features.api_keys.schemas import ApiKeyCreate, ApiKeyRotate, ApiKeyUpdate
from csms.kit.addresses import network_of
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.principal import Principal
from csms.kit.http.problems import ForbiddenError, UnauthorizedError
from csms.kit.http.ratelimit import RateLimit
from csms.kit.http.remembered import Remembered
from csms.kit.ids import new_id

log = structlog.get_logger(__name__)

_FORM: Final = re.compile(r"csms_([0-9a-z]{10})_([A-Za-z0-9_-]{43})")
_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_TOUCH: Final = timedelta(minutes=1)


class ApiKeyNotFoundError(NotFoundError):
    """There is no such key."""

    code: ClassVar[str] = "api_key_not_found"


class ApiKeyRevokedError(ConflictError):
    """A revoked key is not changed."""

    code: ClassVar[str] = "api_key_revoked"


class InvalidApiKeyError(UnauthorizedError):
    """No key of ours, or one that was revoked or is over."""

    code: ClassVar[str] = "invalid_api_key"


class KeySuspendedError(UnauthorizedError):
    """The key is right; whoever answers for it is suspended or has left."""

    code: ClassVar[str] = "api_key_suspended"


class ApiKeyService:
    """Keys are random and stored as keyed hashes; a key is shown once."""

    def __init__(self, units: UnitsOfWork, keys: InstallationKeys, clock: Clock) -> None:
        self._units = units
        self._keys = keys
        self._clock = clock
        self._failures = RateLimit("api-key-failures", "60/minute")
        self._remembered: Remembered[bytes] = Remembered(units.rights, clock)

    async def authenticate(self, key: str, address: str | None) -> Principal:
        """The Principal of a key; remembered for a moment. Only failures are counted against an address."""
        digest = self._hash(key)
        remembered = self._remembered.find(digest)
        if remembered is not None:
            return remembered
        before = self._remembered.before()
        principal = await self._find(key, digest, address)
        if principal is None:
            await self._failures.hit(network_of(address))
            raise InvalidApiKeyError("this API key is not valid: it was revoked, is over, or is misspelt")
        self._remembered.keep(digest, principal, before)
        return principal

    async def _find(self, key: str, digest: bytes, address: str | None) -> Principal | None:
        form = _FORM.fullmatch(key)
        if form is None:
            return None
        now = self._clock.now()
        async with self._units.unscoped() as connection:
            found = await repository.find(connection, form[1])
        if found is None or not _is_secret(found, digest, now):
            return None
        async with self._units(Scope.system(found["organization_id"])) as uow:
            row = await self._rights(uow, found["id"])
            if row is None:
                return None
            principal = await _principal(uow, row)
            if principal is None:
                raise KeySuspendedError("whoever answers for this key is suspended or has left: have it taken over")
            if row["last_used_at"] is None or now - row["last_used_at"] >= _TOUCH:
                await repository.used(uow.connection, row["id"], now, address)
        return principal

    async def again(self, principal: Principal) -> Principal | None:
        """The same key with what it allows now; None where it is over or revoked: for whoever stays connected."""
        async with self._units(Scope.system(principal.organization_id)) as uow:
            row = await self._rights(uow, principal.user_id)
            return None if row is None else await _principal(uow, row)

    async def _rights(self, uow: UnitOfWork, key_id: UUID) -> RowMapping | None:
        return await _usable_rights(uow, key_id, self._clock.now())

    async def get(self, uow: UnitOfWork, key_id: UUID, *, lock: bool = False) -> RowMapping:
        """One key."""
        row = await repository.get(uow.connection, key_id, lock=lock)
        if row is None:
            raise ApiKeyNotFoundError(f"there is no API key {key_id}")
        return row

    async def create(self, uow: UnitOfWork, principal: Principal, body: ApiKeyCreate) -> tuple[RowMapping, str]:
        """Make a key; the key itself is returned this once."""
        check_within(principal.grants, body.permissions)
        if body.places is not None:
            places = list(dict.fromkeys(body.places))
            if await repository.places_there(uow.connection, places) != len(places):
                raise NotFoundError("a site or group in `places` does not exist")
        now = self._clock.now()
        _check_end(body.expires_at, now)
        prefix = "".join(secrets.choice(_ALPHABET) for _ in range(10))
        key = f"csms_{prefix}_{secrets.token_urlsafe(32)}"
        key_id = new_id()
        row: dict[str, Any] = {
            "id": key_id,
            "organization_id": uow.scope.organization_id,
            "name": body.name,
            "prefix": prefix,
            "secret_hash": self._hash(key),
            "permissions": sorted(set(body.permissions)),
            "places": body.places,
            "created_by": principal.username,
            "maker_id": await _answers(uow, principal),
            "expires_at": body.expires_at,
            "created_at": now,
            "updated_at": now,
        }
        await repository.add(uow.connection, row)
        uow.audit("account:api_key:create", "api_key", str(key_id), None, body.model_dump(mode="json"))
        return await self.get(uow, key_id), key

    async def update(self, uow: UnitOfWork, principal: Principal, key_id: UUID, body: ApiKeyUpdate) -> RowMapping:
        """Change what is named in the body, of a key that allows nothing beyond what one may do."""
        before = await self._usable(uow, key_id)
        check_within(principal.grants, before["permissions"])
        changes = body.model_dump(exclude_unset=True)
        if "name" in changes and changes["name"] is None:
            raise InvalidError("name cannot be empty: leave it out to keep it as it is")
        now = self._clock.now()
        _check_end(changes.get("expires_at"), now)
        if changes:
            await repository.change(uow.connection, key_id, {**changes, "updated_at": now})
            old = {name: before[name] for name in changes}
            after = body.model_dump(mode="json", exclude_unset=True)
            uow.audit("account:api_key:update", "api_key", str(key_id), old, after)
        return await self.get(uow, key_id)

    async def rotate(
        self, uow: UnitOfWork, principal: Principal, key_id: UUID, body: ApiKeyRotate
    ) -> tuple[RowMapping, str]:
        """A new secret under the same prefix; the old one works until the overlap ends.

        Whoever gets the secret could do what the key may: so it allows nothing beyond what they may do anyhow.
        """
        before = await self._usable(uow, key_id)
        check_within(principal.grants, before["permissions"])
        now = self._clock.now()
        key = f"csms_{before['prefix']}_{secrets.token_urlsafe(32)}"
        until = now + timedelta(hours=body.overlap_hours)
        maker = await _answers(uow, principal)
        await repository.rotate(uow.connection, key_id, self._hash(key), until, now, maker)
        uow.audit("account:api_key:rotate", "api_key", str(key_id), None, body.model_dump())
        return await self.get(uow, key_id), key

    async def take_over(self, uow: UnitOfWork, principal: Principal, key_id: UUID) -> RowMapping:
        """Answer for a key from now on: it allows nothing beyond what one may do."""
        before = await self._usable(uow, key_id)
        check_within(principal.grants, before["permissions"])
        maker = await _answers(uow, principal)
        await repository.change(uow.connection, key_id, {"maker_id": maker, "updated_at": self._clock.now()})
        old = {"maker_id": None if before["maker_id"] is None else str(before["maker_id"])}
        uow.audit("account:api_key:take_over", "api_key", str(key_id), old, {"maker_id": str(maker)})
        return await self.get(uow, key_id)

    async def revoke(self, uow: UnitOfWork, key_id: UUID) -> None:
        """It opens nothing any more, from the commit on."""
        await self._usable(uow, key_id)
        now = self._clock.now()
        await repository.change(uow.connection, key_id, {"revoked_at": now, "updated_at": now})
        uow.audit("account:api_key:revoke", "api_key", str(key_id), None, None)

    async def _usable(self, uow: UnitOfWork, key_id: UUID) -> RowMapping:
        row = await self.get(uow, key_id, lock=True)
        if row["revoked_at"] is not None:
            raise ApiKeyRevokedError(f"the API key {row['name']!r} is revoked: make a new one")
        return row

    def _hash(self, key: str) -> bytes:
        return self._keys.hash_secret(b"api-key:" + key.encode())


async def actor_now(uow: UnitOfWork, actor_id: str, now: datetime) -> Principal | None:
    """Whoever began something, a user or a program with a key, with what they may do now; None: nobody any more."""
    try:
        key = UUID(actor_id)
    except ValueError:
        return None
    user = await user_now(uow, key)
    if user is not None:
        return user
    row = await _usable_rights(uow, key, now)
    return None if row is None else await _principal(uow, row)


async def scope_now(uow: UnitOfWork, actor_id: str, permissions: Iterable[str], now: datetime) -> Scope:
    """The scope in which what somebody began goes on: theirs, where they may do it now. Raises ForbiddenError."""
    principal = await actor_now(uow, actor_id, now)
    if principal is None:
        raise ForbiddenError("whoever asked for this is suspended or has left")
    try:
        places = principal.places(*permissions)
    except ForbiddenError as error:
        raise ForbiddenError(f"whoever asked for this may not any more: {error.detail}") from error
    return Scope(uow.scope.organization_id, principal.actor, places=places)


async def _usable_rights(uow: UnitOfWork, key_id: UUID, now: datetime) -> RowMapping | None:
    row = await repository.rights(uow.connection, key_id)
    over = row is not None and row["expires_at"] is not None and row["expires_at"] <= now
    return None if over else row


async def _principal(uow: UnitOfWork, row: RowMapping) -> Principal | None:
    """What a key names and its maker may, both now; None where nobody answers for it any more."""
    maker = None if row["maker_id"] is None else await user_now(uow, row["maker_id"])
    if maker is None:
        return None
    organization_id = uow.scope.organization_id
    permissions = frozenset(Permission).intersection(row["permissions"])
    places = [None] if row["places"] is None else list(row["places"])
    own = grants_of([Assignment(permissions, place) for place in places], organization_id)
    return Principal(
        user_id=row["id"],
        username=row["name"],
        organization_id=organization_id,
        role="api_key",
        must_change_password=False,
        grants=narrowed(own, maker.grants),
        kind="api_key",
    )


async def _answers(uow: UnitOfWork, principal: Principal) -> UUID:
    """Who answers for what a principal does: oneself; for a program whoever answers for its key."""
    if principal.kind == "user":
        return principal.user_id
    row = await repository.rights(uow.connection, principal.user_id)
    if row is None or row["maker_id"] is None:
        raise ApiKeyNotFoundError("your own key is gone")
    maker: UUID = row["maker_id"]
    return maker


def _check_end(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise InvalidError("expires_at is in the past")


def _is_secret(found: RowMapping, digest: bytes, now: datetime) -> bool:
    """Compared in constant time, the current and the one before."""
    current = secrets.compare_digest(found["secret_hash"], digest)
    until = found["previous_until"]
    before = found["previous_hash"] is not None and secrets.compare_digest(found["previous_hash"], digest)
    return current or (before and until is not None and until > now)
