# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads a table by a child process and hands its rows on as they come."""

import asyncio
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog

from csms.kit.spreadsheets.base import Ended, Frame, Opened, Refused, RefusedFile, Row, Rows

log = structlog.get_logger(__name__)

SILENCE_S: Final = 150.0
_STOP_S: Final = 10.0
_MAX_FRAME: Final = 32 * 1024 * 1024
_MAX_COMPLAINT: Final = 2_000
_MODULE: Final = "csms.kit.spreadsheets.child"
_decoder: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)


@asynccontextmanager
async def opened(
    path: Path, sheet: str | None = None, *, silence_s: float = SILENCE_S
) -> AsyncIterator[tuple[Opened, AsyncIterator[list[Row]]]]:
    """What a file is, and its rows in pieces, the header first. Raises RefusedFile for what is no table."""
    arguments = [str(path), *([] if sheet is None else [sheet])]
    command = (sys.executable, "-I", "-m", _MODULE, *arguments)
    # nothing of this process's environment: it holds addresses and passwords
    own = {"LC_ALL": "C.UTF-8"}
    child = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=own)
    complaint = asyncio.create_task(_complaint(child))
    try:
        reading = _Reading(child, complaint, silence_s)
        first = await reading.next()
        if not isinstance(first, Opened):
            raise RefusedFile("unreadable_file", "the file cannot be read")
        yield first, reading.pieces()
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        async with asyncio.timeout(_STOP_S):
            await complaint


class _Reading:
    def __init__(self, child: Process, complaint: asyncio.Task[str], silence_s: float) -> None:
        self._child = child
        self._complaint = complaint
        self._silence_s = silence_s

    async def pieces(self) -> AsyncIterator[list[Row]]:
        while True:
            frame = await self.next()
            if isinstance(frame, Ended):
                return
            if isinstance(frame, Rows):
                yield frame.rows

    async def next(self) -> Frame:
        """The next frame; RefusedFile where the child refused the file or did not survive it."""
        assert self._child.stdout is not None
        try:
            async with asyncio.timeout(self._silence_s):
                (size,) = struct.unpack(">I", await self._child.stdout.readexactly(4))
                frame = _decoder.decode(await self._child.stdout.readexactly(min(size, _MAX_FRAME)))
        except TimeoutError as error:
            raise RefusedFile("file_too_complex", "reading the file took too long: save the sheet as CSV") from error
        except asyncio.IncompleteReadError as error:
            code = await self._child.wait()
            log.warning("a file could not be read", code=code, complaint=await self._complaint)
            raise RefusedFile(
                "file_too_complex",
                "the file cannot be read, or not with the memory and time that a file may take: save the sheet as CSV",
            ) from error
        if isinstance(frame, Refused):
            raise RefusedFile(frame.code, frame.detail)
        return frame


async def _complaint(child: Process) -> str:
    """What the child says before it dies; the pipe is emptied, so that it never waits for us."""
    assert child.stderr is not None
    kept = b""
    while piece := await child.stderr.read(4096):
        kept = (kept + piece)[:_MAX_COMPLAINT]
    return kept.decode(errors="replace")
