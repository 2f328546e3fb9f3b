# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Delimited text (RFC 4180 and what programs make of it): encoding and delimiter are found out."""

import codecs
import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import IO, Final

from csms.kit.spreadsheets.base import MAX_ROWS, Opened, RefusedFile, Row, row_of

DELIMITERS: Final = (",", ";", "\t", "|")
_PIECE: Final = 1024 * 1024
_SAMPLE: Final = 64 * 1024
_SAMPLE_ROWS: Final = 25
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def encoding_of(path: Path) -> str:
    """By its byte order mark; without one UTF-8 where the whole file is that, else what Windows writes in the West."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        head = file.read(4)
        for bom, name in _BOMS:
            if head.startswith(bom):
                return name
        file.seek(0)
        try:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _score(sample: str, delimiter: str) -> tuple[float, int]:
    """How well it divides: the share of rows that are as wide as the header, and how wide that is."""
    rows = []
    for row in csv.reader(StringIO(sample, newline=""), delimiter=delimiter):
        rows.append(row)
        if len(rows) > _SAMPLE_ROWS:
            break
    else:
        rows = rows[:-1] or rows  # the sample may end inside the last one
    widths = [len(row) for row in rows if row]
    if not widths or widths[0] < 2:
        return 0.0, 0
    return sum(width == widths[0] for width in widths) / len(widths), widths[0]


def delimiter_of(sample: str) -> str:
    """The one that divides the rows most evenly; a comma where there is one column."""
    return max(DELIMITERS, key=lambda each: _score(sample, each))


def _start(file: IO[str]) -> str:
    """The delimiter; the file stands at its first row afterwards. Excel's own line `sep=;` is understood."""
    first = file.readline(_SAMPLE)
    named = first.strip().lower()
    if len(named) == len("sep=;") and named.startswith("sep=") and named[-1] in DELIMITERS:
        return named[-1]
    if first.lower() in ("sep=\t\n", "sep=\t\r\n"):
        return "\t"
    file.seek(0)
    sample = file.read(_SAMPLE)
    file.seek(0)
    return delimiter_of(sample)


def read_csv(path: Path) -> Iterator[Opened | Row]:
    """What it is, then its rows, the first that is not empty being the header. Raises RefusedFile."""
    encoding = encoding_of(path)
    try:
        with path.open(encoding=encoding, errors="replace" if encoding == "cp1252" else "strict", newline="") as file:
            delimiter = _start(file)
            yield Opened("csv", encoding.removesuffix("-sig"), delimiter)
            width = count = 0
            for number, texts in enumerate(csv.reader(file, delimiter=delimiter), 1):
                row = row_of(number, texts, width)
                if row is None:
                    continue
                count += 1
                if count > MAX_ROWS + 1:
                    raise RefusedFile("too_many_rows", f"the file has more than {MAX_ROWS} rows: divide it")
                width = width or len(row.cells)
                yield row
    except UnicodeDecodeError as error:
        raise RefusedFile("unreadable_file", f"the file is not {encoding} as its first bytes say") from error
    except csv.Error as error:
        raise RefusedFile(
            "unreadable_file", f"the file is not CSV: {error}. Is a quotation mark open that is never closed?"
        ) from error
