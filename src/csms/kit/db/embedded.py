# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The embedded PostgreSQL: our own supervisor over somebody else's programs.

The server is a foreground child that dies with us (PR_SET_PDEATHSIG), listens on a socket in its own folder only, and
is stopped by SIGINT. A lock on the folder keeps two of us apart. If the server dies it is started again, at a bounded
rate.
"""

import asyncio
import ctypes
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

import asyncpg
import structlog

from csms.kit.db.embedded_place import Place, choose_place, install, lock
from csms.kit.db.roles import create_roles, literal
from csms.kit.db.server_binaries import Binaries
from csms.kit.errors import UnavailableError

log = structlog.get_logger(__name__)

DATABASE: Final = "csms"
_SUPERUSER: Final = "csms_super"
_PR_SET_PDEATHSIG: Final = 1
_STOP_S: Final = 30.0
_RESTARTS: Final = 5
_WITHIN_S: Final = 60.0
_MAX_LOG_BYTES: Final = 10 * 1024 * 1024
_CONFIGURATION: Final[Mapping[str, str]] = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_min_messages": "warning",
    "log_timezone": "'UTC'",
    "timezone": "'UTC'",
}


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """How to reach the cluster's database, as the application, as its owner, and as the superuser."""

    app: str
    owner: str
    superuser: str


class EmbeddedPostgres:
    """One cluster below a data directory."""

    def __init__(
        self,
        data_dir: Path,
        binaries: Binaries,
        *,
        configuration: Mapping[str, str] | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._data_dir = data_dir
        self._given = binaries
        self._configuration = {**_CONFIGURATION, **(configuration or {})}
        self._progress = progress
        self._place: Place | None = None
        self._lock: IO[str] | None = None
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._stopping = False
        self._urls: DatabaseUrls | None = None
        self.failed = asyncio.Event()

    @property
    def place(self) -> Place:
        """Where the cluster lives; only after `start`."""
        if self._place is None:
            raise RuntimeError("the embedded PostgreSQL was not started")
        return self._place

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> DatabaseUrls:
        """Make the cluster if there is none, start the server, wait until it takes connections."""
        place = self._place = choose_place(self._data_dir)
        self._lock = lock(place)
        try:
            self._binaries = await asyncio.to_thread(install, place, self._given)
            self._refuse_other_major(place)
            if not (place.data / "PG_VERSION").exists():
                self._progress("making the database (first start only)")
                await asyncio.to_thread(self._initialize, place)
            await self._end_orphan(place)
            self._launch(place)
            self._urls = urls_of(place)
            await self._wait_ready()
            await self._provision()
        except BaseException:
            await self.stop()
            raise
        self._watch = asyncio.create_task(self._supervise(), name="embedded-postgres")
        return self._urls

    async def stop(self) -> None:
        """Stop the server in order and give the folder free."""
        self._stopping = True
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        if self._process is not None:
            await asyncio.to_thread(_end, self._process)
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _refuse_other_major(self, place: Place) -> None:
        marker = place.data / "PG_VERSION"
        if not marker.exists():
            return
        made_by = int(marker.read_text().split(".")[0])
        if made_by != self._binaries.major:
            raise UnavailableError(
                f"the database in {place.data} was made by PostgreSQL {made_by}, the programs here are "
                f"{self._binaries.major}: run the csms that made it, `csms backup` there and `csms restore` here"
            )

    def _initialize(self, place: Place) -> None:
        """initdb into a folder beside, renamed when whole: a half-made cluster is never used."""
        for left in place.root.glob("making-*"):
            shutil.rmtree(left, ignore_errors=True)
        if place.data.exists():
            shutil.rmtree(place.data)
        making = Path(tempfile.mkdtemp(prefix="making-", dir=place.root))
        passwords = {name: secrets.token_urlsafe(24) for name in (_SUPERUSER, "csms_owner", "csms")}
        try:
            place.account.give(making)
            password_file = making / "password"
            password_file.touch(mode=0o600)
            password_file.write_text(passwords[_SUPERUSER])
            place.account.give(password_file)
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            if self._binaries.major < 17:
                locale = ["--locale=C.UTF-8"]
            command = [
                self._binaries.program("initdb"),
                f"--pgdata={making / 'data'}",
                "--auth=scram-sha-256",
                f"--pwfile={password_file}",
                f"--username={_SUPERUSER}",
                "--encoding=UTF8",
                "--data-checksums",
                "--no-instructions",
                *locale,
            ]
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                user=place.account.uid,
                group=place.account.gid,
                extra_groups=[] if place.account.uid is not None else None,
                cwd=making,
                env=_environment(),
            )
            if done.returncode:
                raise UnavailableError(f"the database could not be made: {done.stderr.strip() or done.stdout.strip()}")
            place.credentials.touch(mode=0o600)
            place.credentials.write_text(json.dumps(passwords))
            (making / "data").rename(place.data)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    async def _end_orphan(self, place: Place) -> None:
        """Clear what a crash left: a server of ours that lives on is stopped, a stale pid file is removed."""
        pid_file = place.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if _is_server_of(pid, place.data):
            log.warning("an older server still runs, stopping it", pid=pid)
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
                for _ in range(100):
                    if not _is_server_of(pid, place.data):
                        return
                    await asyncio.sleep(0.1)
        elif pid_file.exists():
            pid_file.unlink()  # its number belongs to a stranger now, and PostgreSQL would refuse to start

    def _launch(self, place: Place) -> None:
        folder = place.socket_folder
        folder.mkdir(mode=0o711, exist_ok=True)
        place.account.give(folder)
        for left in folder.glob(".s.PGSQL.*"):
            left.unlink()
        options = {
            **self._configuration,
            "unix_socket_directories": f"'{folder}'",
            "unix_socket_permissions": "0777" if place.account.uid is not None else "0700",
        }
        if place.log.exists() and place.log.stat().st_size > _MAX_LOG_BYTES:
            place.log.replace(place.log.with_suffix(".log.1"))
        with place.log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    self._binaries.program("postgres"),
                    "-D",
                    str(place.data),
                    *(part for name, value in options.items() for part in ("-c", f"{name}={value.strip(chr(39))}")),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=place.account.uid,
                group=place.account.gid,
                extra_groups=[] if place.account.uid is not None else None,
                cwd=place.data if place.account.uid is None else "/",
                env=_environment(),
                preexec_fn=_die_with_parent(os.getpid()) if sys.platform == "linux" else None,  # noqa: PLW1509
            )

    async def _wait_ready(self) -> None:
        """Crash recovery may take long: wait as long as the server lives, and say so."""
        if self._urls is None or self._process is None:
            raise RuntimeError("nothing was launched")
        loop = asyncio.get_running_loop()
        started = told = loop.time()
        while True:
            if self._process.poll() is not None:
                raise UnavailableError(f"the database did not start: {_last_words(self.place.log)}")
            try:
                connection = await asyncpg.connect(self._urls.superuser, timeout=5)
            except (OSError, asyncpg.CannotConnectNowError, TimeoutError, asyncpg.ConnectionDoesNotExistError):
                if loop.time() - told > 2:
                    told = loop.time()
                    self._progress(f"the database is recovering ({told - started:.0f} s)")
                await asyncio.sleep(0.02)
            else:
                await connection.close()
                return

    async def _provision(self) -> None:
        """The database and its login roles; repeated at every start, changes nothing that is there."""
        if self._urls is None:
            raise RuntimeError("nothing was launched")
        passwords: dict[str, str] = json.loads(self.place.credentials.read_text())
        connection = await asyncpg.connect(self._urls.superuser)
        try:
            for name, options in (("csms_owner", "CREATEROLE"), ("csms", "NOINHERIT")):
                if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
                    await connection.execute(f"CREATE ROLE {name} LOGIN {options} PASSWORD {literal(passwords[name])}")
            await create_roles(connection, "csms")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE} OWNER csms_owner")
        finally:
            await connection.close()

    async def _supervise(self) -> None:
        """Start the server again when it dies; give up where it keeps dying."""
        loop = asyncio.get_running_loop()
        deaths: list[float] = []
        while self._process is not None:
            code = await asyncio.to_thread(_wait, self._process)
            if code is None:
                continue
            if self._stopping:
                return
            deaths = [at for at in deaths if loop.time() - at < _WITHIN_S] + [loop.time()]
            log.error("the database server ended", exit_code=code, restarts=len(deaths))
            if len(deaths) > _RESTARTS:
                log.critical("the database server keeps dying", words=_last_words(self.place.log))
                self.failed.set()
                return
            await asyncio.sleep(0.1 * 2 ** len(deaths) - 0.1)
            await self._end_orphan(self.place)
            self._launch(self.place)
            try:
                await self._wait_ready()
            except UnavailableError as error:
                log.error("the database server did not come back", error=str(error))


