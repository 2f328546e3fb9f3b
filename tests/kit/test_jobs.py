# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Background jobs on a real PostgreSQL, as a role that row-level security binds."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partialmethod
from itertools import pairwise
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.core.qm import QueueManager
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from csms.kit.db.metadata import metadata
from csms.kit.ids import new_id
from csms.kit.jobs.base import JobCancelled, JobId, JobKind, JobNews, RunningJob, Schedule
from csms.kit.jobs.pgqueuer import PgJobs, purge
from csms.kit.jobs.tables import SETTINGS, jobs, queue_ddl
from csms.kit.jobs.worker import Worker
from csms.kit.metrics import Metrics
from tests.kit.bus.postgres import postgres

ORGANIZATION = UUID("00000000-0000-7000-8000-000000000001")
OTHER = UUID("00000000-0000-7000-8000-000000000002")
JOBS = PgJobs()

SECURITY = """
GRANT ALL ON ALL TABLES IN SCHEMA public TO app;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app;
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY app ON jobs TO app USING (organization_id = current_setting('csms.organization_id', true)::uuid);
"""


class Work(msgspec.Struct):
    """A payload."""

    number: int


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One server for this module."""
    with postgres() as url:
        yield url


class World:
    """A database with the jobs' tables."""

    def __init__(self, url: str, engine: AsyncEngine, pool: asyncpg.Pool, admin: asyncpg.Connection) -> None:
        self.url = url
        self.engine = engine
        self.pool = pool
        self.admin = admin
        self.metrics = Metrics(process=False)

    async def enqueue(self, kind: str = "work", payload: Any = b"", **options: Any) -> JobId:
        """In a committed transaction of the application's role."""
        options = {"organization_id": ORGANIZATION} | options
        async with self.pool.acquire() as connection, connection.transaction():
            await self.scope(connection, options["organization_id"])
            return await JOBS.enqueue(connection, kind, payload, **options)

    @staticmethod
    async def scope(connection: asyncpg.Connection, organization_id: UUID = ORGANIZATION) -> None:
        """What the application's unit of work does."""
        await connection.execute("SELECT set_config('csms.organization_id', $1, true)", str(organization_id))

    async def row(self, job_id: JobId) -> asyncpg.Record:
        """What people see."""
        return await self.admin.fetchrow("SELECT * FROM jobs WHERE id = $1", job_id)

    async def cancel(self, job_id: JobId) -> bool:
        """As the application."""
        async with self.pool.acquire() as connection, connection.transaction():
            await self.scope(connection)
            return await JOBS.cancel(connection, job_id)

    async def wait(self, job_id: JobId, *statuses: str, timeout_s: float = 20) -> asyncpg.Record:
        """Until the job has one of these statuses."""
        async with asyncio.timeout(timeout_s):
            while (row := await self.row(job_id))["status"] not in statuses:
                await asyncio.sleep(0.02)
        return row

    async def queued(self) -> int:
        """Rows in PgQueuer's queue."""
        return int(await self.admin.fetchval("SELECT count(*) FROM pgqueuer"))

    async def emptied(self) -> None:
        """Until the queue is empty: PgQueuer deletes what is done in batches."""
        async with asyncio.timeout(10):
            while await self.queued():
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def working(self, *kinds: JobKind, schedules: tuple[Schedule, ...] = ()) -> AsyncIterator[Worker]:
        """A worker that is drained at the end."""
        worker = Worker(self.pool, self.metrics, kinds, schedules, heartbeat_timeout_s=2, poll_s=0.2)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            async with asyncio.timeout(20):
                await worker.stop()
                await task


@pytest.fixture
async def world(server: str) -> AsyncIterator[World]:
    """A database of its own for each test."""
    name = f"t{new_id().hex}"
    root = await asyncpg.connect(server.format(database="postgres"))
    if not await root.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app')"):
        await root.execute("CREATE ROLE app NOLOGIN")
    await root.execute(f"CREATE DATABASE {name}")
    url = server.format(database=name)
    engine = create_async_engine(
        url.replace("postgresql:", "postgresql+asyncpg:"), connect_args={"server_settings": {"role": "app"}}
    )
    admin = await asyncpg.connect(url)
    owner = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
    async with owner.begin() as connection:
        await connection.run_sync(lambda sync: metadata.create_all(sync, tables=[jobs]))
    await owner.dispose()
    await admin.execute(queue_ddl())
    await admin.execute(SECURITY)
    async with asyncpg.create_pool(url, min_size=1, max_size=10, server_settings={"role": "app"}) as pool:
        yield World(url, engine, pool, admin)
    await engine.dispose()
    await admin.close()
    await root.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await root.close()


