# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""PDF: a table on A4, landscape. Texts go to the typesetter as data, never as a part of its program."""

import asyncio
import os
import re
import sys
import unicodedata
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC
from decimal import Decimal
from typing import Any, ClassVar, Final

import structlog

from csms.kit.errors import UnavailableError
from csms.kit.export.cells import plain
from csms.kit.export.exchange import ANSWER, DOCUMENT, PATIENT
from csms.kit.export.formats import PDF
from csms.kit.export.table import Batches, Item, Table, Writer
from csms.kit.http.json import encode

log = structlog.get_logger(__name__)

MAX_COLUMNS: Final = 14
USUAL_COLUMNS: Final = 10
_SHORT_ROWS: Final = 500  # as many as a page has: nobody waits behind a whole list for it
_MAX_TEXT: Final = 200
_WIDTHS: Final = (5, 30)
_PATIENCE_S: Final = 60.0
_PIECE: Final = 256 * 1024
_LONG_WORD: Final = re.compile(r"[!-~]{9,}")
_PIECE_OF_WORD: Final = re.compile(r"..?")  # as much as the narrowest column has room for
_BREAK: Final = "\u200b"  # a line may break here
_JOINERS: Final = frozenset("\u200c\u200d")  # what some scripts are spelled with
_ENVIRONMENT: Final = ("HOME", "PYTHONPATH", "TMPDIR")


class TypesetterError(UnavailableError):
    """The PDF could not be made in time, or in the memory that there is."""

    code: ClassVar[str] = "typesetter_failed"


def _shown(value: Any) -> str:
    """A value as a short text that prints: no control characters, and nothing that turns the line around."""
    found = plain(value)
    text = "" if found is None else str(found)
    if len(text) > _MAX_TEXT:
        text = text[:_MAX_TEXT] + " …"
    if text.isascii() and text.isprintable():
        return text
    kinds = ((sign, unicodedata.category(sign)) for sign in text)
    return "".join(" " if kind == "Cc" else sign for sign, kind in kinds if kind != "Cf" or sign in _JOINERS)


def _breakable(text: str) -> str:
    return _LONG_WORD.sub(lambda found: _BREAK.join(_PIECE_OF_WORD.findall(found[0])), text)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def document(table: Table, items: Sequence[Item]) -> bytes:
    """What the typesetter is told."""
    cells = [[_shown(item[name]) for name in table.columns] for item in items]
    low, high = _WIDTHS
    lines = [f"{name}: {value}" for name, value in table.asked]
    return encode(
        {
            "title": table.name.replace("-", " ").capitalize(),
            "organization": _shown(table.organization),
            "lines": [_breakable(_shown(line)) for line in [f"{len(items):,} rows", *lines]],
            "made_at": f"{table.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            "seconds": int(table.made_at.timestamp()),
            "header": [_breakable(name) for name in table.columns],
            "numbers": [all(_is_number(item[name]) for item in items) for name in table.columns],
            "widths": [
                min(high, max(low, len(name), *(len(row[number]) for row in cells)))
                for number, name in enumerate(table.columns)
            ],
            "rows": [[_breakable(cell) for cell in row] for row in cells],
        }
    )


async def _started(*, is_long: bool) -> Process:
    program = (sys.executable, "-m", "csms.kit.export.typesetter", *((PATIENT,) if is_long else ()))
    # no more than it needs: the rest holds secrets, and the processors are the chargers'
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"RAYON_NUM_THREADS": "1"}
    return await asyncio.create_subprocess_exec(*program, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=kept)


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):  # it ended by itself meanwhile
            process.kill()
        await process.communicate()


async def _asked(process: Process, told: bytes) -> tuple[bytes, bool]:
    """What a process made of a document, and whether it would make another. Raises TypesetterError."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(DOCUMENT.pack(len(told)) + told)
        await process.stdin.drain()
        length, stays = ANSWER.unpack(await process.stdout.readexactly(ANSWER.size))
        return await process.stdout.readexactly(length), stays
    except (ConnectionError, asyncio.IncompleteReadError) as error:
        _, said = await process.communicate()
        log.error("typesetter failed", code=process.returncode, said=said.decode(errors="replace")[-2000:])
        raise TypesetterError("the PDF could not be made: ask for less, or take csv") from error


class Typesetter:
    """Makes PDFs in processes: `at_once` short ones and as many long ones, these in a process each that ends with it.

    `keep_ready_s`: for so long after a short PDF its process waits for the next one, with its program and fonts read;
    that saves the most of what it takes.
    """

    def __init__(self, at_once: int = 1, keep_ready_s: float = 0.0) -> None:
        self._short, self._long = asyncio.Semaphore(at_once), asyncio.Semaphore(at_once)
        self._keep_ready_s = keep_ready_s
        self._ready: Process | None = None
        self._waiting: asyncio.Task[None] | None = None

    async def typeset(self, told: bytes, *, is_long: bool) -> bytes:
        """The PDF of a document. Raises TypesetterError where that takes too long or too much memory."""
        async with self._long if is_long else self._short:
            process = (None if is_long else self._taken()) or await _started(is_long=is_long)
            stays = False
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    made, stays = await _asked(process, told)
            except TimeoutError as error:
                raise TypesetterError(
                    f"the PDF was not made in {_PATIENCE_S:g} s: ask for less, or take csv"
                ) from error
            finally:
                if is_long or not stays or not self._give_back(process):
                    await _end(process)
            return made

    def _taken(self) -> Process | None:
        """The process that waits, if one does."""
        process, self._ready = self._ready, None
        if process is None:
            return None
        if self._waiting is not None:
            self._waiting.cancel()  # its process does not wait any more
            self._waiting = None
        return process if process.returncode is None else None

    def _give_back(self, process: Process) -> bool:
        """Whether it waits for the next document."""
        if not self._keep_ready_s or self._waiting is not None:
            return False
        self._ready = process
        self._waiting = asyncio.create_task(self._wait(process), name="typesetter that waits")
        return True

    async def _wait(self, process: Process) -> None:
        try:
            await asyncio.sleep(self._keep_ready_s)
        finally:
            if self._ready is process:  # nobody wanted it
                self._ready = self._waiting = None
                await _end(process)

    async def close(self) -> None:
        """Let the process go that waits."""
        if (process := self._taken()) is not None:
            await _end(process)


def pdf_writer(typesetter: Typesetter) -> Writer:
    """The writer of PDFs."""

    async def write_pdf(table: Table, batches: Batches) -> AsyncIterator[bytes]:
        items: list[Item] = []
        async for batch in batches:
            items += batch
            PDF.check(len(items))
        told = await asyncio.to_thread(document, table, items)
        made = await typesetter.typeset(told, is_long=len(items) > _SHORT_ROWS)
        for start in range(0, len(made), _PIECE):
            yield made[start : start + _PIECE]

    return write_pdf
