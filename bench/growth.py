# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether messages are stored as fast with a full database as with an empty one: two servers, by turns.

The rows of the OCPP log are made by PostgreSQL itself, over the last twenty days, as MeterValues leave them.
"""

import asyncio
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import asyncpg

from bench import servers
from bench.ingest import METER_VALUES, WORDS, Series, one_round
from bench.load import METER_VALUES as METER_VALUES_FRAME
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID

FLOOR = 0.8
MANY, FEWER = 100_000_000, 20_000_000
_NEEDS_GB = 45
_DAYS = 20  # today among them: what is stored next comes beside its share
# As MeterValues leaves them; the log keeps what was said. A charger has its turn every few seconds.
_FILL = """
INSERT INTO ocpp_messages (organization_id, charger_id, received_at, at, answered_at, epoch, direction, message_id,
    action, protocol, request, response, outcome)
SELECT $1, 'BENCH-' || lpad((n % $2)::text, 5, '0'), t, t, t + interval '4 ms', 1, 'in', lpad(to_hex(n), 36, '0'),
    'MeterValues', 'ocpp1.6', $3, '{}', 'result'
FROM generate_series(1, $4::bigint) AS n, LATERAL (SELECT $5::timestamptz + n * $6::interval) AS times (t)
"""


@dataclass
class Growth:
    """Rates of both, round by round."""

    rows: int
    empty: Series = field(default_factory=Series)
    full: Series = field(default_factory=Series)

    @property
    def ratio(self) -> float:
        """The full one beside the empty one."""
        return median(full / empty for full, empty in zip(self.full.rates, self.empty.rates, strict=True))


def rows_for(folder: Path) -> int:
    """As many as there is room for."""
    return MANY if shutil.disk_usage(folder).free > _NEEDS_GB * 1e9 else FEWER


async def run(connections: int, seconds: float, rounds: int, rows: int) -> Growth:
    """Fill one of two, then flood both by turns."""
    growth = Growth(rows)
    word = next(word for word in WORDS if word.name == METER_VALUES)
    async with AsyncExitStack() as stack:
        full = await stack.enter_async_context(servers.csms(connections))
        await _fill(full.app_database_url, connections, rows)
        empty = await stack.enter_async_context(servers.csms(connections))
        for _ in range(rounds):
            for server, series in ((empty, growth.empty), (full, growth.full)):
                await one_round(server, server, word, connections, seconds, series)
    return growth


async def _fill(url: str, chargers: int, rows: int) -> None:
    request = METER_VALUES_FRAME.partition(b'"MeterValues",')[2].removesuffix(b"]") % (1, b"2026-11-01T12:00:00Z", 1)
    share, began = rows // _DAYS, asyncio.get_running_loop().time()
    connection = await asyncpg.connect(url)
    try:
        for day in range(_DAYS):
            now = datetime.now(UTC)
            first = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS - 1 - day)
            length = min(timedelta(days=1), now - first)
            await connection.execute("SELECT csms_make_partitions($1, 0, 0)", first)
            await connection.execute(
                _FILL, DEFAULT_ORGANIZATION_ID, chargers, request.decode(), share, first, length / (share + 1)
            )
            took_s = asyncio.get_running_loop().time() - began
            print(f"  {(day + 1) * share:>12,} rows   {took_s:4.0f} s", flush=True)
        await connection.execute("VACUUM (ANALYZE) ocpp_messages")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
