# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the reading child and its parent agree on: limits, rows, refusals."""

from collections.abc import Sequence
from typing import Final

import msgspec

MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 200
MAX_CELL: Final = 10_000
MAX_ROW: Final = 200_000
"""Characters of one row."""

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
HEAD_BYTES: Final = 4096
# What is no text: control characters other than tab, line feed, form feed, carriage return.
_CONTROL: Final = bytes(set(range(32)) - {9, 10, 12, 13})


class RefusedFile(Exception):  # noqa: N818  (what was done to it)
    """A file that cannot be read as a table. `code` is for programs, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One row: its number as a spreadsheet program shows it, its cells, and what is wrong with some of them."""

    number: int
    cells: list[str]
    faults: dict[int, str] = {}


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """First: what kind of file it is."""

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


class Rows(msgspec.Struct, frozen=True, tag="rows"):
    """Then: rows, the header first."""

    rows: list[Row]


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """Last: all was read."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Or it was not."""

    code: str
    detail: str


Frame = Opened | Rows | Ended | Refused


def kind_of(head: bytes) -> str | None:
    """By its first bytes: `zip` (xlsx, ods), `ole` (xls), `text`; None for what cannot be a table."""
    if head.startswith(_ZIP):
        return "zip"
    if head.startswith(_OLE):
        return "ole"
    if head.startswith(_UTF16):
        return "text"
    return None if head.startswith(b"%PDF-") or any(byte in head for byte in _CONTROL) else "text"


def row_of(number: int, texts: Sequence[str], width: int, faults: dict[int, str] | None = None) -> Row | None:
    """A row within the limits; None for an empty one. `width` is the header's, 0 for the header itself."""
    cells = list(texts)
    while cells and not cells[-1].strip():
        cells.pop()
    faults = {} if faults is None else {index: fault for index, fault in faults.items() if index < len(cells)}
    if not cells:
        return None
    if len(cells) > MAX_COLUMNS and not width:
        raise RefusedFile("too_many_columns", f"row {number} has {len(cells)} columns: at most {MAX_COLUMNS} are read")
    if width and len(cells) > width:
        faults[width] = f"the row has {len(cells)} cells, the header only {width}: is a text with delimiters unquoted?"
        del cells[width:]
    for index, cell in enumerate(cells):
        if "\0" in cell:
            faults[index] = "a text has no NUL character"
        elif len(cell) > MAX_CELL:
            faults[index] = f"a cell has at most {MAX_CELL} characters"
        else:
            continue
        cells[index] = ""
    if sum(map(len, cells)) > MAX_ROW:
        raise RefusedFile("row_too_long", f"row {number} has more than {MAX_ROW} characters")
    return Row(number, cells, faults)