def kind(handler: Any, name: str = "work", **options: Any) -> JobKind:
    """A kind with short waits."""
    return JobKind(name, handler, **({"backoff_s": (0.05, 0.1)} | options))


# -- enqueueing


@pytest.mark.parametrize("how", ["driver", "connection", "session"])
@pytest.mark.parametrize("commit", [True, False])
async def test_a_job_exists_if_and_only_if_the_transaction_commits(world: World, how: str, commit: bool) -> None:
    """Rollback leaves nothing in either table, commit one row in both."""
    if how == "driver":
        async with world.pool.acquire() as raw:
            transaction = raw.transaction()
            await transaction.start()
            await world.scope(raw)
            await JOBS.enqueue(raw, "work", organization_id=ORGANIZATION)
            await (transaction.commit() if commit else transaction.rollback())
    else:
        set_scope = text(f"SELECT set_config('csms.organization_id', '{ORGANIZATION}', true)")
        maker = world.engine.connect() if how == "connection" else AsyncSession(world.engine)
        async with maker as connection:
            await connection.execute(set_scope)
            await JOBS.enqueue(connection, "work", organization_id=ORGANIZATION)
            await (connection.commit() if commit else connection.rollback())
    assert await world.queued() == (1 if commit else 0)
    assert await world.admin.fetchval("SELECT count(*) FROM jobs") == (1 if commit else 0)


async def test_a_dedupe_key_gives_the_job_that_waits_or_runs(world: World) -> None:
    """Per organization and kind; after it has ended, a new one."""
    first = await world.enqueue(dedupe_key="k")
    assert await world.enqueue(dedupe_key="k") == first
    others = {
        await world.enqueue(dedupe_key="other"),
        await world.enqueue("more", dedupe_key="k"),
        await world.enqueue(dedupe_key="k", organization_id=OTHER),
        await world.enqueue(),
    }
    assert len(others | {first}) == 5

    async def handler(job: RunningJob) -> None:
        pass

    async with world.working(kind(handler), kind(handler, "more")):
        await world.wait(first, "succeeded")
        await world.emptied()
    assert await world.enqueue(dedupe_key="k") != first


async def test_a_job_for_later_waits(world: World) -> None:
    """`run_at` in the future is respected, in the past it is now."""
    started: list[float] = []

    async def handler(job: RunningJob) -> None:
        started.append(asyncio.get_running_loop().time())

    enqueued_s = asyncio.get_running_loop().time()
    later = await world.enqueue(run_at=datetime.now(UTC) + timedelta(seconds=0.8))
    past = await world.enqueue(run_at=datetime.now(UTC) - timedelta(days=1))
    async with world.working(kind(handler)):
        await world.wait(past, "succeeded")
        assert (await world.row(later))["status"] == "queued"
        await world.wait(later, "succeeded")
    assert started[1] - enqueued_s >= 0.7


# -- running


async def test_a_job_runs_with_its_payload_and_shows_progress_and_result(world: World) -> None:
    """From queued to succeeded, for its organization, with times."""
    at_half, go_on = asyncio.Event(), asyncio.Event()

    async def handler(job: RunningJob) -> dict[str, object]:
        await job.progress(1, 2)
        at_half.set()
        await go_on.wait()
        await job.progress(2, 2)
        return {"number": msgspec.json.decode(job.payload, type=Work).number, "text": "a\0b"}

    job_id = await world.enqueue(payload=Work(7), actor="anna", organization_id=OTHER)
    assert (await world.row(job_id))["status"] == "queued"
    async with world.working(kind(handler)):
        async with asyncio.timeout(10):
            await at_half.wait()
        row = await world.row(job_id)
        assert (row["status"], row["progress_done"], row["progress_total"], row["attempts"]) == ("running", 1, 2, 1)
        assert world.metrics.jobs_running.labels().value == 1
        go_on.set()
        row = await world.wait(job_id, "succeeded")
        await world.emptied()
    assert msgspec.json.decode(row["result"]) == {"number": 7, "text": "a\ufffdb"}
    assert (row["organization_id"], row["actor"], row["progress_done"], row["error"]) == (OTHER, "anna", 2, None)
    assert row["created_at"] <= row["started_at"] <= row["finished_at"]
    assert world.metrics.jobs.labels("work", "succeeded").value == 1
    assert world.metrics.jobs_running.labels().value == 0


