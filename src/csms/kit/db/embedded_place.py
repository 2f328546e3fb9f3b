# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the embedded cluster lives and whose it is.

PostgreSQL refuses to run as root. Then the server runs as an unprivileged account, which must be able to reach its
files; a user's folders are never opened for that. Where one of them is closed (a checkout in /root), the cluster lives
below /var/lib/csms-lite instead, and the data directory keeps a note that says where. The cluster in turn keeps the
name of its data directory, so that a copied data directory is not taken for the original.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec

from csms.kit.db.server_binaries import Binaries
from csms.kit.errors import ConflictError, UnavailableError

SYSTEM_ROOT: Final = Path("/var/lib/csms-lite")
_NOTE: Final = "postgres.location"
_BACK: Final = "data-directory"
_ACCOUNTS: Final = ("postgres", "nobody")
_MAX_SOCKET_PATH: Final = 107
_SOCKET_NAME: Final = ".s.PGSQL.5432"
_SHORT_FOLDER: Final = Path("/tmp")  # noqa: S108  (a folder of ours inside, checked to be ours)


class DataInUseError(ConflictError):
    """Another process uses the data directory."""

    code = "data_directory_in_use"


class ClusterGoneError(UnavailableError):
    """The data directory says where its database is, and it is not there."""

    code = "database_gone"


class _Note(msgspec.Struct):
    root: str
    made: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as; None of both: as we do."""

    uid: int | None
    gid: int | None

    def give(self, path: Path) -> None:
        """Make the account own a path."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one cluster."""

    root: Path
    account: Account
    data_dir: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own."""
        return self.root / "data"

    @property
    def credentials(self) -> Path:
        """Passwords, 0600, ours."""
        return self.root / "credentials.json"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.root / "postgres.log"

    @property
    def socket_folder(self) -> Path:
        """A folder whose socket's path fits into 107 bytes."""
        near = self.root / "run"
        if len(os.fsencode(near / _SOCKET_NAME)) <= _MAX_SOCKET_PATH:
            return near
        return _SHORT_FOLDER / f"csms-{_mark(self.root)}"

    def keep(self, path: Path) -> None:
        """A file that root makes in a user's folder belongs to the user."""
        if os.geteuid() == 0:
            owner = self.root.stat()
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def mark_made(self) -> None:
        """From now on, an empty place is a loss and not a first start."""
        note = self.data_dir / _NOTE
        if note.exists():
            note.write_bytes(msgspec.json.encode(_Note(str(self.root), made=True)))

    def open_socket_folder(self) -> Path:
        """Make the socket's folder, or find it ours: nobody else may put a socket there."""
        folder = self.socket_folder
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        ours = {os.geteuid(), self.account.uid}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours or found.st_mode & 0o022:
            raise UnavailableError(
                f"{folder} belongs to somebody else: remove it, or give csms a shorter CSMS_DATA_DIR, whose socket "
                "then needs no folder elsewhere"
            )
        self.account.give(folder)
        for left in folder.glob(".s.PGSQL.*"):
            left.unlink()
        return folder


def _mark(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]


def _reachable(path: Path, account: Account) -> bool:
    """Whether an account may walk down to a path."""
    for folder in (path, *path.parents):
        if not folder.exists():
            continue
        found = folder.stat()
        if found.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif found.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not found.st_mode & needed:
            return False
    return True


def _account(data: Path) -> Account:
    """As root: whoever owns the cluster that is there, else an account that owns little."""
    if os.geteuid() != 0:
        return Account(None, None)
    if data.exists():
        owner = data.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise UnavailableError(
        "running as root, and there is neither an account `postgres` nor `nobody` for the database to run as: "
        "run as a normal user, or set CSMS_DATABASE__URL"
    )


