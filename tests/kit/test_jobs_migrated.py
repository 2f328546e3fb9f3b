# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Outbox and jobs on the migrated database, in the application's own roles."""

import asyncio

import asyncpg
import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.db.lifeline import Lifeline
from csms.kit.db.metadata import metadata
from csms.kit.db.outbox import BELL, Outbox, clean, outbox, outbox_consumers, outbox_parked
from csms.kit.db.outbox_consumer import Consumer, Delivery
from csms.kit.jobs.base import JobKind, RunningJob
from csms.kit.jobs.pgqueuer import PgJobs
from csms.kit.jobs.tables import jobs, queries
from csms.kit.jobs.worker import Worker
from csms.kit.metrics import Metrics
from tests.kit.bus.events import CLASSES, ORGANIZATION, Ended
from tests.support.postgres import Database

CODEC = EventCodec(CLASSES)


def pool_of(database: Database, role: str, **settings: str) -> asyncpg.Pool:
    """A pool as the application opens it."""
    return asyncpg.create_pool(database.app_url, min_size=1, max_size=8, server_settings={"role": role, **settings})


async def test_the_gateway_appends_and_the_worker_consumes_and_cleans(database: Database) -> None:
    """`csms_ingest` may add events; `csms_app` reads the stream of all where it says that it is the worker."""
    metrics, got = Metrics(process=False), asyncio.Queue[Delivery]()
    bus = MemoryBus(CODEC, metrics)
    await bus.start()
    async with (
        pool_of(database, "csms_ingest") as gateway,
        pool_of(database, "csms_app", **{"csms.worker": "on"}) as worker,
        pool_of(database, "csms_app") as nobody,
    ):
        life = Lifeline(database.app_url)
        consumer = Consumer("alerts", got.put, pool=worker, lifeline=life, codec=CODEC, bus=bus, metrics=metrics)
        task = asyncio.create_task(consumer.run())
        async with gateway.acquire() as connection, connection.transaction():
            await Outbox(CODEC).append(connection, [Ended(charger_id="A", number=1)])
        assert await nobody.fetchval("SELECT count(*) FROM outbox") == 0
        bus.wake(BELL)
        async with asyncio.timeout(10):
            delivery = await got.get()
            await consumer.stop()
            await task
        await life.close()
        assert delivery.event == Ended(charger_id="A", number=1)
        async with worker.acquire() as connection:
            assert await clean(connection, keep_s=0) == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.execute("SELECT * FROM outbox_consumers")
    await bus.stop()


async def test_the_api_enqueues_and_the_worker_runs(database: Database) -> None:
    """Both as `csms_app`; the row is seen by its organization only."""
    engine = create_async_engine(
        database.app_url.replace("postgresql:", "postgresql+asyncpg:"),
        connect_args={"server_settings": {"role": "csms_app"}},
    )
    async with engine.begin() as connection:
        await connection.execute(text(f"SELECT set_config('csms.organization_id', '{ORGANIZATION}', true)"))
        job_id = await PgJobs().enqueue(connection, "work", organization_id=ORGANIZATION)
    await engine.dispose()
    done = asyncio.Event()

    async def handler(job: RunningJob) -> str:
        await job.progress(1, 1)
        done.set()
        return "fine"

    async with pool_of(database, "csms_app") as pool:
        worker = Worker(pool, Metrics(process=False), [JobKind("work", handler)])
        task = asyncio.create_task(worker.run())
        async with asyncio.timeout(10):
            await done.wait()
            await worker.stop()
            await task
        assert await pool.fetchval("SELECT count(*) FROM jobs") == 0
        async with pool.acquire() as raw, raw.transaction():
            await raw.execute("SELECT set_config('csms.organization_id', $1, true)", str(ORGANIZATION))
            row = await raw.fetchrow("SELECT * FROM jobs WHERE id = $1", job_id)
        assert (row["status"], row["result"], row["progress_done"]) == ("succeeded", '"fine"', 1)


async def test_the_migration_has_what_pgqueuer_wants(database: Database) -> None:
    """A newer PgQueuer that wants another schema is noticed here, and needs a migration."""
    connection = await database.connect()
    plan = await queries(AsyncpgDriver(connection)).plan_upgrade()
    await connection.close()
    assert plan.statements == ()


async def test_the_migration_has_the_tables_of_the_code(database: Database) -> None:
    """Column for column, index for index."""
    connection = await database.connect()
    tables = [outbox, outbox_consumers, outbox_parked, jobs]
    columns_of = "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity FROM information_schema.columns WHERE table_schema = $1 AND table_name = ANY($2) ORDER BY 1, 2"
    indexes_of = "SELECT indexname, replace(indexdef, schemaname || '.', '') FROM pg_indexes WHERE schemaname = $1 AND tablename = ANY($2) ORDER BY 1"
    await connection.execute("CREATE SCHEMA fresh")
    engine = create_async_engine(
        database.superuser_url.replace("postgresql:", "postgresql+asyncpg:"),
        connect_args={"server_settings": {"search_path": "fresh"}},
    )
    async with engine.begin() as fresh:
        await fresh.run_sync(lambda sync: metadata.create_all(sync, tables=tables))
    await engine.dispose()
    names = [table.name for table in tables]
    for query in (columns_of, indexes_of):
        migrated, declared = (
            await connection.fetch(query, "public", names),
            await connection.fetch(query, "fresh", names),
        )
        assert [tuple(row) for row in migrated] == [tuple(row) for row in declared]
    await connection.close()
