# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A small disk in memory, that can be filled to the last byte."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_MIB = b"\0" * 1024 * 1024


@asynccontextmanager
async def small_disk(place: Path, mib: int) -> AsyncIterator[Path | None]:
    """A tmpfs at a new place; None where there is no right to mount one."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "none", str(place)]
    mounted = await asyncio.to_thread(subprocess.run, command, check=False, capture_output=True)
    if mounted.returncode:
        yield None
        return
    try:
        yield place
    finally:
        await asyncio.to_thread(subprocess.run, ["umount", "--lazy", str(place)], check=True)


def fill(filler: Path) -> None:
    """To the last byte, with one file."""
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(_MIB)
        except OSError:
            os.fsync(file.fileno())
