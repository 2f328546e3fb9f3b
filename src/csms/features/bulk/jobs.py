# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The job that sends a bulk command, a few chargers at a time."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from csms.features.api_keys.service import scope_now
from csms.features.bulk import repository
from csms.features.bulk.service import KIND, Work
from csms.features.commands.rules import permissions_for
from csms.features.commands.schemas import CommandBody
from csms.features.commands.service import CommandService
from csms.kit.clock import Clock
from csms.kit.db.partitions import load_retention, months_before
from csms.kit.db.uow import Actor, Scope, UnitOfWork
from csms.kit.errors import CsmsError, UnavailableError
from csms.kit.http.problems import ForbiddenError, TooManyRequestsError
from csms.kit.jobs.base import JobKind, RunningJob

log = structlog.get_logger(__name__)

OpenUnitOfWork = Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]]
_LOOK_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 5
_body: TypeAdapter[CommandBody] = TypeAdapter(CommandBody)


class BulkRunner:
    """Issues commands like any person would; started again after a crash, it goes on where it was."""

    def __init__(self, open_uow: OpenUnitOfWork, commands: CommandService, clock: Clock) -> None:
        self._open_uow = open_uow
        self._commands = commands
        self._clock = clock

    def kind(self) -> JobKind:
        """For the worker."""
        return JobKind(KIND, self.run, max_attempts=20)

    async def run(self, job: RunningJob) -> dict[str, int]:
        """Until every charger has had its turn, or somebody cancelled it."""
        key = msgspec.json.decode(job.payload, type=Work).bulk
        system = Scope.system(job.organization_id)
        while True:
            async with self._open_uow(system) as uow:
                bulk = await repository.get(uow.connection, key)
                if bulk is None or bulk["status"] != "running":
                    return {} if bulk is None else dict(bulk["counts"])
                busy, over = await repository.progress(uow.connection, key)
                chargers = await repository.next_ones(uow.connection, key, bulk["at_once"] - busy)
                if not chargers and not busy:
                    now = self._clock.now()
                    counts = await repository.finish(uow.connection, key, now)
                    kept = await load_retention(uow.connection)
                    await repository.forget(uow.connection, months_before(now, kept.status_history_months))
                    return counts
                scope = await self._scope(uow, key, bulk) if chargers else None
            await job.progress(over, bulk["total"])
            try:
                for charger in chargers:
                    if scope is not None:
                        await self._issue(scope, key, bulk, charger)
            except TooManyRequestsError as error:
                # power is changed at so many chargers a minute, and no more: the rest wait for their turn
                await asyncio.sleep(min(error.retry_after_s, _LONGEST_PAUSE_S))
            await asyncio.sleep(_LOOK_S)

    async def _scope(self, uow: UnitOfWork, key: UUID, bulk: RowMapping) -> Scope | None:
        """In whose name it goes on, where they may do it by now. None: they may not any more, the rest is refused."""
        actor_id = await repository.actor_of(uow.connection, key)
        if actor_id is None:
            return Scope(uow.scope.organization_id, Actor("user", None, bulk["actor_name"]))
        try:
            return await scope_now(uow, actor_id, permissions_for(bulk["body"]), self._clock.now())
        except ForbiddenError as error:
            count = await repository.refuse_rest(uow.connection, key, error.detail)
            log.warning("a bulk command ends early", bulk=str(key), why=error.detail, chargers=count)
            return None

    async def _issue(self, scope: Scope, key: UUID, bulk: RowMapping, charger: str) -> None:
        """One command; what this charger cannot be asked is its own refusal and nobody else's."""
        command: UUID | None = None
        refusal: str | None = None
        body: Any = _body.validate_python(bulk["body"])
        try:
            async with self._open_uow(scope) as uow:
                once = f"bulk-{key}-{charger}" if not bulk["round"] else f"bulk-{key}-{bulk['round']}-{charger}"
                row = await self._commands.issue(uow, charger, body, once[:200], bulk["queue_s"])
                command = row["id"]
                await repository.issued(uow.connection, key, charger, command, None)
        except (UnavailableError, TooManyRequestsError):
            raise  # the database is away: the job is started again; or it is too early for this one
        except CsmsError as error:
            refusal = error.detail
        if refusal is not None:  # also of a charger that whoever asks does not see any more
            async with self._open_uow(Scope.system(scope.organization_id)) as uow:
                await repository.issued(uow.connection, key, charger, None, refusal)
