# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A line between two processes that can be slow, lossy, silent, half open or cut, as lines are."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Final

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Target = Callable[[], Awaitable[Streams]]

_CHUNK: Final = 65_536
_AGAIN_S: Final = 0.2  # after which TCP sends a lost segment again, then after twice that, ...
_SETTLED_S: Final = 3.0


class Line:
    """Everything that goes through one port. What it is like now is in its fields; connections feel it at once."""

    def __init__(self, target: Target, rng: Random) -> None:
        self._target = target
        self._rng = rng
        self.delay_s = 0.0
        self.loss = 0.0  # share of pieces that have to be sent again
        self.port = 0
        self._flows = {"up": asyncio.Event(), "down": asyncio.Event()}
        self._server: asyncio.Server | None = None
        self._open: set[_Connection] = set()
        self._orphans: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._impaired_at_s = float("-inf")
        self.flow()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut everything and go."""
        assert self._server is not None
        self._server.close()
        self.cut()
        self.let_go()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- what may happen to it

    def hold(self, *ways: str) -> None:
        """Nothing arrives any more, that way or both; nothing is closed. `up` is towards the target."""
        for way in ways or self._flows:
            self._flows[way].clear()

    def flow(self) -> None:
        """As good as new; what was held arrives."""
        if any(not flow.is_set() for flow in self._flows.values()) or self.delay_s or self.loss:
            self._impaired_at_s = asyncio.get_running_loop().time()
        self.delay_s = self.loss = 0.0
        for flow in self._flows.values():
            flow.set()

    def cut(self) -> None:
        """Both ends see their connections reset."""
        for connection in tuple(self._open):
            connection.abort()

    def orphan(self) -> None:
        """The near ends are gone without a word; the far ends stay open and hear nothing."""
        for connection in tuple(self._open):
            self._orphans.add(connection)
            connection.orphan()

    def let_go(self) -> None:
        """At last the far ends see that the others are gone."""
        for connection in self._orphans:
            connection.abort()
        self._orphans.clear()

    @property
    def is_clear(self) -> bool:
        """Whether what arrives was not held up by the line."""
        if self.delay_s or self.loss or not all(flow.is_set() for flow in self._flows.values()):
            return False
        return asyncio.get_running_loop().time() - self._impaired_at_s > _SETTLED_S

    # -- its connections

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._flows["up"].wait()
            far_reader, far_writer = await self._target()
        except OSError:
            writer.transport.abort()
            return
        connection = _Connection(writer, far_writer)
        self._open.add(connection)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(connection, "up", reader, far_writer))
                both.create_task(self._pump(connection, "down", far_reader, writer))
        finally:
            self._open.discard(connection)
            if connection not in self._orphans:
                connection.abort()

    async def _pump(
        self, connection: "_Connection", way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        flow = self._flows[way]
        with suppress(ConnectionError):
            while data := await reader.read(_CHUNK):
                await self._wait(flow)
                if connection.orphaned:
                    continue
                writer.write(data)
                await writer.drain()
        if connection.orphaned and way == "up":
            return  # the far end is not told
        await self._wait(flow)
        connection.abort()

    async def _wait(self, flow: asyncio.Event) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s * self._rng.uniform(0.5, 1.5))
        again_s = _AGAIN_S
        while self.loss and self._rng.random() < self.loss:
            await asyncio.sleep(again_s)
            again_s *= 2
        await flow.wait()


class _Connection:
    """Two sockets."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self._near = near
        self._far = far
        self.orphaned = False

    def abort(self) -> None:
        for writer in (self._near, self._far):
            writer.transport.abort()

    def orphan(self) -> None:
        self.orphaned = True
        self._near.transport.abort()


def to_port(port: int) -> Target:
    """A target that does not move."""
    return lambda: asyncio.open_connection("127.0.0.1", port)


def to_socket(path: str) -> Target:
    """The same, of a unix socket."""
    return lambda: asyncio.open_unix_connection(path)


def to_any(ports: list[int], rng: Random) -> Target:
    """As a load balancer does: one of several, the next one where nobody listens."""

    async def connect() -> Streams:
        for port in rng.sample(ports, len(ports)):
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        raise ConnectionRefusedError("nobody listens")

    return connect
