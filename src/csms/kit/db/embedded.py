# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The embedded PostgreSQL: our own supervisor over somebody else's programs.

The server is a foreground child that dies with us (PR_SET_PDEATHSIG), listens on a socket in its own folder only, and
is stopped by SIGINT. A lock on the folder keeps two of us apart. If the server dies it is started again, at a bounded
rate and for as long as we live: a full disk may have room again tomorrow.
"""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Final

import asyncpg
import structlog

from csms.kit.db import embedded_cluster as cluster
from csms.kit.db.embedded_cluster import DATABASE, DatabaseUrls, urls_of
from csms.kit.db.embedded_place import Place, choose_place, install, lock
from csms.kit.db.embedded_process import end, end_orphans, ended, spawn
from csms.kit.db.server_binaries import Binaries
from csms.kit.errors import UnavailableError

__all__ = ["DATABASE", "DatabaseUrls", "EmbeddedPostgres", "urls_of"]

log = structlog.get_logger(__name__)

_SETTLED_S: Final = 60.0
_MANY_DEATHS: Final = 5
_LONGEST_PAUSE_S: Final = 30.0
_TELL_AFTER_S: Final = 2.0
_IN_USE_S: Final = 30.0
_MAX_LOG_BYTES: Final = 10 * 1024 * 1024
_LOG_CHECK_S: Final = 600.0
_NOT_YET: Final = (
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InternalClientError,
)
_CONFIGURATION: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """One cluster below a data directory.

    `progress` is told what takes its time; `on_exit` the exit code of a server that ended unasked, before it is started
    again. `failed` is set while the server keeps dying.
    """

    def __init__(
        self,
        data_dir: Path,
        binaries: Binaries,
        *,
        configuration: Mapping[str, str] | None = None,
        progress: Callable[[str], None] = lambda _: None,
        on_exit: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._data_dir = data_dir
        self._given = binaries
        self._configuration = {**_CONFIGURATION, **(configuration or {})}
        self._progress = progress
        self._on_exit = on_exit
        self._place: Place | None = None
        self._lock: IO[str] | None = None
        self._binaries = binaries
        self._statistics = False
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._urls: DatabaseUrls | None = None
        self.failed = asyncio.Event()

    @property
    def place(self) -> Place:
        """Where the cluster lives; only after `start`."""
        if self._place is None:
            raise RuntimeError("the embedded PostgreSQL was not started")
        return self._place

    @property
    def urls(self) -> DatabaseUrls:
        """How to reach it; only after `start`."""
        if self._urls is None:
            raise RuntimeError("the embedded PostgreSQL was not started")
        return self._urls

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> DatabaseUrls:
        """Make the cluster if there is none, start the server, wait until it takes connections."""
        if self._lock is not None:
            raise RuntimeError("the embedded PostgreSQL was started already")
        place = self._place = choose_place(self._data_dir)
        self._lock = lock(place)
        try:
            self._binaries = await asyncio.to_thread(install, place, self._given)
            self._statistics = await asyncio.to_thread(cluster.has_statistics, self._binaries)
            if not cluster.exists(place, self._binaries):
                self._progress("making the database (first start only)")
                await cluster.make(place, self._binaries, sync=self._configuration.get("fsync") != "off")
            place.mark_made()
            self._urls = urls_of(place)
            await end_orphans(place.data)
            await self._bring_up()
            await cluster.provision(place, self._urls, statistics=self._statistics)
        except OSError as error:
            await self.stop()
            raise UnavailableError(
                f"the database in {place.root} could not be started: {cluster.explain(str(error))}"
            ) from error
        except BaseException:
            await self.stop()
            raise
        self._watch = asyncio.create_task(self._supervise(), name="embedded-postgres")
        return self._urls

    async def stop(self) -> None:
        """Stop the server in order and give the folder free."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        if self._process is not None:
            await end(self._process)
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def _bring_up(self) -> None:
        """Launch and wait; processes of a server that was killed may hold its memory a little longer."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _IN_USE_S
        while True:
            self._launch()
            try:
                await self._wait_ready()
            except UnavailableError as error:
                if "still in use" not in error.detail or loop.time() > until:
                    raise
                await asyncio.sleep(0.2)
            else:
                return

    def _launch(self) -> None:
        place = self.place
        options = {
            **self._configuration,
            "unix_socket_directories": str(place.open_socket_folder()),
            "unix_socket_permissions": "0700",
        }
        if self._statistics:
            options.setdefault("shared_preload_libraries", "pg_stat_statements")
        _trim(place.log)
        place.log.touch(mode=0o600)
        place.keep(place.log)
        with place.log.open("ab") as output:
            settings = (part for name, value in options.items() for part in ("-c", f"{name}={value}"))
            command = [self._binaries.program("postgres"), "-D", str(place.data), *settings]
            self._process = spawn(command, place.account, output, signal.SIGINT)

    async def _wait_ready(self) -> None:
        """Crash recovery may take long: wait as long as the server lives, and say so."""
        if self._process is None:
            raise RuntimeError("nothing was launched")
        loop = asyncio.get_running_loop()
        started = told = loop.time()
        seen = self.place.log.stat().st_size
        while True:
            if self._process.poll() is not None:
                said = cluster.explain(_last_words(self.place.log, seen))
                raise UnavailableError(f"the database in {self.place.root} did not start: {said}")
            try:
                connection = await asyncpg.connect(self.urls.superuser, timeout=5)
            except _NOT_YET:
                if loop.time() - told > _TELL_AFTER_S:
                    told = loop.time()
                    self._progress(f"the database is recovering ({told - started:.0f} s)")
                await asyncio.sleep(0.02)
            except asyncpg.TooManyConnectionsError:
                return  # it serves others already
            except asyncpg.InvalidPasswordError as error:
                raise UnavailableError(
                    f"{self.place.credentials} does not belong to the database beside it: bring back the right one"
                ) from error
            else:
                await connection.close()
                return

    async def _supervise(self) -> None:
        """Start the server again whenever it dies."""
        loop = asyncio.get_running_loop()
        deaths = 0
        while self._process is not None:
            since = loop.time()
            code = await self._until_end(self._process)
            died = loop.time()
            deaths = 1 if died - since > _SETTLED_S else deaths + 1
            log.error("the database server ended", exit_code=code, deaths=deaths)
            self._tell(code)
            if deaths > _MANY_DEATHS:
                log.critical("the database server keeps dying", words=_last_words(self.place.log))
                self.failed.set()
            if deaths > 1:
                await asyncio.sleep(min(0.1 * 2**deaths, _LONGEST_PAUSE_S))
            try:
                await end_orphans(self.place.data)
                await self._bring_up()
            except (UnavailableError, OSError) as error:
                log.error("the database server did not come back", error=str(error))
            else:
                self.failed.clear()
                log.info("the database server is back", after_s=round(loop.time() - died, 2), pid=self.pid)

    def _tell(self, code: int) -> None:
        try:
            self._on_exit(code)
        except Exception:
            log.exception("whoever wanted to know of the server's end failed")

    async def _until_end(self, process: "subprocess.Popen[bytes]") -> int:
        """Wait for a server's end; meanwhile its log is kept from filling the disk."""
        waiting = asyncio.ensure_future(ended(process))
        try:
            while not (await asyncio.wait({waiting}, timeout=_LOG_CHECK_S))[0]:
                await asyncio.to_thread(_trim, self.place.log)
            return await waiting
        finally:
            waiting.cancel()


def _trim(path: Path) -> None:
    """Keep one older log; the server appends, so it writes on at the front of the emptied file."""
    if path.exists() and path.stat().st_size > _MAX_LOG_BYTES:
        shutil.copy2(path, path.with_suffix(".log.1"))
        with path.open("r+b") as file:
            file.truncate()


def _last_words(path: Path, start: int = 0) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(start, path.stat().st_size - 4096))
            lines = file.read().decode(errors="replace").strip().splitlines()[-5:]
    except OSError:
        lines = []
    return " | ".join(lines) or "it left no word in its log"
