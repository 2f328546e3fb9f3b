# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""CSV for people with a spreadsheet, lines of JSON for programs; both as the rows come."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Final

from csms.kit.export.cells import csv_cell
from csms.kit.export.table import Batches, Table
from csms.kit.http.json import encode

BOM: Final = "\ufeff"  # without it Excel reads UTF-8 as the code page of the machine


async def write_csv(table: Table, batches: Batches) -> AsyncIterator[bytes]:
    """RFC 4180, in UTF-8 with a byte order mark. Programs read NDJSON: here an apostrophe may stand before a text."""
    header = io.StringIO(newline="")
    csv.writer(header).writerow(table.columns)
    ahead = BOM + header.getvalue()
    async for batch in batches:
        piece = io.StringIO(newline="")
        csv.writer(piece).writerows([csv_cell(item[name]) for name in table.columns] for item in batch)
        yield (ahead + piece.getvalue()).encode()
        ahead = ""
    if ahead:
        yield ahead.encode()


async def write_ndjson(_table: Table, batches: Batches) -> AsyncIterator[bytes]:
    """An item a line, as a page of the list has it."""
    empty = True
    async for batch in batches:
        yield b"".join(encode(item) + b"\n" for item in batch)
        empty = False
    if empty:
        yield b""
