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


class TokenAssignedError(ConflictError):
    """The token is somebody else's."""

    code: ClassVar[str] = "token_assigned"


class TokenGroupNotFoundError(NotFoundError):
    """No token has this group."""

    code: ClassVar[str] = "token_group_not_found"


class TokenGroupTakenError(ConflictError):
    """There is a group of this name."""

    code: ClassVar[str] = "token_group_taken"


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

    async def assign(self, uow: UnitOfWork, token_id: UUID, driver_id: UUID) -> RowMapping:
        """Make a token a driver's; what is somebody else's has to be taken from them first."""
        row = await self.get(uow, token_id, lock=True)
        if row["driver_id"] == driver_id:
            return row
        if row["driver_id"] is not None:
            raise TokenAssignedError(f"the token {row['value']!r} is another driver's: take it from them first")
        await repository.change(uow.connection, token_id, {"driver_id": driver_id, "updated_at": self._clock.now()})
        uow.audit("token:token:assign", "token", str(token_id), {"driver_id": None}, {"driver_id": driver_id})
        return await self.get(uow, token_id)

    async def unassign(self, uow: UnitOfWork, token_id: UUID, driver_id: UUID, *, block: bool) -> None:
        """Make a driver's token nobody's, and unless it is worse off already blocked."""
        row = await self.get(uow, token_id, lock=True)
        if row["driver_id"] != driver_id:
            raise TokenNotFoundError(f"the token {token_id} is not this driver's")
        changes: dict[str, Any] = {"driver_id": None}
        if block and row["status"] == "accepted":
            changes["status"] = "blocked"
        await repository.change(uow.connection, token_id, {**changes, "updated_at": self._clock.now()})
        old = {name: row[name] for name in changes}
        uow.audit("token:token:unassign", "token", str(token_id), old, changes)

    async def set_group(self, uow: UnitOfWork, name: str, old: str, new: str) -> RowMapping:
        """Give the tokens of a group that have one status another."""
        await self._group(uow, name)
        values = {"status": new, "updated_at": self._clock.now()}
        count = await repository.change_group(uow.connection, name, values, old)
        if count:
            told = {"status": new, "tokens": count}
            uow.audit("token:group:update", "token_group", name, {"status": old}, told)
        return await self._group(uow, name)

    async def rename_group(self, uow: UnitOfWork, name: str, new: str) -> RowMapping:
        """Call a group otherwise; two groups do not become one by accident."""
        found = await self._group(uow, name)
        if new == name:
            return found
        if await repository.group(uow.connection, new) is not None:
            raise TokenGroupTakenError(f"there is a group {new!r} already: move its tokens first")
        values = {"group": new, "updated_at": self._clock.now()}
        count = await repository.change_group(uow.connection, name, values)
        uow.audit("token:group:rename", "token_group", name, {"group": name}, {"group": new, "tokens": count})
        return await self._group(uow, new)

    @staticmethod
    async def _group(uow: UnitOfWork, name: str) -> RowMapping:
        row = await repository.group(uow.connection, name)
        if row is None:
            raise TokenGroupNotFoundError(f"no token has the group {name!r}")
        return row
