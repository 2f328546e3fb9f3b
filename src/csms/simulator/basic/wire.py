# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The charger's end of a connection: one RpcSession over an aiohttp client socket."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import msgspec

from csms.kit.ids import new_message_id
from csms.ocpp import v16
from csms.ocpp.codec import Protocol, decode_request, decode_response, encode_checked
from csms.ocpp.errors import RemoteProtocolError
from csms.ocpp.rpc import CallReceived, ErrorReceived, OutboundCall, ResultReceived, RpcSession

Answer = Callable[[Any], Awaitable[msgspec.Struct | None]]
_TIMEOUT_S: Final = 30.0


class NotConnectedError(Exception):
    """The connection is gone, or was never there."""


class CallRefusedError(Exception):
    """The CSMS answered with a CALLERROR."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code


class HandshakeError(Exception):
    """The CSMS did not let the charger in; the text says why and what to do."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


_HANDSHAKE: Final = {
    401: "the credential was refused: is the charger provisioned, and is this its password?",
    404: "the CSMS knows no such path: the URL ends in /ocpp, and the identity has no colon and no slash",
    409: "a charger with this identity is connected already",
    429: "too many failed attempts: wait a minute",
    503: "the CSMS is starting or stopping: try again in a moment",
}


class Wire:
    """One connection. `answers` says what commands are answered with; an action without one is NotImplemented."""

    def __init__(self, answers: dict[str, Answer], sent: Callable[[str, float], None]) -> None:
        self._answers = answers
        self._sent = sent
        self._session = RpcSession(Protocol.V16)
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._calls = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether the socket is open."""
        return self._socket is not None and not self._socket.closed

    async def open(self, http: aiohttp.ClientSession, url: str, identity: str, password: str | None) -> None:
        """Connect; HandshakeError where the CSMS refuses, NotConnectedError where nobody answers."""
        auth = None if password is None else aiohttp.BasicAuth(identity, password)
        try:
            self._socket = await http.ws_connect(
                f"{url.rstrip('/')}/{quote(identity, safe='')}",
                protocols=(Protocol.V16.value,),
                auth=auth,
                heartbeat=None,
                max_msg_size=1024 * 1024,
            )
        except aiohttp.WSServerHandshakeError as error:
            raise HandshakeError(error.status, _HANDSHAKE.get(error.status, f"HTTP {error.status}")) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NotConnectedError(f"{url} does not answer: {error}") from error
        if self._socket.protocol is None:
            await self._socket.close()
            raise HandshakeError(0, "the CSMS does not speak ocpp1.6 with this charger")

    async def read(self) -> int | None:
        """Read until the connection ends; the close code."""
        socket = self._socket
        if socket is None:
            raise NotConnectedError("not connected")
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._receive(message.data)
                    await self._flush()
        finally:
            for call in self._session.close():
                _settle(call, NotConnectedError("the connection ended"))
        return socket.close_code

    async def close(self) -> None:
        """Hang up in order."""
        if self._socket is not None:
            await self._socket.close()

    async def call(self, message: msgspec.Struct, timeout_s: float = _TIMEOUT_S) -> Any:
        """Send a CALL, one at a time, and wait for its answer."""
        action = type(message).__name__
        async with self._calls:
            if not self.connected:
                raise NotConnectedError("not connected")
            loop = asyncio.get_running_loop()
            waiting: asyncio.Future[ResultReceived | ErrorReceived] = loop.create_future()
            started = loop.time()
            call = self._session.call(action, encode_checked(message), new_message_id(), started, timeout_s)
            call.context = waiting
            await self._flush()
            try:
                event = await asyncio.wait_for(waiting, timeout_s)
            except TimeoutError:
                self._session.expire(loop.time() + timeout_s)
                raise
            self._sent(action, loop.time() - started)
        if isinstance(event, ErrorReceived):
            raise CallRefusedError(event.code, event.description)
        return decode_response(Protocol.V16, action, event.payload)[0]

    async def raw(self, text: str) -> None:
        """Send anything at all."""
        if self._socket is None:
            raise NotConnectedError("not connected")
        await self._socket.send_str(text)

    def _receive(self, data: str) -> None:
        event = self._session.receive(data, asyncio.get_running_loop().time())
        if isinstance(event, CallReceived):
            task = asyncio.create_task(self._obey(event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif isinstance(event, ResultReceived | ErrorReceived):
            _settle(event.call, event)

    async def _obey(self, call: CallReceived) -> None:
        answer = self._answers.get(call.action)
        try:
            request, _ = decode_request(Protocol.V16, call.action, call.payload, from_csms=True)
            if answer is None:
                raise RemoteProtocolError("NotImplemented", f"{call.action} is not simulated")
            response = await answer(request)
            if response is None:
                return
            self._session.answer(call.message_id, encode_checked(response))
        except RemoteProtocolError as error:
            self._session.refuse(call.message_id, error.code, error.description)
        await self._flush()

    async def _flush(self) -> None:
        for frame in self._session.data_to_send():
            if self._socket is None or self._socket.closed:
                return
            try:
                await self._socket.send_str(frame.decode())
            except ConnectionError:
                return  # the reader sees the end, and says so


def _settle(call: OutboundCall, result: ResultReceived | ErrorReceived | Exception) -> None:
    waiting = call.context
    if not isinstance(waiting, asyncio.Future) or waiting.done():
        return
    if isinstance(result, Exception):
        waiting.set_exception(result)
    else:
        waiting.set_result(result)


__all__ = ["Answer", "CallRefusedError", "HandshakeError", "NotConnectedError", "Wire", "v16"]
