# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Signing in: a password, where there is one a second factor, or a passkey instead of both."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import structlog
from sqlalchemy import RowMapping

from csms.features.accounts import factor_repository, identity_repository, repository
from csms.features.accounts.challenges import Challenges
from csms.features.accounts.clients import Client, scope_for
from csms.features.accounts.factors import Factors, WrongCodeError
from csms.features.accounts.identity_schemas import (
    Confirmation,
    Method,
    PasskeyShown,
    SecondFactorBody,
    SecondFactorNeeded,
    ShownFactor,
)
from csms.features.accounts.later import Later
from csms.features.accounts.passkeys import PasskeyRefusedError, Passkeys
from csms.features.accounts.passwords import NO_PASSWORD, Passwords, WrongPasswordError
from csms.features.accounts.sessions import Opened, SessionKind, Sessions, session_of
from csms.features.accounts.throttle import Throttle, is_home
from csms.features.accounts.tokens import organization_of
from csms.kit.addresses import network_of
from csms.kit.clock import Clock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.http.principal import Principal
from csms.kit.http.problems import ForbiddenError, InvalidTokenError, UnauthorizedError
from csms.kit.http.ratelimit import Counters, RateLimit
from csms.kit.ids import new_id

log = structlog.get_logger(__name__)

LIFE: Final = timedelta(minutes=5)
_HOME: Final = timedelta(days=30)


class InvalidCredentialsError(UnauthorizedError):
    """User name and password do not belong together; which of them is wrong is not said."""

    code: ClassVar[str] = "invalid_credentials"


class SecondFactorOverError(UnauthorizedError):
    """The sign-in was begun too long ago, or the second factor was wrong too often: begin again."""

    code: ClassVar[str] = "mfa_token_invalid"


class SecondFactorWrongError(UnauthorizedError):
    """The second factor is wrong."""

    code: ClassVar[str] = "second_factor_wrong"


class ConfirmationNeededError(ForbiddenError):
    """What guards an account is changed only by whoever shows once more that it is theirs."""

    code: ClassVar[str] = "confirmation_required"


