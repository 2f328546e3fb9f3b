# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Mail addresses: whose they are is known once somebody opened a link that went there.

One's own address changes only then. So nobody has the address of somebody else on their account, where single sign-on
would look for it; and who asks does not learn whether anybody has it.
"""

from typing import ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.accounts import identity_repository, repository
from csms.features.accounts.clients import Client
from csms.features.accounts.letters import Letters, NoMailsError
from csms.features.accounts.tokens import organization_of
from csms.kit.clock import Clock
from csms.kit.db.uow import SYSTEM, Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.problems import InvalidTokenError
from csms.kit.http.ratelimit import Counters, RateLimit


class NoAddressError(ConflictError):
    """The user has no mail address."""

    code: ClassVar[str] = "no_email"


class VerifiedError(ConflictError):
    """The address is known to be the user's."""

    code: ClassVar[str] = "email_verified"


class SameAddressError(ConflictError):
    """The new mail address is the one that the user has."""

    code: ClassVar[str] = "email_unchanged"


class NoticeWaitsError(ConflictError):
    """The address before this one was not told yet that it is none any more."""

    code: ClassVar[str] = "email_changed_lately"


class AddressTakenError(ConflictError):
    """Another user has the address; told only to whoever reads its mail."""

    code: ClassVar[str] = "email_taken"


class NoChangeError(NotFoundError):
    """No other address was asked for, or its link was used or is over."""

    code: ClassVar[str] = "email_change_not_found"


class VerificationLinkError(InvalidError):
    """The link was used, is over, was never given, or went to another address than the user has now."""

    code: ClassVar[str] = "verification_link_invalid"


class Shown(NamedTuple):
    """Whose address it is; and whether it is since now."""

    user_id: UUID
    email: str
    is_new: bool


class Addresses:
    """Asked by a link, answered by whoever opens it."""

    def __init__(self, units: UnitsOfWork, clock: Clock, letters: Letters, counters: Counters) -> None:
        self._units = units
        self._clock = clock
        self._letters = letters
        self._changes = RateLimit("email-change", "4/hour", counters)

    async def ask(self, uow: UnitOfWork, user_id: UUID) -> RowMapping:
        """Send a link to a user's address; the one before opens nothing any more."""
        account = await identity_repository.account(uow.connection, user_id, lock=True)
        if account is None or account["email"] is None:
            raise NoAddressError("there is no mail address to send a link to")
        if account["email_verified_at"] is not None:
            raise VerifiedError("this address is verified already")
        letter = await self._letters.post(uow, user_id, "verification", account["email"])
        uow.audit("account:email:ask", "user", str(user_id), None, {"email": account["email"]})
        return letter

    async def propose(self, uow: UnitOfWork, user_id: UUID, address: str) -> None:
        """Send a link to a new address of somebody who showed who they are, and a notice to the present one."""
        if not self._letters.possible:
            raise NoMailsError("no mails with links go out here: another administrator changes your mail address")
        account = await identity_repository.account(uow.connection, user_id, lock=True)
        if account is None:
            raise NoChangeError("this user is gone")
        present = account["email"]
        if address.lower() == (present or "").lower():
            raise SameAddressError("this is your mail address already")
        await self._changes.hit(str(user_id))
        notice = await self._letters.last(uow, user_id, "notice")
        if notice is not None and notice["status"] == "queued" and notice["recipient"] != present:
            raise NoticeWaitsError(
                "the address changed a moment ago, and the one before is yet to be told: wait a while"
            )
        await self._letters.post(uow, user_id, "change", address)
        if present is not None:
            await self._letters.post(uow, user_id, "notice", present)
        uow.audit("account:email:propose", "user", str(user_id), {"email": present}, {"email": address})

    async def pending(self, uow: UnitOfWork, user_id: UUID) -> str | None:
        """The address that somebody asked for and has not shown to be theirs yet."""
        letter = await self._letters.last(uow, user_id, "change")
        if letter is None or letter["used_at"] is not None or letter["expires_at"] <= self._clock.now():
            return None
        address: str = letter["recipient"]
        return address

    async def withdraw(self, uow: UnitOfWork, user_id: UUID) -> None:
        """The address stays as it is."""
        pending = await self.pending(uow, user_id)
        if pending is None:
            raise NoChangeError("no other mail address was asked for, or its link is over")
        await self._letters.drop(uow, user_id, "change")
        uow.audit("account:email:withdraw", "user", str(user_id), {"email": pending}, None)

    async def confirm(self, token: str, client: Client) -> Shown:
        """Somebody opened a link: the address is verified now, or is the user's new one."""
        over = VerificationLinkError(
            "this link was used already, is over, or is for another address: ask for a new one"
        )
        try:
            scope = Scope(organization_of(token), SYSTEM, client.address, client.request_id)
        except InvalidTokenError as error:
            raise over from error
        async with self._units(scope) as uow:
            opened = await self._letters.open(uow, token, "verification")
            if opened is not None and await self.verified(uow, opened.user_id, opened.recipient):
                return Shown(opened.user_id, opened.recipient, is_new=False)
            opened = None if opened is not None else await self._letters.open(uow, token, "change")
            if opened is None or not await self._move(uow, opened.user_id, opened.recipient):
                raise over
        return Shown(opened.user_id, opened.recipient, is_new=True)

    async def verified(self, uow: UnitOfWork, user_id: UUID, address: str) -> bool:
        """Mail to an address is the user's: a link that went there was opened, or a provider says so."""
        if not await identity_repository.verify_email(uow.connection, user_id, address, self._clock.now()):
            return False
        uow.audit("account:email:verify", "user", str(user_id), None, {"email": address})
        await self._letters.drop(uow, user_id, "verification")
        return True

    async def _move(self, uow: UnitOfWork, user_id: UUID, address: str) -> bool:
        """Their address from here on. Links that went to the old one open nothing any more, and all sessions end."""
        account = await identity_repository.account(uow.connection, user_id, lock=True)
        if account is None or not account["is_active"]:
            return False
        now = self._clock.now()
        if not await identity_repository.move_email(uow.connection, user_id, address, now):
            raise AddressTakenError("another user has this address: ask an administrator")
        await self._letters.drop(uow, user_id)
        await identity_repository.drop_challenges(uow.connection, user_id)
        await repository.end_sessions(uow.connection, user_id, now)
        uow.audit("account:email:change", "user", str(user_id), {"email": account["email"]}, {"email": address})
        return True
