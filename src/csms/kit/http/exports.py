# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of whole lists: read by a cursor in one transaction that changes nothing, sent as they are written."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import StreamingResponse
from starlette.types import Send

from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.export.formats import CSV, NDJSON, PDF, XLSX, Format
from csms.kit.export.lines import write_csv, write_ndjson
from csms.kit.export.paper import Typesetter, pdf_writer
from csms.kit.export.table import Item, Table, Writer
from csms.kit.export.workbook import write_xlsx
from csms.kit.http.problems import TooManyRequestsError

Shape = Callable[[dict[str, Any]], dict[str, Any]]
_BATCH: Final = 100  # rows; between two batches others have their turn
HEAD: Final = 20  # rows that are asked for by themselves: whoever waits sees that it has begun
_RETRY_AFTER_S: Final = 10


class TooManyExportsError(TooManyRequestsError):
    """As many files as this process makes at once are under way."""

    code: ClassVar[str] = "too_many_exports"


@dataclass(frozen=True, slots=True)
class ExportLimits:
    """What exports may take of a process: each holds a connection to the database."""

    at_once: int = 4
    typeset_at_once: int = 1  # short PDFs, and as many long ones beside them
    typesetter_ready_s: float = 0.0  # for so long after a PDF a process waits for the next one
    statement_s: float = 600.0
    stall_s: float = 60.0  # until a client that reads nothing is given up
    whole_s: float = 3600.0


class Exports:
    """The exports of this process."""

    def __init__(self, limits: ExportLimits = ExportLimits()) -> None:
        self.limits = limits
        self._running = 0
        self._typesetter = Typesetter(limits.typeset_at_once, limits.typesetter_ready_s)
        self._writers: Mapping[str, Writer] = {
            CSV.name: write_csv,
            XLSX.name: write_xlsx,
            PDF.name: pdf_writer(self._typesetter),
            NDJSON.name: write_ndjson,
        }

    def check(self) -> None:
        """Raises TooManyExportsError if no other may begin now."""
        if self._running >= self.limits.at_once:
            raise TooManyExportsError(
                f"{self._running} exports are under way: try again when one is done", _RETRY_AFTER_S
            )

    @contextmanager
    def running(self) -> Iterator[None]:
        """One more, while this lasts."""
        self.check()
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    async def close(self) -> None:
        """No more are made."""
        await self._typesetter.close()

    def writer(self, kind: Format) -> Writer:
        """Who writes such a file."""
        return self._writers[kind.name]


@dataclass(frozen=True, slots=True)
class Export:
    """A list that becomes a file."""

    units: UnitsOfWork
    scope: Scope
    queries: tuple[tuple[Select[Any], Select[Any]], ...]  # one after the other: of HEAD rows, and of all behind them
    shape: Shape | None
    table: Table
    kind: Format
    page: Sequence[Item] | None = None  # these rows, instead of what the queries find


async def _batches(
    connection: AsyncConnection, queries: Sequence[tuple[Select[Any], Select[Any]]], shape: Shape | None
) -> AsyncIterator[Sequence[Item]]:
    async for rows in _rows(connection, queries):
        yield rows if shape is None else [shape(dict(row)) for row in rows]


async def _rows(
    connection: AsyncConnection, queries: Sequence[tuple[Select[Any], Select[Any]]]
) -> AsyncIterator[Sequence[Any]]:
    for head, rest in queries:
        first = (await connection.execute(head)).mappings().all()
        if first:
            yield first
        if len(first) == HEAD:
            result = await connection.stream(rest.execution_options(yield_per=_BATCH))
            async for rows in result.mappings().partitions():
                yield rows


async def _read(page: Sequence[Item]) -> AsyncIterator[Sequence[Item]]:
    yield page


async def _pieces(export: Export, exports: Exports) -> AsyncIterator[bytes]:
    with exports.running():
        if export.page is not None:
            async with aclosing(exports.writer(export.kind)(export.table, _read(export.page))) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    yield piece
            return
        async with export.units.snapshot(export.scope, exports.limits.statement_s) as connection:
            batches = _batches(connection, export.queries, export.shape)
            async with aclosing(exports.writer(export.kind)(export.table, batches)) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    yield piece


class ExportResponse(StreamingResponse):
    """An answer that begins with the first rows: what fails before them is refused in words, later it is cut off."""

    def __init__(self, export: Export, exports: Exports) -> None:
        name = f"{export.table.name}-{export.table.made_at:%Y-%m-%dT%H-%MZ}.{export.kind.name}"
        self._source = _pieces(export, exports)
        self._limits = exports.limits
        super().__init__(
            self._source,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
            media_type=export.kind.content_type,
        )

    async def stream_response(self, send: Send) -> None:
        """Send it, at the pace of whoever reads."""
        async with asyncio.timeout(self._limits.whole_s), aclosing(self._source):  # type: ignore[type-var]
            first = await anext(self._source, b"")
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await self._send(send, first)
            async for piece in self._source:
                await self._send(send, piece)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, piece: bytes) -> None:
        if piece:
            async with asyncio.timeout(self._limits.stall_s):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
