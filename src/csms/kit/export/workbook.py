# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""XLSX: rows go into a temporary file, never into memory, and the file is sent when it is whole."""

import asyncio
import math
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from csms.kit.export.cells import plain
from csms.kit.export.formats import XLSX
from csms.kit.export.table import Batches, Item, Table

_PIECE: Final = 256 * 1024
_MAX_TEXT: Final = 32_767  # UTF-16 units of a cell
_EXACT: Final = 10**15  # a cell holds 15 digits of a number
_FIRST: Final = datetime(1900, 3, 1, tzinfo=UTC)  # before it Excel counts a day that never was
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": 'yyyy-mm-dd hh:mm:ss"Z"',
}


def _fitting(text: str) -> str:
    """What a cell can hold; what it cannot is said where it was cut."""
    raw = text.encode("utf-16-le", "surrogatepass")
    if len(raw) <= 2 * _MAX_TEXT:
        return text
    mark = f"… [cut: {len(text)} characters]"
    return raw[: 2 * (_MAX_TEXT - len(mark))].decode("utf-16-le", "ignore") + mark


def _write_cell(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(row, column, value)
        case int() if abs(value) < _EXACT:
            sheet.write_number(row, column, value)
        case Decimal() if value.is_finite() and len(value.normalize().as_tuple().digits) <= 15:
            sheet.write_number(row, column, value)
        case float() if math.isfinite(value):
            sheet.write_number(row, column, value)
        case datetime() if value >= _FIRST:
            sheet.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None))
        case _:
            sheet.write_string(row, column, _fitting(str(plain(value))))


class _Book:
    """A workbook of one sheet on disk; all of it is done in threads."""

    def __init__(self, table: Table, folder: str) -> None:
        self.path = Path(folder) / "list.xlsx"
        self._book = Workbook(str(self.path), {**_OPTIONS, "tmpdir": folder})
        self._book.use_zip64()
        self._book.set_properties({"title": table.name, "company": table.organization, "created": table.made_at})
        self._sheet = self._book.add_worksheet()
        self._columns = table.columns
        self._rows = 1
        bold = self._book.add_format({"bold": True})
        for number, name in enumerate(table.columns):
            self._sheet.write_string(0, number, name, bold)
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(table.columns) - 1, 20)

    def write(self, batch: Sequence[Item]) -> None:
        for row, item in enumerate(batch, self._rows):
            for column, name in enumerate(self._columns):
                _write_cell(self._sheet, row, column, item[name])
        self._rows += len(batch)
        XLSX.check(self._rows - 1)  # some may have come since they were counted

    def close(self) -> None:
        self._sheet.autofilter(0, 0, self._rows - 1, len(self._columns) - 1)
        self._book.close()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


async def write_xlsx(table: Table, batches: Batches) -> AsyncIterator[bytes]:
    """A sheet with a header that stays and filters; instants are dates in UTC, numbers are numbers."""
    with tempfile.TemporaryDirectory(prefix="csms-export-") as folder:
        book = await asyncio.to_thread(_Book, table, folder)
        async for batch in batches:
            await asyncio.to_thread(book.write, batch)
            yield b""
        await asyncio.to_thread(book.close)
        pieces = _pieces(book.path)
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece
