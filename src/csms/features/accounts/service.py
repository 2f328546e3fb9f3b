# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of accounts: the first administrator, signing in and out, passwords."""

import asyncio
from pathlib import Path
from typing import ClassVar, Final, Literal
from uuid import UUID

import structlog
from sqlalchemy import RowMapping
from starlette.requests import HTTPConnection

from csms.features.accounts import identity_repository, repository
from csms.features.accounts.clients import Client
from csms.features.accounts.demands import Demand, state_of
from csms.features.accounts.identity import Identity, IdentityOptions
from csms.features.accounts.passwords import MIN_LENGTH, MIN_LENGTH_PRESET, Passwords, check_new
from csms.features.accounts.roles import ADMIN, Assignment, Grants, grants_of, permissions_of
from csms.features.accounts.schemas import TokenPair
from csms.features.accounts.sessions import Opened, SessionKind
from csms.features.accounts.tokens import AccessClaims, organization_of
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import SYSTEM, Actor, Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.principal import Principal, SecondFactor, client_address
from csms.kit.http.problems import InvalidTokenError
from csms.kit.http.ratelimit import RateLimit
from csms.kit.http.remembered import Remembered
from csms.kit.ids import new_id, new_secret

log = structlog.get_logger(__name__)

CLI: Final = Actor("cli", None, "command line")


class UserExistsError(ConflictError):
    """The user name is taken."""

    code: ClassVar[str] = "username_taken"


class UserUnknownError(NotFoundError):
    """There is no such user."""

    code: ClassVar[str] = "user_not_found"


