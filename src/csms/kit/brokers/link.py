# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One connection to a broker for all who publish: opened when it is needed, and anew when it is lost."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Final

from csms.kit.brokers.base import BrokerAwayError, Connect, Connection, Message, NotTakenError, Place, told
from csms.kit.clock import Seldom, SystemClock
from csms.kit.retries import Patience

log = logging.getLogger(__name__)

_HOLD_S: Final = 2.0
"""How long a publisher waits for a connection before it is told that there is none."""
_CLOSE_S: Final = 15.0


class Link:
    """Attempts to connect come ever more seldom, and never faster because many wait."""

    def __init__(
        self,
        connect: Connect,
        place: Place,
        connected: Callable[[float], None],
        patience: Patience | None = None,
    ) -> None:
        """`connected` is told 1 or 0 when that changes."""
        self._connect = connect
        self._place = place
        self._connected = connected
        self._patience = patience or Patience(first_s=0.25, most_s=30.0)
        self._connection: Connection | None = None
        self._opening: asyncio.Task[Connection] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._reason = "not connected yet"
        self._seldom = Seldom(SystemClock())
        connected(0)

    async def publish(self, message: Message) -> None:
        """Return when the broker has the message. Raises UnavailableError while it cannot, HopelessError for never."""
        connection = await self._open()
        try:
            async with asyncio.timeout(self._place.timeout_s):
                await connection.publish(message)
        except (BrokerAwayError, TimeoutError) as error:
            self._lose(connection, error)
            raise BrokerAwayError(f"{self._place.address.shown} is away: {self._reason}") from error
        except NotTakenError as error:
            self._tell(error)
            await asyncio.sleep(random.uniform(0.5, 1) * _HOLD_S)  # noqa: S311  (spreads load, guards nothing)
            raise
        if self._failures or self._reason:
            log.info("%s takes events", self._place.address.shown)
            self._failures, self._reason = 0, ""
            self._seldom.over()

    async def close(self) -> None:
        """Give everything up."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait({self._opening})
        if self._connection is not None:
            self._drop(self._connection)
        if self._closing:
            _, late = await asyncio.wait(self._closing, timeout=_CLOSE_S)
            for task in late:
                task.cancel()

    async def _open(self) -> Connection:
        if self._connection is not None:
            return self._connection
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._keep_trying(), name="broker-connect")
        done, _ = await asyncio.wait({self._opening}, timeout=_HOLD_S)
        if not done or self._opening.cancelled():
            raise BrokerAwayError(f"{self._place.address.shown} is away: {self._reason}")
        return self._opening.result()

    async def _keep_trying(self) -> Connection:
        while True:
            if self._failures:
                await asyncio.sleep(self._patience.delay(self._failures).total_seconds())
            try:
                async with asyncio.timeout(self._place.timeout_s):
                    connection = self._connection = await self._connect(self._place)
            except Exception as error:  # noqa: BLE001  (told; the next attempt may succeed)
                self._failures += 1
                self._tell(error)
            else:
                self._connected(1)
                return connection

    def _lose(self, connection: Connection, error: Exception) -> None:
        if connection is self._connection:  # else somebody else's message has shown it before
            self._failures += 1
            self._tell(error)
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._connection = None
        self._connected(0)
        task = asyncio.create_task(connection.close(), name="broker-close")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _tell(self, error: Exception) -> None:
        self._reason = told(error)
        if self._seldom.due():
            log.warning("%s takes no events, which wait: %s", self._place.address.shown, self._reason)