def choose_place(data_dir: Path) -> Place:
    """The cluster's place for a data directory, the same at every start."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir = data_dir.resolve()
        note = data_dir / _NOTE
        if note.exists():
            root = _noted(note)
        else:
            root = data_dir / "postgres"
            account = _account(root / "data")
            if account.uid is not None and not root.exists() and not _reachable(data_dir, account):
                root = _system_root(data_dir, note)
        if not root.exists():
            root.mkdir(parents=True)
            root.chmod(0o711)  # whatever the umask: the server's account has to pass through
        account = _account(root / "data")
        if note.exists():
            _check_back(root, data_dir)
    except OSError as error:
        raise UnavailableError(
            f"the data directory {data_dir} cannot be used: {error.strerror} ({error.filename}); "
            "give its owner the right to write there, or set CSMS_DATA_DIR"
        ) from error
    return Place(root, account, data_dir)


def _system_root(data_dir: Path, note: Path) -> Path:
    if not SYSTEM_ROOT.exists():
        SYSTEM_ROOT.mkdir(parents=True)
        SYSTEM_ROOT.chmod(0o755)
    root = SYSTEM_ROOT / _mark(data_dir)
    number = 1
    while (root / "data").exists():  # of a data directory that was here once, and may have moved
        number += 1
        root = SYSTEM_ROOT / f"{_mark(data_dir)}-{number}"
    note.write_bytes(msgspec.json.encode(_Note(str(root))))
    return root


def _noted(note: Path) -> Path:
    try:
        content = msgspec.json.decode(note.read_bytes(), type=_Note)
    except msgspec.MsgspecError as error:
        raise UnavailableError(f"{note} is damaged: it should say where the database is, as csms wrote it") from error
    root = Path(content.root)
    if content.made and not (root / "data" / "PG_VERSION").exists():
        raise ClusterGoneError(
            f"{note} says that the database is in {root}, and there is none: bring that folder back (in a container, "
            f"keep it on a volume), or delete {note} and restore a backup with `csms restore`"
        )
    return root


def _check_back(root: Path, data_dir: Path) -> None:
    """A moved data directory takes its database along; a copy must not share it with the original."""
    back = root / _BACK
    known = Path(back.read_text()) if back.exists() else data_dir
    if known != data_dir and (known / _NOTE).exists() and _noted(known / _NOTE) == root:
        raise DataInUseError(
            f"{data_dir} is a copy of {known} and would use its database: delete {data_dir / _NOTE} to start with an "
            "empty one, then restore a backup of the original there"
        )
    back.write_text(str(data_dir))


def lock(place: Place) -> IO[str]:
    """Hold the cluster for this process; DataInUseError names who holds it."""
    path = place.root / "lock"
    try:
        handle = path.open("a+")
        place.keep(path)
    except OSError as error:
        raise UnavailableError(
            f"the database in {place.root} cannot be used by this user: {error.strerror}; run csms as the user that "
            "made it, or set CSMS_DATA_DIR"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        holder = handle.read().strip() or "unknown"
        handle.close()
        raise DataInUseError(
            f"the data directory {place.data_dir} is in use by process {holder}: stop that one, "
            "or give this one a folder of its own with CSMS_DATA_DIR"
        ) from error
    except OSError as error:
        handle.close()
        raise UnavailableError(f"{place.root} is on a file system without locks: set CSMS_DATA_DIR") from error
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def install(place: Place, binaries: Binaries) -> Binaries:
    """Programs that the server's account can run: copied below the cluster where they lie in closed folders."""
    if place.account.uid is None or _reachable(binaries.folder.resolve(), place.account):
        return binaries
    if binaries.root is None:
        raise UnavailableError(
            f"the database runs as the account {place.account.uid}, which cannot reach {binaries.folder}: name another "
            "folder with CSMS_PG_BIN, or run csms as a normal user"
        )
    programs = place.root / "programs"
    inside = binaries.folder.relative_to(binaries.root.parent)
    target = programs / f"{binaries.version}-{_print(Path(binaries.program('postgres')))}"
    if not target.exists():
        _copy(binaries.root, target)
    return Binaries(target / inside, binaries.major, binaries.version, target / binaries.root.name)


def _print(program: Path) -> str:
    """Changes when the programs do, also within a version."""
    found = program.stat()
    return hashlib.sha256(f"{program}:{found.st_size}:{found.st_mtime_ns}".encode()).hexdigest()[:8]


def _copy(source: Path, target: Path) -> None:
    """The package and the libraries beside it, whole or not at all; older copies go."""
    programs = target.parent
    shutil.rmtree(programs, ignore_errors=True)
    programs.mkdir()
    programs.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=programs) as scratch:
        half = Path(scratch) / "copy"
        for part in (source, source.with_name(source.name + ".libs")):
            if part.exists():
                shutil.copytree(part, half / part.name, symlinks=True)
        for path in (half, *half.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | (0o555 if mode & stat.S_IXUSR or path.is_dir() else 0o444))
        half.rename(target)
