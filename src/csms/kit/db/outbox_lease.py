# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which process reads the outbox for a consumer: one at a time.

It is taken over from a process that is gone at once (see `lifeline`), from one that stands still when its time runs
out. Who was taken over finds out at its next write, and hands out nothing once its own clock says that its time is up.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import asyncpg

from csms.kit.db.lifeline import Lifeline, is_cut
from csms.kit.db.outbox import realign
from csms.kit.ids import new_id

# An older version writes no lifeline before the slash: of that only the time counts.
_TAKE: Final = f"""
UPDATE outbox_consumers SET locked_by = $2, locked_until = now() + make_interval(secs => $3)
WHERE name = $1 AND (
    locked_by IS NULL OR locked_by = $2 OR locked_until < now()
    OR locked_by LIKE '%/%' AND {is_cut("split_part(locked_by, '/', 1)")})
RETURNING low, high, position
"""  # noqa: S608  (constants)
_KEEP: Final = """
UPDATE outbox_consumers SET locked_until = now() + make_interval(secs => $3) WHERE name = $1 AND locked_by = $2
"""
# Not waited for on the disk: after a crash of PostgreSQL what it had not yet written of this is only told again.
_WRITE: Final = """
UPDATE outbox_consumers SET low = $3, high = $4, position = $5, updated_at = now()
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS of_this_statement
WHERE name = $1 AND locked_by = $2
"""
_GIVE_BACK: Final = """
UPDATE outbox_consumers SET locked_by = NULL, locked_until = NULL WHERE name = $1 AND locked_by = $2
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything of transactions before `low` is done, and of the window up to `high` everything to `position`."""

    low: int
    high: int
    position: int


class LeaseLostError(Exception):
    """Another process has taken the consumer over, or may have."""


class Lease:
    """What one consumer of this process holds, or wants to."""

    def __init__(
        self,
        name: str,
        pool: asyncpg.Pool,
        lifeline: Lifeline,
        lease_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._pool = pool
        self._lifeline = lifeline
        self._lease_s = lease_s
        self._monotonic = monotonic
        self._me = f"{lifeline.id}/{new_id().hex}"
        self._cut = asyncio.Event()
        self._until_s = 0.0

    async def take(self) -> Cursor | None:
        """The cursor if the consumer is free or ours, or if who has it is gone."""
        cut = await self._lifeline.hold()
        async with self._pool.acquire() as connection, connection.transaction():
            # One after the other: each inserts its row, then locks the table, and two would wait for one another.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('csms_outbox_consumers'))")
            cluster = await connection.fetchval("SELECT system_identifier::text FROM pg_control_system()")
            await connection.execute(
                "INSERT INTO outbox_consumers (name, cluster) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                self._name,
                cluster,
            )
            await realign(connection, cluster)
            asked_s = self._monotonic()
            row = await connection.fetchrow(_TAKE, self._name, self._me, self._lease_s)
        if row is None:
            return None
        self._cut, self._until_s = cut, asked_s + self._lease_s
        return Cursor(row["low"], row["high"], row["position"])

    async def keep(self) -> None:
        """Until it is lost: LeaseLostError."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._lease_s / 3):
                    await self._cut.wait()
            self.check()
            asked_s = self._monotonic()
            self._ours(await self._pool.execute(_KEEP, self._name, self._me, self._lease_s))
            self._until_s = asked_s + self._lease_s

    def check(self) -> None:
        """Raises LeaseLostError when another may have it by now: this process stood still, or was cut off."""
        if self._cut.is_set() or self._monotonic() >= self._until_s:
            raise LeaseLostError

    async def write(self, cursor: Cursor) -> None:
        """Remember how far we are; LeaseLostError where it is another's to say."""
        self._ours(await self._pool.execute(_WRITE, self._name, self._me, cursor.low, cursor.high, cursor.position))

    async def give_back(self) -> None:
        """To whoever wants it."""
        await self._pool.execute(_GIVE_BACK, self._name, self._me)

    @staticmethod
    def _ours(result: str) -> None:
        if result != "UPDATE 1":
            raise LeaseLostError
