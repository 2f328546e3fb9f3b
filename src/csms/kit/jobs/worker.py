# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs jobs: at least once, with retries, progress, cancellation and schedules; drains when asked to stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.core.executors import AbstractEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.core.qm import QueueManager
from pgqueuer.core.sm import SchedulerManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Context, Job
from pgqueuer.domain.models import Schedule as Due
from pgqueuer.domain.types import Channel

from csms.kit.clock import Seldom, SystemClock
from csms.kit.db.group_commit import is_away
from csms.kit.db.outbox import to_jsonb
from csms.kit.jobs.base import JobCancelled, JobId, JobKind, JobNews, JobStatus, Schedule, TellJob
from csms.kit.jobs.pgqueuer import PgJobs
from csms.kit.jobs.tables import SETTINGS, queries
from csms.kit.log import mask_text
from csms.kit.metrics import Metrics

log = logging.getLogger(__name__)

PROGRESS_EVERY_S: Final = 0.5
RESTART_S: Final = 2.0


class _Running:
    """One start of one job."""

    def __init__(self, worker: "Worker", job: Job, *, job_id: JobId, organization_id: UUID, attempt: int) -> None:
        self._worker = worker
        self._written_s = 0.0
        self.started_s = asyncio.get_running_loop().time()
        self.id = job_id
        self.organization_id = organization_id
        self.kind = str(job.entrypoint)
        self.payload = job.payload or b""
        self.attempt = attempt
        self.left = False
        self._done = 0
        self._total: int | None = None

    def tell(self, status: JobStatus) -> None:
        """Let those who watch know."""
        self._worker.tell(JobNews(self.id, self.organization_id, self.kind, status, self._done, self._total))

    async def progress(self, done: int, total: int | None = None) -> None:
        """Tell how far it is; written twice a second at most, and at the end."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._written_s < PROGRESS_EVERY_S and done != total:
            return
        self._written_s = now_s
        async with self._worker.transaction(self.organization_id) as connection:
            cancelled = await connection.fetchval(
                """
                UPDATE jobs SET progress_done = $3, progress_total = coalesce($4, progress_total), updated_at = now()
                WHERE id = $1 AND attempts = $2 AND status = 'running' RETURNING cancel_requested
                """,
                self.id,
                self.attempt,
                done,
                total,
            )
        if cancelled is None or cancelled:
            raise JobCancelled
        self._done, self._total = done, self._total if total is None else total
        self.tell(JobStatus.RUNNING)


class _Executor(AbstractEntrypointExecutor):
    """Between PgQueuer's row and ours."""

    def __init__(self, worker: "Worker", kind: JobKind) -> None:
        super().__init__(EntrypointExecutorParameters(concurrency_limit=kind.concurrency, func=_unused))
        self._worker = worker
        self._kind = kind

    async def execute(self, job: Job, context: Context) -> None:
        """Run the handler once; what comes of it is written before PgQueuer hears of it."""
        headers = job.headers or {}
        job_id, organization_id = JobId(UUID(str(headers["job_id"]))), UUID(str(headers["organization_id"]))
        attempt = await self._worker.begin(job_id, organization_id, self._kind)
        if attempt is None:
            return
        running = _Running(self._worker, job, job_id=job_id, organization_id=organization_id, attempt=attempt)
        status, result = JobStatus.CANCELLED, None
        running.tell(JobStatus.RUNNING)
        task = asyncio.current_task()
        assert task is not None
        self._worker.running[task] = running
        try:
            with context.cancellation:
                async with asyncio.timeout(self._kind.timeout_s):
                    result = await self._kind.handler(running)
                status = JobStatus.SUCCEEDED
        except JobCancelled:
            status = JobStatus.CANCELLED
        except asyncio.CancelledError:
            if not running.left:
                raise
            task.uncancel()
            await self._worker.finish(running, JobStatus.QUEUED)
            raise RetryRequested(timedelta(0), "the worker stops") from None
        except Exception as error:
            await self._failed(running, error)
            raise
        finally:
            del self._worker.running[task]
        await self._worker.finish(running, status, result=result)

    async def _failed(self, running: _Running, error: Exception) -> None:
        if running.attempt >= self._kind.max_attempts:
            await self._worker.finish(running, JobStatus.FAILED, error=error)
            return
        await self._worker.finish(running, JobStatus.QUEUED, error=error)
        raise RetryRequested(timedelta(seconds=self._kind.delay_s(running.attempt)), type(error).__name__) from error


