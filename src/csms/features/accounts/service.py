# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of accounts: the first administrator, signing in and out, passwords."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import ClassVar, Final
from uuid import UUID

import structlog
from sqlalchemy import RowMapping

from csms.features.accounts import repository
from csms.features.accounts.passwords import MIN_LENGTH, MIN_LENGTH_PRESET, Passwords, check_new
from csms.features.accounts.roles import ADMIN, Assignment, Grants, grants_of, permissions_of
from csms.features.accounts.schemas import TokenPair
from csms.features.accounts.tokens import (
    ACCESS_LIFETIME,
    AccessClaims,
    AccessTokens,
    new_refresh_token,
    organization_of,
    refresh_expiry,
)
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import SYSTEM, Actor, Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.principal import Principal
from csms.kit.http.problems import InvalidTokenError, UnauthorizedError
from csms.kit.http.ratelimit import RateLimit
from csms.kit.ids import new_id, new_secret

log = structlog.get_logger(__name__)

CLI: Final = Actor("cli", None, "command line")
_REMEMBER_S: Final = 5.0
_MAX_REMEMBERED: Final = 10_000
_KEEP_ENDED: Final = timedelta(days=30)
_LONGEST_AGENT: Final = 300


class InvalidCredentialsError(UnauthorizedError):
    """User name and password do not belong together; which of them is wrong is not said."""

    code: ClassVar[str] = "invalid_credentials"


class WrongPasswordError(InvalidError):
    """The current password is not that."""

    code: ClassVar[str] = "wrong_password"


class UserExistsError(ConflictError):
    """The user name is taken."""

    code: ClassVar[str] = "username_taken"


class UserUnknownError(NotFoundError):
    """There is no such user."""

    code: ClassVar[str] = "user_not_found"


@dataclass(frozen=True, slots=True)
class Client:
    """From where somebody signs in."""

    address: str | None
    user_agent: str | None = None
    request_id: str | None = None


