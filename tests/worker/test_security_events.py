# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Security events grow with whoever knocks, so they are not kept for ever."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from csms.kit.clock import FakeClock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from csms.worker.housekeeping import Housekeeping
from tests.support.postgres import Database

NOW = datetime(2026, 11, 24, tzinfo=UTC)
OTHER = UUID(int=7)


class _Job:
    async def progress(self, done: int, total: int) -> None:
        assert done <= total


async def test_events_go_after_their_time_in_every_organization(database: Database) -> None:
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
    async with asyncpg.create_pool(
        database.app_url, min_size=1, max_size=1, server_settings={"role": "csms_app"}
    ) as pool:
        counts = await Housekeeping(pool, FakeClock(NOW), None).retention(_Job())  # type: ignore[arg-type]
    assert counts["security_events"] == 2
    left = await sql.fetch("SELECT organization_id, at FROM security_events")
    assert {row["organization_id"] for row in left} == {DEFAULT_ORGANIZATION_ID, OTHER}
    assert {row["at"].month for row in left} == {10}
    await sql.close()
