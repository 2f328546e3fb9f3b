# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of bulk changes: keep what is asked for; `BulkChangeRunner` does it."""

from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from csms.features.bulk_changes import repository
from csms.features.bulk_changes.rules import Kind, Kinds
from csms.features.bulk_changes.schemas import ChargerChangeCreate, TokenChangeCreate
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, CsmsError, InvalidError, NotFoundError, OutOfReachError, UnavailableError
from csms.kit.ids import new_id
from csms.kit.jobs.base import Jobs

KIND: Final = "bulk-change"
MOST: Final = 50_000
_TRIED: Final = 20
_SHOWN: Final = 5
Create = ChargerChangeCreate | TokenChangeCreate


class BulkChangeNotFoundError(NotFoundError):
    """No such change."""

    code: ClassVar[str] = "bulk_change_not_found"


class BulkChangeOverError(ConflictError):
    """It has ended already."""

    code: ClassVar[str] = "bulk_change_over"


class BulkChangeRunningError(ConflictError):
    """It has not ended yet."""

    code: ClassVar[str] = "bulk_change_running"


class NothingLeftError(ConflictError):
    """It was refused nowhere, and nobody waits for it."""

    code: ClassVar[str] = "nothing_left"


class NothingNamedError(InvalidError):
    """The filter names nothing."""

    code: ClassVar[str] = "nothing_named"


class IdsUnknownError(InvalidError):
    """Some of the ids are of nothing that can be changed."""

    code: ClassVar[str] = "ids_unknown"


class Work(msgspec.Struct, frozen=True):
    """What the job is told."""

    bulk: UUID
    kind: str


class BulkChangeService:
    """Changes to many of the kinds that there are."""

    def __init__(self, kinds: Kinds, jobs: Jobs, clock: Clock) -> None:
        self.kinds = kinds
        self._jobs = jobs
        self._clock = clock

    async def get(self, uow: UnitOfWork, kind: str, key: UUID, *, lock: bool = False) -> RowMapping:
        """One change."""
        row = await repository.get(uow.connection, key, kind, lock=lock)
        if row is None:
            raise BulkChangeNotFoundError(f"there is no change {key} to {kind}")
        return row

    async def preview(self, uow: UnitOfWork, kind: str, body: Create) -> dict[str, Any]:
        """How many there are, and what would become of the first: tried, and undone."""
        of = self.kinds[kind]
        named = await self._named(uow, of, body)
        return {"total": len(named), "first": [await _tried(uow, of, key, body) for key in named[:_TRIED]]}

    async def create(self, uow: UnitOfWork, kind: str, body: Create) -> RowMapping:
        """Begin: whom it is for is settled now."""
        of = self.kinds[kind]
        named = await self._named(uow, of, body)
        key = new_id()
        values = {
            "id": key,
            "organization_id": uow.scope.organization_id,
            "kind": kind,
            "filter": body.filter,
            "change": body.change.model_dump(mode="json", exclude_unset=True),
            "total": len(named),
            "created_at": self._clock.now(),
            **await self._queued(uow, key, kind),
        }
        await repository.add(uow.connection, values, of.column, named)
        # the values may be somebody's token or name: the audit lines of each one have them
        by = "ids" if body.filter is None else sorted(body.filter)
        told = {"by": by, "fields": sorted(body.change.model_fields_set), kind: len(named)}
        uow.audit(f"{of.updates}_many", "bulk_change", str(key), None, told)
        return await self.get(uow, kind, key)

    async def cancel(self, uow: UnitOfWork, kind: str, key: UUID) -> RowMapping:
        """Those whose turn has not come stay as they are."""
        row = await self._whole(uow, kind, key)
        if row["status"] != "running":
            raise BulkChangeOverError("it is over already")
        await repository.change(uow.connection, key, status="cancelled", finished_at=self._clock.now())
        uow.audit(f"{self.kinds[kind].updates}_many_cancel", "bulk_change", str(key), None, None)
        return await self.get(uow, kind, key)

    async def retry(self, uow: UnitOfWork, kind: str, key: UUID) -> RowMapping:
        """Again where it was refused, and where its turn never came, in the name of whoever says so now."""
        row = await self._whole(uow, kind, key)
        if row["status"] == "running":
            raise BulkChangeRunningError("it is not over yet: wait, or cancel it")
        count = await repository.again(uow.connection, key)
        if not count:
            raise NothingLeftError("it was refused nowhere, and nobody waits for it")
        queued = await self._queued(uow, key, kind)
        anew = {"status": "running", "round": row["round"] + 1, "finished_at": None, "counts": None, "error": None}
        await repository.change(uow.connection, key, **anew, **queued)
        uow.audit(f"{self.kinds[kind].updates}_many_retry", "bulk_change", str(key), None, {kind: count})
        return await self.get(uow, kind, key)

    async def _queued(self, uow: UnitOfWork, key: UUID, kind: str) -> dict[str, Any]:
        """A job, and in whose name it works."""
        scope = uow.scope
        job = await self._jobs.enqueue(
            uow.connection, KIND, Work(key, kind), organization_id=scope.organization_id, actor=scope.actor.name
        )
        return {
            "job": job,
            "actor_kind": scope.actor.kind,
            "actor_id": scope.actor.id,
            "actor_name": scope.actor.name,
            "address": scope.address,
        }

    async def _whole(self, uow: UnitOfWork, kind: str, key: UUID) -> RowMapping:
        """The change, locked. Who sees some sites only decides on what is for these alone."""
        row = await self.get(uow, kind, key, lock=True)
        if uow.scope.places is not None and not await repository.is_seen_whole(uow.connection, key):
            raise OutOfReachError("this is for chargers beyond the sites and groups where you may do it")
        return row

    async def _named(self, uow: UnitOfWork, of: Kind[Any], body: Create) -> list[Any]:
        if body.filter is None:
            return await _identified(uow, of, list(body.ids or ()))
        pairs = [
            (name, value)
            for name, given in body.filter.items()
            for value in ([given] if isinstance(given, str) else given)
        ]
        found = await repository.named(uow.connection, of.listing, pairs, MOST + 1)
        if len(found) > MOST:
            raise InvalidError(f"the filter names more than {MOST} {of.name}: name fewer at a time")
        if not found:
            raise NothingNamedError(f"no {of.one} fits the filter: nothing is changed")
        return found


async def _identified(uow: UnitOfWork, of: Kind[Any], ids: list[Any]) -> list[Any]:
    found = await repository.known(uow.connection, of.listing, of.identified(ids))
    there = {of.fold(each) for each in found}
    missing = [str(each) for each in ids if of.fold(each) not in there]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise IdsUnknownError(f"there is no {of.one} {', '.join(missing[:_SHOWN])}{more}")
    return found


async def _tried(uow: UnitOfWork, of: Kind[Any], key: Any, body: Create) -> dict[str, Any]:
    """What would become of it at one: done in a savepoint, with the events and audit lines of nobody."""
    label, status, reason = str(key), "refused", None
    try:
        async with uow.connection.begin_nested() as savepoint:
            changed, label = await of.change(UnitOfWork(uow.connection, uow.scope), key, body.change)
            await savepoint.rollback()
        status = "changed" if changed else "unchanged"
    except UnavailableError:
        raise  # the database's state, and nobody's fault
    except CsmsError as error:
        reason = error.detail
    return {"id": str(key), "label": label, "status": status, "reason": reason}
