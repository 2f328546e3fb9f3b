# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Durable events: rows written by the transaction that caused them, read by consumers with a cursor each.

Ids are drawn before commit, so a reader that only remembered the highest id would skip a row that commits late. Each
row therefore carries its transaction's number, and readers take *windows*: all rows of transactions from `low` up to,
not including, the oldest transaction still writing (`high`). Such a window can gain no more rows, and inside it rows
are read by id. Cause comes before effect: an event appended after another of its key was committed lies behind it.

Transaction numbers belong to one database cluster; after a dump was restored into another one, `realign` renumbers.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg
from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.bus.base import DURABLE, DurableEvent
from csms.kit.bus.codec import EventCodec
from csms.kit.db.driver import Connection, driver_connection
from csms.kit.db.metadata import metadata, organization_id, timestamp

BELL: Final = "outbox"
"""What to `bus.wake` after a transaction with durable events has committed."""

_TRANSACTION: Final = "pg_current_xact_id()::text::bigint"
OLDEST_WRITER: Final = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    organization_id(),
    Column("type", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    timestamp("occurred_at", nullable=False),
    Column("stored_at", timestamp("x").type, nullable=False, server_default=func.clock_timestamp()),
    Column("transaction_number", BigInteger, nullable=False, server_default=text(f"({_TRANSACTION})")),
    Index(None, "transaction_number"),
)

# not owned by an organization: positions in the whole stream
outbox_consumers = Table(
    "outbox_consumers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("low", BigInteger, nullable=False, server_default="0"),
    Column("high", BigInteger, nullable=False, server_default="0"),
    Column("position", BigInteger, nullable=False, server_default="0"),
    Column("cluster", Text, nullable=False),
    Column("locked_by", Text),
    timestamp("locked_until"),
    Column("updated_at", timestamp("x").type, nullable=False, server_default=func.now()),
)

outbox_parked = Table(
    "outbox_parked",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    organization_id(),
    Column("consumer", Text, nullable=False),
    Column("outbox_id", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    timestamp("occurred_at", nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("parked_at", timestamp("x").type, nullable=False, server_default=func.now()),
    timestamp("retry_at"),
    UniqueConstraint("consumer", "outbox_id"),
)

_APPEND: Final = """
INSERT INTO outbox (organization_id, type, key, payload, occurred_at)
SELECT o, t, k, p::jsonb, w
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) WITH ORDINALITY AS r (o, t, k, p, w, n)
ORDER BY n
"""

_SET: Final = "SELECT set_config(s.name, s.value, true) FROM unnest($1::text[], $2::text[]) AS s (name, value)"
_APPEND_AND_SET: Final = f"""
WITH told AS ({_APPEND.strip()} RETURNING 1)
SELECT set_config(s.name, s.value, true)
FROM (SELECT count(*) FROM told) AS all_of_them, unnest($6::text[], $7::text[]) AS s (name, value)
"""  # noqa: S608  (constants)

_NUL: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def to_jsonb(data: bytes) -> str:
    """JSON as PostgreSQL takes it: jsonb has no NUL, and a charger's NUL must not cost the fact it came with."""
    return _NUL.sub(rb"\1\\ufffd", data).decode() if b"\\u0000" in data else data.decode()


class Outbox:
    """Appends durable events to the caller's transaction."""

    def __init__(self, codec: EventCodec) -> None:
        self._codec = codec

    async def append(
        self, connection: Connection, events: Sequence[DurableEvent], *, then: Mapping[str, str] | None = None
    ) -> None:
        """Store events; they are told if and only if the transaction commits. Wake `BELL` afterwards.

        `then`: settings of the database for the rest of the transaction, in the same way to it.
        """
        settings = [list(then), list(then.values())] if then else []
        if not events and not settings:
            return
        driver = await driver_connection(connection)
        if not events:
            await driver.execute(_SET, *settings)
            return
        for event in events:
            if event.kind != DURABLE:
                raise TypeError(f"{type(event).__name__} is live: publish it after commit")
        await driver.execute(
            _APPEND_AND_SET if settings else _APPEND,
            [event.organization_id for event in events],
            [self._codec.tag(type(event)) for event in events],
            [event.key.replace("\0", "\ufffd") for event in events],
            [to_jsonb(self._codec.encode(event)) for event in events],
            [event.occurred_at for event in events],
            *settings,
        )


async def retry_parked(connection: Connection, parked_id: int) -> bool:
    """Let the consumer try a parked event again; False when there is none."""
    driver = await driver_connection(connection)
    sql = "UPDATE outbox_parked SET retry_at = now() WHERE id = $1"
    return bool(await driver.execute(sql, parked_id) == "UPDATE 1")


async def leave(pool: asyncpg.Pool, consumer: str) -> bool:
    """Give up the place of a consumer that is switched off, or nothing could be cleaned; whether there was one."""
    return bool(await pool.execute("DELETE FROM outbox_consumers WHERE name = $1", consumer) == "DELETE 1")


async def clean(connection: Connection, *, keep_s: float = 3600.0, limit: int = 10_000) -> int:
    """Delete events that every consumer has passed and that are older than `keep_s`; how many."""
    driver = await driver_connection(connection)
    return int(
        await driver.fetchval(
            """
            WITH gone AS (
                DELETE FROM outbox WHERE id IN (
                    SELECT o.id FROM outbox o
                    WHERE o.stored_at < now() - make_interval(secs => $1)
                      AND EXISTS (SELECT FROM outbox_consumers)
                      AND NOT EXISTS (
                          SELECT FROM outbox_consumers c
                          WHERE o.transaction_number >= c.high
                             OR (o.transaction_number >= c.low AND o.id > c.position))
                    ORDER BY o.id LIMIT $2)
                RETURNING 1)
            SELECT count(*) FROM gone
            """,
            keep_s,
            limit,
        )
    )


async def realign(connection: asyncpg.Connection, cluster: str) -> None:
    """Renumber after a restore into another cluster: what is still here is told again to everybody."""
    await connection.execute("LOCK TABLE outbox_consumers IN EXCLUSIVE MODE")
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM outbox_consumers WHERE cluster <> $1)", cluster):
        return
    low = await connection.fetchval(f"SELECT {OLDEST_WRITER}")
    await connection.execute(f"UPDATE outbox SET transaction_number = {_TRANSACTION}")  # noqa: S608  (a constant)
    await connection.execute(
        "UPDATE outbox_consumers SET low = $1, high = $1, position = 0, cluster = $2, updated_at = now()", low, cluster
    )
