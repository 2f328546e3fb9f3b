# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The job that changes many, one after the other."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import structlog

from csms.features.bulk_changes import repository
from csms.features.bulk_changes.rules import Kind, Kinds
from csms.features.bulk_changes.service import KIND, Work
from csms.kit.clock import Clock
from csms.kit.db.partitions import load_retention, months_before
from csms.kit.db.uow import Actor, Scope, UnitOfWork
from csms.kit.errors import CollisionError, CsmsError, UnavailableError
from csms.kit.http.principal import Standing
from csms.kit.http.problems import ForbiddenError
from csms.kit.jobs.base import JobKind, RunningJob

log = structlog.get_logger(__name__)

OpenUnitOfWork = Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]]
BATCH: Final = 50
"""How many are changed before it is asked again whether whoever asked may do it still."""
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class _Turn:
    """A few of them."""

    job: RunningJob
    work: Work
    of: Kind[Any]
    body: Any
    scope: Scope


class BulkChangeRunner:
    """Changes one after the other like any person would; started again after a crash, it goes on where it was."""

    def __init__(self, open_uow: OpenUnitOfWork, kinds: Kinds, clock: Clock, standing: Standing) -> None:
        self._open_uow = open_uow
        self._kinds = kinds
        self._clock = clock
        self._standing = standing

    def kind(self) -> JobKind:
        """For the worker."""
        return JobKind(KIND, self.run, max_attempts=20, concurrency=4)

    async def run(self, job: RunningJob) -> dict[str, int]:
        """Until each had its turn, somebody cancelled it, or whoever asked may not do it any more."""
        work = msgspec.json.decode(job.payload, type=Work)
        while await self._turn(job, work):
            pass
        async with self._open_uow(Scope.system(job.organization_id)) as uow:
            return await repository.counts(uow.connection, work.bulk)

    async def _turn(self, job: RunningJob, work: Work) -> bool:
        """A few of them; False when it is over."""
        of = self._kinds[work.kind]
        async with self._open_uow(Scope.system(job.organization_id)) as uow:
            row = await repository.running(uow.connection, work.bulk, job.id)
            if row is None:
                return False
            targets = await repository.next_ones(uow.connection, work.bulk, BATCH)
            if not targets:
                await self._done(uow, work)
                return False
            actor = Actor(row["actor_kind"], row["actor_id"], row["actor_name"])
            scope = await self._scope(uow, of, actor, row["address"])
            if not isinstance(scope, Scope):
                now, error = self._clock.now(), {"code": "rights_lost", "message": scope}
                await repository.change(uow.connection, work.bulk, status="failed", finished_at=now, error=error)
                return False
            over = row["total"] - await repository.waiting(uow.connection, work.bulk)
        turn = _Turn(job, work, of, of.body.model_validate(row["change"]), scope)
        for number, key in targets:
            await self._one(turn, number, key)
        await job.progress(over + len(targets), row["total"])
        return True

    async def _scope(self, uow: UnitOfWork, of: Kind[Any], actor: Actor, address: str | None) -> Scope | str:
        """What whoever asked may see and change by now; or why nothing."""
        found = await self._standing(uow, actor)
        if found is None:
            return f"{actor.name} was suspended or is gone meanwhile: somebody else may retry the rest"
        try:
            places = found.places(of.reads, of.updates)
        except ForbiddenError as error:
            return f"{actor.name} has lost a permission: {error.detail}; somebody who has it may retry the rest"
        return Scope(uow.scope.organization_id, actor, address, places=places)

    async def _one(self, turn: _Turn, number: int, key: Any) -> None:
        """One of them, in a transaction of its own; what is refused there is its own and nobody else's."""
        for attempt in range(1, _TRIES + 1):
            try:
                reason = await self._changed(turn, number, key)
                break
            except CollisionError:
                if attempt == _TRIES:
                    raise
        if reason is None:
            return
        async with self._open_uow(Scope.system(turn.job.organization_id)) as uow:
            if await repository.take(uow.connection, turn.work.bulk, turn.job.id, number):
                await repository.write(uow.connection, turn.work.bulk, number, "refused", reason, self._clock.now())

    async def _changed(self, turn: _Turn, number: int, key: Any) -> str | None:
        """Change it; why not."""
        try:
            async with self._open_uow(turn.scope) as uow:
                if not await repository.take(uow.connection, turn.work.bulk, turn.job.id, number):
                    return "it is beyond the sites and groups where whoever asked may do this"
                changed, _ = await turn.of.change(uow, key, turn.body)
                status = "changed" if changed else "unchanged"
                await repository.write(uow.connection, turn.work.bulk, number, status, None, self._clock.now())
        except UnavailableError:
            raise  # the database is away: the job is started again
        except CsmsError as error:
            return error.detail
        return None

    async def _done(self, uow: UnitOfWork, work: Work) -> None:
        now = self._clock.now()
        found = await repository.counts(uow.connection, work.bulk)
        await repository.change(uow.connection, work.bulk, status="done", finished_at=now, counts=found)
        kept = await load_retention(uow.connection)
        await repository.forget(uow.connection, months_before(now, kept.status_history_months))
