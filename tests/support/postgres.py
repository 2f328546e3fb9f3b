# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL for tests: one server a session, a migrated template, a clone per test."""

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from csms.kit.db import migrate
from csms.kit.db.embedded import DatabaseUrls, EmbeddedPostgres
from csms.kit.db.server_binaries import find_binaries

TEMPLATE = "csms_template"
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

    @asynccontextmanager
    async def clone(self) -> AsyncIterator[Database]:
        """A fresh, migrated database, dropped afterwards."""
        name = f"t_{secrets.token_hex(6)}"
        admin = await asyncpg.connect(self.urls.superuser)
        try:
            await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY wal_log OWNER csms_owner")
            yield Database(name, self.urls)
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await admin.close()


@asynccontextmanager
async def server(worker: str) -> AsyncIterator[Server]:
    """Start a server of this worker's own and prepare the template."""
    named = os.environ.get("CSMS_TEST_PG_BIN")
    folder = Path(tempfile.mkdtemp(prefix=f"csms-test-{worker}-"))
    folder.chmod(0o755)
    embedded = EmbeddedPostgres(folder, find_binaries(Path(named) if named else None), configuration=FAST)
    try:
        urls = await embedded.start()
        admin = await asyncpg.connect(urls.superuser)
        await admin.execute(f"CREATE DATABASE {TEMPLATE} OWNER csms_owner")
        await admin.close()
        database = Database(TEMPLATE, urls)
        await migrate.upgrade(database.owner_url, login="csms")
        yield Server(urls)
    finally:
        await embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)
