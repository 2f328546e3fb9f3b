# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A scripted CSMS of OCPP 1.6: answers what it is told to, remembers what it heard, commands what the test says."""

import asyncio
import itertools
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

from csms.ocpp.codec import Protocol, Validation, decode_request
from csms.ocpp.rpc import CallReceived, ErrorReceived, ResultReceived, RpcSession

NOW = "2026-11-23T10:00:00.000Z"
Heard = tuple[str, str, dict[str, Any]]


class RefusalError(Exception):
    """Answer with a CALLERROR of this code."""


class ScriptedCsms:
    """One server for any number of chargers. `answers` by action: a payload, or a function of the request."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[Heard] = []
        self.identities: list[str] = []
        self.authorizations: list[str | None] = []
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self.sessions: dict[str, RpcSession] = {}
        self.refuse_with: int | None = None
        self.protocols: tuple[str, ...] = ("ocpp1.6",)
        self.interval_s = 300
        self.in_flight_max = 0
        self.connections = 0
        self._numbers = itertools.count(1)
        self._ids = itertools.count(1)
        self._news = asyncio.Condition()
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self.answers: dict[str, Any] = {
            "BootNotification": lambda _: {"status": "Accepted", "currentTime": NOW, "interval": self.interval_s},
            "Heartbeat": {"currentTime": NOW},
            "StatusNotification": {},
            "MeterValues": {},
            "Authorize": {"idTagInfo": {"status": "Accepted"}},
            "StartTransaction": lambda _: {"transactionId": next(self._numbers), "idTagInfo": {"status": "Accepted"}},
            "StopTransaction": {},
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """A charger comes."""
        identity = request.match_info["identity"]
        self.authorizations.append(request.headers.get("Authorization"))
        if self.refuse_with is not None:
            return web.Response(status=self.refuse_with)
        socket = web.WebSocketResponse(protocols=self.protocols)
        await socket.prepare(request)
        self.identities.append(identity)
        self.connections += 1
        session = RpcSession(Protocol.V16)
        self.sockets[identity], self.sessions[identity] = socket, session
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            event = session.receive(message.data, 0.0)
            if isinstance(event, CallReceived):
                await self._called(identity, session, event)
            elif isinstance(event, ResultReceived | ErrorReceived):
                self._waiting.pop(event.call.message_id).set_result(event)
            for frame in session.data_to_send():
                await socket.send_str(frame.decode())
        return socket

    async def _called(self, identity: str, session: RpcSession, call: CallReceived) -> None:
        _, findings = decode_request(Protocol.V16, call.action, call.payload, Validation.STRICT)
        assert not findings
        payload = json.loads(call.payload)
        answer = self.answers[call.action]
        try:
            result = answer(payload) if callable(answer) else answer
        except RefusalError as refusal:
            session.refuse(call.message_id, str(refusal), "as the test wants it")
        else:
            if result is not None:
                session.answer(call.message_id, json.dumps(result).encode())
        async with self._news:
            self.heard.append((identity, call.action, payload))
            self._news.notify_all()

    async def command(self, identity: str, action: str, payload: dict[str, Any] | None = None) -> Any:
        """Send a CALL; its answer, or the code of the CALLERROR."""
        session, socket = self.sessions[identity], self.sockets[identity]
        message_id = f"c{next(self._ids)}"
        future = self._waiting[message_id] = asyncio.get_running_loop().create_future()
        session.call(action, json.dumps(payload or {}).encode(), message_id, 0.0)
        for frame in session.data_to_send():
            await socket.send_str(frame.decode())
        event = await asyncio.wait_for(future, 10)
        return event.code if isinstance(event, ErrorReceived) else json.loads(event.payload)

    async def hears(
        self,
        action: str,
        test: Callable[[dict[str, Any]], bool] = lambda _: True,
        *,
        count: int = 1,
        timeout_s: float = 10,
    ) -> dict[str, Any]:
        """Wait until that many such messages were heard; the newest."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: len(self.of(action, test)) >= count)
        return self.of(action, test)[-1]

    def of(self, action: str, test: Callable[[dict[str, Any]], bool] = lambda _: True) -> list[dict[str, Any]]:
        """All such messages so far."""
        return [payload for _, name, payload in self.heard if name == action and test(payload)]

    async def status(self, status: str, connector: int = 1, *, count: int = 1) -> dict[str, Any]:
        """Wait for a StatusNotification."""
        return await self.hears(
            "StatusNotification", lambda p: p["status"] == status and p["connectorId"] == connector, count=count
        )

    def statuses(self, connector: int = 1) -> list[str]:
        """All statuses of a connector so far."""
        return [p["status"] for p in self.of("StatusNotification", lambda p: p["connectorId"] == connector)]

    def forget(self) -> None:
        """Begin anew."""
        self.heard.clear()


@asynccontextmanager
async def scripted_csms(tls: ssl.SSLContext | None = None) -> AsyncIterator[ScriptedCsms]:
    """A CSMS on a free port."""
    csms = ScriptedCsms()
    app = web.Application()
    app.router.add_get("/ocpp/{identity}", csms.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    csms.url = f"{'wss' if tls else 'ws'}://127.0.0.1:{runner.addresses[0][1]}/ocpp"
    try:
        yield csms
    finally:
        for socket in csms.sockets.values():
            await socket.close()
        await runner.cleanup()
