# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""New passwords: set by whoever knows the old one, or by a link that only they can have got."""

from typing import ClassVar, Final
from uuid import UUID

import structlog
from sqlalchemy import RowMapping

from csms.features.accounts import factor_repository, identity_repository, repository
from csms.features.accounts.clients import Client, scope_for
from csms.features.accounts.identity_schemas import Confirmation
from csms.features.accounts.later import Later
from csms.features.accounts.letters import Letters
from csms.features.accounts.passwords import NO_PASSWORD, Passwords, WeakPasswordError, check_new
from csms.features.accounts.sessions import Opened, SessionKind, Sessions, session_of
from csms.features.accounts.sign_in import SignIn
from csms.features.accounts.tokens import organization_of
from csms.kit.clock import Clock
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import ConflictError, InvalidError
from csms.kit.http.principal import Principal
from csms.kit.http.problems import InvalidTokenError, TooManyRequestsError
from csms.kit.http.ratelimit import Counters, RateLimit
from csms.kit.ids import new_id

log = structlog.get_logger(__name__)

REMEMBERED: Final = 4  # beside the present one


class ResetLinkError(InvalidError):
    """The link was used, is over, or was never given."""

    code: ClassVar[str] = "reset_token_invalid"


class PasswordChanges:
    """Changes and resets of one's own password."""

    def __init__(
        self,
        units: UnitsOfWork,
        clock: Clock,
        passwords: Passwords,
        sessions: Sessions,
        sign_in: SignIn,
        counters: Counters,
        later: Later,
        letters: Letters,
    ) -> None:
        self._units = units
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions
        self._sign_in = sign_in
        self._later = later
        self._letters = letters
        self._per_address = RateLimit("reset-address", "20/minute", counters)
        self._per_account = RateLimit("reset-account", "3/hour", counters)

    async def change(self, principal: Principal, current: str, new: str, client: Client, kind: SessionKind) -> Opened:
        """Set one's own password. All sessions end; the answer is a new one."""
        await self._sign_in.confirm(principal, Confirmation(password=current), client)
        scope = scope_for(principal.organization_id, principal.user_id, principal.username, client)
        async with self._units(scope) as uow:
            account = await identity_repository.account(uow.connection, principal.user_id)
        if account is None:
            raise ConflictError("the user was changed at the same moment; sign in again")
        if new == current:
            raise InvalidError("the new password is the current one; take another")
        hashed = await self._checked(scope, account, new)
        async with self._units(scope) as uow:
            shown = await factor_repository.second_factor_shown(uow.connection, session_of(principal))
            await self._store(uow, account, hashed)
            uow.audit("account:password:change", "user", str(account["id"]), None, None)
            return await self._sessions.open(
                uow, kind, account["id"], client, must_change=False, method="password", second_factor=shown
            )

    async def ask(self, login: str, client: Client) -> None:
        """A link for whoever forgot their password. What is found is dealt with after the answer."""
        await self._per_address.hit(client.network)
        if self._letters.possible:
            self._later.do("mail for a new password", self._send(login, client))

    async def reset(self, token: str, new: str, client: Client) -> tuple[UUID, str]:
        """Set the password that a link is for; whose it was. All sessions end, second factors stay."""
        await self._per_address.hit(client.network)
        over = ResetLinkError("this link was used already or is over: ask for another")
        try:
            scope = Scope.system(organization_of(token))
        except InvalidTokenError as error:
            raise over from error
        async with self._units(scope) as uow:
            opened = await self._letters.look(uow, token, "reset")
            account = None if opened is None else await identity_repository.account(uow.connection, opened.user_id)
        if account is None or not account["is_active"]:
            raise over
        hashed = await self._checked(scope, account, new)
        async with self._units(scope_for(scope.organization_id, account["id"], account["username"], client)) as uow:
            if await self._letters.open(uow, token, "reset") is None:
                raise over
            await self._store(uow, account, hashed)
            uow.audit("account:password:reset", "user", str(account["id"]), None, None)
        return account["id"], account["username"]

    async def _send(self, login: str, client: Client) -> None:
        async with self._units.unscoped() as connection:
            found = await identity_repository.find_account(connection, login)
        if found is None or not found["is_active"]:
            return
        scope = scope_for(found["organization_id"], found["id"], found["username"], client)
        async with self._units(scope) as uow:
            account = await identity_repository.account(uow.connection, found["id"])
        if account is None or account["password_hash"].startswith(NO_PASSWORD):
            return  # who comes by single sign-on only does not get a second door
        if account["email"] is None or account["email_verified_at"] is None:
            return  # whoever mistyped an address, or typed their own, does not get the account with it
        try:
            await self._per_account.hit(str(found["id"]))
            async with self._units(scope) as uow:
                await self._letters.post(uow, found["id"], "reset", account["email"])
                uow.audit("account:password:forget", "user", str(found["id"]), None, None)
        except TooManyRequestsError:
            log.warning("a user was sent enough links for this hour", user=found["username"])

    async def _checked(self, scope: Scope, account: RowMapping, new: str) -> str:
        """The hash of a password that may be taken."""
        check_new(new, account["username"], email=account["email"])
        async with self._units(scope) as uow:
            past = await identity_repository.past_passwords(uow.connection, account["id"], REMEMBERED)
        for stored in (account["password_hash"], *past):
            if not stored.startswith(NO_PASSWORD) and await self._passwords.verify(new, stored):
                raise WeakPasswordError("this was one of your last five passwords; take another")
        return await self._passwords.hash(new)

    async def _store(self, uow: UnitOfWork, account: RowMapping, hashed: str) -> None:
        now = self._clock.now()
        stored = await repository.set_password(
            uow.connection, account["id"], hashed, now, must_change=False, was=account["password_hash"]
        )
        if not stored:
            raise ConflictError("the password was changed at the same moment; sign in again")
        await repository.end_sessions(uow.connection, account["id"], now)
        await identity_repository.drop_challenges(uow.connection, account["id"])
        await self._letters.drop(uow, account["id"], "reset", "change")
        row = {
            "id": new_id(),
            "organization_id": uow.scope.organization_id,
            "user_id": account["id"],
            "password_hash": account["password_hash"],
            "created_at": now,
        }
        await identity_repository.remember_password(uow.connection, row, REMEMBERED)
