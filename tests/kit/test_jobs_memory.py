# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The jobs port for unit tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from csms.kit.clock import FakeClock
from csms.kit.jobs.base import JobKind, Jobs, JobStatus, RunningJob
from csms.kit.jobs.memory import MemoryJobs
from csms.kit.jobs.pgqueuer import PgJobs

ORGANIZATION = UUID(int=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
ANY: Any = None


def test_both_drivers_fit_the_port() -> None:
    """Checked by the type checker as well."""
    drivers: list[Jobs] = [MemoryJobs(FakeClock(START)), PgJobs(FakeClock(START))]
    assert len(drivers) == 2


async def test_jobs_run_when_due_with_retries_and_results() -> None:
    """Like the real worker, without its waits."""
    clock = FakeClock(START)
    jobs = MemoryJobs(clock)

    async def handler(job: RunningJob) -> str:
        await job.progress(1, 1)
        if job.attempt == 1:
            raise RuntimeError("once")
        return job.payload.decode()

    now = await jobs.enqueue(ANY, "work", b"now", organization_id=ORGANIZATION)
    later = await jobs.enqueue(ANY, "work", organization_id=ORGANIZATION, run_at=START + timedelta(hours=1))
    assert await jobs.run_due([JobKind("work", handler)]) == 2
    assert (jobs.jobs[now].status, jobs.jobs[now].result) == (JobStatus.SUCCEEDED, "now")
    assert jobs.jobs[later].status is JobStatus.QUEUED
    clock.advance(3600)
    assert await jobs.run_due([JobKind("work", handler, max_attempts=1)]) == 1
    assert (jobs.jobs[later].status, jobs.jobs[later].error) == (JobStatus.FAILED, "RuntimeError: once")


async def test_dedupe_and_cancel() -> None:
    """Same answers as the real one."""
    jobs = MemoryJobs(FakeClock(START))

    async def handler(job: RunningJob) -> None:
        await jobs.cancel(ANY, job.id)
        await job.progress(1)

    first = await jobs.enqueue(ANY, "work", organization_id=ORGANIZATION, dedupe_key="k")
    assert await jobs.enqueue(ANY, "work", organization_id=ORGANIZATION, dedupe_key="k") == first
    assert await jobs.cancel(ANY, first)
    assert not await jobs.cancel(ANY, first)
    second = await jobs.enqueue(ANY, "work", organization_id=ORGANIZATION, dedupe_key="k")
    assert second != first
    assert await jobs.run_due([JobKind("work", handler)]) == 1
    assert jobs.jobs[second].status is JobStatus.CANCELLED
