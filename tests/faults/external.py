# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of somebody else's: on a TCP port, migrated, stopped and started when the test says so."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from csms.kit.db import migrate
from csms.kit.db.embedded import EmbeddedPostgres
from csms.kit.db.embedded_place import Place, install
from csms.kit.db.embedded_process import end_orphans, ended, processes_of, spawn
from csms.kit.db.server_binaries import Binaries
from tests.faults.process import quiet_port
from tests.support.postgres import chosen_binaries


class ExternalPostgres:
    """Nobody starts it again when it dies."""

    def __init__(self, folder: Path, **options: str) -> None:
        self._folder = folder / "external"
        self._options = options
        self._port = quiet_port()
        self._place: Place | None = None
        self._binaries: Binaries | None = None
        self._logins: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    async def make(self) -> None:
        """A cluster with a migrated database; not started."""
        embedded = EmbeddedPostgres(self._folder, chosen_binaries())
        urls = await embedded.start()
        try:
            await migrate.upgrade(urls.owner, login="csms")
            self._place = embedded.place
            self._binaries = install(embedded.place, chosen_binaries())
            self._logins = {
                "app": urlsplit(urls.app).netloc.rpartition("@")[0],
                "superuser": urlsplit(urls.superuser).netloc.rpartition("@")[0],
            }
        finally:
            await embedded.stop()

    @property
    def data(self) -> Path:
        """Its folder."""
        assert self._place is not None
        return self._place.data

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    def url(self, who: str = "app", port: int | None = None) -> str:
        """How to reach it, or by which other port."""
        return f"postgresql://{self._logins[who]}@127.0.0.1:{port or self._port}/csms"

    async def sql(self) -> asyncpg.Connection:
        """Look into it as its superuser."""
        return await asyncpg.connect(self.url("superuser"))

    async def start(self) -> None:
        """Start, and wait until it takes connections."""
        place, binaries = self._place, self._binaries
        assert place is not None
        assert binaries is not None
        await end_orphans(place.data)
        options = {"listen_addresses": "127.0.0.1", "port": str(self._port), "unix_socket_directories": ""}
        options |= self._options
        settings = (part for name, value in options.items() for part in ("-c", f"{name}={value}"))
        with place.log.open("ab") as output:
            command = [binaries.program("postgres"), "-D", str(place.data), *settings]
            self._process = spawn(command, place.account, output, signal.SIGKILL)
        await self.answers()

    async def answers(self, patience_s: float = 60) -> None:
        """Wait until it takes connections."""
        place = self._place
        assert place is not None
        async with asyncio.timeout(patience_s):
            while True:
                assert self.running, place.log.read_text()[-2000:]
                try:
                    connection = await self.sql()
                except (OSError, asyncpg.PostgresError):
                    await asyncio.sleep(0.02)
                else:
                    await connection.close()
                    return

    @property
    def head(self) -> int:
        """Its first process."""
        assert self._process is not None
        return self._process.pid

    def processes(self) -> list[int]:
        """All of its processes."""
        return [] if self._place is None else processes_of(self._place.data.resolve())

    @asynccontextmanager
    async def frozen(self) -> AsyncIterator[None]:
        """Its processes stand still meanwhile: connections stay open, nothing is answered."""
        pids = self.processes()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    async def kill(self, *, head_only: bool) -> None:
        """kill -9 of all of it, or of its head alone; `start` starts it again."""
        assert self._process is not None
        for pid in [self._process.pid] if head_only else self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.wait_for(ended(self._process), 30)
        self._process = None

    @property
    def running(self) -> bool:
        """Whether its head lives."""
        return self._process is not None and self._process.poll() is None

    async def stop(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT: immediately, without a goodbye. SIGINT: sessions are told."""
        if self._process is not None:
            self._process.send_signal(number)
            await asyncio.wait_for(ended(self._process), 30)
            self._process = None


def title(pid: int) -> str:
    """What a process of PostgreSQL says it is doing."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0 ").decode(errors="replace")
    except OSError:
        return ""