class AccountService:
    """Who may come in. Opens its own units of work, since most of it happens before an organization is known."""

    def __init__(
        self, units: UnitsOfWork, keys: InstallationKeys, clock: Clock, *, initial_password_file: Path | None = None
    ) -> None:
        self._units = units
        self._keys = keys
        self._clock = clock
        self._initial_password_file = initial_password_file
        self._tokens = AccessTokens(keys, clock)
        self._passwords = Passwords()
        self._per_address = RateLimit("login-address", "30/minute")
        self._per_username = RateLimit("login-username", "10/minute")
        self._per_refresher = RateLimit("refresh-address", "120/minute")
        self._remembered: OrderedDict[tuple[UUID, UUID], tuple[float, Principal]] = OrderedDict()

    # -- signing in and out ----------------------------------------------------------------------------------------

    async def login(self, username: str, password: str, client: Client) -> TokenPair:
        """Open a session. The answer to a wrong name and to a wrong password is the same, in words and in time."""
        await self._per_address.hit(_network(client.address))
        await self._per_username.hit(username.lower())
        async with self._units.unscoped() as connection:
            user = await repository.find_login(connection, username)
        stored = user["password_hash"] if user is not None else None
        right = await self._passwords.verify(password, stored)
        if user is None or not right or not user["is_active"]:
            # a name that is not known may be a password typed into the wrong field: it is not written down
            log.warning("sign-in refused", user=user["username"] if user is not None else None, address=client.address)
            raise InvalidCredentialsError("user name or password is wrong")
        scope = _scope(user["organization_id"], user["id"], user["username"], client)
        now = self._clock.now()
        async with self._units(scope) as uow:
            if not await repository.signed_in(uow.connection, user["id"], user["password_hash"], now):
                raise InvalidCredentialsError("user name or password is wrong")
            await repository.forget_sessions(uow.connection, user["id"], now - _KEEP_ENDED)
            pair = await self._open_session(uow, user["id"], client, must_change=user["must_change_password"])
            uow.audit("account:session:create", "user", str(user["id"]), None, None)
        await self._per_username.forget(username.lower())
        return pair

    async def refresh(self, refresh_token: str, client: Client) -> TokenPair:
        """Exchange a refresh token. One that comes twice was stolen, or its successor was: the session ends."""
        await self._per_refresher.hit(_network(client.address))
        organization_id = organization_of(refresh_token)
        now = self._clock.now()
        pair: TokenPair | None = None
        async with self._units(Scope(organization_id, SYSTEM, client.address, client.request_id)) as uow:
            found = await repository.take_refresh_token(uow.connection, self._hash(refresh_token))
            if found is not None and found["used_at"] is not None and found["revoked_at"] is None:
                await repository.end_sessions(uow.connection, found["user_id"], now, family_id=found["family_id"])
                uow.audit("account:session:reuse", "user", str(found["user_id"]), None, None)
                self._forget(found["user_id"])
                log.warning("a refresh token came twice: its session is ended", user=found["username"])
            elif found is not None and found["revoked_at"] is None and found["expires_at"] > now and found["is_active"]:
                await repository.use_refresh_token(uow.connection, found["id"], now)
                pair = await self._open_session(
                    uow,
                    found["user_id"],
                    client,
                    must_change=found["must_change_password"],
                    family_id=found["family_id"],
                )
        if pair is None:  # after the commit: what was ended stays ended
            raise InvalidTokenError("this refresh token is not valid any more; sign in again")
        return pair

    async def logout(self, uow: UnitOfWork, principal: Principal, *, everywhere: bool) -> None:
        """End this session, or all of them: refresh tokens at once, access tokens within seconds."""
        family = None if everywhere else principal.session_id
        await repository.end_sessions(uow.connection, principal.user_id, self._clock.now(), family_id=family)
        uow.audit("account:session:revoke", "user", str(principal.user_id), None, {"everywhere": everywhere})
        self._forget(principal.user_id)

    async def authenticate(self, token: str) -> Principal:
        """The Principal of an access token, if the session is open and the user still may; remembered for 5 s."""
        claims = self._tokens.read(token)
        key = (claims.user_id, claims.session_id)
        remembered = self._remembered.get(key)
        if remembered is not None and self._clock.monotonic() - remembered[0] < _REMEMBER_S:
            return remembered[1]
        async with self._units(Scope.system(claims.organization_id)) as uow:
            row = await repository.session_user(uow.connection, *key, self._clock.now())
        if row is None:
            self._remembered.pop(key, None)
            raise InvalidTokenError("this session is over; sign in again")
        principal = Principal(
            user_id=row["id"],
            username=row["username"],
            organization_id=claims.organization_id,
            role=row["role"],
            must_change_password=row["must_change_password"],
            grants=_grants(row, claims.organization_id),
            session_id=claims.session_id,
        )
        self._remembered[key] = (self._clock.monotonic(), principal)
        if len(self._remembered) > _MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        return principal

    async def is_open(self, principal: Principal) -> bool:
        """Whether a session has neither ended nor lost its user: for whoever stays connected."""
        async with self._units(Scope.system(principal.organization_id)) as uow:
            now, session_id = self._clock.now(), principal.session_id
            if session_id is None:
                return principal.kind == "api_key"  # asked again at its next request
            return await repository.session_user(uow.connection, principal.user_id, session_id, now) is not None

    async def profile(self, uow: UnitOfWork, principal: Principal) -> RowMapping:
        """Who is signed in; of a program with a key, its organization."""
        key = principal.kind == "api_key"
        found = await repository.profile(uow.connection, None if key else principal.user_id)
        if found is None:
            raise UserUnknownError("this user is gone")
        return found

    # -- passwords -------------------------------------------------------------------------------------------------

    async def change_password(self, principal: Principal, current: str, new: str, client: Client) -> TokenPair:
        """Set one's own password. All sessions end; the answer is a new one."""
        await self._per_username.hit(principal.username.lower())
        scope = _scope(principal.organization_id, principal.user_id, principal.username, client)
        async with self._units(scope) as uow:
            user = await repository.get_user(uow.connection, principal.user_id)
        if user is None or not await self._passwords.verify(current, user["password_hash"]):
            raise WrongPasswordError("the current password is wrong")
        check_new(new, user["username"])
        if new == current:
            raise InvalidError("the new password is the current one; take another")
        hashed = await self._passwords.hash(new)
        now = self._clock.now()
        async with self._units(scope) as uow:
            stored = await repository.set_password(
                uow.connection, user["id"], hashed, now, must_change=False, was=user["password_hash"]
            )
            if not stored:
                raise ConflictError("the password was changed at the same moment; sign in again")
            await repository.end_sessions(uow.connection, user["id"], now)
            pair = await self._open_session(uow, user["id"], client, must_change=False)
            uow.audit("account:password:change", "user", str(user["id"]), None, None)
        self._forget(user["id"])
        await self._per_username.forget(principal.username.lower())
        await self._drop_initial_password(user["username"])
        return pair

    async def ensure_first_admin(self, password: str | None) -> str | None:
        """At the first start, make the user `admin`; the generated password, if one had to be generated."""
        async with self._units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
            if await repository.has_admin(uow.connection):
                return None
        generated = None if password is not None else new_secret(15)
        chosen = password or generated or ""
        check_new(chosen, ADMIN, min_length=MIN_LENGTH_PRESET)
        if len(chosen) < MIN_LENGTH:
            log.warning("the password set for admin is short: change it to one of 12 characters or more")
        made = await self._add_admin(ADMIN, chosen, SYSTEM, must_change=generated is not None)
        return generated if made else None

    # -- for others that keep users ---------------------------------------------------------------------------------

    async def hash_new(self, password: str, username: str) -> str:
        """The hash of a password that somebody chose. Raises WeakPasswordError."""
        check_new(password, username)
        return await self._passwords.hash(password)

    async def end_sessions(self, uow: UnitOfWork, user_id: UUID) -> None:
        """Sign a user out everywhere: here at once, at other nodes within seconds."""
        await repository.end_sessions(uow.connection, user_id, self._clock.now())
        self.forget(user_id)

    async def count_attempt(self, address: str | None) -> None:
        """Somebody tries a link. Raises TooManyRequestsError."""
        await self._per_address.hit(_network(address))

    def forget(self, user_id: UUID) -> None:
        """What is remembered of a user's rights no longer holds."""
        self._forget(user_id)

    # -- on the host -----------------------------------------------------------------------------------------------

    async def set_password(self, username: str, password: str, *, must_change: bool = False) -> None:
        """Give a user a password; all their sessions end."""
        user = await self._named(username)
        check_new(password, user["username"])
        hashed = await self._passwords.hash(password)
        now = self._clock.now()
        async with self._units(Scope(user["organization_id"], CLI)) as uow:
            await repository.set_password(uow.connection, user["id"], hashed, now, must_change=must_change)
            await repository.end_sessions(uow.connection, user["id"], now)
            uow.audit("account:password:set", "user", str(user["id"]), None, {"must_change_password": must_change})
        await self._drop_initial_password(user["username"])

    async def unlock(self, username: str) -> None:
        """Let a user sign in again who was locked out."""
        user = await self._named(username)
        async with self._units(Scope(user["organization_id"], CLI)) as uow:
            await repository.unlock(uow.connection, user["id"], self._clock.now())
            uow.audit(
                "account:user:unlock", "user", str(user["id"]), {"is_active": user["is_active"]}, {"is_active": True}
            )

    async def create_admin(self, username: str) -> str:
        """Make a further administrator; the generated password, to be changed at the first sign-in."""
        if not username.isprintable() or not 1 <= len(username) <= 150 or username != username.strip():
            raise InvalidError("a user name has 1 to 150 printable characters, without spaces around")
        password = new_secret(15)
        if not await self._add_admin(username, password, CLI, must_change=True):
            raise UserExistsError(f"there is a user {username!r} already")
        return password

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _named(self, username: str) -> RowMapping:
        async with self._units.unscoped() as connection:
            user = await repository.find_login(connection, username)
        if user is None:
            raise UserUnknownError(f"there is no user {username!r}")
        return user

    async def _add_admin(self, username: str, password: str, actor: Actor, *, must_change: bool) -> bool:
        hashed = await self._passwords.hash(password)
        user_id = new_id()
        async with self._units(Scope(DEFAULT_ORGANIZATION_ID, actor)) as uow:
            made = await repository.add_user(
                uow.connection,
                {
                    "id": user_id,
                    "organization_id": DEFAULT_ORGANIZATION_ID,
                    "username": username,
                    "password_hash": hashed,
                    "role": "admin",
                    "must_change_password": must_change,
                    "password_changed_at": self._clock.now(),
                },
            )
            if made:
                after = {"username": username, "role": "admin"}
                uow.audit("account:user:create", "user", str(user_id), None, after)
        return made

    async def _open_session(
        self, uow: UnitOfWork, user_id: UUID, client: Client, *, must_change: bool, family_id: UUID | None = None
    ) -> TokenPair:
        """A new pair: the first of a session, or the next of the session `family_id`."""
        now = self._clock.now()
        began = now if family_id is None else await repository.family_began(uow.connection, family_id) or now
        session_id = family_id or new_id()
        organization_id = uow.scope.organization_id
        refresh_token = new_refresh_token(organization_id)
        agent = client.user_agent
        await repository.add_refresh_token(
            uow.connection,
            {
                "id": new_id(),
                "organization_id": organization_id,
                "user_id": user_id,
                "family_id": session_id,
                "token_hash": self._hash(refresh_token),
                "address": client.address,
                "user_agent": agent.replace("\0", "")[:_LONGEST_AGENT] if agent else None,
                "created_at": now,
                "expires_at": refresh_expiry(now, began),
            },
        )
        return TokenPair(
            access_token=self._tokens.write(AccessClaims(user_id, organization_id, session_id)),
            refresh_token=refresh_token,
            expires_in=int(ACCESS_LIFETIME.total_seconds()),
            must_change_password=must_change,
        )

    def _hash(self, refresh_token: str) -> bytes:
        return self._keys.hash_secret(b"refresh:" + refresh_token.encode())

    def _forget(self, user_id: UUID) -> None:
        for key in [key for key in self._remembered if key[0] == user_id]:
            del self._remembered[key]

    async def _drop_initial_password(self, username: str) -> None:
        """The generated password is good for nothing any more (decisions 19)."""
        if self._initial_password_file is not None and username.lower() == ADMIN:
            await asyncio.to_thread(self._initial_password_file.unlink, missing_ok=True)


def _scope(organization_id: UUID, user_id: UUID, username: str, client: Client) -> Scope:
    return Scope(organization_id, Actor("user", str(user_id), username), client.address, client.request_id)


def _grants(row: RowMapping, organization_id: UUID) -> Grants:
    """What a user may do: by the role for the whole organization, and by those for parts of it."""
    whole = Assignment(permissions_of(row["role"], row["own_permissions"]), None)
    parts = [Assignment(permissions_of(each["role"], each["own"]), UUID(each["place"])) for each in row["placed"]]
    return grants_of([whole, *parts], organization_id)


def _network(address: str | None) -> str:
    """What one household or machine has of addresses: an IPv6 network of 64 bits counts as one."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped is not None else found.exploded[:19]
    return str(found)
