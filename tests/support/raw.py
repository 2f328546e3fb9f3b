# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A charger down to the byte: its own HTTP request, its own WebSocket frames (RFC 6455), nothing done by itself."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawSocket:
    """Both ends of a TCP connection; after the upgrade, frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Reply) -> None:
        self.reader = reader
        self.writer = writer
        self.reply = reply

    async def send(self, data: bytes, opcode: int = TEXT, *, final: bool = True) -> None:
        """One masked frame with any bytes in it."""
        self.write(data, opcode, final=final)
        await self.writer.drain()

    def write(self, data: bytes, opcode: int = TEXT, *, final: bool = True) -> None:
        """The same without waiting for the peer to take it."""
        size = len(data)
        head = bytes([(0x80 if final else 0) | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65_536:
            head += bytes([0x80 | 126]) + size.to_bytes(2, "big")
        else:
            head += bytes([0x80 | 127]) + size.to_bytes(8, "big")
        self.writer.write(head + b"\0\0\0\0" + data)  # a mask of zeros is a mask

    async def receive(self, timeout_s: float = 10) -> tuple[int, bytes]:
        """The next frame: opcode and payload. Raises IncompleteReadError where the connection was cut."""
        async with asyncio.timeout(timeout_s):
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return first & 0x0F, await self.reader.readexactly(size)

    async def answer(self, timeout_s: float = 10) -> Any:
        """The next text frame, as JSON; pings are left unanswered."""
        while True:
            opcode, data = await self.receive(timeout_s)
            if opcode == TEXT:
                return json.loads(data)
            assert opcode == PING, (opcode, data)

    async def call(self, frame: list[Any]) -> Any:
        """Send a CALL; the next answer."""
        await self.send(json.dumps(frame).encode())
        return await self.answer()

    async def close_code(self, timeout_s: float = 10) -> int:
        """Wait for the close frame; its code."""
        while True:
            opcode, data = await self.receive(timeout_s)
            if opcode == CLOSE:
                return int.from_bytes(data[:2], "big")

    async def cut(self, timeout_s: float = 10) -> None:
        """Wait until the peer is gone, in whatever way."""
        async with asyncio.timeout(timeout_s):
            try:
                while await self.reader.read(65_536):
                    pass
            except ConnectionError:
                pass  # a reset is gone too


async def request(url: str, target: str, headers: dict[str, str]) -> RawSocket:
    """Send a GET exactly as given and read the head of the answer (and its body, unless it is an upgrade)."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {parts.netloc}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1").split("\r\n")
    status = int(head[0].split()[1])
    found = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = b"" if status == 101 else await reader.readexactly(int(found.get("content-length", "0")))
    return RawSocket(reader, writer, Reply(status, found, body))


def upgrade_headers(protocols: str | None = "ocpp1.6", **extra: str) -> dict[str, str]:
    """The headers of a WebSocket handshake."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **extra,
    }
    if protocols is not None:
        headers["Sec-WebSocket-Protocol"] = protocols
    return headers


@asynccontextmanager
async def raw(
    url: str, target: str = "/ocpp/CP1", headers: dict[str, str] | None = None, *, protocols: str | None = "ocpp1.6"
) -> AsyncIterator[RawSocket]:
    """Ask for an upgrade; cut at the end."""
    socket = await request(url, target, {**upgrade_headers(protocols), **(headers or {})})
    try:
        yield socket
    finally:
        socket.writer.transport.abort()


async def knock(
    url: str, target: str, headers: dict[str, str] | None = None, *, protocols: str | None = "ocpp1.6"
) -> Reply:
    """Ask for an upgrade and hang up; what was answered."""
    async with raw(url, target, headers, protocols=protocols) as socket:
        return socket.reply
