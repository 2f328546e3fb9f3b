# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Onboarding `approval`: identities nobody provisioned wait, heard only for BootNotification."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog
from aiohttp import WSMsgType, web

from csms.dialects.base import Dialect
from csms.domain.chargers import Knock, RegistrationStatus
from csms.domain.messages import BootAnswer, BootReported
from csms.gateway.ports import Registry
from csms.gateway.settings import Tuning
from csms.kit.clock import Clock
from csms.kit.retries import spread
from csms.ocpp.codec import Validation
from csms.ocpp.errors import RemoteProtocolError
from csms.ocpp.rpc import CallReceived, RpcSession

log = structlog.get_logger(__name__)

_PER_SOURCE: Final = 20
_WINDOW_S: Final = 60.0
_MAX_WAITING: Final = 1_000
_SILENCE_S: Final = 600.0


class _Listed:
    """What was last stored of a stranger: one that asks more often than it was told to gets the same answer."""

    __slots__ = ("boot", "status", "until_s")

    def __init__(self) -> None:
        self.boot: BootReported | None = None
        self.status = RegistrationStatus.PENDING
        self.until_s = 0.0


class WaitingRoom:
    """Connections of strangers: bounded, slow, and without a trace in the database but one row each."""

    def __init__(self, registry: Registry, tuning: Tuning, dialects: Mapping[str, Dialect], clock: Clock) -> None:
        self._registry = registry
        self._tuning = tuning
        self._dialects = dialects
        self._clock = clock
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._closing: set[asyncio.Task[bool]] = set()
        self._arrivals: dict[str, list[float]] = {}

    def admits(self, address: str) -> bool:
        """Whether one more stranger from that source may wait."""
        now = self._clock.monotonic()
        recent = [at for at in self._arrivals.pop(address, ()) if now - at < _WINDOW_S]
        recent.append(now)
        self._arrivals[address] = recent[-_PER_SOURCE - 1 :]
        while len(self._arrivals) > _MAX_WAITING:
            self._arrivals.pop(next(iter(self._arrivals)))
        return len(recent) <= _PER_SOURCE and len(self._sockets) < _MAX_WAITING

    def close(self, identity: str) -> None:
        """Approved or refused: it comes back and is treated by what holds then."""
        socket = self._sockets.get(identity.lower())
        if socket is not None:
            task = asyncio.create_task(socket.close(code=1001, message=b"come back"))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def serve(self, socket: web.WebSocketResponse, knock: Knock) -> None:
        """Answer BootNotification with Pending (Rejected where the list is full), all else with SecurityError."""
        key = knock.identity.lower()
        if knock.protocol is None:
            await socket.close(code=1002, message=b"no OCPP version in common")
            return
        previous = self._sockets.get(key)
        self._sockets[key] = socket
        if previous is not None:
            await previous.close(code=1008, message=b"replaced by a newer connection")
        log.info("unknown charger waits for approval", charger_id=knock.identity, address=knock.address)
        try:
            await self._registry.wait_for_approval(knock, None)
            await self._talk(socket, knock, self._dialects[knock.protocol])
        finally:
            if self._sockets.get(key) is socket:
                del self._sockets[key]

    async def _talk(self, socket: web.WebSocketResponse, knock: Knock, dialect: Dialect) -> None:
        session = RpcSession(dialect.protocol)
        listed = _Listed()
        while True:
            try:
                async with asyncio.timeout(_SILENCE_S):
                    message = await socket.receive()
            except TimeoutError:
                await socket.close(code=1001, message=b"silent for too long")
                return
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
                continue
            if message.type is WSMsgType.PONG:
                continue
            if message.type is not WSMsgType.TEXT:
                if message.type is WSMsgType.BINARY:
                    await socket.close(code=1003, message=b"OCPP is spoken in text frames")
                return
            event = session.receive(message.data, self._clock.monotonic())
            if isinstance(event, CallReceived):
                await self._answer(session, event, knock, dialect, listed)
            for frame in session.data_to_send():
                await socket.send_frame(frame, WSMsgType.TEXT)

    async def _answer(
        self, session: RpcSession, call: CallReceived, knock: Knock, dialect: Dialect, listed: "_Listed"
    ) -> None:
        try:
            report, inbound, _ = dialect.read(call.action, bytes(call.payload), Validation.ADVISORY)
        except RemoteProtocolError as error:
            session.refuse(call.message_id, error.code, error.description)
            return
        if not isinstance(report, BootReported):
            session.refuse(call.message_id, "SecurityError", "this charger waits for approval")
            return
        now_s = self._clock.monotonic()
        if listed.boot != report or now_s >= listed.until_s:
            listed.status = await self._registry.wait_for_approval(knock, report)
            listed.boot, listed.until_s = report, now_s + self._tuning.retry_interval_s() / 2
        answer = BootAnswer(listed.status, spread(self._tuning.retry_interval_s()), self._clock.now())
        session.answer(call.message_id, dialect.answer(inbound, answer))
