# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The one file of a backup: a tar with the database's dump, the files beside it, and a manifest with their checksums.

The dump comes first and is written as it arrives, so no second copy of it is ever on the disk; its header gets the
size afterwards. The manifest comes last: an archive that was cut off has none.
"""

import contextlib
import hashlib
import io
import os
import secrets
import shutil
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Final

import msgspec

from csms.kit.errors import ConflictError, InvalidError, UnavailableError

FORMAT: Final = 1
DUMP: Final = "database.dump"
FOLDERS: Final = ("files", "ca")
_MANIFEST: Final = "manifest.json"
_SEAL: Final = "manifest.sha256"
CHUNK: Final = 1024 * 1024


class BackupDamagedError(InvalidError):
    """The file is not a whole backup."""

    code = "backup_damaged"


class FilesInTheWayError(ConflictError):
    """What would be restored is already there."""

    code = "files_in_the_way"


class Member(msgspec.Struct, frozen=True):
    """One file in the archive."""

    octets: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds and which program can read it."""

    format: int
    csms_version: str
    schema_revision: str | None
    made_at: datetime
    postgresql: str
    dumped_by_major: int
    key_ids: tuple[str, ...]
    members: dict[str, Member]


class Description(msgspec.Struct, frozen=True):
    """What the writer cannot see in the data."""

    csms_version: str
    schema_revision: str | None
    made_at: datetime
    postgresql: str
    dumped_by_major: int
    key_ids: tuple[str, ...]


