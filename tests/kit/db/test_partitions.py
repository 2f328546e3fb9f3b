# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Time partitions: made ahead, dropped when over, made by the gateway if nobody else did."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from csms.kit.db import partitions
from csms.kit.db.ingest import PARTITION_DAY, Unit, open_pool
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.partitions import Retention, months_before
from tests.support.postgres import Database

NOW = datetime(2031, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("months", "first"), [(0, (2031, 1)), (1, (2030, 12)), (12, (2030, 1)), (13, (2029, 12)), (25, (2028, 12))]
)
def test_months_are_counted_over_the_turn_of_the_year(months: int, first: tuple[int, int]) -> None:
    """The first of the month, UTC."""
    assert months_before(NOW, months) == datetime(*first, 1, tzinfo=UTC)


def test_how_long_things_are_kept_by_default() -> None:
    """14 days of messages, 7 of requests, 13 months of meter values."""
    limits = Retention().limits(NOW)
    assert limits["ocpp_messages"] == NOW - timedelta(days=14)
    assert limits["api_requests"] == NOW - timedelta(days=7)
    assert limits["meter_values"] == datetime(2029, 12, 1, tzinfo=UTC)


async def names(connection: asyncpg.Connection, table: str) -> set[str]:
    rows = await connection.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass",
        table,
    )
    return {row[0] for row in rows}


async def test_partitions_are_made_ahead_and_dropped_when_over(database: Database) -> None:
    """Eight days of the two logs, three months of the rest; only what lies wholly before goes."""
    worker = await database.connect("csms_app")
    assert await partitions.make_ahead(worker, NOW) == 8 + 8 + 3 + 3
    assert await partitions.make_ahead(worker, NOW) == 0
    assert {"meter_values_203101", "meter_values_203103"} <= await names(worker, "meter_values")
    assert "ocpp_messages_20310122" in await names(worker, "ocpp_messages")
    before = len(await names(worker, "ocpp_messages"))
    assert await partitions.drop_before(worker, "ocpp_messages", datetime(2031, 1, 16, 12, tzinfo=UTC)) == before - 7
    assert "ocpp_messages_20310116" in await names(worker, "ocpp_messages")
    assert await partitions.oldest_day(worker, "ocpp_messages") == datetime(2031, 1, 16, tzinfo=UTC)
    await worker.close()


async def test_only_time_series_can_be_dropped(database: Database) -> None:
    """The function runs with the owner's rights, so it takes no other name."""
    worker = await database.connect("csms_app")
    with pytest.raises(asyncpg.RaiseError, match="no partitioned table"):
        await partitions.drop_before(worker, "transactions", NOW)
    await worker.close()


async def test_a_gateway_that_runs_alone_makes_its_own_partition(database: Database) -> None:
    """No worker ran for a while: the rows are stored all the same."""
    pool = await open_pool(database.app_url, size=1, application_name="test")
    async with pool.acquire() as connection, connection.transaction():
        unit = Unit(connection, NOW)
        row = (DEFAULT_ORGANIZATION_ID, "CP1", NOW, NOW, 1, "in", "1", "Heartbeat", "ocpp1.6", "result")
        columns = (
            "organization_id", "charger_id", "received_at", "at", "epoch", "direction", "message_id", "action",
            "protocol", "outcome",
        )  # fmt: skip
        await unit.copy("ocpp_messages", PARTITION_DAY, columns, [row])
        await unit.copy("ocpp_messages", PARTITION_DAY, columns, [])
        assert await connection.fetchval("SELECT count(*) FROM ocpp_messages") == 1
    await pool.close()
