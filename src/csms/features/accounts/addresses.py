# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Mail addresses: whose they are is known once somebody opened a link that went there."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.accounts import identity_repository
from csms.features.accounts.clients import Client
from csms.features.accounts.letters import Letters
from csms.features.accounts.tokens import organization_of
from csms.kit.clock import Clock
from csms.kit.db.uow import SYSTEM, Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import ConflictError, InvalidError
from csms.kit.http.problems import InvalidTokenError


class NoAddressError(ConflictError):
    """The user has no mail address."""

    code: ClassVar[str] = "no_email"


class VerifiedError(ConflictError):
    """The address is known to be the user's."""

    code: ClassVar[str] = "email_verified"


class VerificationLinkError(InvalidError):
    """The link was used, is over, was never given, or went to another address than the user has now."""

    code: ClassVar[str] = "verification_link_invalid"


class Addresses:
    """Asked by a link, answered by whoever opens it."""

    def __init__(self, units: UnitsOfWork, clock: Clock, letters: Letters) -> None:
        self._units = units
        self._clock = clock
        self._letters = letters

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

    async def confirm(self, token: str, client: Client) -> str:
        """Somebody opened the link; the address that is verified now."""
        over = VerificationLinkError(
            "this link was used already, is over, or is for another address: ask for a new one"
        )
        try:
            scope = Scope(organization_of(token), SYSTEM, client.address, client.request_id)
        except InvalidTokenError as error:
            raise over from error
        async with self._units(scope) as uow:
            opened = await self._letters.open(uow, token, "verification")
            if opened is None or not await self.verified(uow, opened.user_id, opened.recipient):
                raise over
        return opened.recipient

    async def verified(self, uow: UnitOfWork, user_id: UUID, address: str) -> bool:
        """Mail to an address is the user's: a link that went there was opened, or a provider says so."""
        if not await identity_repository.verify_email(uow.connection, user_id, address, self._clock.now()):
            return False
        uow.audit("account:email:verify", "user", str(user_id), None, {"email": address})
        await self._letters.drop(uow, user_id, "verification")
        return True
