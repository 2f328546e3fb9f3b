# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Time partitions: made ahead, dropped when their time is over. The names carry the time they begin."""

from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

OCPP_LOG: Final = "ocpp_messages"
REQUESTS: Final = "api_requests"
METERS: Final = "meter_values"
HISTORY: Final = "status_history"


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long what grows is kept. Transactions and the audit log are kept for ever."""

    ocpp_log_days: int = 14
    meter_values_months: int = 13
    status_history_months: int = 13
    security_events_months: int = 13
    commands_months: int = 13
    device_events_months: int = 13
    configuration_history_months: int = 25
    jobs_days: int = 30
    requests_days: int = 7
    files_days: int = 90
    deliveries_days: int = 30

    def limits(self, now: datetime) -> dict[str, datetime]:
        """Everything of a table that lies wholly before its instant may go."""
        return {
            OCPP_LOG: now - timedelta(days=self.ocpp_log_days),
            REQUESTS: now - timedelta(days=self.requests_days),
            METERS: months_before(now, self.meter_values_months),
            HISTORY: months_before(now, self.status_history_months),
        }


def months_before(now: datetime, months: int) -> datetime:
    """The first of the month that many months ago, UTC."""
    number = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - 1 - months
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


async def make_ahead(connection: asyncpg.Connection, now: datetime) -> int:
    """Make the partitions of the next days and months; how many were missing."""
    made: int = await connection.fetchval("SELECT csms_make_partitions($1)", now)
    return made


async def drop_before(connection: asyncpg.Connection, table: str, before: datetime) -> int:
    """Drop the partitions of a table that end before; how many."""
    dropped: int = await connection.fetchval("SELECT csms_drop_partitions($1, $2)", table, before)
    return dropped


async def oldest_day(connection: asyncpg.Connection, table: str) -> datetime | None:
    """When the oldest daily partition of a table begins."""
    name = await connection.fetchval(
        "SELECT min(c.relname) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = ('public.' || $1::text)::regclass",
        table,
    )
    return None if name is None else datetime.strptime(name.rpartition("_")[2], "%Y%m%d").replace(tzinfo=UTC)


class Aged(msgspec.Struct, frozen=True):
    """Rows of a plain table that go when they are old enough; `condition` keeps what is not over."""

    table: str
    instant: str
    setting: str
    condition: str = "true"


# Each has an index that begins with the instant, or with the organization and it.
AGED: Final = (
    Aged("security_events", "at", "security_events_months"),
    Aged("commands", "created_at", "commands_months", "status <> 'pending'"),
    Aged("device_events", "received_at", "device_events_months"),
    Aged("charger_notices", "received_at", "device_events_months"),
    Aged("charger_reports", "updated_at", "device_events_months", "status <> 'collecting'"),
    Aged("configuration_history", "at", "configuration_history_months"),
    Aged("past_connections", "ended_at", "status_history_months"),
    Aged("charger_boots", "at", "status_history_months"),
)


async def forget(connection: asyncpg.Connection, aged: Aged, kept: Retention, now: datetime) -> int:
    """Delete some rows of one organization that are too old; how many."""
    before = months_before(now, getattr(kept, aged.setting))
    tag = await connection.execute(
        f"DELETE FROM {aged.table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {aged.table}"  # noqa: S608  (constants)
        f" WHERE {aged.instant} < $1 AND {aged.condition} LIMIT 5000))",
        before,
    )
    return int(tag.rpartition(" ")[2])


RETENTION_KEY: Final = "retention"


async def load_retention(connection: AsyncConnection) -> Retention:
    """How long things are kept: the organization's setting, else the defaults."""
    stored = await connection.scalar(text("SELECT value::text FROM settings WHERE key = :key"), {"key": RETENTION_KEY})
    return Retention() if stored is None else msgspec.json.decode(stored, type=Retention)
