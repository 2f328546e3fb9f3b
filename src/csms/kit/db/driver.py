# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""From whatever a caller's transaction runs on to the driver's connection."""

from typing import TypeAlias

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

Connection: TypeAlias = AsyncSession | AsyncConnection | asyncpg.Connection
"""Inside a transaction: of SQLAlchemy (API, worker) or of the driver (gateway)."""


async def driver_connection(connection: Connection) -> asyncpg.Connection:
    """The driver's connection inside the caller's transaction."""
    if isinstance(connection, AsyncSession):
        connection = await connection.connection()
    if not isinstance(connection, AsyncConnection):
        return connection
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    if not driver.is_in_transaction():
        await connection.execute(text("SELECT 1"))  # SQLAlchemy begins with the first statement it sees
    return driver