class SignIn:
    """The doors, and the guards before them."""

    def __init__(
        self,
        units: UnitsOfWork,
        clock: Clock,
        passwords: Passwords,
        sessions: Sessions,
        challenges: Challenges,
        factors: Factors,
        passkeys: Passkeys,
        counters: Counters,
        later: Later,
    ) -> None:
        self._units = units
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions
        self._challenges = challenges
        self._factors = factors
        self._passkeys = passkeys
        self._later = later
        self._per_address = RateLimit("login-address", "30/minute", counters)
        self._guesses = Throttle("login", counters)
        self._codes = Throttle("second-factor", counters, free=5)
        self._confirmations = Throttle("confirmation", counters)

    async def login(
        self, username: str, password: str, client: Client, kind: SessionKind
    ) -> Opened | SecondFactorNeeded:
        """A password. The answer to a wrong name and to a wrong password is the same, in words and in time."""
        await self._per_address.hit(client.network)
        async with self._units.unscoped() as connection:
            user = await repository.find_login(connection, username)
        name = username.lower()
        home = await self._is_home(user, client)
        await self._guesses.hit(name, client, at_home=home)
        right, better = await self._passwords.check(password, None if user is None else user["password_hash"])
        if user is None or not right or not user["is_active"]:
            # a name that is not known may be a password typed into the wrong field: it is not written down
            log.warning("sign-in refused", user=user["username"] if user is not None else None, address=client.address)
            if user is not None:
                self._refused(user, client, "password")
            raise InvalidCredentialsError("user name or password is wrong")
        scope = scope_for(user["organization_id"], user["id"], user["username"], client)
        async with self._units(scope) as uow:
            account = await identity_repository.account(uow.connection, user["id"], lock=True)
            if account is None or account["password_hash"] != user["password_hash"] or not account["is_active"]:
                raise InvalidCredentialsError("user name or password is wrong")  # it was changed since it was read
            if better is not None:
                await identity_repository.rehash(uow.connection, user["id"], user["password_hash"], better)
            answer = await self._next(uow, account, client, kind)
        await self._guesses.passed(name, client, at_home=home)
        return answer

    async def ask_passkey(self, mfa_token: str, client: Client) -> dict[str, Any]:
        """The question for a passkey as second factor."""
        user_id, scope = await self._begun(mfa_token, client)
        async with self._units(scope) as uow:
            return await self._passkeys.ask(uow, user_id)

    async def finish(self, body: SecondFactorBody, client: Client) -> Opened:
        """The second factor."""
        user_id, scope = await self._begun(body.mfa_token, client)
        async with self._units(scope) as uow:
            account = await identity_repository.account(uow.connection, user_id)
        if account is None or not account["is_active"]:
            raise SecondFactorOverError("begin again with the password")
        home = await self._is_home({"id": user_id, "organization_id": scope.organization_id}, client)
        await self._codes.hit(str(user_id), client, at_home=home)
        own = scope_for(scope.organization_id, user_id, account["username"], client)
        opened: Opened | None = None
        async with self._units(own) as uow:
            method = await self._second(uow, user_id, body)
            if method is not None:
                begun = await self._challenges.take(uow, "second_factor", body.mfa_token.encode())
                now = self._clock.now()
                if begun is None or not await identity_repository.note_sign_in(uow.connection, user_id, now):
                    raise SecondFactorOverError("begin again with the password")
                opened = await self._sessions.open(
                    uow,
                    begun.data["session"],
                    user_id,
                    client,
                    must_change=account["must_change_password"],
                    method=f"{begun.data['first']}+{method}",
                    second_factor=True,
                )
        if opened is None:
            self._refused({**account, "organization_id": scope.organization_id}, client, "second factor")
            raise SecondFactorWrongError("the second factor is wrong")
        await self._codes.passed(str(user_id), client, at_home=home)
        return opened

    async def ask_anybody(self, client: Client) -> dict[str, Any]:
        """The question for a passkey instead of a password."""
        await self._per_address.hit(client.network)
        return await self._passkeys.ask_anybody()

    async def with_passkey(self, credential: PasskeyShown, client: Client, kind: SessionKind) -> Opened:
        """A passkey alone: the device has checked that it is its owner."""
        await self._per_address.hit(client.network)
        shown = await self._passkeys.verify_anybody(credential.plain())
        async with self._units(Scope.system(shown.organization_id)) as uow:
            account = await identity_repository.account(uow.connection, shown.user_id)
        if account is None:
            raise PasskeyRefusedError("this passkey opens nothing here")
        scope = scope_for(shown.organization_id, shown.user_id, account["username"], client)
        async with self._units(scope) as uow:
            if not await identity_repository.note_sign_in(uow.connection, shown.user_id, self._clock.now()):
                raise PasskeyRefusedError("this passkey opens nothing here")
            return await self._sessions.open(
                uow,
                kind,
                shown.user_id,
                client,
                must_change=account["must_change_password"],
                method="passkey",
                second_factor=True,
            )

    async def confirm(self, principal: Principal, shown: Confirmation, client: Client) -> None:
        """Whoever asks shows once more who they are: a stolen session changes nothing that guards the account."""
        name = str(principal.user_id)
        home = await self._is_home({"id": principal.user_id, "organization_id": principal.organization_id}, client)
        await self._confirmations.hit(name, client, at_home=home)
        scope = scope_for(principal.organization_id, principal.user_id, principal.username, client)
        async with self._units(scope) as uow:
            account = await identity_repository.account(uow.connection, principal.user_id)
            fresh = await self._sessions.is_fresh(uow, principal)
            coded = shown.code is not None and await self._factors.check_totp(uow, principal.user_id, shown.code)
        stored = "" if account is None else str(account["password_hash"])
        if shown.password is not None:
            if not await self._passwords.verify(shown.password, stored or None):
                raise WrongPasswordError("the current password is wrong")
        elif shown.code is not None:
            if not coded:
                raise WrongCodeError("the code is wrong")
        elif not (stored.startswith(NO_PASSWORD) and fresh):
            raise ConfirmationNeededError(
                "give your password or a code of your authenticator; without either, sign in anew and come back"
            )
        await self._confirmations.passed(name, client, at_home=home)

    async def count_attempt(self, address: str | None) -> None:
        """Somebody tries a link. Raises TooManyRequestsError."""
        await self._per_address.hit(network_of(address))

    async def confirm_totp(self, principal: Principal, code: str, client: Client) -> list[str]:
        """A code of a new authenticator; those are not to be guessed without end either."""
        name = str(principal.user_id)
        await self._codes.hit(name, client, at_home=True)
        scope = scope_for(principal.organization_id, principal.user_id, principal.username, client)
        async with self._units(scope) as uow:
            codes = await self._factors.confirm_totp(uow, principal.user_id, code)
            await factor_repository.note_second_factor(uow.connection, session_of(principal))
        await self._codes.passed(name, client, at_home=True)
        return codes

    async def show(self, principal: Principal, body: ShownFactor, client: Client) -> None:
        """The second factor, for a session that began without it."""
        name = str(principal.user_id)
        session_id = session_of(principal)
        home = await self._is_home({"id": principal.user_id, "organization_id": principal.organization_id}, client)
        await self._codes.hit(name, client, at_home=home)
        scope = scope_for(principal.organization_id, principal.user_id, principal.username, client)
        async with self._units(scope) as uow:
            method = await self._second(uow, principal.user_id, body)
            if method is not None:
                await factor_repository.note_second_factor(uow.connection, session_id)
                after = {"method": method, "session": str(session_id)}
                uow.audit("account:session:confirm", "user", name, None, after)
        if method is None:
            user = {"id": principal.user_id, "organization_id": principal.organization_id}
            self._refused({**user, "username": principal.username}, client, "second factor")
            raise SecondFactorWrongError("the second factor is wrong")
        await self._codes.passed(name, client, at_home=home)

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _next(
        self, uow: UnitOfWork, account: RowMapping, client: Client, kind: SessionKind
    ) -> Opened | SecondFactorNeeded:
        methods: list[Method] = []
        if account["has_totp"]:
            methods.append("totp")
        if account["has_passkey"]:
            methods.append("passkey")
        if not methods:
            await identity_repository.note_sign_in(uow.connection, account["id"], self._clock.now())
            return await self._sessions.open(
                uow, kind, account["id"], client, must_change=account["must_change_password"], method="password"
            )
        if await identity_repository.count_recovery_codes(uow.connection, account["id"]):
            methods.append("recovery_code")
        data = {"session": kind, "first": "password"}
        token = await self._challenges.token(uow, "second_factor", LIFE, account["id"], data)
        return SecondFactorNeeded(mfa_token=token, methods=methods, expires_in=int(LIFE.total_seconds()))

    async def _begun(self, mfa_token: str, client: Client) -> tuple[UUID, Scope]:
        await self._per_address.hit(client.network)
        over = SecondFactorOverError("this sign-in is over: begin again with the password")
        try:
            scope = Scope.system(organization_of(mfa_token))
        except InvalidTokenError as error:
            raise over from error
        async with self._units(scope) as uow:
            begun = await self._challenges.attempt(uow, "second_factor", mfa_token.encode())
        if begun is None or begun.user_id is None:
            raise over
        return begun.user_id, scope

    async def _second(self, uow: UnitOfWork, user_id: UUID, body: ShownFactor) -> Method | None:
        if body.code is not None:
            return "totp" if await self._factors.check_totp(uow, user_id, body.code) else None
        if body.recovery_code is not None:
            used = await self._factors.use_recovery_code(uow, user_id, body.recovery_code)
            return "recovery_code" if used else None
        if body.passkey is None:
            return None
        return "passkey" if await self._passkeys.verify(uow, user_id, body.passkey.plain()) else None

    async def _is_home(self, user: Mapping[str, Any] | RowMapping | None, client: Client) -> bool:
        """Whether the user signed in from there lately. It is asked for names that there are not, too: time tells."""
        organization_id = DEFAULT_ORGANIZATION_ID if user is None else user["organization_id"]
        user_id = new_id() if user is None else user["id"]
        async with self._units(Scope.system(organization_id)) as uow:
            since = self._clock.now() - _HOME
            return is_home(client, await identity_repository.recent_addresses(uow.connection, user_id, since))

    def _refused(self, user: Mapping[str, Any] | RowMapping, client: Client, what: str) -> None:
        async def write() -> None:
            found = dict(user)
            scope = scope_for(found["organization_id"], found["id"], found["username"], client)
            async with self._units(scope) as uow:
                uow.audit("account:session:refuse", "user", str(found["id"]), None, {"wrong": what})

        self._later.do("audit of a refused sign-in", write())
