# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the request log under the gateway's role, the one that may COPY: one statement for what a second brought."""

from collections.abc import Sequence
from datetime import UTC, date
from itertools import groupby
from typing import Any, Final

import asyncpg

from csms.kit.db.ingest import PARTITION_DAY, Unit
from csms.kit.db.migrate import driver
from csms.kit.http.request_log import Line

_TABLE: Final = "api_requests"


class RequestWriter:
    """One connection, opened when it is needed."""

    def __init__(self, url: str, *, pgbouncer: bool = False) -> None:
        self._url = url
        self._options: dict[str, Any] = {"statement_cache_size": 0} if pgbouncer else {}
        self._connection: asyncpg.Connection | None = None
        self._partitions: set[str] = set()

    async def write(self, lines: Sequence[Line]) -> None:
        """All of them, or an error and none."""
        try:
            connection = await self._open()
            async with connection.transaction():
                await connection.execute("SET LOCAL ROLE csms_ingest")
                for _, of_day in groupby(sorted(lines, key=_day), key=_day):
                    rows = list(of_day)
                    unit = Unit(connection, rows[0].at, self._partitions)
                    await unit.copy(_TABLE, PARTITION_DAY, Line._fields, rows)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None
        self._partitions.clear()

    async def _open(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                driver(self._url),
                timeout=5,
                command_timeout=10,
                server_settings={"application_name": "csms-requests"},
                **self._options,
            )
        return self._connection


def _day(line: Line) -> date:
    return line.at.astimezone(UTC).date()
