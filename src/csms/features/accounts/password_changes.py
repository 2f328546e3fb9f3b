# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""New passwords: set by whoever knows the old one, or by a link that only they can have got."""

from datetime import timedelta
from typing import ClassVar, Final, Protocol
from uuid import UUID

import structlog
from sqlalchemy import RowMapping

from csms.features.accounts import identity_repository, repository
from csms.features.accounts.challenges import Challenges
from csms.features.accounts.clients import Client, scope_for
from csms.features.accounts.identity_schemas import Confirmation
from csms.features.accounts.later import Later
from csms.features.accounts.passwords import NO_PASSWORD, Passwords, WeakPasswordError, check_new
from csms.features.accounts.sessions import Opened, SessionKind, Sessions
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

LIFE: Final = timedelta(hours=1)
REMEMBERED: Final = 4  # beside the present one
_TEXT: Final = """Somebody, probably you, asked for a new password for {username} at {origin}.

Set it here within one hour; the link is good once:

{link}

If it was not you, do nothing: your password stays as it is.
"""


class Mailer(Protocol):
    """Sends mail, where a server for it is set."""

    @property
    def configured(self) -> bool:
        """Whether there is such a server."""
        ...

    async def send(self, to: str, subject: str, text: str, html: str | None = None) -> object:
        """Send one."""
        ...


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
        challenges: Challenges,
        sign_in: SignIn,
        counters: Counters,
        later: Later,
        *,
        origin: str | None,
        mailer: Mailer | None,
    ) -> None:
        self._units = units
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions
        self._challenges = challenges
        self._sign_in = sign_in
        self._later = later
        self._origin = origin
        self._mailer = mailer
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
            await self._store(uow, account, hashed)
            uow.audit("account:password:change", "user", str(account["id"]), None, None)
            return await self._sessions.open(uow, kind, account["id"], client, must_change=False, method="password")

    async def ask(self, login: str, client: Client) -> None:
        """A link for whoever forgot their password. What is found is dealt with after the answer."""
        await self._per_address.hit(client.network)
        if self._mailer is not None and self._mailer.configured and self._origin is not None:
            self._later.do("mail for a new password", self._send(self._mailer, self._origin, login, client))

    async def issue(self, uow: UnitOfWork, user_id: UUID) -> str:
        """The secret of a link that sets a user's password, once, within the hour."""
        uow.audit("account:password:forget", "user", str(user_id), None, None)
        return await self._challenges.token(uow, "password_reset", LIFE, user_id, {})

    async def reset(self, token: str, new: str, client: Client) -> tuple[UUID, str]:
        """Set the password that a link is for; whose it was. All sessions end, second factors stay."""
        await self._per_address.hit(client.network)
        over = ResetLinkError("this link was used already or is over: ask for another")
        try:
            scope = Scope.system(organization_of(token))
        except InvalidTokenError as error:
            raise over from error
        async with self._units(scope) as uow:
            begun = await self._challenges.attempt(uow, "password_reset", token.encode())
            account = (
                None
                if begun is None or begun.user_id is None
                else await identity_repository.account(uow.connection, begun.user_id)
            )
        if account is None or not account["is_active"]:
            raise over
        hashed = await self._checked(scope, account, new)
        async with self._units(scope_for(scope.organization_id, account["id"], account["username"], client)) as uow:
            if await self._challenges.take(uow, "password_reset", token.encode()) is None:
                raise over
            await self._store(uow, account, hashed)
            uow.audit("account:password:reset", "user", str(account["id"]), None, None)
        return account["id"], account["username"]

    async def _send(self, mailer: Mailer, origin: str, login: str, client: Client) -> None:
        async with self._units.unscoped() as connection:
            found = await identity_repository.find_account(connection, login)
        if found is None or not found["is_active"] or not found["email"]:
            return
        scope = scope_for(found["organization_id"], found["id"], found["username"], client)
        async with self._units(scope) as uow:
            account = await identity_repository.account(uow.connection, found["id"])
        if account is None or account["password_hash"].startswith(NO_PASSWORD):
            return  # who comes by single sign-on only does not get a second door
        try:
            await self._per_account.hit(str(found["id"]))
        except TooManyRequestsError:
            log.warning("a user was sent enough links for this hour", user=found["username"])
            return
        async with self._units(scope) as uow:
            token = await self.issue(uow, found["id"])
        # behind the #: it is not sent to servers, and so not written into their logs
        link = f"{origin}/reset-password#token={token}"
        text = _TEXT.format(username=found["username"], origin=origin, link=link)
        await mailer.send(found["email"], "A new password for CSMS Lite", text)

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
        row = {
            "id": new_id(),
            "organization_id": uow.scope.organization_id,
            "user_id": account["id"],
            "password_hash": account["password_hash"],
            "created_at": now,
        }
        await identity_repository.remember_password(uow.connection, row, REMEMBERED)
