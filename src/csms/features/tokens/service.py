# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of tokens."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import RowMapping

from csms.domain.tokens import normalize
from csms.features.tokens import repository
from csms.features.tokens.schemas import TokenCreate, TokenUpdate
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.ids import new_id


class TokenNotFoundError(NotFoundError):
    """No such token."""

    code: ClassVar[str] = "token_not_found"


class TokenTakenError(ConflictError):
    """The same token, perhaps in another letter case, is known already."""

    code: ClassVar[str] = "token_taken"


class TokenChargesError(ConflictError):
    """A token is not deleted while it charges."""

    code: ClassVar[str] = "transaction_open"


class TokenService:
    """Who may charge."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def get(self, uow: UnitOfWork, token_id: UUID, *, lock: bool = False) -> RowMapping:
        """One token; with `lock` nobody else changes it until the end of the unit of work."""
        row = await repository.get(uow.connection, token_id, lock=lock)
        if row is None:
            raise TokenNotFoundError(f"there is no token {token_id}")
        return row

    async def by_value(self, uow: UnitOfWork, value: str) -> RowMapping | None:
        """The token with this value in any letter case, if it is known; nobody else changes it meanwhile."""
        return await repository.by_value(uow.connection, normalize(value))

    async def usable(self, uow: UnitOfWork, limit: int) -> list[RowMapping]:
        """Tokens that may charge now, by value."""
        return await repository.usable(uow.connection, self._clock.now(), limit)

    async def create(self, uow: UnitOfWork, body: TokenCreate) -> RowMapping:
        """Make a token known."""
        now, token_id = self._clock.now(), new_id()
        values = {
            **body.model_dump(),
            "id": token_id,
            "organization_id": uow.scope.organization_id,
            "normalized": normalize(body.value),
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add(uow.connection, values):
            raise TokenTakenError(f"the token {body.value!r} is known already (letter case does not matter)")
        uow.audit("token:token:create", "token", str(token_id), None, body.model_dump(mode="json"))
        return await self.get(uow, token_id)

    async def update(self, uow: UnitOfWork, token_id: UUID, body: TokenUpdate) -> RowMapping:
        """Change what is named in the body."""
        before = await self.get(uow, token_id, lock=True)
        changes: dict[str, Any] = body.model_dump(exclude_unset=True)
        for name in ("type", "status"):
            if name in changes and changes[name] is None:
                raise InvalidError(f"{name} cannot be empty: leave it out to keep it as it is")
        if not changes:
            return before
        await repository.change(uow.connection, token_id, {**changes, "updated_at": self._clock.now()})
        old = {name: before[name] for name in changes}
        uow.audit("token:token:update", "token", str(token_id), old, body.model_dump(mode="json", exclude_unset=True))
        return await self.get(uow, token_id)

    async def delete(self, uow: UnitOfWork, token_id: UUID) -> None:
        """Forget a token; what it charged stays."""
        row = await self.get(uow, token_id, lock=True)
        if await repository.charges_now(uow.connection, normalize(row["value"])):
            raise TokenChargesError(f"the token {row['value']!r} charges now: block it, or wait for the end")
        await repository.remove(uow.connection, token_id)
        uow.audit("token:token:delete", "token", str(token_id), {"value": row["value"]}, None)
