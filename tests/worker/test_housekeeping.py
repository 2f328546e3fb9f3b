# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is not kept for ever goes, in every organization, however much of it there is."""

import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from csms.kit.clock import FakeClock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from csms.worker import housekeeping
from csms.worker.housekeeping import Housekeeping
from tests.support.postgres import Database

NOW = datetime(2026, 11, 24, tzinfo=UTC)
OTHER = UUID(int=7)


class _Job:
    async def progress(self, done: int, total: int) -> None:
        assert done <= total


async def _retention(database: Database, data_dir: Path | None = None) -> dict[str, int]:
    """What the worker does every hour, on a connection like the worker's."""
    settings = {"role": "csms_app", "csms.worker": "on"}
    async with asyncpg.create_pool(database.app_url, min_size=1, max_size=1, server_settings=settings) as pool:
        return await Housekeeping(pool, FakeClock(NOW), data_dir).retention(_Job())  # type: ignore[arg-type]


async def test_more_events_than_one_statement_deletes(database: Database) -> None:
    """An hour of a large installation tells far more than ten thousand: all that every consumer has passed go."""
    sql = await database.connect()
    await sql.execute(
        "INSERT INTO outbox (organization_id, type, key, payload, occurred_at, stored_at)"
        " SELECT $1, 'x', 'x', '{}', now(), now() - interval '2 hours' FROM generate_series(1, 25000)",
        DEFAULT_ORGANIZATION_ID,
    )
    await sql.execute(
        "INSERT INTO outbox_consumers (name, cluster, low, high, position)"
        " SELECT 'all', 'x', max(transaction_number) + 1, max(transaction_number) + 1, 0 FROM outbox"
    )
    assert (await _retention(database))["events"] == 25_000
    assert await sql.fetchval("SELECT count(*) FROM outbox") == 0
    await sql.close()


async def test_more_jobs_than_one_statement_deletes(database: Database) -> None:
    """Those of every organization that ended long ago; what ended yesterday stays."""
    sql = await database.connect()
    await sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    for organization, count, days in ((DEFAULT_ORGANIZATION_ID, 12_000, 40), (OTHER, 5, 40), (OTHER, 1, 1)):
        await sql.execute(
            "INSERT INTO jobs (id, organization_id, kind, status, queue_id, finished_at)"
            " SELECT gen_random_uuid(), $1, 'x', 'succeeded', n, $3 FROM generate_series(1, $2::int) n",
            organization,
            count,
            NOW - timedelta(days=days),
        )
    assert (await _retention(database))["jobs"] == 12_005
    assert [row["organization_id"] for row in await sql.fetch("SELECT organization_id FROM jobs")] == [OTHER]
    await sql.close()


async def test_security_events_go_after_their_time_in_every_organization(database: Database) -> None:
    """13 months by default; newer ones stay."""
    sql = await database.connect()
    await sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    for organization in (DEFAULT_ORGANIZATION_ID, OTHER):
        for at in (datetime(2025, 9, 30, tzinfo=UTC), datetime(2025, 10, 2, tzinfo=UTC)):
            await sql.execute(
                "INSERT INTO security_events (id, organization_id, charger_id, kind, detail, at)"
                " VALUES ($1, $2, 'CP1', 'wrong_secret', 'x', $3)",
                new_id(),
                organization,
                at,
            )
    assert (await _retention(database))["security_events"] == 2
    left = await sql.fetch("SELECT organization_id, at FROM security_events")
    assert {row["organization_id"] for row in left} == {DEFAULT_ORGANIZATION_ID, OTHER}
    assert {row["at"].month for row in left} == {10}
    await sql.close()


async def test_old_rows_go_and_what_is_not_over_stays(database: Database) -> None:
    """Table by table, more than one statement deletes; a command that is still pending is not over."""
    sql, old, young = await database.connect(), datetime(2024, 9, 30, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC)
    await sql.execute("INSERT INTO chargers (id, organization_id) VALUES ('CP1', $1)", DEFAULT_ORGANIZATION_ID)
    await sql.execute(
        "INSERT INTO device_events (id, organization_id, charger_id, event_id, key, value, trigger, notification, received_at)"
        " SELECT gen_random_uuid(), $1, 'CP1', n, 'k', 'v', 'delta', 'x', $2 FROM generate_series(1, 6000) n",
        DEFAULT_ORGANIZATION_ID,
        old,
    )
    for at in (old, young):
        for status in ("pending", "accepted"):
            await sql.execute(
                "INSERT INTO commands (id, organization_id, charger_id, type, body, status, actor_name, expires_at,"
                " created_at) VALUES ($1, $2, 'CP1', 'reset', '{}', $4, 'x', $3, $3)",
                new_id(),
                DEFAULT_ORGANIZATION_ID,
                at,
                status,
            )
        await sql.execute(
            "INSERT INTO configuration_history (id, organization_id, charger_id, key, actor_name, at)"
            " VALUES ($1, $2, 'CP1', 'K', 'x', $3)",
            new_id(),
            DEFAULT_ORGANIZATION_ID,
            at,
        )
    gone = await _retention(database)
    assert {name: gone[name] for name in ("device_events", "commands", "configuration_history")} == {
        "device_events": 6000,
        "commands": 1,
        "configuration_history": 1,
    }
    left = [tuple(row) for row in await sql.fetch("SELECT status, created_at FROM commands ORDER BY 2, 1")]
    assert left == [("pending", old), ("accepted", young), ("pending", young)]
    await sql.close()


async def test_a_full_disk_takes_the_oldest_days(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the request log first, then of the OCPP log, as many as it needs, and never today's."""
    usage = namedtuple("usage", "total used free")
    drops: list[str] = []
    needed = 0

    def disk_usage(path: Path) -> tuple[int, int, int]:
        assert path == tmp_path
        return usage(100, 95, 5) if len(drops) < needed else usage(100, 50, 50)

    original = housekeeping.partitions.drop_before

    async def drop(connection: asyncpg.Connection, table: str, before: datetime) -> int:
        count = await original(connection, table, before)
        drops.extend([table] * count)
        return count

    sql = await database.connect()
    for table in ("api_requests", "ocpp_messages"):
        for (part,) in await sql.fetch(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass", table
        ):
            await sql.execute(f"DROP TABLE {part}")
    await sql.execute("SELECT csms_make_partitions($1, 5, 0)", NOW - timedelta(days=3))
    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    monkeypatch.setattr(housekeeping.partitions, "drop_before", drop)
    needed = 2
    assert (await _retention(database, tmp_path))["days_for_space"] == 2
    assert drops == ["api_requests"] * 2
    needed = 100
    assert (await _retention(database, tmp_path))["days_for_space"] == 4
    assert drops == ["api_requests"] * 3 + ["ocpp_messages"] * 3
    left = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'api_requests'::regclass ORDER BY 1"
    assert (await sql.fetch(left))[0][0] == f"api_requests_{NOW:%Y%m%d}"
    await sql.close()
