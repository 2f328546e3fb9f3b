# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A connection between a charger and a node: frames in order and late, cut, cut on one side only, or not read."""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Final

from aiohttp import WSMessage, WSMsgType

_BUFFER: Final = 64 * 1024


class Line:
    """Both directions. `silent`: nothing arrives any more, and nobody is told."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._loop = asyncio.get_running_loop()
        self._due = {"up": 0.0, "down": 0.0}
        self.silent = False
        self.charger_open = True
        self.node = Socket(self, random)
        self.frames: deque[tuple[float, str | None]] = deque()  # what the charger has not looked at; None: closed
        self.heard = asyncio.Event()
        self.reads = True
        self.always_read = True
        self.on_ping: Callable[[], None] | None = None

    def _later(self, way: str, deliver: Callable[[], None]) -> None:
        due = max(self._due[way], self._loop.time() + self._random.expovariate(1 / 0.03))
        self._due[way] = due
        self._loop.call_at(due, lambda: None if self.silent else deliver())

    # -- the charger's side

    def say(self, text: str) -> None:
        """A frame to the node."""
        if self.charger_open:
            self._later("up", lambda: self.node.arrives(WSMessage(WSMsgType.TEXT, text, "")))

    def hang_up(self, code: int | None) -> None:
        """Leave: with a close frame, or without a word."""
        if not self.charger_open:
            return
        self.charger_open = False
        kind = WSMsgType.CLOSED if code is None else WSMsgType.CLOSE
        self._later("up", lambda: self.node.ends(WSMessage(kind, code, "")))

    def pong(self) -> None:
        """Answer a ping."""
        if self.charger_open:
            self._later("up", lambda: self.node.arrives(WSMessage(WSMsgType.PONG, b"", "")))

    def receive(self, text: str | None) -> None:
        """Something came from the node."""
        if self.charger_open:
            self.charger_open = text is not None
            self.frames.append((self._loop.time(), text))
            self.heard.set()

    # -- the node's side

    def tell(self, text: str | None) -> None:
        """A frame to the charger; None: the end."""
        self._later("down", lambda: self.receive(text))

    def ping(self) -> None:
        """Is anybody there?"""
        self._later("down", self.pong)

    def cut(self) -> None:
        """Both sides are told that it is over."""
        self._later("up", lambda: self.node.ends(WSMessage(WSMsgType.CLOSED, None, None)))
        self._later("down", lambda: self.receive(None))


class Socket:
    """What a Link uses of `ListeningSocket` and of its transport."""

    def __init__(self, line: Line, random: Random) -> None:
        self._line = line
        self.compress = 15 if random.random() < 0.25 else 0  # these are neither heard at once nor written at once
        self._hear: Callable[[str], bool] | None = None
        self._waiting: deque[WSMessage] = deque()
        self._arrived = asyncio.Event()
        self._buffered = 0
        self.closed = False

    def arrives(self, message: WSMessage) -> None:
        """A frame is here."""
        if self.closed:
            return
        heard = message.type is WSMsgType.TEXT and self._hear is not None and not self._waiting
        if not (heard and self._hear is not None and self._hear(message.data)):
            self._waiting.append(message)
            self._arrived.set()

    def hear_with(self, hear: Callable[[str], bool]) -> None:
        """Ask first."""
        self._hear = hear

    def deafen(self) -> None:
        """Ask no more."""
        self._hear = None

    def ends(self, message: WSMessage) -> None:
        """The last frame is here."""
        self.arrives(message)
        self.closed = True

    async def receive(self) -> WSMessage:
        """The next frame; after the last one that it is closed."""
        while not self._waiting:
            if self.closed:
                return WSMessage(WSMsgType.CLOSED, None, None)
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    async def send_frame(self, frame: bytes, kind: WSMsgType) -> None:
        """Write a text frame."""
        del kind
        if self.closed:
            raise ConnectionResetError("Cannot write to closing transport")
        if not self._line.reads:
            self._buffered += len(frame) + 20_000  # as if there was much of it
        while self._buffered > _BUFFER and not self._line.reads and not self.closed:
            await asyncio.sleep(0.5)
        if self._line.reads:
            self._buffered = 0
        self._line.tell(frame.decode())

    async def ping(self, message: bytes = b"") -> None:
        """Write a ping."""
        del message
        if self.closed:
            raise ConnectionResetError("Cannot write to closing transport")
        self._line.ping()

    async def pong(self, message: bytes = b"") -> None:
        """Chargers send no pings here."""

    async def close(self, *, code: int = 1000, message: bytes = b"") -> bool:
        """Close in order."""
        del code, message
        self.abort()
        return True

    # -- the transport

    def write(self, data: bytes) -> None:
        """Text frames, one after the other."""
        if not self._line.reads:
            self._buffered += len(data) + 20_000
        while data:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4]), 4
            assert data[0] == 0x81
            assert size < 2**16
            self._line.tell(data[start : start + size].decode())
            data = data[start + size :]
        if self._line.reads:
            self._buffered = 0

    def is_closing(self) -> bool:
        """Whether it was cut."""
        return self.closed

    def abort(self) -> None:
        """Cut."""
        if not self.closed:
            self._line.tell(None)
        self.closed = True
        self._arrived.set()

    def get_write_buffer_size(self) -> int:
        """What the charger has not read."""
        return self._buffered

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """One mark, kept above."""
