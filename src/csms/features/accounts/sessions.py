# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Sessions: of programs, as pairs of tokens, and of browsers, as a cookie. Each sign-in makes a new one."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from csms.features.accounts import identity_repository, repository
from csms.features.accounts.clients import Client
from csms.features.accounts.identity_schemas import BrowserSession
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
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import NotFoundError
from csms.kit.http.principal import Principal
from csms.kit.http.problems import ForbiddenError, InvalidTokenError
from csms.kit.ids import new_id

SessionKind = Literal["token", "cookie"]
KEEP_ENDED: Final = timedelta(days=30)
FRESH: Final = timedelta(minutes=10)
_TOUCH_S: Final = 60.0
_MAX_REMEMBERED: Final = 10_000


class SessionUnknownError(NotFoundError):
    """There is no such open session of the user."""

    code: ClassVar[str] = "session_not_found"


class NoSessionError(ForbiddenError):
    """What is about oneself needs somebody who signed in."""

    code: ClassVar[str] = "no_session"


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: what the answer says, and for a browser the cookie's value."""

    answer: TokenPair | BrowserSession
    cookie: str | None = None
    max_age_s: int = 0


def session_of(principal: Principal) -> UUID:
    """The session of whoever asks; programs with a key of their own have none."""
    if principal.session_id is None:
        raise NoSessionError("this is for people who signed in")
    return principal.session_id


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(
        self, units: UnitsOfWork, keys: InstallationKeys, clock: Clock, *, idle: timedelta, life: timedelta
    ) -> None:
        self._units = units
        self._keys = keys
        self._clock = clock
        self._idle = idle
        self._life = life
        self.tokens = AccessTokens(keys, clock)
        self._remembered: OrderedDict[bytes, tuple[float, AccessClaims]] = OrderedDict()

    async def open(
        self,
        uow: UnitOfWork,
        kind: SessionKind,
        user_id: UUID,
        client: Client,
        *,
        must_change: bool,
        method: str,
        second_factor: bool = False,
    ) -> Opened:
        """A session for somebody who has just shown who they are; `second_factor`: by more than a password."""
        before = self._clock.now() - KEEP_ENDED
        await repository.forget_sessions(uow.connection, user_id, before)
        await identity_repository.forget_browser_sessions(uow.connection, user_id, before)
        uow.audit("account:session:create", "user", str(user_id), None, {"method": method, "session": kind})
        if kind == "cookie":
            return await self._open_browser(uow, user_id, client, must_change=must_change, second_factor=second_factor)
        return Opened(await self.pair(uow, user_id, client, must_change=must_change, second_factor=second_factor))

    async def pair(
        self,
        uow: UnitOfWork,
        user_id: UUID,
        client: Client,
        *,
        must_change: bool,
        second_factor: bool,
        family_id: UUID | None = None,
    ) -> TokenPair:
        """A new pair: the first of a session, or the next of the session `family_id`."""
        now = self._clock.now()
        began = now if family_id is None else await repository.family_began(uow.connection, family_id) or now
        session_id = family_id or new_id()
        organization_id = uow.scope.organization_id
        refresh_token = new_refresh_token(organization_id)
        await repository.add_refresh_token(
            uow.connection,
            {
                "id": new_id(),
                "organization_id": organization_id,
                "user_id": user_id,
                "family_id": session_id,
                "token_hash": self.hash_refresh(refresh_token),
                "address": client.address,
                "user_agent": client.agent,
                "second_factor": second_factor,
                "created_at": now,
                "expires_at": refresh_expiry(now, began),
            },
        )
        return TokenPair(
            access_token=self.tokens.write(AccessClaims(user_id, organization_id, session_id)),
            refresh_token=refresh_token,
            expires_in=int(ACCESS_LIFETIME.total_seconds()),
            must_change_password=must_change,
        )

    async def _open_browser(
        self, uow: UnitOfWork, user_id: UUID, client: Client, *, must_change: bool, second_factor: bool
    ) -> Opened:
        now = self._clock.now()
        value = new_refresh_token(uow.scope.organization_id)
        ends_at = now + self._life
        await identity_repository.add_browser_session(
            uow.connection,
            {
                "id": new_id(),
                "organization_id": uow.scope.organization_id,
                "user_id": user_id,
                "secret_hash": self._hash_cookie(value),
                "address": client.address,
                "user_agent": client.agent,
                "second_factor": second_factor,
                "created_at": now,
                "last_seen_at": now,
                "expires_at": min(now + self._idle, ends_at),
                "ends_at": ends_at,
            },
        )
        return Opened(
            BrowserSession(expires_at=ends_at, must_change_password=must_change), value, int(self._life.total_seconds())
        )

    async def claims(self, cookie: str, client: Client) -> AccessClaims:
        """Whose cookie it is; that the session is in use is written down once a minute."""
        organization_id = organization_of(cookie)
        secret_hash = self._hash_cookie(cookie)
        remembered = self._remembered.get(secret_hash)
        if remembered is not None and self._clock.monotonic() - remembered[0] < _TOUCH_S:
            return remembered[1]
        now = self._clock.now()
        async with self._units(Scope.system(organization_id)) as uow:
            found = await identity_repository.find_browser_session(uow.connection, secret_hash, now)
            if found is not None and (now - found["last_seen_at"]).total_seconds() >= _TOUCH_S:
                expires_at = min(now + self._idle, found["ends_at"])
                await identity_repository.touch_browser_session(
                    uow.connection, found["id"], now, expires_at, client.address
                )
        if found is None:
            self._remembered.pop(secret_hash, None)
            raise InvalidTokenError("this session is over; sign in again")
        claims = AccessClaims(found["user_id"], organization_id, found["id"])
        self._remembered[secret_hash] = (self._clock.monotonic(), claims)
        if len(self._remembered) > _MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        return claims

    async def leave(self, cookie: str) -> UUID | None:
        """End the session that a browser had before, and say whose it was.

        Nothing that was known before a sign-in is good after it.
        """
        try:
            organization_id = organization_of(cookie)
        except InvalidTokenError:
            return None
        secret_hash = self._hash_cookie(cookie)
        async with self._units(Scope.system(organization_id)) as uow:
            left = await identity_repository.end_browser_session(uow.connection, secret_hash, self._clock.now())
        self._remembered.pop(secret_hash, None)
        return left

    async def of(self, uow: UnitOfWork, principal: Principal) -> Sequence[dict[str, Any]]:
        """One's own open sessions."""
        current = session_of(principal)
        rows = await identity_repository.open_sessions(uow.connection, principal.user_id, self._clock.now())
        return [{**row, "current": row["id"] == current} for row in rows]

    async def end(self, uow: UnitOfWork, principal: Principal, session_id: UUID) -> None:
        """End one of one's own sessions."""
        session_of(principal)
        ended = await identity_repository.end_chosen_sessions(
            uow.connection, principal.user_id, self._clock.now(), only=session_id
        )
        if not ended:
            raise SessionUnknownError(f"there is no open session {session_id} of yours")
        uow.audit("account:session:revoke", "user", str(principal.user_id), None, {"session": str(session_id)})

    async def end_others(self, uow: UnitOfWork, principal: Principal) -> int:
        """End all of one's own sessions but this one; how many."""
        current = session_of(principal)
        ended = await identity_repository.end_chosen_sessions(
            uow.connection, principal.user_id, self._clock.now(), but=current
        )
        uow.audit("account:session:revoke", "user", str(principal.user_id), None, {"others": ended})
        return ended

    async def is_fresh(self, uow: UnitOfWork, principal: Principal) -> bool:
        """Whether somebody signed in for this session only just now."""
        began: datetime | None = await identity_repository.session_began(uow.connection, session_of(principal))
        return began is not None and self._clock.now() - began < FRESH

    def hash_refresh(self, refresh_token: str) -> bytes:
        """What of a refresh token is stored."""
        return self._keys.hash_secret(b"refresh:" + refresh_token.encode())

    def _hash_cookie(self, value: str) -> bytes:
        return self._keys.hash_secret(b"session:" + value.encode())
