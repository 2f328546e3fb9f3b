# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A scripted charger: raw frames over a real socket, nothing of csms in it."""

import asyncio
import base64
import inspect
import itertools
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp

NOW = "2026-11-23T10:00:00Z"


class CallError(Exception):
    """The CSMS answered with a CALLERROR."""

    def __init__(self, code: str, description: str, details: Any) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.details = details


class Charger:
    """Sends CALLs, answers those of the CSMS with what the test says."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.answers: dict[str, Callable[[dict[str, Any]], Any] | Any] = {}
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.frames: list[Any] = []
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._called = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())
        self.closed = asyncio.Event()
        self.close_code: int | None = None

    async def call(
        self, action: str, payload: Any = None, *, message_id: str | None = None, timeout_s: float = 10
    ) -> Any:
        """Send a CALL and wait for its answer; a CALLERROR is raised."""
        message_id = message_id or str(next(self._ids))
        return await self.request([2, message_id, action, {} if payload is None else payload], timeout_s=timeout_s)

    def expect(self, message_id: str) -> "asyncio.Future[Any]":
        """The whole answer to a message that is sent by other means."""
        future = self._waiting[message_id] = asyncio.get_running_loop().create_future()
        return future

    async def request(self, frame: list[Any], *, timeout_s: float = 10) -> Any:
        """Send a whole frame with an id and wait for its answer."""
        future = self._waiting[frame[1]] = asyncio.get_running_loop().create_future()
        await self.socket.send_str(json.dumps(frame, separators=(",", ":")))
        answer = await asyncio.wait_for(future, timeout_s)
        if answer[0] == 4:
            raise CallError(*answer[2:5])
        return answer[2]

    async def send(self, text: str) -> None:
        """Send anything at all."""
        await self.socket.send_str(text)

    async def frame(self, timeout_s: float = 5) -> Any:
        """The next frame that answers no call of ours."""
        async with asyncio.timeout(timeout_s):
            async with self._called:
                await self._called.wait_for(lambda: self.frames)
                return self.frames.pop(0)

    async def heard_action(self, action: str, timeout_s: float = 10) -> dict[str, Any]:
        """Wait until the CSMS has sent that action; its payload."""
        async with asyncio.timeout(timeout_s):
            async with self._called:
                await self._called.wait_for(lambda: any(name == action for name, _ in self.heard))
        return next(payload for name, payload in reversed(self.heard) if name == action)

    async def close(self) -> None:
        """Hang up in order."""
        await self.socket.close()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def vanish(self) -> None:
        """Lose power: the socket is left as it is, nobody reads it any more."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    # -- the usual words

    async def boot(self, **extra: Any) -> Any:
        """Cold boot."""
        return await self.call("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One", **extra})

    async def status(self, status: str = "Available", connector: int = 1, **extra: Any) -> Any:
        """StatusNotification."""
        return await self.call(
            "StatusNotification", {"connectorId": connector, "status": status, "errorCode": "NoError", **extra}
        )

    async def start(
        self, tag: str = "TAG", connector: int = 1, meter: int = 1000, timestamp: str = NOW, **extra: Any
    ) -> Any:
        """StartTransaction."""
        payload = {"connectorId": connector, "idTag": tag, "meterStart": meter, "timestamp": timestamp, **extra}
        return await self.call("StartTransaction", payload)

    async def meter(self, transaction: int | None, wh: float | str, timestamp: str = NOW, connector: int = 1) -> Any:
        """MeterValues with the import register."""
        payload: dict[str, Any] = {
            "connectorId": connector,
            "meterValue": [{"timestamp": timestamp, "sampledValue": [{"value": str(wh)}]}],
        }
        if transaction is not None:
            payload["transactionId"] = transaction
        return await self.call("MeterValues", payload)

    async def stop(self, transaction: int, meter: int, timestamp: str = NOW, **extra: Any) -> Any:
        """StopTransaction."""
        return await self.call(
            "StopTransaction", {"transactionId": transaction, "meterStop": meter, "timestamp": timestamp, **extra}
        )

    async def _read(self) -> None:
        async for message in self.socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            if frame[0] == 2:
                await self._obey(frame)
                continue
            waiting = self._waiting.pop(frame[1], None)
            async with self._called:
                if waiting is not None and not waiting.done():
                    waiting.set_result(frame)
                else:
                    self.frames.append(frame)
                self._called.notify_all()
        self.close_code = self.socket.close_code
        self.closed.set()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError(f"closed with {self.close_code}"))

    async def _obey(self, frame: list[Any]) -> None:
        _, message_id, action, payload = frame
        answer = self.answers.get(action)
        if callable(answer):
            answer = answer(payload)
        async with self._called:
            self.heard.append((action, payload))
            self._called.notify_all()
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, CallError):
            reply = [4, message_id, answer.code, answer.description, {}]
        elif answer is None:
            return
        else:
            reply = [3, message_id, answer]
        await self.socket.send_str(json.dumps(reply))


def basic(user: str, password: str | bytes) -> dict[str, str]:
    """An Authorization header."""
    secret = password.encode() if isinstance(password, str) else password
    return {"Authorization": "Basic " + base64.b64encode(user.encode() + b":" + secret).decode()}


@asynccontextmanager
async def connected(
    url: str,
    identity: str = "CP1",
    *,
    password: str | bytes | None = None,
    protocols: tuple[str, ...] = ("ocpp1.6",),
    user: str | None = None,
    boot: bool = False,
    tls: ssl.SSLContext | None = None,
    compress: int = 0,
    hang_up_s: float = 10.0,
) -> AsyncIterator[Charger]:
    """Connect a charger; hung up at the end, for which the CSMS has so long."""
    headers = {} if password is None else basic(user or identity, password)
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(
            f"{url}/{quote(identity, safe='')}",
            protocols=protocols,
            headers=headers,
            max_msg_size=0,
            ssl=tls if tls is not None else True,
            compress=compress,
            timeout=aiohttp.ClientWSTimeout(ws_close=hang_up_s),
        )
        charger = Charger(socket)
        try:
            if boot:
                await charger.boot()
            yield charger
        finally:
            await charger.close()
