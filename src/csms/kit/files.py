# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Files that come in over the network: written aside, hashed, bounded, and put in their place in one step."""

import asyncio
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, ClassVar, Final
from uuid import UUID

from csms.kit.errors import CsmsError, UnavailableError

_PIECE: Final = 256 * 1024
_ROOM: Final = 64 * 1024 * 1024  # left free for the database that may be on the same disk
_GRACE_S: Final = 3600.0
_AT_ONCE: Final = 32
_ODD: Final = re.compile(r"[\x00-\x1f\x7f/\\]+")
_MAX_NAME: Final = 200


class StorageFullError(CsmsError):
    """There is no room left on the disk."""

    code: ClassVar[str] = "storage_full"
    status: ClassVar[int] = 507
    title: ClassVar[str] = "Insufficient storage"


class FileTooLargeError(CsmsError):
    """The file has more bytes than are taken."""

    code: ClassVar[str] = "payload_too_large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "Payload too large"


class EmptyFileError(CsmsError):
    """Nothing was sent."""

    code: ClassVar[str] = "empty_file"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "Empty file"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was received whole: its size in bytes and its checksums in hexadecimal."""

    size_bytes: int
    sha256: str
    md5: str


class FileStore:
    """Files of organizations in one folder, each under its id.

    A row in the database says what a file is; the file is there before the row, and a file without a row is removed
    by `sweep`. Several nodes share the folder.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "files"
        self._incoming = data_dir / "incoming"
        self._receiving = asyncio.Semaphore(_AT_ONCE)

    def path(self, organization_id: UUID, key: UUID) -> Path:
        """Where a file is."""
        return self._folder / str(organization_id) / str(key)

    async def receive(self, organization_id: UUID, key: UUID, pieces: AsyncIterator[bytes], limit: int) -> Stored:
        """Store a file of at most `limit` bytes, whole or not at all."""
        if self._receiving.locked():
            raise UnavailableError(f"{_AT_ONCE} files are being received: send it again in a moment")
        async with self._receiving:
            draft = self._incoming / f"{key}.{secrets.token_hex(4)}"
            try:
                stored = await self._write(draft, pieces, limit)
                target = self.path(organization_id, key)
                await asyncio.to_thread(_put, draft, target)
            except OSError as error:
                raise StorageFullError(f"the file could not be stored: {error.strerror or error}") from error
            finally:
                await asyncio.to_thread(draft.unlink, missing_ok=True)
            return stored

    async def remove(self, organization_id: UUID, key: UUID) -> None:
        """Remove a file whose row was never made."""
        await asyncio.to_thread(self.path(organization_id, key).unlink, missing_ok=True)

    async def _write(self, draft: Path, pieces: AsyncIterator[bytes], limit: int) -> Stored:
        writer = await asyncio.to_thread(_Writer, draft)
        try:
            waiting = bytearray()
            async for piece in pieces:
                waiting += piece
                if writer.size_bytes + len(waiting) > limit:
                    raise FileTooLargeError(f"a file may have at most {limit} bytes")
                if len(waiting) >= _PIECE:
                    await asyncio.to_thread(writer.write, bytes(waiting))
                    waiting.clear()
            return await asyncio.to_thread(writer.finish, bytes(waiting))
        finally:
            await asyncio.to_thread(writer.close)

    async def sweep(self, organization_id: UUID, known: frozenset[UUID]) -> int:
        """Remove files of an organization that no row names, and what was left half received; how many."""
        return await asyncio.to_thread(self._sweep, organization_id, known)

    def _sweep(self, organization_id: UUID, known: frozenset[UUID]) -> int:
        before = time.time() - _GRACE_S
        gone = 0
        named = {str(key) for key in known}
        for path in [*_listed(self._folder / str(organization_id)), *_listed(self._incoming)]:
            if path.name not in named and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                gone += 1
        return gone


class _Writer:
    """A file that is hashed while it is written; used by one thread after the other."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(path.parent).free < _ROOM:
            raise StorageFullError("the disk is nearly full: remove files, or make room on the host")
        self._file: IO[bytes] = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)  # OCPP names images by it
        self.size_bytes = 0

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self._sha256.update(piece)
        self._md5.update(piece)
        self.size_bytes += len(piece)

    def finish(self, rest: bytes) -> Stored:
        self.write(rest)
        if not self.size_bytes:
            raise EmptyFileError("the file is empty: nothing was stored")
        self._file.flush()
        os.fsync(self._file.fileno())
        return Stored(self.size_bytes, self._sha256.hexdigest(), self._md5.hexdigest())

    def close(self) -> None:
        self._file.close()


def _put(draft: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _listed(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_file())


def file_name(text: str | None) -> str | None:
    """A name without folders and control characters; None if nothing is left of it."""
    name = _ODD.sub("_", PurePosixPath((text or "").replace("\\", "/")).name)[-_MAX_NAME:].strip(" .")
    return name or None