class AccountService:
    """Who may come in. Opens its own units of work, since most of it happens before an organization is known."""

    def __init__(
        self,
        units: UnitsOfWork,
        keys: InstallationKeys,
        clock: Clock,
        *,
        initial_password_file: Path | None = None,
        options: IdentityOptions | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self._units = units
        self._clock = clock
        self._initial_password_file = initial_password_file
        self._initial_password_waits = False
        self._passwords = passwords or Passwords()
        options = options or IdentityOptions()
        self.identity = Identity(units, keys, clock, self._passwords, options)
        self._per_refresher = RateLimit("refresh-address", "120/minute", options.counters)
        self._remembered: Remembered[tuple[UUID, UUID]] = Remembered(units.rights, clock)

    # -- signing in and out ----------------------------------------------------------------------------------------

    async def refresh(self, refresh_token: str, client: Client) -> TokenPair:
        """Exchange a refresh token. One that comes twice was stolen, or its successor was: the session ends."""
        await self._per_refresher.hit(client.network)
        organization_id = organization_of(refresh_token)
        now = self._clock.now()
        pair: TokenPair | None = None
        async with self._units(Scope(organization_id, SYSTEM, client.address, client.request_id)) as uow:
            found = await repository.take_refresh_token(
                uow.connection, self.identity.sessions.hash_refresh(refresh_token)
            )
            if found is not None and found["used_at"] is not None and found["revoked_at"] is None:
                await repository.end_sessions(uow.connection, found["user_id"], now, family_id=found["family_id"])
                uow.audit("account:session:reuse", "user", str(found["user_id"]), None, None)
                self.forget(found["user_id"])
                log.warning("a refresh token came twice: its session is ended", user=found["username"])
            elif found is not None and found["revoked_at"] is None and found["expires_at"] > now and found["is_active"]:
                await repository.use_refresh_token(uow.connection, found["id"], now)
                pair = await self.identity.sessions.pair(
                    uow,
                    found["user_id"],
                    client,
                    must_change=found["must_change_password"],
                    second_factor=found["second_factor"],
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
        self.forget(principal.user_id)

    async def authenticate(self, token: str) -> Principal:
        """The Principal of an access token, if the session is open and the user still may; remembered for a moment."""
        return await self._principal(self.identity.sessions.tokens.read(token))

    async def authenticate_cookie(self, cookie: str, request: HTTPConnection) -> Principal:
        """The Principal of a browser's session."""
        client = Client(client_address(request), request.headers.get("user-agent"))
        return await self._principal(await self.identity.sessions.claims(cookie, client))

    async def _principal(self, claims: AccessClaims) -> Principal:
        key = (claims.user_id, claims.session_id)
        remembered = self._remembered.find(key)
        if remembered is not None:
            return remembered
        before = self._remembered.before()
        async with self._units(Scope.system(claims.organization_id)) as uow:
            row = await repository.session_user(uow.connection, *key, self._clock.now())
        if row is None:
            raise InvalidTokenError("this session is over; sign in again")
        principal = Principal(
            user_id=row["id"],
            username=row["username"],
            organization_id=claims.organization_id,
            role=row["role"],
            must_change_password=row["must_change_password"],
            grants=grants_of_user(row, claims.organization_id),
            session_id=claims.session_id,
            second_factor=self._second_factor(row),
        )
        self._remembered.keep(key, principal, before)
        return principal

    async def again(self, principal: Principal) -> Principal | None:
        """The same user with what they may do now; None where the session is over: for whoever stays connected."""
        if principal.session_id is None:
            return None
        try:
            found = await self._principal(
                AccessClaims(principal.user_id, principal.organization_id, principal.session_id)
            )
        except InvalidTokenError:
            return None
        return None if found.must_change_password or found.second_factor != "fine" else found

    async def second_factor(self, uow: UnitOfWork, principal: Principal) -> dict[str, object] | None:
        """What is asked of a user; None of a program."""
        if principal.session_id is None:
            return None
        ids = (principal.user_id, principal.session_id)
        row = await repository.session_user(uow.connection, *ids, self._clock.now())
        if row is None:
            raise UserUnknownError("this user is gone")
        demand = Demand.of(row["demands"])
        concerned = _concerned(row, demand)
        return {
            "state": self._second_factor(row),
            "required": concerned,
            "required_from": demand.since if concerned and not demand.begun(self._clock.now()) else None,
            "set_up": row["has_factor"],
        }

    def _second_factor(self, row: RowMapping) -> SecondFactor:
        demand = Demand.of(row["demands"])
        demanded = _concerned(row, demand) and demand.begun(self._clock.now())
        return state_of(demanded=demanded, has_factor=row["has_factor"], shown=row["factor_shown"])

    async def profile(self, uow: UnitOfWork, principal: Principal) -> RowMapping:
        """Who is signed in; of a program with a key, its organization."""
        key = principal.kind == "api_key"
        found = await repository.profile(uow.connection, None if key else principal.user_id)
        if found is None:
            raise UserUnknownError("this user is gone")
        return found

    # -- passwords -------------------------------------------------------------------------------------------------

    async def change_password(
        self, principal: Principal, current: str, new: str, client: Client, kind: SessionKind = "token"
    ) -> Opened:
        """Set one's own password. All sessions end; the answer is a new one."""
        opened = await self.identity.changes.change(principal, current, new, client, kind)
        self.forget(principal.user_id)
        await self._drop_initial_password(principal.username)
        return opened

    async def reset_password(self, token: str, new: str, client: Client) -> None:
        """Set the password that a link is for."""
        user_id, username = await self.identity.changes.reset(token, new, client)
        self.forget(user_id)
        await self._drop_initial_password(username)

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
        self._initial_password_waits = made and generated is not None
        return generated if made else None

    async def initial_password(self) -> Literal["file", "terminal"] | None:
        """Where the generated password of `admin` stands, until it is changed."""
        file = self._initial_password_file
        if file is not None and await asyncio.to_thread(file.is_file):
            return "file"
        return "terminal" if self._initial_password_waits else None

    # -- for others that keep users ---------------------------------------------------------------------------------

    async def hash_new(self, password: str, username: str) -> str:
        """The hash of a password that somebody chose. Raises WeakPasswordError."""
        check_new(password, username)
        return await self._passwords.hash(password)

    async def end_sessions(self, uow: UnitOfWork, user_id: UUID) -> None:
        """Sign a user out everywhere."""
        await repository.end_sessions(uow.connection, user_id, self._clock.now())
        await identity_repository.drop_challenges(uow.connection, user_id)
        await self.identity.letters.drop(uow, user_id, "reset", "change")
        self.forget(user_id)

    async def count_attempt(self, address: str | None) -> None:
        """Somebody tries a link. Raises TooManyRequestsError."""
        await self.identity.sign_in.count_attempt(address)

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
            await self.identity.letters.drop(uow, user["id"])
            uow.audit("account:password:set", "user", str(user["id"]), None, {"must_change_password": must_change})
        await self._drop_initial_password(user["username"])

    async def reset_mfa(self, username: str) -> None:
        """Forget the second factors of a user who lost them; all their sessions end."""
        user = await self._named(username)
        async with self._units(Scope(user["organization_id"], CLI)) as uow:
            await self.identity.reset_factors(uow, user["id"])

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

    def forget(self, user_id: UUID) -> None:
        """Ask anew, from the next request on, whether the user's sessions are open and what they may do."""
        self._remembered.forget(lambda key: key[0] == user_id)

    async def _drop_initial_password(self, username: str) -> None:
        """The generated password is good for nothing any more (decisions 19)."""
        if username.lower() != ADMIN:
            return
        self._initial_password_waits = False
        if self._initial_password_file is not None:
            await asyncio.to_thread(self._initial_password_file.unlink, missing_ok=True)


async def user_now(uow: UnitOfWork, user_id: UUID) -> Principal | None:
    """A user with what they may do now, signed in or not; None where they are suspended, retired, or nobody."""
    row = await repository.active_user(uow.connection, user_id)
    if row is None:
        return None
    organization_id = uow.scope.organization_id
    grants = grants_of_user(row, organization_id)
    return Principal(row["id"], row["username"], organization_id, row["role"], row["must_change_password"], grants)


def _concerned(row: RowMapping, demand: Demand) -> bool:
    """Whether one of a user's roles, wherever it holds, asks for a second factor."""
    roles = {row["role"], *(each["role"] for each in row["placed"])}
    return demand.concerns(roles, own=row["role_asks"] or any(each["asks"] for each in row["placed"]))


def grants_of_user(row: RowMapping, organization_id: UUID) -> Grants:
    """What a user may do: by the role for the whole organization, and by those for parts of it."""
    whole = Assignment(permissions_of(row["role"], row["own_permissions"]), None)
    parts = [Assignment(permissions_of(each["role"], each["own"]), UUID(each["place"])) for each in row["placed"]]
    return grants_of([whole, *parts], organization_id)
