# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Shows other processes that this one lives: a lock in PostgreSQL, which the server drops with the connection.

A process that is killed leaves no time to say goodbye, but its connection ends at once. Of a host that vanishes nobody
hears: there the server knocks at the connection, and what was held for a time runs out as well. Nothing is decided by
the lock alone: whoever finds it free still has to take over in the database, and is the only one who can.

A session in PgBouncer's transaction mode belongs to nobody: the lock would outlive the process there, and others wait
until the time runs out.
"""

import asyncio
from typing import Any, Final

import asyncpg

from csms.kit.db.migrate import driver
from csms.kit.ids import new_id

_CONNECT_S: Final = 10.0
_ASK_S: Final = 3.0
_PATIENCE_S: Final = 10.0
# A server may end idle sessions, and asks hosts only after two hours whether they are there.
_SETTINGS: Final = {
    "idle_session_timeout": "0",
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "6000",  # where an answer of ours was never received
}
_SET: Final = "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SETTINGS.items())
_KEY: Final = "hashtextextended('csms lifeline ' || {}, 0)"


def is_cut(life: str) -> str:
    """SQL, inside a transaction: whether the process whose lifeline is named by this expression is gone."""
    return f"pg_try_advisory_xact_lock({_KEY.format(life)})"


class Lifeline:
    """One connection; when it breaks, another, as soon as somebody needs it."""

    def __init__(self, url: str) -> None:
        self.id = new_id().hex
        self._url = url
        self._connecting = asyncio.Lock()
        self._cut: asyncio.Event | None = None
        self._connection: asyncpg.Connection | None = None
        self._watch: asyncio.Task[None] | None = None

    async def hold(self) -> asyncio.Event:
        """Be seen to live from now on; the event is set when that ends."""
        async with self._connecting:
            if self._cut is None or self._cut.is_set():
                await self.close()
                self._cut = await self._open()
            return self._cut

    async def close(self) -> None:
        """Be seen no more."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        if self._connection is not None:
            self._connection.terminate()

    async def _open(self) -> asyncio.Event:
        cut = asyncio.Event()

        def ended(_connection: Any) -> None:
            cut.set()

        connection = await asyncpg.connect(
            driver(self._url),
            timeout=_CONNECT_S,
            command_timeout=_CONNECT_S,
            server_settings={"application_name": "csms-lifeline"},
        )
        try:
            connection.add_termination_listener(ended)
            await connection.execute(_SET)
            # Shared: an old connection of ours that the server takes for alive is in nobody's way.
            await connection.execute(f"SELECT pg_advisory_lock_shared({_KEY.format('$1::text')})", self.id)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
        self._watch = asyncio.create_task(self._ask(connection), name="lifeline")
        return cut

    async def _ask(self, connection: asyncpg.Connection) -> None:
        """A line that is cut in the middle is silent on this side too."""
        try:
            while True:
                await asyncio.sleep(_ASK_S)
                await connection.execute("SELECT 1", timeout=_PATIENCE_S)
        finally:
            connection.terminate()