async def test_a_failing_job_is_tried_again_and_then_fails_with_its_reason(world: World) -> None:
    """The attempts are counted, the last error is shown without secrets."""
    calls: list[int] = []

    async def hopeless(job: RunningJob) -> None:
        calls.append(job.attempt)
        raise RuntimeError("no luck with password=hunter2")

    async def lucky(job: RunningJob) -> str:
        if job.attempt < 2:
            raise RuntimeError("not yet")
        return "fine"

    failing, second = await world.enqueue("hopeless"), await world.enqueue("lucky")
    async with world.working(kind(hopeless, "hopeless", max_attempts=3), kind(lucky, "lucky")):
        failed = await world.wait(failing, "failed")
        succeeded = await world.wait(second, "succeeded")
        await world.emptied()
    assert calls == [1, 2, 3]
    assert failed["error"] == "RuntimeError: no luck with password=***"
    assert (succeeded["attempts"], succeeded["error"]) == (2, None)
    assert world.metrics.jobs.labels("hopeless", "retried").value == 2
    assert world.metrics.jobs.labels("hopeless", "failed").value == 1


async def test_a_job_that_takes_too_long_is_a_failure(world: World) -> None:
    """`timeout_s` cancels the handler."""

    async def slow(job: RunningJob) -> None:
        await asyncio.Event().wait()

    job_id = await world.enqueue()
    async with world.working(kind(slow, max_attempts=1, timeout_s=0.1)):
        row = await world.wait(job_id, "failed")
    assert row["error"].startswith("TimeoutError")


# -- cancelling


async def test_a_queued_job_is_cancelled_at_once_and_never_runs(world: World) -> None:
    """Gone from the queue in the same transaction; a rollback takes the cancellation back."""
    job_id = await world.enqueue(dedupe_key="k")
    async with world.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await world.scope(connection)
        assert await JOBS.cancel(connection, job_id)
        await transaction.rollback()
    assert (await world.row(job_id))["status"] == "queued"
    assert await world.queued() == 1
    assert await world.cancel(job_id)
    row = await world.row(job_id)
    assert row["status"] == "cancelled"
    assert row["finished_at"] is not None
    assert await world.queued() == 0
    assert not await world.cancel(job_id)
    assert await world.enqueue(dedupe_key="k") != job_id


async def test_a_running_job_is_cancelled_at_its_next_await(world: World) -> None:
    """The handler can clean up, and the row says cancelled."""
    began, cleaned = asyncio.Event(), asyncio.Event()

    async def handler(job: RunningJob) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    job_id = await world.enqueue()
    async with world.working(kind(handler)):
        async with asyncio.timeout(10):
            await began.wait()
        assert await world.cancel(job_id)
        row = await world.wait(job_id, "cancelled", timeout_s=5)
        await world.emptied()
    assert cleaned.is_set()
    assert row["attempts"] == 1
    assert world.metrics.jobs.labels("work", "cancelled").value == 1


async def test_a_cancellation_whose_notice_was_lost_is_seen_at_the_next_progress(world: World) -> None:
    """The row is the truth."""
    began, go_on = asyncio.Event(), asyncio.Event()
    raised: list[str] = []

    async def handler(job: RunningJob) -> None:
        began.set()
        await go_on.wait()
        try:
            await job.progress(1, 1)
        except JobCancelled:
            raised.append("cancelled")
            raise

    job_id = await world.enqueue()
    async with world.working(kind(handler)):
        async with asyncio.timeout(10):
            await began.wait()
        await world.admin.execute("UPDATE jobs SET cancel_requested = true WHERE id = $1", job_id)
        go_on.set()
        await world.wait(job_id, "cancelled")
    assert raised == ["cancelled"]


async def test_a_cancelled_job_whose_worker_died_is_not_started_again(world: World) -> None:
    """It stayed in the queue for this: the next worker closes it."""
    job_id = await world.enqueue()
    await world.admin.execute("UPDATE jobs SET status = 'running', attempts = 1 WHERE id = $1", job_id)
    assert await world.cancel(job_id)
    assert await world.queued() == 1

    async def handler(job: RunningJob) -> None:
        raise AssertionError("never started")

    async with world.working(kind(handler)):
        row = await world.wait(job_id, "cancelled", "failed")
        await world.emptied()
    assert (row["status"], row["attempts"]) == ("cancelled", 1)


# -- stopping and dying


