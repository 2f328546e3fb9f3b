# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms doctor`: what is wrong, and what to do about it."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg

from csms.kit.config import Settings
from csms.kit.crypto import InstallationKeys
from csms.kit.db import migrate
from csms.kit.db.embedded_place import choose_place
from csms.kit.db.migrate import SchemaState
from csms.kit.db.roles import check_roles
from csms.kit.db.server_binaries import find_binaries
from csms.kit.errors import CsmsError
from csms.main.host import database_urls
from csms.plugin.registry import load

_LOW_DISK = 0.1
_OLDEST_SERVER = 15
_CONNECTIONS_ASIDE = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is well, and what to do where it is not."""

    what: str
    well: bool
    said: str
    remedy: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """All checks, one after the other."""
    yield _data_directory(settings)
    yield _disk(settings)
    for name, host, port in (
        ("HTTP port", settings.http.host, settings.http.port),
        ("OCPP port", settings.ocpp.host, settings.ocpp.port),
    ):
        yield _port(name, host, port)
    yield _plugins(settings)
    if settings.database.url is None:
        yield _programs(settings)
    async for finding in _database(settings):
        yield finding
    if settings.redis.url is not None:
        yield await _redis(settings.redis.url.get_secret_value())


def _plugins(settings: Settings) -> Finding:
    try:
        found = load(settings.plugins.disabled)
    except CsmsError as error:
        return Finding("plug-ins", False, error.detail, "repair or remove it")
    names = ", ".join(f"{each.name} {each.version}" for each in found.all)
    return Finding("plug-ins", True, names or "none")


def _data_directory(settings: Settings) -> Finding:
    try:
        keys = InstallationKeys.load_or_create(settings.data_dir)
    except CsmsError as error:
        return Finding("data directory", False, error.detail, "give its owner the right to write there")
    return Finding("data directory", True, f"{settings.data_dir.resolve()} (key {keys.key_id})")


def _disk(settings: Settings) -> Finding:
    usage = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else ".")
    free = usage.free / usage.total
    said = f"{usage.free / 2**30:.1f} GiB free ({free:.0%})"
    return Finding("disk", free >= _LOW_DISK, said, "make room: below 10 % the oldest days of the OCPP log are dropped")


def _port(name: str, host: str, port: int) -> Finding:
    """Taken is fine while csms runs; it is said either way."""
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex((host if host not in {"0.0.0.0", "::"} else "127.0.0.1", port)) == 0  # noqa: S104
    return Finding(
        name, True, f"{host}:{port} {'answers: csms, or something else, listens there' if taken else 'is free'}"
    )


def _programs(settings: Settings) -> Finding:
    try:
        binaries = find_binaries(settings.pg_bin)
        place = choose_place(settings.data_dir)
    except CsmsError as error:
        return Finding("embedded PostgreSQL", False, error.detail, "see the message")
    who = f"as uid {place.account.uid}" if place.account.uid is not None else f"as uid {os.geteuid()}"
    return Finding(
        "embedded PostgreSQL", True, f"{binaries.version} from {binaries.folder}, data in {place.root}, {who}"
    )


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    try:
        async with database_urls(settings) as urls:
            state = await migrate.state(urls.app)
            yield Finding(
                "schema",
                state is SchemaState.CURRENT,
                f"{state.value} ({await migrate.current(urls.app) or 'none'})",
                "run `csms migrate`; a newer schema needs the newer csms",
            )
            connection = await asyncpg.connect(migrate.driver(urls.app), timeout=10)
            try:
                major = connection.get_server_version().major
                yield Finding(
                    "server", major >= _OLDEST_SERVER, f"PostgreSQL {major}", "PostgreSQL 15 to 18 are supported"
                )
                if state is not SchemaState.EMPTY:
                    problems = await check_roles(connection)
                    for problem in problems:
                        yield Finding("database roles", False, problem.what, problem.remedy)
                    if not problems:
                        yield Finding("database roles", True, "least privilege holds")
                allowed = int(await connection.fetchval("SHOW max_connections"))
                wanted = settings.database.app_pool + settings.database.ingest_pool + 8
                yield Finding(
                    "connections",
                    wanted + _CONNECTIONS_ASIDE <= allowed,
                    f"{wanted} wanted by this process, {allowed} allowed by the server",
                    "lower CSMS_DATABASE__APP_POOL, or raise max_connections",
                )
            finally:
                await connection.close()
    except CsmsError as error:
        yield Finding("database", False, error.detail, "see the message")
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        yield Finding("database", False, f"{type(error).__name__}: {error}", "check CSMS_DATABASE__URL and the server")


async def _redis(url: str) -> Finding:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    client = Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    try:
        async with asyncio.timeout(5):
            await client.ping()
    except (OSError, RedisError, TimeoutError) as error:
        return Finding("Redis", False, f"{type(error).__name__}", "check CSMS_REDIS__URL and the server")
    finally:
        await client.aclose()
    return Finding("Redis", True, "answers")
