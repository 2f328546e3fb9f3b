# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of bulk commands."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from pydantic import BaseModel
from sqlalchemy import RowMapping

from csms.domain.secrets import mask_command
from csms.features.bulk import repository
from csms.features.bulk.schemas import BulkCreate
from csms.features.chargers.repository import concerned, pairs_of
from csms.features.commands.bodies import to_domain
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError, OutOfReachError
from csms.kit.ids import new_id
from csms.kit.jobs.base import Jobs

KIND: Final = "bulk"
MOST: Final = 50_000
_SHOWN: Final = 20


class BulkNotFoundError(NotFoundError):
    """No such bulk command."""

    code: ClassVar[str] = "bulk_not_found"


class BulkOverError(ConflictError):
    """It has ended already."""

    code: ClassVar[str] = "bulk_over"


class NothingFailedError(ConflictError):
    """It is not done yet, was cancelled, or failed nowhere."""

    code: ClassVar[str] = "nothing_failed"


class NobodyConcernedError(InvalidError):
    """The filter names no charger."""

    code: ClassVar[str] = "no_charger_concerned"


class Work(msgspec.Struct, frozen=True):
    """What the job is told."""

    bulk: UUID


def _checked(body: BaseModel) -> dict[str, Any]:
    """A command that may go to many, as it is stored. Raises InvalidError."""
    if getattr(body, "transaction_id", None) is not None:
        raise InvalidError("a transaction is one charger's: send this to that charger")
    command = to_domain(body)
    if mask_command(command) != command:
        raise InvalidError("a command with a secret is not sent to many: one that they share is none")
    return body.model_dump(mode="json", exclude_unset=True) | {"type": body.type}  # type: ignore[attr-defined]


class BulkService:
    """Keeps what is asked for; `BulkRunner` does it."""

    def __init__(self, jobs: Jobs, clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock

    async def get(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """One bulk command."""
        row = await repository.get(uow.connection, key)
        if row is None:
            raise BulkNotFoundError(f"there is no bulk command {key}")
        return row

    async def preview(self, uow: UnitOfWork, body: BulkCreate) -> dict[str, Any]:
        """Whom it would be for."""
        _checked(body.command)
        chargers = await self._concerned(uow, body)
        return {"total": len(chargers), "chargers": chargers[:_SHOWN]}

    async def create(self, uow: UnitOfWork, body: BulkCreate) -> RowMapping:
        """Begin: whom it is for is settled now."""
        command = _checked(body.command)
        chargers = await self._concerned(uow, body)
        if not chargers:
            raise NobodyConcernedError("no charger fits the filter: nothing is sent")
        key, scope = new_id(), uow.scope
        organization_id = scope.organization_id
        job = await self._jobs.enqueue(
            uow.connection, KIND, Work(key), organization_id=organization_id, actor=scope.actor.name
        )
        values = {
            "id": key,
            "organization_id": organization_id,
            "filter": body.filter,
            "body": command,
            "queue_s": body.queue_s,
            "at_once": body.at_once,
            "total": len(chargers),
            "job": job,
            "actor_id": scope.actor.id,
            "actor_name": scope.actor.name,
            "created_at": self._clock.now(),
        }
        await repository.add(uow.connection, values, chargers)
        uow.audit("charger:command:bulk", "bulk", str(key), None, {"filter": body.filter, "body": command})
        return await self.get(uow, key)

    async def cancel(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """Nobody who has not got it gets it; what was sent goes on."""
        await self._whole(uow, key)
        if not await repository.change(uow.connection, key, "cancelled", finished_at=self._clock.now()):
            raise BulkOverError("it is over already")
        uow.audit("charger:command:bulk_cancel", "bulk", str(key), None, None)
        return await self.get(uow, key)

    async def retry(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """Send it again to those where it failed, in the name of whoever says so now."""
        await self._whole(uow, key)
        scope = uow.scope
        job = await self._jobs.enqueue(
            uow.connection, KIND, Work(key), organization_id=scope.organization_id, actor=scope.actor.name
        )
        actor = {"actor_id": scope.actor.id, "actor_name": scope.actor.name}
        count = await repository.again(uow.connection, key, job=job, **actor)
        if not count:
            raise NothingFailedError("it is not done yet, was cancelled, or failed nowhere")
        uow.audit("charger:command:bulk_retry", "bulk", str(key), None, {"chargers": count})
        return await self.get(uow, key)

    async def _whole(self, uow: UnitOfWork, key: UUID) -> None:
        """Who sees some sites only decides on what is for these alone."""
        await self.get(uow, key)
        if uow.scope.places is not None and not await repository.is_seen_whole(uow.connection, key):
            raise OutOfReachError("this is for chargers beyond the sites and groups where you may do it")

    @staticmethod
    async def _concerned(uow: UnitOfWork, body: BulkCreate) -> Sequence[str]:
        chargers = await concerned(uow.connection, pairs_of(body.filter), MOST + 1)
        if len(chargers) > MOST:
            raise InvalidError(f"the filter names more than {MOST} chargers: name fewer at a time")
        return chargers
