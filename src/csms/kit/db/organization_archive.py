# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The one file of an organization's backup: a tar with a compressed member per table, its files, and a manifest."""

import gzip
import hashlib
import io
import os
import secrets
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Final, Self

import msgspec

from csms.kit.db.backup_archive import (
    CHUNK,
    BackupDamagedError,
    Counted,
    Member,
    damage_of,
    info_of,
    sync_folder,
)
from csms.kit.errors import InvalidError, UnavailableError

FORMAT: Final = "organization-1"
_MANIFEST: Final = "manifest.json"
_SEAL: Final = "manifest.sha256"


class Part(msgspec.Struct, frozen=True):
    """The rows of a table, as COPY writes texts, compressed."""

    columns: tuple[str, ...]
    rows: int
    octets: int
    sha256: str


class OrganizationManifest(msgspec.Struct, frozen=True):
    """What an organization's backup holds and into what it can be restored."""

    format: str
    csms_version: str
    schema_revision: str | None
    made_at: datetime
    organization_id: str
    name: str
    key_ids: tuple[str, ...]
    numbers: str
    """A fingerprint of how this installation makes transaction numbers."""
    sequences: dict[str, int]
    tables: dict[str, Part]
    files: dict[str, Member]


class ArchiveWriter:
    """Writes under a scratch name; the file is there when it is whole."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
        self.tables: dict[str, Part] = {}
        self.files: dict[str, Member] = {}

    def __enter__(self) -> Self:
        try:
            self._file = os.fdopen(os.open(self._scratch, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
        except OSError as error:
            raise self._failed(error) from error
        self._archive = tarfile.open(fileobj=self._file, mode="w", format=tarfile.GNU_FORMAT)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._scratch.unlink(missing_ok=True)

    def add_table(self, name: str, columns: tuple[str, ...], rows: int, spool: IO[bytes], at: datetime) -> None:
        """Rows that were spooled into a file of their own, since a member begins with its size."""
        octets = spool.seek(0, io.SEEK_END)
        spool.seek(0)
        counted = Counted(spool)
        self._archive.addfile(info_of(f"tables/{name}", octets, at), counted)
        member = counted.member()
        self.tables[name] = Part(columns, rows, member.octets, member.sha256)

    def add_files(self, folder: Path, organization_id: str) -> None:
        """What chargers and people sent."""
        for path in sorted((folder / organization_id).glob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            try:
                source = path.open("rb")
            except FileNotFoundError:
                continue  # expired between the listing and now
            with source:
                info = self._archive.gettarinfo(arcname=f"files/{path.name}", fileobj=source)
                info.uname = info.gname = ""
                counted = Counted(source)
                self._archive.addfile(info, counted)
                self.files[path.name] = counted.member()

    def finish(self, manifest: OrganizationManifest) -> None:
        """Write the manifest, and put the file in its place."""
        text = msgspec.json.format(msgspec.json.encode(manifest))
        try:
            for name, content in ((_MANIFEST, text), (_SEAL, hashlib.sha256(text).hexdigest().encode())):
                self._archive.addfile(info_of(name, len(content), manifest.made_at), io.BytesIO(content))
            self._archive.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._scratch.rename(self._target)
            sync_folder(self._target.parent)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> UnavailableError:
        return UnavailableError(f"the backup {self._target} could not be written: {error.strerror or error}")


class OrganizationArchive:
    """An organization's backup opened for reading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with damage_of(path), tarfile.open(path, "r:") as archive:
            self._infos = {info.name: info for info in archive.getmembers()}
            self.manifest = self._read_manifest(archive)
        names = {f"tables/{name}" for name in self.manifest.tables} | {f"files/{name}" for name in self.manifest.files}
        odd = set(self._infos) ^ {*names, _MANIFEST, _SEAL}
        odd |= {name for name, info in self._infos.items() if not info.isreg() or name.count("/") > 1 or ".." in name}
        if odd:
            raise BackupDamagedError(f"{path} is damaged: {', '.join(sorted(odd))} is too much, or missing")

    def _read_manifest(self, archive: tarfile.TarFile) -> OrganizationManifest:
        texts = []
        for name in (_MANIFEST, _SEAL):
            source = archive.extractfile(self._infos[name]) if name in self._infos else None
            if source is None:
                raise BackupDamagedError(f"{self.path} has no manifest: it is cut off, or not a backup of csms")
            texts.append(source.read())
        if hashlib.sha256(texts[0]).hexdigest() != texts[1].decode(errors="replace").strip():
            raise BackupDamagedError(f"{self.path} is damaged: the manifest's checksum is wrong")
        stated = msgspec.json.decode(texts[0])
        if stated.get("format") != FORMAT:
            raise InvalidError(f"{self.path} is no backup of one organization: restore it without --organization")
        return msgspec.json.decode(texts[0], type=OrganizationManifest)

    def verify(self) -> None:
        """Compare every checksum."""
        members = {f"tables/{name}": part.sha256 for name, part in self.manifest.tables.items()}
        members |= {f"files/{name}": member.sha256 for name, member in self.manifest.files.items()}
        for name, expected in members.items():
            found = hashlib.sha256()
            for piece in self._pieces(name):
                found.update(piece)
            if found.hexdigest() != expected:
                raise BackupDamagedError(f"{self.path} is damaged: the checksum of {name} is wrong. Use another backup")

    def rows(self, table: str) -> Iterator[bytes]:
        """A table's rows as COPY reads them."""
        with damage_of(self.path), tarfile.open(self.path, "r:") as archive:
            source = archive.extractfile(self._infos[f"tables/{table}"])
            if source is None:
                raise BackupDamagedError(f"{self.path} is damaged: {table} is no file")
            with gzip.GzipFile(fileobj=source) as opened:
                while piece := opened.read(CHUNK):
                    yield piece

    def unpack_files(self, folder: Path) -> None:
        """Put the files where they were, each in one step; a file of the same name is the same file."""
        if self.manifest.files:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in self.manifest.files:
            draft = folder / f".{name}.{secrets.token_hex(4)}.restoring"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
                for piece in self._pieces(f"files/{name}"):
                    output.write(piece)
                output.flush()
                os.fsync(output.fileno())
            draft.rename(folder / name)
        if self.manifest.files:
            sync_folder(folder)

    def _pieces(self, name: str) -> Iterator[bytes]:
        with damage_of(self.path), tarfile.open(self.path, "r:") as archive:
            source = archive.extractfile(self._infos[name])
            if source is None:
                raise BackupDamagedError(f"{self.path} is damaged: {name} is no file")
            while piece := source.read(CHUNK):
                yield piece
