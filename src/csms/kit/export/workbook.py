# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""XLSX: as many sheets as the rows need, sent as they come.

A workbook is a ZIP of XML files. XlsxWriter makes all of it without rows: before and after each sheet for what stands
around them, and at the end for the rest, when it is known how many there were. The rows in between are written here.
"""

import asyncio
import io
import math
import re
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from csms.kit.export.cells import plain
from csms.kit.export.formats import ExportTooLargeError
from csms.kit.export.table import Batches, Item, Table

_MAX_ROWS: Final = 1_048_575  # a sheet has one row more, and that is the header
# What is larger needs ZIP64, which Excel does not read from a stream.
_MAX_XML: Final = 2**31 - 2**24  # bytes of a sheet, behind which its last rows still fit
_MAX_ZIP: Final = 2**32 - 2**26  # bytes of the file
_MAX_TEXT: Final = 32_767  # UTF-16 units of a cell
_EXACT: Final = 10**15  # a cell holds 15 digits of a number
_FIRST: Final = datetime(1900, 3, 1, tzinfo=UTC)  # before it Excel counts a day that never was
_DAY_0: Final = datetime(1899, 12, 30, tzinfo=UTC)
_DATE: Final = 'yyyy-mm-dd hh:mm:ss"Z"'
_SAMPLE_ROW: Final = re.compile(r'<row r="2".*?<c r="A2" s="(\d+)".*?</row>')
_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# What XML cannot hold, and what would be read as one of the signs that stand for it (ECMA-376, ST_Xstring).
_UNFIT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def _fitting(text: str) -> str:
    """What a cell can hold; what it cannot is said where it was cut."""
    if 2 * len(text) <= _MAX_TEXT:
        return text
    raw = text.encode("utf-16-le", "surrogatepass")
    if len(raw) <= 2 * _MAX_TEXT:
        return text
    mark = f"… [cut: {len(text)} characters]"
    return raw[: 2 * (_MAX_TEXT - len(mark))].decode("utf-16-le", "ignore") + mark


def _text(place: str, text: str) -> str:
    fit = _UNFIT.sub(lambda found: f"_x{ord(found[0]):04X}_", _fitting(text)).translate(_MARKUP)
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{fit}</t></is></c>'


def _cell(place: str, value: Any, date_style: str) -> str:
    """A value in a place such as B7."""
    match value:
        case None:
            return ""
        case str():
            return _text(place, value)
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case int() if abs(value) < _EXACT:
            return f'<c r="{place}"><v>{value}</v></c>'
        case Decimal() if value.is_finite() and len(value.normalize().as_tuple().digits) <= 15:
            return f'<c r="{place}"><v>{float(value):.16g}</v></c>'
        case float() if math.isfinite(value):
            return f'<c r="{place}"><v>{value:.16g}</v></c>'
        case datetime() if value >= _FIRST:
            return f'<c r="{place}" s="{date_style}"><v>{(value - _DAY_0).total_seconds() / 86_400:.16g}</v></c>'
        case _:
            return _text(place, str(plain(value)))


def _place(sheet: int) -> str:
    return f"xl/worksheets/sheet{sheet}.xml"


def _frame(table: Table, sheets: Sequence[int]) -> zipfile.ZipFile:
    """A workbook whose sheets have so many rows, of which it has the header and one with an instant."""
    made = io.BytesIO()
    book = Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": table.name, "company": table.organization, "created": table.made_at})
    bold, date = book.add_format({"bold": True}), book.add_format({"num_format": _DATE})
    for rows in sheets:
        sheet = book.add_worksheet()
        for number, name in enumerate(table.columns):
            sheet.write_string(0, number, name, bold)
        sheet.write_datetime(1, 0, _FIRST.replace(tzinfo=None), date)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.columns) - 1, 20)
        sheet.autofilter(0, 0, rows, len(table.columns) - 1)
    book.close()
    return zipfile.ZipFile(made)


class _Sink(io.RawIOBase):
    """What was written and not yet sent; it cannot go back, so that the ZIP is one that streams."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.written = 0  # bytes in all

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self.written += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """All of it, once."""
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found


class _Book:
    """A workbook that is under way; all of it is done in threads."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._columns = [(name, xl_col_to_name(number)) for number, name in enumerate(table.columns)]
        self._sheets: list[int] = []  # rows of each
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._begin()

    def _begin(self) -> None:
        """The next sheet."""
        self._sheets.append(0)
        before, _, self._date_style = self._around()
        self._sheet = self._zip.open(_place(len(self._sheets)), "w")
        self._size = 0
        self._put(before)

    def _end(self) -> None:
        """Of the sheet that was begun last."""
        self._put(self._around()[1])
        self._sheet.close()

    def _around(self) -> tuple[str, str, str]:
        """What stands before and behind the rows of the last sheet, and the style of instants."""
        with _frame(self._table, self._sheets) as frame:
            sheet = frame.read(_place(len(self._sheets))).decode()
        sample = _SAMPLE_ROW.search(sheet)
        if sample is None:
            raise RuntimeError("XlsxWriter writes rows in another way now")
        return sheet[: sample.start()], sheet[sample.end() :], sample[1]

    def _put(self, text: str) -> None:
        raw = text.encode()
        self._size += len(raw)
        self._sheet.write(raw)
        if self._sink.written > _MAX_ZIP:
            raise ExportTooLargeError("this list is larger than an xlsx file may be: narrow the filters, or take csv")

    def write(self, batch: Sequence[Item]) -> bytes:
        """Some more rows; what can be sent by now."""
        rest = batch
        while rest:
            if self._sheets[-1] == _MAX_ROWS or self._size > _MAX_XML:
                self._end()
                self._begin()
            fitting, rest = rest[: _MAX_ROWS - self._sheets[-1]], rest[_MAX_ROWS - self._sheets[-1] :]
            self._put("".join(self._row(number, item) for number, item in enumerate(fitting, self._sheets[-1] + 2)))
            self._sheets[-1] += len(fitting)
        return self._sink.taken()

    def _row(self, number: int, item: Item) -> str:
        cells = "".join(_cell(f"{letter}{number}", item[name], self._date_style) for name, letter in self._columns)
        return f'<row r="{number}">{cells}</row>'

    def close(self) -> bytes:
        """The rest of it."""
        self._end()
        sheets = {_place(number) for number in range(1, len(self._sheets) + 1)}
        with _frame(self._table, self._sheets) as frame:
            for name in frame.namelist():
                if name not in sheets:
                    self._zip.writestr(name, frame.read(name))
        self._zip.close()
        return self._sink.taken()

    def leave(self) -> None:
        """Nobody wants it any more."""
        self._sheet.close()
        self._zip.close()


async def write_xlsx(table: Table, batches: Batches) -> AsyncIterator[bytes]:
    """Sheets with a header that stays and filters; instants are dates in UTC, numbers are numbers."""
    book = await asyncio.to_thread(_Book, table)
    try:
        async for batch in batches:
            yield await asyncio.to_thread(book.write, batch)
        yield await asyncio.to_thread(book.close)
    finally:
        book.leave()