def urls_of(place: Place) -> DatabaseUrls:
    """How to reach the cluster of a place."""
    passwords: dict[str, str] = json.loads(place.credentials.read_text())
    host = quote(str(place.socket_folder), safe="")

    def url(user: str, database: str) -> str:
        return f"postgresql://{user}:{passwords[user]}@/{database}?host={host}"

    return DatabaseUrls(url("csms", DATABASE), url("csms_owner", DATABASE), url(_SUPERUSER, "postgres"))


def _wait(process: "subprocess.Popen[bytes]") -> int | None:
    try:
        return process.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        return None


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number, patience_s in ((signal.SIGINT, _STOP_S), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience_s)


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _die_with_parent(parent: int) -> Callable[[], None]:
    """What the child does before it becomes the server: it asks to be stopped when its parent dies."""
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # the parent died between fork and prctl

    return prepare


def _is_server_of(pid: int, data: Path) -> bool:
    """Whether a process is a living server of this folder; a zombie is not."""
    process = Path("/proc") / str(pid)
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        arguments = (process / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return state != "Z" and arguments[0].endswith(b"postgres") and os.fsencode(data) in arguments


def _last_words(path: Path) -> str:
    try:
        lines: list[Any] = path.read_text(errors="replace").strip().splitlines()[-5:]
    except OSError:
        return "it left no log"
    return " | ".join(lines) or "it left no log"
