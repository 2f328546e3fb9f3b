# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The port for unit tests: remembers what was enqueued, runs it when told. Knows no transactions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from csms.kit.clock import Clock
from csms.kit.db.driver import Connection
from csms.kit.ids import new_id
from csms.kit.jobs.base import JobCancelled, JobId, JobKind, JobStatus, encode_payload


@dataclass
class MemoryJob:
    """One job, as the `jobs` table would show it."""

    id: JobId
    organization_id: UUID
    kind: str
    payload: bytes
    actor: str | None
    run_at: datetime | None
    dedupe_key: str | None
    status: JobStatus = JobStatus.QUEUED
    attempt: int = 0
    cancel_requested: bool = False
    progress_done: int = 0
    progress_total: int | None = None
    result: Any = None
    error: str | None = None

    async def progress(self, done: int, total: int | None = None) -> None:
        """Tell how far it is."""
        self.progress_done = done
        self.progress_total = total if total is not None else self.progress_total
        if self.cancel_requested:
            raise JobCancelled


class MemoryJobs:
    """Implements `csms.kit.jobs.base.Jobs`; the connection is ignored."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.jobs: dict[JobId, MemoryJob] = {}

    async def enqueue(
        self,
        connection: Connection,  # noqa: ARG002  (the port's)
        kind: str,
        payload: bytes | msgspec.Struct = b"",
        *,
        organization_id: UUID,
        actor: str | None = None,
        run_at: datetime | None = None,
        dedupe_key: str | None = None,
    ) -> JobId:
        """A new job; with a `dedupe_key` the one of this organization and kind that is queued or running already."""
        alive = (JobStatus.QUEUED, JobStatus.RUNNING)
        for job in self.jobs.values():
            same = (job.organization_id, job.kind, job.dedupe_key) == (organization_id, kind, dedupe_key)
            if dedupe_key is not None and same and job.status in alive:
                return job.id
        job_id = JobId(new_id())
        self.jobs[job_id] = MemoryJob(job_id, organization_id, kind, encode_payload(payload), actor, run_at, dedupe_key)
        return job_id

    async def cancel(self, connection: Connection, job_id: JobId) -> bool:  # noqa: ARG002  (the port's)
        """Ask for the end of a job; False when it has ended."""
        job = self.jobs[job_id]
        if job.status not in (JobStatus.QUEUED, JobStatus.RUNNING):
            return False
        job.cancel_requested = True
        if job.status is JobStatus.QUEUED:
            job.status = JobStatus.CANCELLED
        return True

    async def run_due(self, kinds: Iterable[JobKind]) -> int:
        """Run what is due until nothing is, retries at once; how many starts."""
        by_name = {kind.name: kind for kind in kinds}
        starts = 0
        while due := [job for job in self.jobs.values() if self._due(job)]:
            for job in due:
                await self._run(job, by_name[job.kind])
                starts += 1
        return starts

    def _due(self, job: MemoryJob) -> bool:
        return job.status is JobStatus.QUEUED and (job.run_at is None or job.run_at <= self._clock.now())

    async def _run(self, job: MemoryJob, kind: JobKind) -> None:
        job.status, job.attempt = JobStatus.RUNNING, job.attempt + 1
        try:
            job.result = await kind.handler(job)
        except JobCancelled:
            job.status = JobStatus.CANCELLED
        except Exception as error:  # noqa: BLE001  (kept for the test to see)
            job.error = f"{type(error).__name__}: {error}"
            job.status = JobStatus.QUEUED if job.attempt < kind.max_attempts else JobStatus.FAILED
        else:
            job.status = JobStatus.SUCCEEDED
