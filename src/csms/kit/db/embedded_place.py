# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the embedded cluster lives and whose it is.

PostgreSQL refuses to run as root. Then the server runs as an unprivileged account, which must be able to reach its
files; a user's folders are never opened for that. Where one of them is closed (a checkout in /root), the cluster lives
below /var/lib/csms-lite instead, and the data directory keeps a note that says where.
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

from csms.kit.db.server_binaries import Binaries
from csms.kit.errors import ConflictError, UnavailableError

SYSTEM_ROOT: Final = Path("/var/lib/csms-lite")
_NOTE: Final = "postgres.location"
_ACCOUNTS: Final = ("postgres", "nobody")
_MAX_SOCKET_PATH: Final = 107
_SOCKET_NAME: Final = ".s.PGSQL.5432"


class DataInUseError(ConflictError):
    """Another process uses the data directory."""

    code = "data_directory_in_use"


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as; None of both: as we do."""

    uid: int | None
    gid: int | None

    def give(self, path: Path) -> None:
        """Make the account own a path."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one cluster."""

    root: Path
    account: Account

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
        return Path(tempfile.gettempdir()) / f"csms-{_mark(self.root)}"


def _mark(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]


def _reachable(path: Path) -> bool:
    """Whether anybody may walk down to a path."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents) if parent.exists())


def _account() -> Account:
    if os.geteuid() != 0:
        return Account(None, None)
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
        account = _account()
        note = data_dir / _NOTE
        if note.exists():
            root = Path(note.read_text().strip())
        elif account.uid is None or _reachable(data_dir.resolve()):
            root = data_dir.resolve() / "postgres"
        else:
            root = SYSTEM_ROOT / _mark(data_dir)
            SYSTEM_ROOT.mkdir(parents=True, exist_ok=True, mode=0o755)
            note.write_text(f"{root}\n")
        root.mkdir(parents=True, exist_ok=True, mode=0o711)
    except OSError as error:
        raise UnavailableError(
            f"the data directory {data_dir} cannot be used: {error.strerror} ({error.filename}); "
            "give its owner the right to write there, or set CSMS_DATA_DIR"
        ) from error
    return Place(root, account)


def lock(place: Place) -> IO[str]:
    """Hold the cluster for this process; DataInUseError names who holds it."""
    handle = (place.root / "lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        holder = handle.read().strip() or "unknown"
        handle.close()
        raise DataInUseError(
            f"the database in {place.root} is in use by process {holder}: stop that one, "
            "or give this one a folder of its own with CSMS_DATA_DIR"
        ) from error
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def install(place: Place, binaries: Binaries) -> Binaries:
    """Programs that the server's account can run: copied below the cluster where they lie in closed folders."""
    if place.account.uid is None or binaries.root is None or _reachable(binaries.folder.resolve()):
        return binaries
    programs = place.root / "programs"
    target = programs / binaries.version
    inside = binaries.folder.relative_to(binaries.root.parent)
    if not target.exists():
        programs.mkdir(exist_ok=True, mode=0o755)
        with tempfile.TemporaryDirectory(dir=programs) as scratch:
            half = Path(scratch) / "copy"
            for source in (binaries.root, binaries.root.with_name(binaries.root.name + ".libs")):
                if source.exists():
                    shutil.copytree(source, half / source.name, symlinks=True)
            for path in (half, *half.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            half.rename(target)
    return Binaries(target / inside, binaries.major, binaries.version, target)
