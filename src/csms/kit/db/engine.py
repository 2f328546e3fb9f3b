# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The application's engine: pooled connections that act as `csms_app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import uuid4

import asyncpg
import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from csms.kit.db.migrate import alchemy
from csms.kit.errors import BusyError, CollisionError, UnavailableError

_SESSION: Final = {"role": "csms_app", "statement_timeout": "30000", "lock_timeout": "10000", "jit": "off"}
_SET_LOCALLY: Final = text("SELECT " + ", ".join(f"set_config('{name}', :{name}, true)" for name in _SESSION))
# SQLSTATEs (PostgreSQL, appendix A): connection, sign-in, no such database, resources, operator, a standby.
_AWAY: Final = ("08", "28", "3D", "53", "57P", "25006")
_COLLISIONS: Final = frozenset({"40001", "40P01"})
_TOO_LONG: Final = frozenset({"55P03", "57014"})


def _dumps(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _refusal(error: DBAPIError) -> UnavailableError | None:
    """What is no bug but the state of the database, in our words."""
    state = _sqlstate(error)
    if state in _COLLISIONS:
        return CollisionError("somebody else changed the same things at this moment; try again")
    if state in _TOO_LONG:
        return BusyError("the database took too long; try again, or ask for less at once")
    if error.connection_invalidated or state.startswith(_AWAY):
        return UnavailableError("the database connection was lost; try again in a moment")
    return None


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
            "server_settings": {"application_name": application_name, **({} if pgbouncer else _SESSION)},
        }
        # PgBouncer refuses startup parameters that it does not know, and hands out sessions of others: so the role is
        # taken on in each transaction.
        self._set_locally = pgbouncer
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
            pool_timeout=10,
            pool_pre_ping=True,
            hide_parameters=True,  # they hold personal data and secrets; an error of a statement goes to the log
            connect_args=arguments,
            json_serializer=_dumps,
            json_deserializer=msgspec.json.decode,
        )

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, committed at the end, rolled back by an exception."""
        try:
            async with self.engine.connect() as connection, connection.begin():
                if self._set_locally:
                    await connection.execute(_SET_LOCALLY, _SESSION)
                yield connection
        except DBAPIError as error:
            refusal = _refusal(error)
            if refusal is None and isinstance(error, OperationalError | InterfaceError):
                refusal = UnavailableError("the database cannot be reached now; try again in a moment")
            if refusal is None:
                raise
            raise refusal from error
        except (PoolTimeoutError, OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
            # what the driver says while it connects comes as it is
            raise UnavailableError("the database cannot be reached now; try again in a moment") from error
