# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""An HTTP client that costs little: one connection, one request at a time, bytes in and bytes out."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

TIMEOUT_S: Final = 60.0
TOO_LARGE: Final = b'"export_too_large"'
"""The answer to whoever wants more rows on paper than a PDF has: as it should be."""


class AnswerError(RuntimeError):
    """An answer that is no success."""


class Line(asyncio.Protocol):
    """A connection that is kept."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._end = 0
        self._first_bytes = False
        self._waiting: asyncio.Future[bytes] | None = None
        self.closed = False

    @classmethod
    async def open(cls, port: int) -> "Line":
        """Connect."""
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return line

    async def ask(self, request: bytes, *, first_bytes: bool = False) -> bytes:
        """The whole answer, head and body; `first_bytes`: until a body has begun, then the connection is dropped."""
        if self._transport is None or self._waiting is not None:
            raise RuntimeError("this connection is not free")
        self._buffer.clear()
        self._end, self._first_bytes = 0, first_bytes
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await self._waiting
        finally:
            self._waiting = None
            if first_bytes:
                self.close()
        if not answer.startswith(b"HTTP/1.1 2") and TOO_LARGE not in answer:
            raise AnswerError(answer[:600].decode(errors="replace"))
        return answer

    def close(self) -> None:
        """Drop it."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(AnswerError(f"the connection was closed: {error}"))

    def data_received(self, data: bytes) -> None:
        buffer, waiting = self._buffer, self._waiting
        buffer += data
        if waiting is None or waiting.done():
            return
        if not self._end:
            head = buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            length = _content_length(bytes(buffer[:head]))
            if length is None or self._first_bytes:
                if len(buffer) > head + 4:
                    waiting.set_result(bytes(buffer))
                return
            self._end = head + 4 + length
        if len(buffer) >= self._end:
            waiting.set_result(bytes(buffer))


def _content_length(head: bytes) -> int | None:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return None


def _items_of(answer: bytes) -> int | None:
    """How many a page has; None for what is no page."""
    try:
        document = json.loads(body_of(answer))
    except ValueError:
        return None
    return len(document["items"]) if isinstance(document, dict) and "next_cursor" in document else None


def body_of(answer: bytes) -> bytes:
    """What is behind the head."""
    return answer.partition(b"\r\n\r\n")[2]


@dataclass
class Asked:
    """How long each question waited, in seconds; failures by what was said."""

    times: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)  # of a page
    most_open: int = 0


Request = tuple[str, bytes, bool]  # name, bytes, whether only the first bytes count


async def in_turns(parties: Sequence[tuple[int, Sequence[Request]]], times: int) -> list[Asked]:
    """Each question some times with nobody else there, at each port in turn: all feel what a machine does then."""
    found = [Asked() for _ in parties]
    lines = [await Line.open(port) for port, _ in parties]
    asked = [{request[0]: request for request in requests} for _, requests in parties]
    for name in dict.fromkeys(name for each in asked for name in each):
        for _ in range(times):
            for number, (port, _) in enumerate(parties):
                request = asked[number].get(name)
                if request is None or name in found[number].failures:
                    continue
                if lines[number].closed:
                    lines[number] = await Line.open(port)
                await _ask_alone(lines[number], request, found[number])
    for line in lines:
        line.close()
    return found


async def _ask_alone(line: Line, request: Request, found: Asked) -> None:
    name, content, first_bytes = request
    began = time.perf_counter()
    try:
        answer = await line.ask(content, first_bytes=first_bytes)
    except (AnswerError, TimeoutError) as error:
        found.failures[name] = str(error) or "no answer"
        line.close()
        return
    found.times.setdefault(name, []).append(time.perf_counter() - began)
    if not first_bytes and name not in found.items and (count := _items_of(answer)) is not None:
        found.items[name] = count


async def one_by_one(port: int, requests: Sequence[Request], times: int) -> Asked:
    """Each question some times, with nobody else there."""
    return (await in_turns([(port, requests)], times))[0]


async def steadily(port: int, requests: Sequence[Request], users: int, seconds: float) -> Asked:
    """Users who ask once a second whatever became of their last question; time counts from when it was due."""
    found, free, tasks, opened = Asked(), [await Line.open(port) for _ in range(users)], set(), 0

    async def ask(due: float, request: Request) -> None:
        nonlocal opened
        opened += 1
        found.most_open = max(found.most_open, opened)
        name, content, first_bytes = request
        line = free.pop() if free else await Line.open(port)
        if line.closed:
            line = await Line.open(port)
        try:
            await line.ask(content, first_bytes=first_bytes)
            found.times.setdefault(name, []).append(time.perf_counter() - due)
            free.append(line)
        except (AnswerError, TimeoutError) as error:
            found.failures[name] = str(error) or "no answer"
            line.close()
        finally:
            opened -= 1

    began, count = time.perf_counter(), int(users * seconds)
    for number in range(count):
        due = began + number / users
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.create_task(ask(due, requests[number % len(requests)]))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    while tasks:
        await asyncio.wait(tasks)
    for line in free:
        line.close()
    return found


async def flat_out(port: int, request: bytes, connections: int, seconds: float) -> float:
    """Answers a second where everybody asks again as soon as answered."""
    until, count = time.perf_counter() + seconds, 0

    async def ask() -> None:
        nonlocal count
        line = await Line.open(port)
        while time.perf_counter() < until:
            await line.ask(request)
            count += 1
        line.close()

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(connections)))
    return count / (time.perf_counter() - began)


def request_of(port: int, path: str, token: str = "") -> bytes:
    """A GET as bytes."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{authorization}Accept: */*\r\n\r\n".encode()
