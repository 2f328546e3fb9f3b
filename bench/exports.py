# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A long list as a file: how soon it begins, how fast it comes, what it takes; beside PostgreSQL's COPY of the rows."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import asyncpg

from bench.api import Plan, Session, seeded
from bench.asking import request_of
from bench.servers import Csms
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID

KINDS: Final = ("csv", "ndjson", "xlsx")
_TABLE: Final = "transactions"
_PIECE: Final = 1 << 20
_WATCHED_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Download:
    """One file."""

    kind: str
    rows: int
    first_s: float
    whole_s: float
    size: int
    grown_mb: float

    @property
    def rows_per_s(self) -> float:
        return self.rows / self.whole_s


async def run(scale: float, rounds: int = 3) -> tuple[list[Download], Download]:
    """The files, and the COPY, each the median of some rounds that take turns."""
    async with seeded(Plan(), scale) as server:
        session = Session(server)
        connection = await asyncpg.connect(server.app_database_url)
        try:
            where = f"organization_id = '{DEFAULT_ORGANIZATION_ID}'"
            rows = await connection.fetchval(f"SELECT count(*) FROM {_TABLE} WHERE {where}")
            found: dict[str, list[Download]] = {}
            for _ in range(rounds):
                await session.sign_in()
                for kind in KINDS:
                    found.setdefault(kind, []).append(await _download(server, session, kind, rows))
                found.setdefault("copy", []).append(await _copy(connection, where, rows))
        finally:
            await connection.close()
    files = [_middle(found[kind]) for kind in KINDS]
    return files, _middle(found["copy"])


def _middle(downloads: Sequence[Download]) -> Download:
    wanted = median(each.whole_s for each in downloads)
    return min(downloads, key=lambda each: abs(each.whole_s - wanted))


async def _download(server: Csms, session: Session, kind: str, rows: int) -> Download:
    request = request_of(server.http_port, f"/api/v1/{_TABLE}?format={kind}", session.token)
    before, most = server.resident_mb(), 0.0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, server.resident_mb())
            await asyncio.sleep(_WATCHED_S)

    watching = asyncio.create_task(watch())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.http_port)
    began, first, size = time.perf_counter(), 0.0, 0
    try:
        writer.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        while piece := await reader.read(_PIECE):
            first = first or time.perf_counter() - began
            size += len(piece)
        whole = time.perf_counter() - began
    finally:
        watching.cancel()
        writer.close()
    return Download(kind, rows, first, whole, size, max(0.0, most - before))


async def _copy(connection: asyncpg.Connection, where: str, rows: int) -> Download:
    began, first, size = time.perf_counter(), 0.0, 0

    async def take(piece: bytes) -> None:
        nonlocal first, size
        first = first or time.perf_counter() - began
        size += len(piece)

    await connection.copy_from_query(f"SELECT * FROM {_TABLE} WHERE {where}", output=take, format="csv")
    return Download("copy", rows, first, time.perf_counter() - began, size, 0.0)
