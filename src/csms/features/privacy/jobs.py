# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The jobs that put a person's data together, that erase it, and that clear up files whose time is over."""

import asyncio
import tempfile
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Final

import msgspec

from csms.features.privacy import repository
from csms.features.privacy.service import JOB, Work, subjects_of
from csms.features.tokens import repository as tokens
from csms.kit.clock import Clock
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.errors import ConflictError
from csms.kit.files import FileStore
from csms.kit.http.json import encode
from csms.kit.ids import new_id
from csms.kit.jobs.base import JobKind, RunningJob, Schedule
from csms.kit.privacy import Holding, Subject

OpenUnitOfWork = Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]]
SWEEP: Final = "privacy-sweep"
FETCHABLE: Final = timedelta(days=7)
MOST_BYTES: Final = 2 * 1024**3
_SPOOLED: Final = 8 * 1024**2
_PIECE: Final = 256 * 1024


class PrivacyRunner:
    """Goes from holding to holding, each in a transaction of its own; started again, it does what is left."""

    def __init__(
        self,
        open_uow: OpenUnitOfWork,
        organizations: Callable[[], Any],
        store: FileStore,
        holdings: Sequence[Holding],
        clock: Clock,
    ) -> None:
        """The holdings are erased in their order: the row that says who the subject is comes last."""
        self._open_uow = open_uow
        self._organizations = organizations
        self._store = store
        self._holdings = holdings
        self._clock = clock

    def jobs(self) -> tuple[list[JobKind], list[Schedule]]:
        """For the worker."""
        kinds = [
            JobKind(JOB, self.run, timeout_s=6 * 3600, concurrency=1),
            JobKind(SWEEP, self.sweep, timeout_s=1800),
        ]
        return kinds, [Schedule(SWEEP, "51 * * * *", SWEEP)]

    async def run(self, job: RunningJob) -> dict[str, int]:
        """Either of the two."""
        work = msgspec.json.decode(job.payload, type=Work)
        scope = Scope.system(job.organization_id)
        async with self._open_uow(scope) as uow:
            subjects = await subjects_of(uow, work)
        if not subjects:  # erased by somebody else, or by this job before it was started again
            counts: dict[str, int] = {}
            await self._done(scope, work, counts)
        elif work.kind == "export":
            counts = await self._export(scope, work, subjects)
        else:
            counts = await self._erase(job, scope, work, subjects)
        return counts

    async def sweep(self, _: RunningJob) -> dict[str, int]:
        """Remove exports whose time is over."""
        gone = 0
        for organization_id in await self._organizations():
            async with self._open_uow(Scope.system(organization_id)) as uow:
                over = await repository.expired(uow.connection, self._clock.now())
                wanted = await repository.fetchable(uow.connection)
            for key in over:
                await self._store.remove(organization_id, key)
            gone += len(over) + await self._store.sweep(organization_id, wanted)
        return {"files": gone}

    # -- handing out -----------------------------------------------------------------------------------------------

    async def _export(self, scope: Scope, work: Work, subjects: Sequence[Subject]) -> dict[str, int]:
        with tempfile.SpooledTemporaryFile(max_size=_SPOOLED) as spool:
            counts = await self._pack(scope, work, subjects, spool)
            await asyncio.to_thread(spool.seek, 0)
            stored = await self._store.receive(scope.organization_id, work.request, _pieces(spool), MOST_BYTES)
        await self._done(scope, work, counts, size_bytes=stored.size_bytes, expires_at=self._clock.now() + FETCHABLE)
        return counts

    async def _pack(self, scope: Scope, work: Work, subjects: Sequence[Subject], spool: IO[bytes]) -> dict[str, int]:
        """A member per table: a JSON array, a row a line. A driver's tokens have folders of their own."""
        counts: dict[str, int] = {}
        with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as packed:
            for subject in subjects:
                folder = "" if subject.id == work.subject else f"token-{subject.id}/"
                for holding in (each for each in self._holdings if each.kind == subject.kind):
                    with packed.open(f"{folder}{holding.table.name}.json", "w") as member:
                        count = await self._write(scope, holding, subject, member)
                    counts[holding.table.name] = counts.get(holding.table.name, 0) + count
            about = {"subject": work.subject_kind, "id": work.subject, "name": work.name, "made_at": self._clock.now()}
            packed.writestr("about.json", encode({**about, "rows": counts}))
        return counts

    async def _write(self, scope: Scope, holding: Holding, subject: Subject, member: IO[bytes]) -> int:
        async with self._open_uow(scope) as uow:
            await repository.patient(uow.connection)
            count = 0
            async for rows in await repository.rows(uow.connection, holding.select(subject)):
                lines = [encode(dict(row)) for row in rows]
                text = (b",\n" if count else b"[\n") + b",\n".join(lines)
                await asyncio.to_thread(member.write, text)
                count += len(lines)
        member.write(b"\n]\n" if count else b"[]\n")
        return count

    # -- erasing ---------------------------------------------------------------------------------------------------

    async def _erase(self, job: RunningJob, scope: Scope, work: Work, subjects: Sequence[Subject]) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for subject in subjects:
            counts.update(await self._erase_one(job, scope, subject))
        await self._done(scope, work, counts)
        return counts

    async def _erase_one(self, job: RunningJob, scope: Scope, subject: Subject) -> dict[str, int]:
        holdings = [each for each in self._holdings if each.kind == subject.kind and each.erase is not None]
        counts = await self._mask_log(job, scope, subject) if subject.kind == "token" else {}
        async with self._open_uow(scope) as uow:  # by itself: the audit log's head is locked last of all
            await repository.patient(uow.connection)
            counts["audit_log"] = await repository.erase_audit(uow.connection, new_id(), self._clock.now(), subject)
        for number, holding in enumerate(holdings):
            await job.progress(number, len(holdings))
            async with self._open_uow(scope) as uow:
                await repository.patient(uow.connection)
                if subject.kind == "token" and await tokens.charges_now(uow.connection, subject.name):
                    raise ConflictError("the token charges again: it is erased when that has ended")
                assert holding.erase is not None
                count = await holding.erase(uow.connection, subject)
            counts[holding.table.name] = counts.get(holding.table.name, 0) + count
        return counts

    async def _mask_log(self, job: RunningJob, scope: Scope, subject: Subject) -> dict[str, int]:
        """Day by day, as the log is partitioned."""
        async with self._open_uow(scope) as uow:
            oldest = await repository.oldest_message(uow.connection)
        if oldest is None:
            return {"ocpp_messages": 0}
        day = datetime(*oldest.astimezone(UTC).timetuple()[:3], tzinfo=UTC)
        masked = 0
        while day <= self._clock.now() + timedelta(days=1):
            await job.progress(0)
            async with self._open_uow(scope) as uow:
                await repository.patient(uow.connection)
                masked += await repository.mask_messages(uow.connection, subject, day)
            day += timedelta(days=1)
        return {"ocpp_messages": masked}

    async def _done(self, scope: Scope, work: Work, counts: dict[str, int], **values: Any) -> None:
        async with self._open_uow(scope) as uow:
            values |= {"status": "done", "counts": counts, "finished_at": self._clock.now()}
            await repository.change(uow.connection, work.request, values)


async def _pieces(spool: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(spool.read, _PIECE):
        yield piece
