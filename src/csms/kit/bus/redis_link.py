# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The wire between a node and Redis or Valkey: keys, frames, scripts, and the queue of outgoing commands.

Keys: `csms:at:<address>` holds "<epoch> <node>"; `csms:lease:<node>` exists while the node lives. An entry counts only
while its node's lease does. Channels: `csms:node:<node>` is a node's one inbox, `csms:live:<type>` carries live events,
`csms:wake` the bells. Scripts reach keys they compute: a sharded cluster is not supported, a primary with replicas is.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

AT: Final = "csms:at:"
LEASE: Final = "csms:lease:"
NODE: Final = "csms:node:"
LIVE: Final = "csms:live:"
WAKE: Final = "csms:wake"

REQUEST: Final = b"Q"
REPLY: Final = b"R"
SUPERSEDED: Final = b"S"

BATCH: Final = 500

Argument = str | bytes | int


class Request(msgspec.Struct, frozen=True, array_like=True):
    """A command on its way to a node's inbox."""

    number: int
    reply_to: str
    address: str
    timeout_s: float
    body: bytes


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """What became of it."""

    number: int
    status: int
    body: bytes


class LiveBatch(msgspec.Struct, frozen=True, array_like=True):
    """Live events of one type from one node."""

    node: str
    events: list[bytes]


class LinkDownError(Exception):
    """The command was not sent: there is no connection."""


class UnknownOutcomeError(Exception):
    """The connection broke while the command was on its way."""


def connect(url: str, timeout_s: float) -> Redis:
    """A client that never retries by itself: a retried PUBLISH would be sent twice.

    It has no `socket_timeout`: redis-py keeps that by `asyncio.wait_for`, which on Python 3.11 can lose a cancellation,
    and a session whose sender cannot be cancelled never ends. Whoever waits for Redis says how long.
    """
    return Redis.from_url(
        url,
        socket_connect_timeout=timeout_s,
        socket_timeout=None,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        client_name="csms",
    )


class Outgoing:
    """Commands waiting for the one connection; whatever piles up while it is busy leaves as one pipeline."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self.filled = asyncio.Event()
        self._waiting: deque[tuple[tuple[Argument, ...], asyncio.Future[Any] | None]] = deque()
        self._flying: list[tuple[tuple[Argument, ...], asyncio.Future[Any] | None]] = []

    def post(self, *command: Argument) -> None:
        """Send without caring for the result."""
        self._waiting.append((command, None))
        self.filled.set()

    def call(self, *command: Argument) -> "asyncio.Future[Any]":
        """Send; the future holds the result."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        self.filled.set()
        return future

    async def flush(self, client: Redis, extra: Iterable[tuple[Argument, ...]] = ()) -> None:
        """Send everything that waits. A broken connection raises; `fail` then tells the callers."""
        more = list(extra)
        while self._waiting or more:
            pipeline = client.pipeline(transaction=False)
            for command in more:
                pipeline.execute_command(*command)
            skip, more = len(more), []
            while self._waiting and len(self._flying) < BATCH:
                item = self._waiting.popleft()
                self._flying.append(item)
                pipeline.execute_command(*item[0])
            async with asyncio.timeout(self._timeout_s):
                results = await pipeline.execute(raise_on_error=False)
            for (_, future), result in zip(self._flying, results[skip:], strict=True):
                _settle(future, result)
            self._flying.clear()
            for result in results:
                if isinstance(result, ResponseError) and not isinstance(result, RedisConnectionError):
                    raise result

    def fail(self) -> None:
        """The connection is gone: what waited was not sent, what flew may have been."""
        for _, future in self._flying:
            _refuse(future, UnknownOutcomeError())
        for _, future in self._waiting:
            _refuse(future, LinkDownError())
        self._flying.clear()
        self._waiting.clear()
        self.filled.clear()


def _settle(future: "asyncio.Future[Any] | None", result: Any) -> None:
    if future is None or future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


def _refuse(future: "asyncio.Future[Any] | None", error: Exception) -> None:
    if future is not None and not future.done():
        future.set_exception(error)
        future.exception()  # a caller that went away leaves no warning behind
