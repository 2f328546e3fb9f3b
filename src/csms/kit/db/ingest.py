# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The transaction of one group: what batch handlers write with, and what is told once it is committed."""

from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import asyncpg

NULL: Final = "\\N"
PARTITION_MONTH = "%Y%m"
PARTITION_DAY = "%Y%m%d"


@dataclass(slots=True)
class Unit:
    """One group's transaction. `now` is when the group was formed; it names the time partitions the rows go to.

    `partitions` are those that were written to before; whoever makes units keeps the set for the next ones.
    """

    connection: asyncpg.Connection
    now: datetime
    partitions: set[str] = field(default_factory=set)
    events: list[Any] = field(default_factory=list)
    latest: dict[Hashable, Callable[[], Any]] = field(default_factory=dict)

    def record_latest(self, topic: Hashable, make: Callable[[], Any]) -> None:
        """A live event of which only the newest of a topic is told; it is made when its turn to be told has come."""
        self.latest[topic] = make

    def record(self, event: Any) -> None:
        """Tell an event: a durable one with the transaction, a live one after it."""
        self.events.append(event)

    async def copy(self, table: str, period: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """COPY rows into the partition of `now`, where only the ingest role may write."""
        if rows:
            async with self._partition(table, period) as partition:
                await self.connection.copy_records_to_table(partition, records=rows, columns=columns)

    async def copy_text(self, table: str, period: str, columns: Sequence[str], lines: Sequence[bytes]) -> None:
        """COPY lines of the text format into the partition of `now`."""
        if lines:
            async with self._partition(table, period) as partition:
                # the driver takes bytes for a path, and reads a file in a thread, twice
                source = memoryview(b"".join(lines))
                await self.connection.copy_to_table(partition, source=source, columns=columns, format="text")

    @asynccontextmanager
    async def _partition(self, table: str, period: str) -> AsyncIterator[str]:
        partition = f"{table}_{self.now.astimezone(UTC):{period}}"
        if partition not in self.partitions:
            await self._find(partition)
        try:
            yield partition
        except asyncpg.UndefinedTableError:
            self.partitions.discard(partition)  # gone since; whoever tries this group again looks for it
            raise

    async def _find(self, partition: str) -> None:
        """The worker makes partitions days ahead; a gateway that runs alone for longer makes its own."""
        if await self.connection.fetchval("SELECT to_regclass($1)", partition) is None:
            await self.connection.execute("SELECT csms_make_partitions($1)", self.now)
        self.partitions.add(partition)


_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
# Organizations, transactions and codes: the same ones again and again. Moments come once, with the rows of a group.
spelled = lru_cache(maxsize=16_384)(str)
moment = lru_cache(maxsize=64)(str)


def escaped(text: str) -> str:
    """A text as COPY wants it (PostgreSQL, COPY, Text Format)."""
    if "\\" in text or "\n" in text or "\t" in text or "\r" in text:
        return text.translate(_ESCAPES)
    return text


async def as_it_is(_: asyncpg.Connection) -> None:
    """For pools: nothing there outlives a transaction, so the driver's reset would be a round trip for nothing."""


async def open_pool(url: str, *, size: int, application_name: str) -> asyncpg.Pool:
    """A pool of connections in the role of the gateway."""

    async def prepare(connection: asyncpg.Connection) -> None:
        await connection.set_type_codec("jsonb", encoder=str, decoder=str, schema="pg_catalog", format="text")

    return await asyncpg.create_pool(
        url.replace("postgresql+asyncpg://", "postgresql://"),
        min_size=1,
        max_size=size,
        init=prepare,
        reset=as_it_is,
        command_timeout=30,
        timeout=10,
        max_inactive_connection_lifetime=300,
        server_settings={"role": "csms_ingest", "application_name": application_name},
    )
