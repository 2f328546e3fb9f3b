# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The application's engine: pooled connections that act as `csms_app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, Final
from uuid import uuid4

import asyncpg
import msgspec
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from csms.kit.db.driver import driver_connection
from csms.kit.db.migrate import alchemy
from csms.kit.errors import BusyError, CollisionError, CrowdedError, UnavailableError

_SESSION: Final = {"role": "csms_app", "statement_timeout": "30000", "lock_timeout": "10000", "jit": "off"}
_SET_LOCALLY: Final = "".join(f"SET LOCAL {name} = '{value}';" for name, value in _SESSION.items())
_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
# SQLSTATEs (PostgreSQL, appendix A): connection, sign-in, no such database, resources, operator, a standby.
_AWAY: Final = ("08", "28", "3D", "53", "57P", "25006")
_COLLISIONS: Final = frozenset({"40001", "40P01"})
_IDLE_S: Final = 1.0
# Every filter of every list is a statement of its own; one that was forgotten takes milliseconds to compile again.
_KEPT_STATEMENTS: Final = 2_000
_TOO_LONG: Final = frozenset({"55P03", "57014"})


def _dumps(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _refusal(error: DBAPIError | asyncpg.PostgresError) -> UnavailableError | None:
    """What is no bug but the state of the database, in our words."""
    driver = error.orig if isinstance(error, DBAPIError) else error  # a cursor's errors come as the driver says them
    state = str(getattr(driver, "sqlstate", None) or "")
    if state in _COLLISIONS:
        return CollisionError("somebody else changed the same things at this moment; try again")
    if state in _TOO_LONG:
        return BusyError("the database took too long; try again, or ask for less at once")
    if state.startswith(_AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return UnavailableError("the database connection was lost; try again in a moment")
    return None


class _Driver(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """What is first said in a transaction goes with its BEGIN, what is said at last with its COMMIT: one way to the
    database instead of two or three, and locks that the last statement takes are held for no way at all.
    """

    first: str = ""
    """For the next BEGIN and no other: a transaction for which nobody said anything belongs to no organization."""
    last: str = ""
    """For the next COMMIT. Where it fails, nothing is committed."""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        """As asyncpg does it."""
        if self.first and query.startswith("BEGIN"):
            return await self._begin(query)
        if self.last and query.startswith("COMMIT"):
            return await self._commit(query)
        return str(await super().execute(query, *args, timeout=timeout))

    async def _begin(self, query: str) -> str:
        first, self.first = self.first, ""
        try:
            return str(await super().execute(query + first))
        except BaseException:
            self.terminate()  # the driver takes a transaction that did not begin for none, but it may have
            raise

    async def _commit(self, query: str) -> str:
        last, self.last = self.last, ""
        try:
            return str(await super().execute(last + query))
        except asyncpg.PostgresError:  # for the driver it is over now, and so it is
            if not self.is_closed() and self.is_in_transaction():
                await super().execute("ROLLBACK")
            raise
        except BaseException:
            self.terminate()
            raise


async def at_last(connection: AsyncConnection, statement: str) -> None:
    """Say something just before the commit, in the same way to the database; nothing of it comes from outside."""
    driver = await driver_connection(connection)
    assert isinstance(driver, _Driver)
    driver.last = statement + ";"


def _ask_the_idle(engine: AsyncEngine) -> None:
    """Whether a connection still lives is asked if it was not used lately; each time would be three more round trips.

    One that was cut a moment ago gives one refused request, as one that is cut a moment later does.
    """

    @event.listens_for(engine.sync_engine, "checkin")
    def used(_connection: Any, record: Any) -> None:
        record.info["used_s"] = monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def ask(connection: Any, record: Any, _proxy: Any) -> None:
        if monotonic() - record.info.get("used_s", monotonic()) < _IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            if not engine.dialect.is_disconnect(error, connection, None):  # type: ignore[arg-type]
                raise
            raise DisconnectionError from error


class AppDatabase:
    """Connections for the API and the worker, held to a limit."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        application_name: str = "csms",
        pgbouncer: bool = False,
    ) -> None:
        arguments: dict[str, Any] = {
            "timeout": 10,
            "connection_class": _Driver,
            "server_settings": {"application_name": application_name, **({} if pgbouncer else _SESSION)},
        }
        # PgBouncer refuses startup parameters that it does not know, and hands out sessions of others: so the role is
        # taken on in each transaction.
        self._first = _SET_LOCALLY if pgbouncer else ""
        if pgbouncer:
            # In transaction mode a statement prepared on one server connection is not there on the next.
            arguments |= {
                "statement_cache_size": 0,
                "prepared_statement_cache_size": 0,
                "prepared_statement_name_func": lambda: f"__csms_{uuid4().hex}__",
            }
        self.engine: AsyncEngine = create_async_engine(
            alchemy(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_use_lifo=True,  # the one used last has its statements prepared and its plans made
            pool_timeout=10,
            hide_parameters=True,  # they hold personal data and secrets; an error of a statement goes to the log
            connect_args=arguments,
            json_serializer=_dumps,
            json_deserializer=msgspec.json.decode,
            query_cache_size=_KEPT_STATEMENTS,
        )
        _ask_the_idle(self.engine)

    def count(self) -> tuple[int, int]:
        """Connections that are open, and those of them at work."""
        pool = self.engine.pool
        assert isinstance(pool, QueuePool)
        used = pool.checkedout()
        return pool.checkedin() + used, used

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()

    @asynccontextmanager
    async def connect(self, first: str = "", *, snapshot: bool = False) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, committed at the end, rolled back by an exception.

        `first`: statements in our own words, each with its semicolon, that come before all others. A `snapshot` sees
        nothing that is committed after its first statement, and changes nothing.
        """
        connected = False
        try:
            async with self.engine.connect() as connection, connection.begin():
                driver = (await connection.get_raw_connection()).driver_connection
                assert isinstance(driver, _Driver)
                driver.last = ""
                driver.first = (_SNAPSHOT if snapshot else "") + self._first + first
                connected = True
                yield connection
        except DBAPIError as error:
            refusal = _refusal(error)
            if refusal is None and isinstance(error, OperationalError | InterfaceError):
                refusal = UnavailableError("the database cannot be reached now; try again in a moment")
            if refusal is None:
                raise
            raise refusal from error
        except PoolTimeoutError as error:
            raise CrowdedError(
                "more is asked of this process at once than it has connections to the database; try again in a moment"
            ) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
            if connected and isinstance(error, asyncpg.PostgresError):
                raise _refusal(error) or error from error
            # what the driver says while it connects comes as it is
            raise UnavailableError("the database cannot be reached now; try again in a moment") from error
