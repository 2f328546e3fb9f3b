# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands on the host: the database of a running csms, or one started for the moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from csms.domain.events import EVENTS
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.clock import Clock, SystemClock
from csms.kit.config import Settings
from csms.kit.crypto import InstallationKeys
from csms.kit.db import migrate
from csms.kit.db.embedded import DatabaseUrls, EmbeddedPostgres, urls_of
from csms.kit.db.embedded_place import DataInUseError, choose_place
from csms.kit.db.engine import AppDatabase
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.migrate import SchemaState
from csms.kit.db.outbox import Outbox
from csms.kit.db.server_binaries import find_binaries
from csms.kit.db.uow import Actor, Scope, UnitsOfWork
from csms.kit.errors import UnavailableError
from csms.kit.metrics import Metrics

_PATIENCE = 20
OPERATOR = Scope(DEFAULT_ORGANIZATION_ID, Actor("host", None, "csms on the host"))


@dataclass(frozen=True, slots=True)
class Host:
    """What a command on the host works with."""

    urls: DatabaseUrls
    keys: InstallationKeys
    units: UnitsOfWork
    clock: Clock
    data_dir: Path


@asynccontextmanager
async def database_urls(settings: Settings) -> AsyncIterator[DatabaseUrls]:
    """The database that the settings name; the embedded one is started if no csms runs it now."""
    if settings.database.url is not None:
        url = settings.database.url.get_secret_value()
        owner = settings.database.owner_url
        yield DatabaseUrls(url, owner.get_secret_value() if owner else url, url)
        return
    running = await _running(settings)
    if running is not None:
        yield running
        return
    embedded = EmbeddedPostgres(settings.data_dir, find_binaries(settings.pg_bin))
    try:
        urls = await embedded.start()
    except DataInUseError:
        # A csms holds it and its database was starting: it is there in a moment.
        for _ in range(_PATIENCE):
            await asyncio.sleep(0.5)
            if (running := await _running(settings)) is not None:
                yield running
                return
        raise
    try:
        yield urls
    finally:
        await embedded.stop()


async def _running(settings: Settings) -> DatabaseUrls | None:
    """The embedded database of a csms that runs now."""
    place = choose_place(settings.data_dir)
    if not place.credentials.exists():
        return None
    urls = urls_of(place)
    try:
        connection = await asyncpg.connect(urls.app, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return None
    await connection.close()
    return urls


@asynccontextmanager
async def host(settings: Settings) -> AsyncIterator[Host]:
    """Everything a use case needs, for one command."""
    async with database_urls(settings) as urls:
        state = await migrate.refuse_newer(urls.app)
        if state is not SchemaState.CURRENT:
            raise UnavailableError(f"the database's schema is {state.value}: start csms once, or run `csms migrate`")
        clock = SystemClock()
        codec = EventCodec(EVENTS)
        bus = MemoryBus(codec, Metrics(process=False))
        database = AppDatabase(urls.app, pool_size=2, application_name="csms-host")
        try:
            units = UnitsOfWork(database, Outbox(codec), bus, clock)
            yield Host(urls, InstallationKeys.load_or_create(settings.data_dir), units, clock, settings.data_dir)
        finally:
            await database.close()
