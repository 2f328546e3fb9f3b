# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms doctor`: what is wrong, and what to do about it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from csms.kit.clock import Clock, SystemClock
from csms.kit.config import Settings
from csms.kit.db import migrate
from csms.kit.db.migrate import SchemaState
from csms.kit.db.partitions import HISTORY, METERS, OCPP_LOG
from csms.kit.db.roles import check_roles
from csms.kit.errors import CsmsError
from csms.main.doctor_local import Finding, judged, local_checks
from csms.main.host import database_urls
from csms.main.secrets import safe
from csms.main.streams import broker_check

_OLDEST_SERVER: Final = 15
# Of a worker 8 for its jobs and one to show that it lives; of an API one for its log and one that hears of changes.
_CONNECTIONS_BESIDE: Final = 11
_CONNECTIONS_ASIDE: Final = 10
_SKEW_S: Final = 5.0


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """All checks, one after the other."""
    clock = SystemClock()
    for finding in local_checks(settings, clock):
        yield finding
    async for finding in _database(settings, clock):
        yield finding
    if settings.redis.url is not None:
        yield await _redis(settings.redis.url.get_secret_value())
    if (found := await broker_check(settings.broker)) is not None:
        yield found


async def _database(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    try:
        async with database_urls(settings) as urls:
            state = await migrate.state(urls.app)
            yield judged(
                "schema",
                state is SchemaState.CURRENT,
                f"{state.value} ({await migrate.current(urls.app) or 'none'})",
                "run `csms migrate`; a newer schema needs the newer csms",
            )
            connection = await asyncpg.connect(migrate.driver(urls.app), timeout=10)
            try:
                async for finding in _server(connection, settings, clock):
                    yield finding
                if state is not SchemaState.EMPTY:
                    async for finding in _content(connection, clock):
                        yield finding
            finally:
                await connection.close()
            if state is SchemaState.CURRENT:
                yield await _secrets(settings)
    except CsmsError as error:
        yield judged("database", False, error.detail, "see the message")
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        yield judged("database", False, f"{type(error).__name__}: {error}", "check CSMS_DATABASE__URL and the server")


async def _server(connection: asyncpg.Connection, settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    major = connection.get_server_version().major
    yield judged("server", major >= _OLDEST_SERVER, f"PostgreSQL {major}", "PostgreSQL 15 to 18 are supported")
    allowed = int(await connection.fetchval("SHOW max_connections"))
    wanted = settings.database.app_pool + settings.database.ingest_pool + _CONNECTIONS_BESIDE
    yield judged(
        "connections",
        wanted + _CONNECTIONS_ASIDE <= allowed,
        f"up to {wanted} for each process, {allowed} allowed by the server",
        "lower CSMS_DATABASE__APP_POOL, or raise max_connections",
    )
    before, theirs, after = clock.now(), await connection.fetchval("SELECT clock_timestamp()"), clock.now()
    apart_s = abs((theirs - (before + (after - before) / 2)).total_seconds())
    yield judged(
        "clock",
        apart_s <= _SKEW_S,
        f"{apart_s:.1f} s from the database's",
        "set both by NTP: sessions, commands and meter values go by it",
    )


async def _content(connection: asyncpg.Connection, clock: Clock) -> AsyncIterator[Finding]:
    problems = await check_roles(connection)
    for problem in problems:
        yield judged("database roles", False, problem.what, problem.remedy)
    if not problems:
        yield judged("database roles", True, "least privilege holds")
    yield await _partitions(connection, clock.now())


async def _partitions(connection: asyncpg.Connection, now: datetime) -> Finding:
    """Those of now must be there; those of tomorrow and of the next month are made by the worker, hours ahead."""
    now = now.astimezone(UTC)
    month = (now.replace(day=1) + timedelta(days=32)).strftime("%Y%m")
    names = {
        "now": [f"{OCPP_LOG}_{now:%Y%m%d}", f"{METERS}_{now:%Y%m}", f"{HISTORY}_{now:%Y%m}"],
        "soon": [f"{OCPP_LOG}_{now + timedelta(days=1):%Y%m%d}", f"{METERS}_{month}", f"{HISTORY}_{month}"],
    }
    missing = {
        when: [name for name in wanted if await connection.fetchval("SELECT to_regclass($1)", f"public.{name}") is None]
        for when, wanted in names.items()
    }
    remedy = "start a csms with the worker (--role all or worker): it makes them every hour"
    if missing["now"]:
        return judged("partitions", False, f"missing: {', '.join(missing['now'])}", remedy)
    if missing["soon"]:
        return Finding("partitions", "note", f"not made yet: {', '.join(missing['soon'])}", remedy)
    return Finding("partitions", "ok", "made ahead")


async def _secrets(settings: Settings) -> Finding:
    async with safe(settings) as found:
        lost = await found.unopenable()
    said = ", ".join(f"{count} in {column}" for column, count in lost.items())
    remedy = "restore keys.json as it was, or set these secrets anew; `csms secrets status` tells the keys"
    return judged("stored secrets", not lost, f"no key opens: {said}" if lost else "all can be opened", remedy)


async def _redis(url: str) -> Finding:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    remedy = "check CSMS_REDIS__URL and the server"
    try:
        client = Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    except ValueError:
        return judged("Redis", False, "CSMS_REDIS__URL is no such URL", remedy)  # its words would show the URL
    try:
        async with asyncio.timeout(5):
            await client.ping()
    except (OSError, RedisError, TimeoutError) as error:
        return judged("Redis", False, f"{type(error).__name__}", remedy)
    finally:
        await client.aclose()
    return judged("Redis", True, "answers")
