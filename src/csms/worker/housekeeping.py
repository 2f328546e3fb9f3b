# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the clock does: partitions made ahead, what is old dropped, what was consumed cleaned, commands swept."""

import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
import structlog

from csms.kit.clock import Clock
from csms.kit.db import outbox, partitions
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.partitions import RETENTION_KEY, Retention
from csms.kit.http.idempotency import KEPT_H
from csms.kit.jobs.base import JobKind, RunningJob, Schedule
from csms.kit.jobs.pgqueuer import purge

log = structlog.get_logger(__name__)

_FULL: Final = 0.9


class Housekeeping:
    """Jobs of the installation itself. `data_dir` is set where the database lives on this machine."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, data_dir: Path | None) -> None:
        self._pool = pool
        self._clock = clock
        self._data_dir = data_dir

    def kinds(self) -> list[JobKind]:
        """What can be asked for."""
        return [
            JobKind("partitions", self.partitions, timeout_s=300),
            JobKind("retention", self.retention, timeout_s=3600),
        ]

    @staticmethod
    def schedules() -> list[Schedule]:
        """When it is done, in UTC."""
        return [Schedule("partitions", "7 * * * *", "partitions"), Schedule("retention", "23 * * * *", "retention")]

    async def partitions(self, _: RunningJob) -> dict[str, int]:
        """Make tomorrow's partitions today."""
        async with self._pool.acquire() as connection:
            return {"made": await partitions.make_ahead(connection, self._clock.now())}

    async def retention(self, job: RunningJob) -> dict[str, int]:
        """Drop what is older than is kept; on a disk nearly full, the oldest days of the OCPP log too."""
        now = self._clock.now()
        kept = await self.kept()
        counts: dict[str, int] = {}
        async with self._pool.acquire() as connection:
            for number, (table, before) in enumerate(kept.limits(now).items()):
                await job.progress(number, 7)
                counts[table] = await partitions.drop_before(connection, table, before)
            counts["days_for_space"] = await self._make_room(connection, now)
            counts["events"] = await _to_the_end(partial(outbox.clean, connection))
            counts |= await self._forget(connection, now, kept)
        return counts

    async def kept(self) -> Retention:
        """How long things are kept: the installation's setting, else the defaults."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "SELECT set_config('csms.organization_id', $1, true)", str(DEFAULT_ORGANIZATION_ID)
            )
            stored = await connection.fetchval("SELECT value::text FROM settings WHERE key = $1", RETENTION_KEY)
        return Retention() if stored is None else msgspec.json.decode(stored, type=Retention)

    @staticmethod
    async def _forget(connection: asyncpg.Connection, now: datetime, kept: Retention) -> dict[str, int]:
        """Organization by organization, as everything is that row-level security guards."""
        counts = dict.fromkeys([*(aged.table for aged in partitions.AGED), "jobs"], 0)
        for row in await connection.fetch("SELECT csms_organizations() AS id"):
            for aged in partitions.AGED:
                delete = partial(partitions.forget, connection, aged, kept, now)
                counts[aged.table] += await _to_the_end(partial(_of, connection, row["id"], delete))
            await _of(connection, row["id"], partial(_forget_keys, connection, now - timedelta(hours=KEPT_H)))
            delete_jobs = partial(purge, connection, now - timedelta(days=kept.jobs_days))
            counts["jobs"] += await _to_the_end(partial(_of, connection, row["id"], delete_jobs))
        return counts

    async def _make_room(self, connection: asyncpg.Connection, now: datetime) -> int:
        """Nine tenths full: the request log gives way day by day, then the OCPP log, but never today's."""
        dropped = 0
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for table in (partitions.REQUESTS, partitions.OCPP_LOG):
            while self._data_dir is not None:
                usage = shutil.disk_usage(self._data_dir)
                oldest = await partitions.oldest_day(connection, table)
                if usage.used / usage.total < _FULL or oldest is None or oldest >= today:
                    break
                log.warning("disk nearly full, dropping the oldest day", table=table, day=oldest.date().isoformat())
                dropped += await partitions.drop_before(connection, table, oldest + timedelta(days=1))
        return dropped


async def _forget_keys(connection: asyncpg.Connection, before: datetime) -> int:
    tag = await connection.execute("DELETE FROM idempotency_keys WHERE created_at < $1", before)
    return int(tag.rpartition(" ")[2])


async def _of(connection: asyncpg.Connection, organization_id: UUID, delete: Callable[[], Awaitable[int]]) -> int:
    """One statement of one organization, in a transaction of its own: nobody waits long for its rows."""
    async with connection.transaction():
        await connection.execute("SELECT set_config('csms.organization_id', $1, true)", str(organization_id))
        return await delete()


async def _to_the_end(delete: Callable[[], Awaitable[int]]) -> int:
    """Repeat what deletes a bounded number of rows, so that no statement is long, until there are none left."""
    gone = 0
    while (count := await delete()) > 0:
        gone += count
    return gone
