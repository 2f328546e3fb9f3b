# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where others are signed in, and ending it there."""

from typing import Any
from uuid import UUID

from csms.features.accounts import identity_repository
from csms.features.accounts.service import AccountService
from csms.features.accounts.sessions import SessionUnknownError
from csms.features.people.service import PeopleService
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.http.principal import Principal


class PeopleSessions:
    """Open sessions of users of the organization."""

    def __init__(self, people: PeopleService, accounts: AccountService, clock: Clock) -> None:
        self._people = people
        self._accounts = accounts
        self._clock = clock

    async def of(self, uow: UnitOfWork, principal: Principal, user_id: UUID) -> list[dict[str, Any]]:
        """The open ones of a user."""
        await self._people.get(uow, user_id)
        rows = await identity_repository.open_sessions(uow.connection, user_id, self._clock.now())
        return [{**row, "current": row["id"] == principal.session_id} for row in rows]

    async def end(self, uow: UnitOfWork, principal: Principal, user_id: UUID, session_id: UUID) -> None:
        """End one; nobody ends those of somebody who may do more."""
        await self._people.touchable(uow, principal, user_id)
        ended = await identity_repository.end_chosen_sessions(
            uow.connection, user_id, self._clock.now(), only=session_id
        )
        if not ended:
            raise SessionUnknownError(f"the user {user_id} has no open session {session_id}")
        self._accounts.forget(user_id)
        uow.audit("account:session:revoke", "user", str(user_id), None, {"session": str(session_id)})
