# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Workbooks (xlsx, xlsb, xls, ods): one sheet, every cell as the text that a person would have typed."""

import datetime
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from csms.kit.spreadsheets.base import MAX_ROWS, Opened, RefusedFile, Row, row_of

MAX_ENTRIES: Final = 2_000
MAX_UNPACKED: Final = 256 * 1024 * 1024
_EXACT: Final = 10**15
ROUNDED: Final = "spreadsheet programs keep 15 digits of a number: format the column as text and enter it again"


def format_of(path: Path) -> str:
    """What a packed file is, by its contents; what would be too much unpacked is refused before that."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                limit = MAX_UNPACKED // 1024 // 1024
                raise RefusedFile("zip_bomb", f"the file has more than {limit} MiB inside: save the sheet as CSV")
            names = {entry.filename for entry in entries}
            if "xl/workbook.xml" in names:
                return "xlsx"
            if "xl/workbook.bin" in names:
                return "xlsb"
            if "content.xml" in names and "mimetype" in names:
                return "ods"
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise RefusedFile("unreadable_file", f"the file is damaged: {error}") from error
    raise RefusedFile("wrong_file_type", "the file is an archive, but no workbook: send xlsx, xls, ods or CSV")


def text_of(value: Any) -> tuple[str, str | None]:
    """A cell as text, and what is wrong with it."""
    match value:
        case bool():
            return ("true" if value else "false"), None
        case int() | float() if abs(value) >= _EXACT:
            return "", ROUNDED
        case float() if value.is_integer():
            return str(int(value)), None
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat(), None
        case _:
            return str(value), None


def _sheet_index(book: CalamineWorkbook, wanted: str | None) -> int:
    sheets = book.sheets_metadata
    for index, sheet in enumerate(sheets):
        if wanted is None and sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
            return index
        if wanted is not None and sheet.name.casefold() == wanted.strip().casefold():
            return index
    names = ", ".join(repr(sheet.name[:50]) for sheet in sheets[:10]) or "none"
    what = "no visible sheet" if wanted is None else f"no sheet {wanted[:50]!r}"
    raise RefusedFile("no_sheet", f"the workbook has {what}; it has: {names}")


def read_workbook(path: Path, kind: str, wanted: str | None) -> Iterator[Opened | Row]:
    """What it is, then the rows of a sheet (the first visible one unless another is named). Raises RefusedFile."""
    try:
        with CalamineWorkbook.from_path(path) as book:
            index = _sheet_index(book, wanted)
            yield Opened(kind, sheet=book.sheet_names[index])
            width = count = 0
            for number, values in enumerate(book.get_sheet_by_index(index).iter_rows(), 1):
                pairs = [text_of(value) for value in values]
                faults = {position: fault for position, (_, fault) in enumerate(pairs) if fault is not None}
                # a cell that is refused must not make its row look empty, or shorter
                texts = [text if position not in faults else "-" for position, (text, _) in enumerate(pairs)]
                row = row_of(number, texts, width, faults)
                if row is None:
                    continue
                count += 1
                if count > MAX_ROWS + 1:
                    raise RefusedFile("too_many_rows", f"the sheet has more than {MAX_ROWS} rows: divide it")
                width = width or len(row.cells)
                yield row
    except CalamineError as error:
        raise RefusedFile("unreadable_file", f"the workbook cannot be read: {str(error)[:200]}") from error