def _unheard(_payload: str | bytes | bytearray) -> None:
    """What comes before PgQueuer's own listener is there: it looks at the queue first of all."""


async def _unused(_job: Job) -> None:
    raise RuntimeError("the executor runs the handler")


class Worker:
    """`run()` until `stop()`. The pool needs at least four connections; its role may be `csms_app`."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        metrics: Metrics,
        kinds: Sequence[JobKind],
        schedules: Sequence[Schedule] = (),
        *,
        jobs: PgJobs | None = None,
        heartbeat_timeout_s: float = 30.0,
        poll_s: float = 5.0,
        batch_size: int = 5,
        tell: TellJob | None = None,
        drain_s: float = 8.0,
    ) -> None:
        self._pool = pool
        self._tell = tell
        self._metrics = metrics
        self._kinds = {kind.name: kind for kind in kinds}
        self._schedules = tuple(schedules)
        if unknown := {schedule.kind for schedule in schedules} - self._kinds.keys():
            raise ValueError(f"no handler for the scheduled kinds {sorted(unknown)}")
        self._jobs = jobs or PgJobs()
        self._heartbeat_timeout = timedelta(seconds=heartbeat_timeout_s)
        self._poll = timedelta(seconds=poll_s)
        self._batch_size = batch_size
        self._stopping = asyncio.Event()
        self._current: list[asyncio.Event] = []
        self._drain_s = drain_s
        self.running: dict[asyncio.Task[Any], _Running] = {}
        self._deadline: asyncio.TimerHandle | None = None

    # -- life

    async def run(self) -> None:
        """Run jobs and schedules; survives a database that goes away. Being cancelled counts as `stop()`."""
        main = asyncio.create_task(self._run(), name="jobs")
        try:
            await asyncio.shield(main)
        except asyncio.CancelledError:
            self._stop()
            await main
            raise
        finally:
            if self._deadline is not None:
                self._deadline.cancel()

    async def stop(self) -> None:
        """Take no new jobs; `run()` returns when those that run have finished, or `drain_s` later."""
        self._stop()

    def _stop(self) -> None:
        self._stopping.set()
        for shutdown in self._current:
            shutdown.set()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().call_later(self._drain_s, self._leave)

    def _leave(self) -> None:
        """Whoever stops us waits no longer: a service manager would kill us, and a job may take hours."""
        for task, job in self.running.items():
            log.warning("stopping: the job %s (%s) is left, the next worker begins it anew", job.id, job.kind)
            job.left = True
            task.cancel()

    async def _run(self) -> None:
        parts: list[Callable[[], Coroutine[Any, Any, None]]] = [self._run_queue]
        if self._schedules:
            parts.append(self._run_schedules)
        await asyncio.gather(*(self._again(part) for part in parts))

    async def _again(self, part: Callable[[], Coroutine[Any, Any, None]]) -> None:
        seldom = Seldom(SystemClock())
        while not self._stopping.is_set():
            try:
                await part()
            except Exception as error:  # what was running is told again by its heartbeat
                if not is_away(error):
                    log.exception("jobs: the worker starts again")
                elif seldom.due():
                    log.warning("jobs wait, the database is away: %r", error)
                with suppress(TimeoutError):
                    async with asyncio.timeout(RESTART_S):
                        await self._stopping.wait()

    async def _run_queue(self) -> None:
        driver, channel = AsyncpgPoolDriver(self._pool), Channel(SETTINGS.channel)
        manager = QueueManager(queries(driver), channel=channel)
        for kind in self._kinds.values():
            manager.register_executor(kind.name, _Executor(self, kind))
        with self._stoppable(manager.shutdown):
            # PgQueuer asks itself by NOTIFY whether it hears anything, before it listens: by then this one does
            await driver.add_listener(channel, _unheard)
            await manager.run(
                dequeue_timeout=self._poll,
                batch_size=self._batch_size,
                max_concurrent_tasks=self._batch_size * 4,
                heartbeat_timeout=self._heartbeat_timeout,
                shutdown_on_listener_failure=True,
            )

    async def _run_schedules(self) -> None:
        manager = SchedulerManager(queries(AsyncpgPoolDriver(self._pool)))
        for schedule in self._schedules:
            manager.schedule(schedule.name, schedule.cron, accepts_context=False)(self._enqueuer(schedule))
        with self._stoppable(manager.shutdown):
            await manager.run()

    @contextmanager
    def _stoppable(self, shutdown: asyncio.Event) -> Iterator[None]:
        self._current.append(shutdown)
        if self._stopping.is_set():
            shutdown.set()
        try:
            yield
        finally:
            self._current.remove(shutdown)

    def _enqueuer(self, schedule: Schedule) -> Callable[[Due], Coroutine[Any, Any, None]]:
        async def enqueue(_due: Due) -> None:
            async with self.transaction(schedule.organization_id) as connection:
                await self._jobs.enqueue(
                    connection,
                    schedule.kind,
                    schedule.payload,
                    organization_id=schedule.organization_id,
                    actor=f"schedule:{schedule.name}",
                    dedupe_key=f"schedule:{schedule.name}",
                )

        return enqueue

    def tell(self, news: JobNews) -> None:
        """To whoever wants to know; what goes wrong there is not the job's matter."""
        if self._tell is None:
            return
        try:
            self._tell(news)
        except Exception:
            log.exception("jobs: could not tell how far a job is")

    # -- the row that people see

    @asynccontextmanager
    async def transaction(self, organization_id: UUID) -> AsyncIterator[asyncpg.Connection]:
        """A transaction that row-level security lets see one organization."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT set_config('csms.organization_id', $1, true)", str(organization_id))
            yield connection

    async def begin(self, job_id: JobId, organization_id: UUID, kind: JobKind) -> int | None:
        """Count the start; None when there is nothing to do any more."""
        over: JobStatus | None = None
        async with self.transaction(organization_id) as connection:
            attempt = await connection.fetchval(
                """
                UPDATE jobs SET
                    status = 'running', attempts = attempts + 1, updated_at = now(),
                    started_at = coalesce(started_at, now())
                WHERE id = $1 AND status IN ('queued', 'running') AND NOT cancel_requested RETURNING attempts
                """,
                job_id,
            )
            if attempt is None:
                result = await connection.execute(
                    """
                    UPDATE jobs SET status = 'cancelled', updated_at = now(), finished_at = now()
                    WHERE id = $1 AND status IN ('queued', 'running')
                    """,
                    job_id,
                )
                over = JobStatus.CANCELLED if result == "UPDATE 1" else None
            elif attempt > kind.max_attempts:
                await connection.execute(
                    """
                    UPDATE jobs SET
                        status = 'failed', updated_at = now(), finished_at = now(),
                        error = coalesce(error || '; ', '') || 'the worker ended while the job ran'
                    WHERE id = $1
                    """,
                    job_id,
                )
                over = JobStatus.FAILED
        if over is not None:
            self._metrics.jobs.labels(kind.name, over.value).inc()
            self.tell(JobNews(job_id, organization_id, kind.name, over, 0, None))
        if attempt is None or over is not None:
            return None
        self._metrics.jobs_running.labels().inc()
        return int(attempt)

    async def finish(
        self, running: _Running, status: JobStatus, *, result: Any = None, error: Exception | None = None
    ) -> None:
        """Write what came of one start; `QUEUED` means it will be tried again."""
        self._metrics.jobs_running.labels().dec()
        outcome = "retried" if status is JobStatus.QUEUED else status.value
        self._metrics.jobs.labels(running.kind, outcome).inc()
        self._metrics.job_seconds.labels(running.kind).observe(asyncio.get_running_loop().time() - running.started_s)
        async with self.transaction(running.organization_id) as connection:
            written = await connection.execute(
                """
                UPDATE jobs SET
                    status = $3, result = $4::text::jsonb, error = $5, updated_at = now(),
                    finished_at = CASE WHEN $3 <> 'queued' THEN now() END
                WHERE id = $1 AND attempts = $2 AND status = 'running'
                """,
                running.id,
                running.attempt,
                status.value,
                None if result is None else to_jsonb(msgspec.json.encode(result)),
                None if error is None else _spell(error),
            )
        if written != "UPDATE 1":
            log.warning("job %s: its attempt %d was overtaken by another", running.id, running.attempt)
            return
        running.tell(status)


def _spell(error: Exception) -> str:
    return mask_text(f"{type(error).__name__}: {error}").replace("\0", "\ufffd")[:2000]
