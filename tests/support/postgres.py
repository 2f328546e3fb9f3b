# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL for tests: one server a session, a migrated template, a clone per test."""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from csms.kit.db import migrate
from csms.kit.db.embedded import DatabaseUrls, EmbeddedPostgres
from csms.kit.db.server_binaries import Binaries, find_binaries

TEMPLATE = "csms_template"
_PREFIX = "csms-test-"
_ROOM = 4 * 1024**3
# Durability is what the fault tests are about; all others want speed.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


@dataclass(frozen=True)
class Database:
    """One test's own database."""

    name: str
    urls: DatabaseUrls

    def _url(self, base: str) -> str:
        head, _, query = base.partition("?")
        return f"{head.rpartition('/')[0]}/{self.name}?{query}"

    @property
    def app_url(self) -> str:
        """The application's login."""
        return self._url(self.urls.app)

    @property
    def owner_url(self) -> str:
        """The owner's login."""
        return self._url(self.urls.owner)

    @property
    def superuser_url(self) -> str:
        """To look at everything."""
        return self._url(self.urls.superuser)

    async def connect(self, role: str | None = None) -> asyncpg.Connection:
        """A connection as one of the application's roles; without one, as superuser."""
        if role is None:
            return await asyncpg.connect(self.superuser_url)
        return await asyncpg.connect(self.app_url, server_settings={"role": role})


class Server:
    """The session's server; under xdist each worker has its own."""

    def __init__(self, urls: DatabaseUrls) -> None:
        self.urls = urls

    def clone(self) -> AbstractAsyncContextManager[Database]:
        """A fresh, migrated database, dropped afterwards."""
        return self._fresh(f"TEMPLATE {TEMPLATE} STRATEGY file_copy")

    def empty(self) -> AbstractAsyncContextManager[Database]:
        """A fresh database without a schema, dropped afterwards."""
        return self._fresh("TEMPLATE template0")

    @asynccontextmanager
    async def _fresh(self, options: str) -> AsyncIterator[Database]:
        name = f"t_{secrets.token_hex(6)}"
        admin = await asyncpg.connect(self.urls.superuser)
        try:
            await admin.execute(f"CREATE DATABASE {name} OWNER csms_owner {options}")
            yield Database(name, self.urls)
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await admin.close()


def chosen_binaries() -> Binaries:
    """The programs that this run is about: CSMS_TEST_PG_BIN runs the same suite on another PostgreSQL."""
    named = os.environ.get("CSMS_TEST_PG_BIN")
    return find_binaries(Path(named) if named else None)


def find_older(major: int) -> Binaries:
    """The system's PostgreSQL of that version; the test is skipped, and says so, where there is none."""
    folder = Path(f"/usr/lib/postgresql/{major}/bin")
    if not folder.exists():
        pytest.skip(f"needs PostgreSQL {major} in {folder} (Debian: apt install postgresql-{major})")
    return find_binaries(folder)


def _home() -> Path:
    """Where test servers live: in memory where there is room, since each test's database is a thousand files."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM:
        return memory
    return Path(tempfile.gettempdir())


def _sweep() -> None:
    """Remove what killed sessions left: their servers died with them, their folders could not."""
    for left in _home().glob(f"{_PREFIX}*/postgres/lock"):
        try:
            with left.open() as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if handle.read():  # whoever holds it has written its number; an empty one is just being made
                    shutil.rmtree(left.parents[1], ignore_errors=True)
        except OSError:
            continue  # in use, or somebody else's


@asynccontextmanager
async def another_server(binaries: Binaries) -> AsyncIterator[Server]:
    """A server of its own, without the template."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_home()))
    folder.chmod(0o755)
    embedded = EmbeddedPostgres(folder, binaries, configuration=FAST)
    try:
        yield Server(await embedded.start())
    finally:
        await embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def server() -> AsyncIterator[Server]:
    """A server with the migrated template."""
    async with another_server(chosen_binaries()) as started:
        admin = await asyncpg.connect(started.urls.superuser)
        await admin.execute(f"CREATE DATABASE {TEMPLATE} OWNER csms_owner")
        await admin.close()
        await migrate.upgrade(Database(TEMPLATE, started.urls).owner_url, login="csms")
        yield started