class Counted:
    """A file that counts and hashes what is read from it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self.octets = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self._hash.update(piece)
        self.octets += len(piece)
        return piece

    def member(self) -> Member:
        return Member(self.octets, self._hash.hexdigest())


def write(
    target: Path, dump: IO[bytes], check_dump: Callable[[], None], data_dir: Path, description: Description
) -> None:
    """Write an archive under a scratch name, check, rename. `check_dump` raises if the dump turned out incomplete."""
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        descriptor = os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as output:
            members = {DUMP: _write_dump(output, dump, description.made_at)}
            check_dump()
            with tarfile.open(fileobj=output, mode="w") as archive:
                _write_files(archive, data_dir, members)
                _write_manifest(archive, description, members)
            output.flush()
            os.fsync(output.fileno())
        scratch.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise UnavailableError(
            f"the backup {target} could not be written: {error.strerror or error}; make room, or choose another folder"
        ) from error
    finally:
        scratch.unlink(missing_ok=True)


def _write_dump(output: IO[bytes], dump: IO[bytes], made_at: datetime) -> Member:
    """The first member, of a size that is known only at its end."""
    output.write(bytes(tarfile.BLOCKSIZE))
    counted = Counted(dump)
    while piece := counted.read(CHUNK):
        output.write(piece)
    output.write(bytes(-counted.octets % tarfile.BLOCKSIZE))
    end = output.tell()
    output.seek(0)
    output.write(info_of(DUMP, counted.octets, made_at).tobuf(tarfile.GNU_FORMAT))
    output.seek(end)
    return counted.member()


def info_of(name: str, octets: int, at: datetime) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = octets, 0o600, int(at.timestamp())
    return info


def _write_files(archive: tarfile.TarFile, data_dir: Path, members: dict[str, Member]) -> None:
    for path in _files(data_dir):
        try:
            source = path.open("rb")
        except FileNotFoundError:
            continue  # expired between the listing and now
        with source:
            info = archive.gettarinfo(arcname=path.relative_to(data_dir).as_posix(), fileobj=source)
            info.uname = info.gname = ""
            counted = Counted(source)
            archive.addfile(info, counted)
            members[info.name] = counted.member()


def _files(data_dir: Path) -> Iterator[Path]:
    """Regular files only; links are not followed out of the data directory."""
    for folder in FOLDERS:
        for parent, _, names in os.walk(data_dir / folder):
            for name in sorted(names):
                path = Path(parent) / name
                if path.is_file() and not path.is_symlink():
                    yield path


def _write_manifest(archive: tarfile.TarFile, description: Description, members: dict[str, Member]) -> None:
    manifest = Manifest(FORMAT, members=members, **msgspec.structs.asdict(description))
    text = msgspec.json.format(msgspec.json.encode(manifest))
    for name, content in ((_MANIFEST, text), (_SEAL, hashlib.sha256(text).hexdigest().encode())):
        archive.addfile(info_of(name, len(content), description.made_at), io.BytesIO(content))


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Archive:
    """A backup opened for reading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with damage_of(path), tarfile.open(path, "r:") as archive:
            self._infos = {info.name: info for info in archive.getmembers()}
            self.manifest = self._read_manifest(archive)
        self._check_names()

    def _read_manifest(self, archive: tarfile.TarFile) -> Manifest:
        texts = []
        for name in (_MANIFEST, _SEAL):
            source = archive.extractfile(self._infos[name]) if name in self._infos else None
            if source is None:
                raise BackupDamagedError(f"{self.path} has no manifest: it is cut off, or not a backup of csms")
            texts.append(source.read())
        if hashlib.sha256(texts[0]).hexdigest() != texts[1].decode(errors="replace").strip():
            raise BackupDamagedError(f"{self.path} is damaged: the manifest's checksum is wrong")
        stated = msgspec.json.decode(texts[0])
        if str(stated.get("format")).startswith("organization"):
            raise InvalidError(f"{self.path} has one organization only: restore it with --organization")
        if stated.get("format") != FORMAT:
            raise InvalidError(f"{self.path} has the format {stated.get('format')}, which this csms does not know")
        return msgspec.json.decode(texts[0], type=Manifest)

    def _check_names(self) -> None:
        expected = {*self.manifest.members, _MANIFEST, _SEAL}
        if set(self._infos) != expected or DUMP not in self.manifest.members:
            odd = ", ".join(sorted(set(self._infos) ^ expected)) or DUMP
            raise BackupDamagedError(f"{self.path} is damaged: the manifest and the content differ in {odd}")
        for name, info in self._infos.items():
            path = PurePosixPath(name)
            inside = path.parts[0] in FOLDERS and len(path.parts) > 1
            if ".." in path.parts or path.is_absolute() or not info.isreg():
                raise BackupDamagedError(f"{self.path} holds {name!r}, which no backup has")
            if not inside and name not in {DUMP, _MANIFEST, _SEAL}:
                raise BackupDamagedError(f"{self.path} holds {name!r}, which no backup has")

    def verify(self) -> None:
        """Compare every checksum."""
        for name, member in self.manifest.members.items():
            found = hashlib.sha256()
            for piece in self.pieces(name):
                found.update(piece)
            if found.hexdigest() != member.sha256:
                raise BackupDamagedError(f"{self.path} is damaged: the checksum of {name} is wrong. Use another backup")

    def pieces(self, name: str) -> Iterator[bytes]:
        """A member's content."""
        with damage_of(self.path), tarfile.open(self.path, "r:") as archive:
            source = archive.extractfile(self._infos[name])
            if source is None:
                raise BackupDamagedError(f"{self.path} is damaged: {name} is no file")
            while piece := source.read(CHUNK):
                yield piece

    def check_room(self, data_dir: Path) -> None:
        """FilesInTheWayError where a folder that would be restored has files."""
        for folder in self._folders():
            if any(path.is_file() for path in (data_dir / folder).rglob("*")):
                raise FilesInTheWayError(
                    f"{data_dir / folder} has files, which the backup's would replace: move them away, or restore "
                    "with --force"
                )

    def _folders(self) -> list[str]:
        return [folder for folder in FOLDERS if any(name.startswith(f"{folder}/") for name in self.manifest.members)]

    def unpack_files(self, data_dir: Path) -> None:
        """Put the files where they were; a folder is written beside and changed in one step."""
        for folder in self._folders():
            fresh = data_dir / f".{folder}.{secrets.token_hex(4)}.restoring"
            for name in self.manifest.members:
                if name.startswith(f"{folder}/"):
                    self._unpack(name, fresh / PurePosixPath(name).relative_to(folder))
            old = data_dir / folder
            aside = fresh.with_suffix(".replaced")
            if old.exists():
                old.rename(aside)
            fresh.rename(old)
            _remove_tree(aside)

    def _unpack(self, name: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = self._infos[name].mode & 0o700
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as output:
            for piece in self.pieces(name):
                output.write(piece)
            output.flush()
            os.fsync(output.fileno())


@contextlib.contextmanager
def damage_of(path: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, msgspec.MsgspecError, EOFError) as error:
        raise BackupDamagedError(f"{path} is damaged or no backup of csms: {error}") from error
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror or error}") from error


def _remove_tree(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)
