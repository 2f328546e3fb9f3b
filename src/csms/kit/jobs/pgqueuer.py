# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The port on PostgreSQL: PgQueuer's queue and our `jobs` table, written in one transaction."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver

from csms.kit.clock import Clock, SystemClock
from csms.kit.db.driver import Connection, driver_connection
from csms.kit.ids import new_id
from csms.kit.jobs.base import JobId, encode_payload
from csms.kit.jobs.tables import queries


class PgJobs:
    """Implements `csms.kit.jobs.base.Jobs`."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    # Over 50 lines because a row of ours and one of the queue's are one thing, told in one place.
    async def enqueue(
        self,
        connection: Connection,
        kind: str,
        payload: bytes | msgspec.Struct = b"",
        *,
        organization_id: UUID,
        actor: str | None = None,
        run_at: datetime | None = None,
        dedupe_key: str | None = None,
    ) -> JobId:
        """A new job; with a `dedupe_key` the one of this organization and kind that is queued or running already."""
        driver = await driver_connection(connection)
        job_id = JobId(new_id())
        unique = None if dedupe_key is None else f"{organization_id}:{kind}:{dedupe_key}"
        delay = None if run_at is None else max(run_at.astimezone(UTC) - self._clock.now(), timedelta())
        (queue_id,) = await queries(AsyncpgDriver(driver)).enqueue(
            kind,
            encode_payload(payload),
            0,
            delay,
            unique,
            {"job_id": str(job_id), "organization_id": str(organization_id)},
            on_conflict="skip",
        )
        if queue_id is None:
            existing = await driver.fetchval(
                """
                SELECT id FROM jobs WHERE organization_id = $1 AND dedupe_key = $2 AND kind = $3
                ORDER BY created_at DESC LIMIT 1
                """,
                organization_id,
                dedupe_key,
                kind,
            )
            if existing is None:
                raise LookupError(f"the queue holds {unique}, but the jobs table does not")
            return JobId(existing)
        await driver.execute(
            """
            INSERT INTO jobs (id, organization_id, kind, queue_id, dedupe_key, actor, run_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            job_id,
            organization_id,
            kind,
            queue_id,
            dedupe_key,
            actor,
            run_at,
        )
        return job_id

    async def cancel(self, connection: Connection, job_id: JobId) -> bool:
        """Ask for the end of a job; False when it has ended. A running one stops at its next await."""
        driver = await driver_connection(connection)
        row = await driver.fetchrow(
            """
            UPDATE jobs SET
                cancel_requested = true, updated_at = now(),
                finished_at = CASE WHEN status = 'queued' THEN now() END,
                status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END
            WHERE id = $1 AND status IN ('queued', 'running') RETURNING queue_id, status
            """,
            job_id,
        )
        if row is None:
            return False
        queue = queries(AsyncpgDriver(driver))
        if row["status"] == "cancelled":
            await queue.mark_job_as_cancelled([row["queue_id"]])
        else:  # stays in the queue until its worker has seen it, and with it what happens if that worker dies
            await queue.notify_job_cancellation([row["queue_id"]])
        return True


async def purge(connection: Connection, before: datetime, *, limit: int = 10_000) -> int:
    """Delete what ended before; how many jobs."""
    driver = await driver_connection(connection)
    await driver.execute("DELETE FROM pgqueuer_log WHERE created < $1", before)
    await driver.execute("DELETE FROM pgqueuer_statistics WHERE created < $1", before)
    result = await driver.execute(
        "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE finished_at < $1 LIMIT $2)", before, limit
    )
    return int(result.removeprefix("DELETE "))
