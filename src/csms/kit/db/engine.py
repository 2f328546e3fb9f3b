# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The application's engine: pooled connections that act as `csms_app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import uuid4

import msgspec
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from csms.kit.db.migrate import alchemy
from csms.kit.errors import UnavailableError

_STATEMENT_TIMEOUT_MS: Final = 30_000
_LOCK_TIMEOUT_MS: Final = 10_000


def _dumps(value: Any) -> str:
    return msgspec.json.encode(value).decode()


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
            "server_settings": {
                "role": "csms_app",
                "application_name": application_name,
                "statement_timeout": str(_STATEMENT_TIMEOUT_MS),
                "lock_timeout": str(_LOCK_TIMEOUT_MS),
                "jit": "off",
            },
        }
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
                yield connection
        except (OperationalError, InterfaceError, PoolTimeoutError, OSError) as error:
            raise UnavailableError("the database cannot be reached now; try again in a moment") from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise UnavailableError("the database connection was lost; try again in a moment") from error
            raise
