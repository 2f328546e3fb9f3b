# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Alembic's environment: an async connection as the owner, impatient with locks."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from csms.kit.db.metadata import metadata
from csms.migrations.models import include_object, load_tables


def run(connection: Connection) -> None:
    """Migrate, a transaction per migration; wait for no lock longer than a few seconds."""
    # For the session and committed: an open transaction would make one out of all migrations, and none could then
    # build an index CONCURRENTLY in an autocommit_block.
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SET statement_timeout = '15min'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_online(url: str) -> None:
    """Connect as the owner; where the login is another role, act as `csms_owner`."""
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"server_settings": {"role": "csms_owner"}})
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


load_tables()
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    shared: Connection | None = context.config.attributes.get("connection")
    if shared is not None:
        run(shared)
    else:
        asyncio.run(run_online(context.config.attributes["url"]))