async def test_stop_drains_what_runs_and_takes_nothing_new(world: World) -> None:
    """`run()` returns only when the running job has finished."""
    began, go_on = asyncio.Event(), asyncio.Event()

    async def handler(job: RunningJob) -> None:
        began.set()
        await go_on.wait()

    first = await world.enqueue()
    worker = Worker(world.pool, world.metrics, [kind(handler)], heartbeat_timeout_s=2, poll_s=0.2)
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        await began.wait()
    await worker.stop()
    second = await world.enqueue()
    await asyncio.sleep(0.5)
    assert not task.done()
    go_on.set()
    async with asyncio.timeout(10):
        await task
    assert (await world.row(first))["status"] == "succeeded"
    assert (await world.row(second))["status"] == "queued"


async def test_a_job_that_does_not_end_holds_up_nobody_for_long(world: World) -> None:
    """`run()` returns after its patience; the next worker begins the job anew."""
    began, go_on = asyncio.Event(), asyncio.Event()

    async def handler(job: RunningJob) -> None:
        began.set()
        await go_on.wait()

    job_id = await world.enqueue()
    worker = Worker(world.pool, world.metrics, [kind(handler)], heartbeat_timeout_s=2, poll_s=0.2, drain_s=0.3)
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        await began.wait()
        await worker.stop()
        await task
    assert (await world.row(job_id))["status"] == "queued"
    go_on.set()
    async with world.working(kind(handler)):
        assert (await world.wait(job_id, "succeeded"))["attempts"] == 2


async def test_cancelling_run_drains_too(world: World) -> None:
    """A door that is torn down does not tear its jobs apart."""
    began, go_on = asyncio.Event(), asyncio.Event()

    async def handler(job: RunningJob) -> None:
        began.set()
        await go_on.wait()

    job_id = await world.enqueue()
    worker = Worker(world.pool, world.metrics, [kind(handler)], heartbeat_timeout_s=2, poll_s=0.2)
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        await began.wait()
    task.cancel()
    await asyncio.sleep(0.1)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await world.row(job_id))["status"] == "succeeded"


async def _worker_process(url: str) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kit.bus.worker_process", url, stdin=PIPE, stdout=PIPE
    )
    await _line(process, "ready")
    return process


async def _line(process: Process, expected: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        assert (await process.stdout.readline()).decode().strip() == expected


async def test_a_job_whose_worker_was_killed_is_run_again(world: World) -> None:
    """kill -9 in the middle: another worker gets it when the heartbeat is over, as the next attempt."""
    job_id = await world.enqueue("stuck")
    process = await _worker_process(world.url)
    await _line(process, "began")
    process.kill()
    await process.wait()
    assert (await world.row(job_id))["status"] == "running"
    attempts: list[int] = []

    async def handler(job: RunningJob) -> None:
        attempts.append(job.attempt)

    async with world.working(kind(handler, "stuck")):
        await world.wait(job_id, "succeeded")
    assert attempts == [2]


async def test_a_job_that_kills_its_workers_is_given_up(world: World) -> None:
    """Starts count, not only failures: the last one is not tried for ever."""
    job_id = await world.enqueue("stuck")
    await world.admin.execute("UPDATE jobs SET attempts = 3, status = 'running' WHERE id = $1", job_id)

    async def handler(job: RunningJob) -> None:
        raise AssertionError("never started")

    async with world.working(kind(handler, "stuck", max_attempts=3)):
        row = await world.wait(job_id, "failed")
    assert row["error"] == "the worker ended while the job ran"


async def test_sigterm_drains_a_worker_process(world: World) -> None:
    """The running job finishes, then the process ends by itself."""
    job_id = await world.enqueue("stuck")
    process = await _worker_process(world.url)
    await _line(process, "began")
    process.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.3)
    assert process.returncode is None
    assert process.stdin is not None
    process.stdin.write(b"go on\n")
    await _line(process, "ended")
    await _line(process, "drained")
    assert await process.wait() == 0
    assert (await world.row(job_id))["status"] == "succeeded"


async def test_a_worker_survives_lost_connections(world: World) -> None:
    """All connections of the pool are cut; it starts again and works, cancellations included."""

    async def handler(job: RunningJob) -> None:
        if job.payload:
            await asyncio.Event().wait()

    async with world.working(kind(handler)):
        await world.wait(await world.enqueue(), "succeeded")
        await world.admin.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        async with asyncio.timeout(30):
            while True:
                try:
                    job_id = await world.enqueue()
                    break
                except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
                    await asyncio.sleep(0.05)
        await world.wait(job_id, "succeeded", timeout_s=40)


# -- schedules


