# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The transaction of one group: what batch handlers write with, and what is told once it is committed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg

PARTITION_MONTH = "%Y%m"
PARTITION_DAY = "%Y%m%d"


@dataclass(slots=True)
class Unit:
    """One group's transaction. `now` is when the group was formed; it names the time partitions the rows go to."""

    connection: asyncpg.Connection
    now: datetime
    events: list[Any] = field(default_factory=list)

    def record(self, event: Any) -> None:
        """Tell an event: a durable one with the transaction, a live one after it."""
        self.events.append(event)

    async def copy(self, table: str, period: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """COPY rows into the partition of `now`, where only the ingest role may write."""
        if not rows:
            return
        partition = f"{table}_{self.now.astimezone(UTC):{period}}"
        try:
            async with self.connection.transaction():
                await self.connection.copy_records_to_table(partition, records=rows, columns=columns)
        except asyncpg.UndefinedTableError:
            # The partitions are made days ahead by the worker; a gateway that runs alone for longer makes its own.
            await self.connection.execute("SELECT csms_make_partitions($1)", self.now)
            await self.connection.copy_records_to_table(partition, records=rows, columns=columns)


async def open_pool(url: str, *, size: int, application_name: str) -> asyncpg.Pool:
    """A pool of connections in the role of the gateway."""

    async def prepare(connection: asyncpg.Connection) -> None:
        await connection.set_type_codec("jsonb", encoder=str, decoder=str, schema="pg_catalog", format="text")

    return await asyncpg.create_pool(
        url.replace("postgresql+asyncpg://", "postgresql://"),
        min_size=1,
        max_size=size,
        init=prepare,
        command_timeout=30,
        timeout=10,
        max_inactive_connection_lifetime=300,
        server_settings={"role": "csms_ingest", "application_name": application_name},
    )
