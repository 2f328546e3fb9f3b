# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of drivers."""

from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.drivers import repository
from csms.features.drivers.schemas import DriverCreate, DriverToken, DriverUpdate
from csms.features.tokens.schemas import TokenCreate
from csms.features.tokens.service import TokenService
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.ids import new_id

MAX_TOKENS: Final = 200


class DriverNotFoundError(NotFoundError):
    """No such driver."""

    code: ClassVar[str] = "driver_not_found"


class DriverTakenError(ConflictError):
    """The external id is somebody else's."""

    code: ClassVar[str] = "driver_taken"


class DriverChargesError(ConflictError):
    """A driver is not deleted or erased while one of their tokens charges."""

    code: ClassVar[str] = "driver_charges"


class TooManyTokensError(ConflictError):
    """A driver has so many tokens and no more."""

    code: ClassVar[str] = "too_many_tokens"


class DriverService:
    """Who charges."""

    def __init__(self, tokens: TokenService, clock: Clock) -> None:
        self._tokens = tokens
        self._clock = clock

    async def get(self, uow: UnitOfWork, driver_id: UUID, *, lock: bool = False) -> RowMapping:
        """One driver; with `lock` nobody else changes them until the end of the unit of work."""
        row = await repository.get(uow.connection, driver_id, lock=lock)
        if row is None:
            raise DriverNotFoundError(f"there is no driver {driver_id}")
        return row

    async def by_external_id(self, uow: UnitOfWork, external_id: str) -> RowMapping | None:
        """The driver whom another system calls so, if there is one; nobody else changes them meanwhile."""
        return await repository.by_external_id(uow.connection, external_id)

    async def create(self, uow: UnitOfWork, body: DriverCreate) -> RowMapping:
        """Make a driver known."""
        now, driver_id = self._clock.now(), new_id()
        shown = body.model_dump()
        values = {
            **shown,
            "id": driver_id,
            "organization_id": uow.scope.organization_id,
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add(uow.connection, values):
            raise DriverTakenError(f"there is a driver with the external id {body.external_id!r}")
        uow.audit("driver:driver:create", "driver", str(driver_id), None, shown)
        return await self.get(uow, driver_id)

    async def update(self, uow: UnitOfWork, driver_id: UUID, body: DriverUpdate) -> RowMapping:
        """Change what is named in the body; from now on a blocked driver's tokens are not accepted."""
        before = await self.get(uow, driver_id, lock=True)
        named: dict[str, Any] = body.model_dump(exclude_unset=True)
        for name in ("name", "status"):
            if name in named and named[name] is None:
                raise InvalidError(f"{name} cannot be empty: leave it out to keep it as it is")
        changes = {name: value for name, value in named.items() if before[name] != value}
        if not changes:
            return before
        if not await repository.change(uow.connection, driver_id, {**changes, "updated_at": self._clock.now()}):
            raise DriverTakenError(f"there is a driver with the external id {body.external_id!r}")
        old = {name: before[name] for name in changes}
        uow.audit("driver:driver:update", "driver", str(driver_id), old, changes)
        return await self.get(uow, driver_id)

    async def delete(self, uow: UnitOfWork, driver_id: UUID) -> None:
        """Forget a driver. Their tokens are nobody's then, and blocked; what they charged stays."""
        row = await self.get(uow, driver_id, lock=True)
        if await repository.charges_now(uow.connection, driver_id):
            raise DriverChargesError("one of their tokens charges now: block the driver, or wait for the end")
        for token_id in await repository.tokens_of(uow.connection, driver_id):
            await self._tokens.unassign(uow, token_id, driver_id, block=True)
        await repository.remove(uow.connection, driver_id)
        uow.audit("driver:driver:delete", "driver", str(driver_id), {"name": row["name"]}, None)

    async def give(self, uow: UnitOfWork, driver_id: UUID, body: DriverToken) -> RowMapping:
        """Give a driver a token that is known, or a new one."""
        await self.get(uow, driver_id, lock=True)
        own = await repository.tokens_of(uow.connection, driver_id)
        if len(own) >= MAX_TOKENS and body.token_id not in own:
            raise TooManyTokensError(f"a driver has at most {MAX_TOKENS} tokens")
        token_id = body.token_id
        if token_id is None:
            fields = body.model_dump(exclude={"token_id"}, exclude_unset=True)
            token_id = (await self._tokens.create(uow, TokenCreate.model_validate(fields)))["id"]
        return await self._tokens.assign(uow, token_id, driver_id)

    async def take(self, uow: UnitOfWork, driver_id: UUID, token_id: UUID) -> None:
        """A token is nobody's from now on. That of a blocked driver is blocked: taking it away is no way round."""
        driver = await self.get(uow, driver_id, lock=True)
        await self._tokens.unassign(uow, token_id, driver_id, block=driver["status"] == "blocked")