async def test_a_worker_whose_listener_is_late_hears_itself(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """PgQueuer probes itself by NOTIFY before it listens, where a connection is slow to come: nothing is broken then."""
    probe, listen = QueueManager._run_periodic_health_check, AsyncpgPoolDriver.add_listener
    monkeypatch.setattr(QueueManager, "_run_periodic_health_check", partialmethod(probe, timedelta(seconds=0.5)))

    async def late(driver: AsyncpgPoolDriver, channel: str, callback: Any) -> None:
        if driver._listener_connection is None:
            await asyncio.sleep(0.2)
        await listen(driver, channel, callback)

    monkeypatch.setattr(AsyncpgPoolDriver, "add_listener", late)
    async with world.working():
        await asyncio.sleep(1.2)
    assert "starts again" not in caplog.text


async def test_a_schedule_enqueues_once_for_all_workers(world: World) -> None:
    """Two workers, one job per tick, with the schedule as its actor."""
    started: list[datetime] = []

    async def handler(job: RunningJob) -> None:
        started.append(datetime.now(UTC))

    schedule = Schedule("tick", "* * * * * *", "work", b"", OTHER)
    async with world.working(kind(handler), schedules=(schedule,)), world.working(kind(handler), schedules=(schedule,)):
        async with asyncio.timeout(20):
            while len(started) < 3:
                await asyncio.sleep(0.05)
    rows = await world.admin.fetch("SELECT * FROM jobs ORDER BY created_at")
    assert {(row["actor"], row["organization_id"]) for row in rows} == {("schedule:tick", OTHER)}
    gaps = [b["created_at"] - a["created_at"] for a, b in pairwise(rows)]
    assert min(gaps) > timedelta(seconds=0.5)


async def test_a_schedule_of_an_unknown_kind_is_refused(world: World) -> None:
    """At start, not at midnight."""
    with pytest.raises(ValueError, match="nobody"):
        Worker(world.pool, world.metrics, [], [Schedule("x", "0 0 * * *", "nobody")])


# -- keeping house


async def test_old_jobs_are_purged_and_living_ones_kept(world: World) -> None:
    """Also PgQueuer's own log, which would grow for ever."""

    async def handler(job: RunningJob) -> None:
        pass

    done = await world.enqueue()
    async with world.working(kind(handler)):
        await world.wait(done, "succeeded")
        await world.emptied()
    waiting = await world.enqueue("later")
    async with world.pool.acquire() as connection, connection.transaction():
        await world.scope(connection)
        assert await purge(connection, datetime.now(UTC) - timedelta(days=1)) == 0
        assert await purge(connection, datetime.now(UTC) + timedelta(seconds=1)) == 1
    assert await world.row(done) is None
    assert (await world.row(waiting))["status"] == "queued"
    assert await world.admin.fetchval("SELECT count(*) FROM pgqueuer_log") == 0


def test_environment_variables_cannot_rename_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """PgQueuer reads bare names such as CHANNEL; ours are fixed."""
    monkeypatch.setenv("CHANNEL", "elsewhere")
    monkeypatch.setenv("QUEUE_TABLE", "elsewhere")
    assert SETTINGS.channel == "ch_pgqueuer"
    assert "elsewhere" not in queue_ddl()


async def test_how_far_a_job_is_is_told(world: World) -> None:
    """Begun, how far, how it ended, after each commit; who fails to listen harms no job."""
    told: list[JobNews] = []

    def tell(news: JobNews) -> None:
        told.append(news)
        raise ValueError("a bad listener")

    async def handler(job: RunningJob) -> None:
        await job.progress(3, 7)
        if job.payload == b"bad":
            raise ValueError("no")

    worker = Worker(world.pool, world.metrics, [JobKind("work", handler, max_attempts=1)], poll_s=0.2, tell=tell)
    good, bad, gone = await world.enqueue(), await world.enqueue(payload=b"bad"), await world.enqueue()
    await world.admin.execute("UPDATE jobs SET cancel_requested = true WHERE id = $1", gone)
    task = asyncio.create_task(worker.run())
    await world.wait(good, "succeeded")
    await world.wait(bad, "failed")
    await world.wait(gone, "cancelled")
    await worker.stop()
    await task
    by_job = {
        key: [(news.status, news.done, news.total) for news in told if news.id == key] for key in (good, bad, gone)
    }
    assert by_job == {
        good: [("running", 0, None), ("running", 3, 7), ("succeeded", 3, 7)],
        bad: [("running", 0, None), ("running", 3, 7), ("failed", 3, 7)],
        gone: [("cancelled", 0, None)],
    }
    assert {(news.organization_id, news.kind) for news in told} == {(ORGANIZATION, "work")}
