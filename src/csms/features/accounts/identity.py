# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything about signing in, put together."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from csms.features.accounts import identity_repository, repository
from csms.features.accounts.addresses import Addresses
from csms.features.accounts.challenges import Challenges
from csms.features.accounts.factors import Factors
from csms.features.accounts.later import Later
from csms.features.accounts.letters import Letters
from csms.features.accounts.openid import OpenId
from csms.features.accounts.passkeys import Passkeys
from csms.features.accounts.password_changes import PasswordChanges
from csms.features.accounts.passwords import NO_PASSWORD, Passwords
from csms.features.accounts.providers import Providers
from csms.features.accounts.sessions import Sessions
from csms.features.accounts.sign_in import SignIn
from csms.features.accounts.single_sign_on import SingleSignOn
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import UnitOfWork, UnitsOfWork
from csms.kit.http.cookies import SessionCookie
from csms.kit.http.principal import Principal
from csms.kit.http.ratelimit import Counters
from csms.kit.jobs.pgqueuer import PgJobs


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityOptions:
    """What this installation says of signing in.

    `origin`: how browsers name us, where that is known. `page_origins`: where our pages are and nowhere else, as far as
    that was set. `mails`: there is a mail server.
    """

    origin: str | None = None
    page_origins: frozenset[str] = frozenset()
    secure_cookies: bool = False
    session_idle: timedelta = timedelta(hours=12)
    session_life: timedelta = timedelta(days=7)
    private_hosts: tuple[str, ...] = ()
    mails: bool = False
    counters: Counters = field(default_factory=Counters)


class Identity:
    """The parts, by their names."""

    # Over 50 lines because it is one list of parts.
    def __init__(
        self,
        units: UnitsOfWork,
        keys: InstallationKeys,
        clock: Clock,
        passwords: Passwords,
        options: IdentityOptions,
    ) -> None:
        self._clock = clock
        self.origin = options.origin
        self.cookie = SessionCookie(options.secure_cookies, options.origin, options.page_origins)
        self.later = Later()
        self.letters = Letters(keys, clock, PgJobs(clock), options.counters, origin=options.origin, mails=options.mails)
        self.addresses = Addresses(units, clock, self.letters, options.counters)
        self.sessions = Sessions(units, keys, clock, idle=options.session_idle, life=options.session_life)
        self.challenges = Challenges(keys, clock)
        self.factors = Factors(keys, clock)
        self.passkeys = Passkeys(units, self.challenges, clock, options.origin)
        self.sign_in = SignIn(
            units,
            clock,
            passwords,
            self.sessions,
            self.challenges,
            self.factors,
            self.passkeys,
            options.counters,
            self.later,
        )
        self.changes = PasswordChanges(
            units,
            clock,
            passwords,
            self.sessions,
            self.sign_in,
            options.counters,
            self.later,
            self.letters,
        )
        self.providers = Providers(keys, clock)
        self.single_sign_on = SingleSignOn(
            units,
            keys,
            clock,
            self.sessions,
            self.challenges,
            self.providers,
            OpenId(clock, options.private_hosts),
            self.addresses,
            options.counters,
            options.origin,
        )

    async def security(self, uow: UnitOfWork, principal: Principal) -> dict[str, object]:
        """What guards one's own account."""
        account = await identity_repository.account(uow.connection, principal.user_id)
        found = await identity_repository.list_passkeys(uow.connection, principal.user_id)
        return {
            "has_password": account is not None and not account["password_hash"].startswith(NO_PASSWORD),
            "totp": account is not None and account["has_totp"],
            "passkeys": len(found),
            "recovery_codes": await identity_repository.count_recovery_codes(uow.connection, principal.user_id),
            "passkeys_available": self.passkeys.available,
            "pending_email": await self.addresses.pending(uow, principal.user_id),
        }

    async def reset_factors(self, uow: UnitOfWork, user_id: UUID) -> None:
        """Forget all second factors of a user who lost them; their sessions end."""
        had_totp = await identity_repository.delete_totp(uow.connection, user_id)
        had_passkeys = await identity_repository.delete_passkeys(uow.connection, user_id)
        await identity_repository.replace_recovery_codes(uow.connection, user_id, ())
        await identity_repository.drop_challenges(uow.connection, user_id)
        await self.letters.drop(uow, user_id, "reset", "change")
        await repository.end_sessions(uow.connection, user_id, self._clock.now())
        before = {"totp": had_totp, "passkeys": had_passkeys}
        uow.audit("account:factors:reset", "user", str(user_id), before, None)
