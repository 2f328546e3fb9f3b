# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The child that reads one file within limits: `python -I -m csms.kit.spreadsheets.child <file> [<sheet>]`.

Frames go to standard output, each with its length before it. A workbook of a few bytes can claim a sheet of terabytes,
which ends the process that reads it, and no check beforehand is as good as a limit: so it is this process that ends.
"""

import resource
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import msgspec

from csms.kit.spreadsheets.base import HEAD_BYTES, Ended, Frame, Opened, Refused, RefusedFile, Row, Rows, kind_of
from csms.kit.spreadsheets.csv_file import read_csv

MEMORY_BYTES: Final = 1024 * 1024 * 1024
CPU_S: Final = 120
_ROWS: Final = 200
_CHARACTERS: Final = 256 * 1024


def read(path: Path, sheet: str | None) -> Iterator[Opened | Row]:
    """What a file is, then its rows."""
    with path.open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
    if kind == "text":
        return read_csv(path)
    if kind is None:
        raise RefusedFile("wrong_file_type", "the file is no table: send CSV, xlsx, xls or ods")
    from csms.kit.spreadsheets.workbook import format_of, read_workbook

    return read_workbook(path, format_of(path) if kind == "zip" else "xls", sheet)


def frames(path: Path, sheet: str | None) -> Iterator[Frame]:
    """All that is told of a file."""
    waiting: list[Row] = []
    size = 0
    try:
        for each in read(path, sheet):
            if isinstance(each, Opened):
                yield each
                continue
            waiting.append(each)
            size += sum(map(len, each.cells))
            if len(waiting) >= _ROWS or size >= _CHARACTERS:
                yield Rows(waiting)
                waiting, size = [], 0
        if waiting:
            yield Rows(waiting)
        yield Ended()
    except RefusedFile as error:
        yield Refused(error.code, error.detail)


def write(frame: Frame, out: IO[bytes]) -> None:
    """One frame."""
    body = msgspec.json.encode(frame)
    out.write(struct.pack(">I", len(body)) + body)


def main(arguments: list[str], out: IO[bytes]) -> None:
    """Read and tell; what does not fit into the limits ends the process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for frame in frames(Path(arguments[0]), arguments[1] if len(arguments) > 1 else None):
        write(frame, out)
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdout.buffer)
