# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One charger's connection: reader, ordered inbox, outbound call slot.

No task per message and no timer per charger: the reader feeds the session, the pipeline completes
entries from its group commit, and the gateway's wheel calls `tick`.

Over 400 lines because reader, inbox, call slot and timers are one state.
"""

import asyncio
import math
from collections import deque
from contextlib import suppress
from datetime import datetime, timedelta
from random import uniform
from typing import Final

import msgspec
import structlog
from aiohttp import WebSocketError, WSMessage, WSMsgType

from csms.dialects.base import Dialect, NotExpressibleError, Outgoing, error_outcome
from csms.domain.chargers import CLOSED_SILENT, ClosedBy, Ending, Provisioned, RegistrationStatus
from csms.domain.commands import (
    Command,
    CommandRequest,
    Outcome,
    OutcomeStatus,
    StartTransaction,
    StopTransaction,
    TriggerMessage,
)
from csms.domain.ids import CommandId
from csms.domain.messages import Answer, BootAnswer, BootReported, Report, Source, StatusReported
from csms.gateway.ears import ListeningSocket, text_frames
from csms.gateway.entry import Entry, Incoming
from csms.gateway.inbox import Pipeline
from csms.gateway.settings import LinkSettings
from csms.gateway.useless import UselessFrames
from csms.kit.clock import Clock
from csms.kit.ids import new_id, new_message_id
from csms.ocpp.codec import Validation
from csms.ocpp.errors import LocalProtocolError, RemoteProtocolError
from csms.ocpp.rpc import (
    CallReceived,
    ErrorReceived,
    Ignored,
    Malformed,
    OutboundCall,
    ResultReceived,
    RpcSession,
    SendReceived,
    UnexpectedReply,
)

log = structlog.get_logger(__name__)


CLOSE_GOING_AWAY: Final = 1001
CLOSE_UNSUPPORTED_DATA: Final = 1003
CLOSE_POLICY: Final = 1008
_NO_CODE: Final = 1005  # a close frame without one
_WITHOUT_A_WORD: Final = 1006  # RFC 6455 §7.1.5: no close frame came
_SLOW_READER_BYTES: Final = 64 * 1024
_DEAD_READER_BYTES: Final = 1024 * 1024
_TRIGGER_WINDOW_S: Final = 60.0
_PING_ANSWER_S: Final = 5.0
# What a charger whose boot is pending may not be asked (OCPP 1.6 §4.2).
_NOT_WHILE_PENDING: Final = (StartTransaction, StopTransaction)
_TELL_STATUS: Final = (BootReported, StatusReported)
_UNREACHABLE: Final = Outcome(OutcomeStatus.UNREACHABLE, reason="the charger is not connected")


class Link:
    """A connection that has been let in."""

    closed_by: ClosedBy | None = None

    def __init__(
        self,
        socket: ListeningSocket,
        transport: asyncio.WriteTransport,
        charger: Provisioned,
        dialect: Dialect,
        address: str,
        epoch: int | None,
        pipeline: Pipeline,
        settings: LinkSettings,
        clock: Clock,
    ) -> None:
        self.charger = charger
        self.organization = str(charger.organization_id)  # as each row of the log says it
        self.dialect = dialect
        self.address = address
        self.epoch = epoch
        self.validation = Validation(charger.validation)
        self.quirks = settings.quirks.of(charger.vendor, charger.model, charger.firmware_version)
        self.boot_accepted = charger.boot_accepted
        self.boot_pending = False
        self.active = self._reading = True
        self.close_code: int | None = None
        self.close_reason = ""
        self.opened_at = clock.now()
        self.last_frame_s = clock.monotonic()
        self.session = RpcSession(dialect.protocol)
        self._socket, self._plain = socket, not socket.compress
        self._transport = transport
        # One mark: while less is waiting, no write waits (by default one would until a quarter of it is read).
        with suppress(RuntimeError):  # it is closed already: reading tells
            transport.set_write_buffer_limits(high=_SLOW_READER_BYTES, low=_SLOW_READER_BYTES)
        self.useless = UselessFrames(charger.id, clock)
        self._pipeline = pipeline
        self._settings = settings
        self._clock = clock
        self._inbox: deque[tuple[Incoming, datetime]] = deque()
        self._entry: Entry | None = None
        self._space = asyncio.Event()
        self._missed_pongs, self.due_s = 0, 0.0  # before then nothing falls due but the end of a call of ours
        self._pong = asyncio.Event()
        self._calls = asyncio.Lock()
        self._not_before_s = 0.0
        self._triggered: dict[str, float] = {}
        self._asking: asyncio.Task[None] | None = None
        self._exchanges: set[asyncio.Task[Outcome]] = set()
        self.source = Source(charger.id, charger.organization_id, dialect.protocol.value)  # never from a message
        # A charger that comes back without a boot tells nothing of what changed meanwhile; not all at the same moment.
        asks = charger.boot_accepted and settings.ask_status_after_s > 0
        self._ask_status_s = self.last_frame_s + settings.ask_status_after_s * uniform(1, 2) if asks else None  # noqa: S311

    @property
    def depth(self) -> int:
        """Calls that wait to be handled."""
        return len(self._inbox)

    async def run(self) -> None:
        """Read until the connection ends: here what cannot be heard as it arrives."""
        if self._plain:
            self._socket.hear_with(self._hear)
        try:
            await self._read()
        finally:
            self._socket.deafen()
        if self.closed_by is None:
            self.close_code, self.closed_by = _WITHOUT_A_WORD, ClosedBy.NETWORK

    def _hear(self, text: str) -> bool:
        """A text as it arrives; False leaves it to `run`, which makes the peer wait where that is due."""
        if len(self._inbox) >= self._settings.max_inbox or not self.active or self.congested:
            return False
        if not self._reading:
            return True
        try:
            self._alive()
            self._receive(text)
            self.write()
        except Exception:
            log.exception("a frame could not be handled", charger_id=self.charger.id)
            self.abort("a frame could not be handled")
        return True

    async def _read(self) -> None:
        while self.active:
            message = await self._socket.receive()
            kind = message.type
            if kind is WSMsgType.TEXT and not self._reading:
                continue
            if kind is WSMsgType.TEXT:
                self._alive()
                self._receive(message.data)
                if self.session.has_to_send:
                    await self.flush()
                if len(self._inbox) >= self._settings.max_inbox:
                    await self._wait_for_space()
            elif kind is WSMsgType.PING:
                self._alive()
                await self._socket.pong(message.data)
            elif kind is WSMsgType.PONG:
                self._alive()
                self._pong.set()
            elif kind is WSMsgType.BINARY:
                await self.close(CLOSE_UNSUPPORTED_DATA, "OCPP is spoken in text frames")
            else:
                self._read_end(message)
                break

    def _read_end(self, message: WSMessage) -> None:
        """What the end of the connection says of itself, where it was not we who ended it."""
        if self.closed_by is not None:
            return
        if message.type is WSMsgType.ERROR and isinstance(message.data, WebSocketError):
            # Too large or no UTF-8: closed with this code, whatever the peer makes of it.
            self.close_code, self.close_reason, self.closed_by = message.data.code, str(message.data), ClosedBy.CSMS
        elif message.type is WSMsgType.CLOSE:
            self.close_code, self.closed_by = message.data or _NO_CODE, ClosedBy.CHARGER
            self.close_reason = str(message.extra or "").replace("\0", "")

    def stop_reading(self) -> None:
        """Take nothing new: what comes now is not answered, and the charger keeps it for the next connection."""
        self._reading = False

    def _alive(self) -> None:
        self.last_frame_s = self._clock.monotonic()
        self._missed_pongs = 0

    def _receive(self, data: str) -> None:
        event = self.session.receive(data, self.last_frame_s)
        match event:
            case CallReceived() | SendReceived():
                self._inbox.append((event, self._clock.now()))
                if self._entry is None:
                    self._next()
            case ResultReceived() | ErrorReceived():
                _resolve(event.call, event)
            case Malformed():
                self.useless.note("malformed frame", code=event.code, description=event.description)
                self._pipeline.malformed(self, data, event.code, event.description, event.message_id)
            case UnexpectedReply():
                self.useless.note("reply to nothing", kind=event.kind)
            case Ignored():
                self.useless.note("frame ignored", reason=event.reason)
            case _:
                self.useless.note("frame not for this version", frame=type(event).__name__)

    def _next(self) -> None:
        """Handle the oldest waiting call; those that need no storing are answered at once."""
        while self._inbox:
            call, received_at = self._inbox.popleft()
            entry = self._pipeline.accept(self, call, received_at)
            if entry is not None:
                self._entry = entry
                return
        self._entry = None
        self._space.set()

    async def _wait_for_space(self) -> None:
        """Stop reading, so that TCP pushes back, until the inbox is half empty."""
        self._pipeline.paused()
        while self.active and len(self._inbox) > self._settings.max_inbox // 2:
            self._space.clear()
            await self._space.wait()

    def may_report(self, action: str) -> bool:
        """Before the boot is accepted only BootNotification and what we asked for is heard."""
        if self.boot_accepted or action in self.dialect.readable_before_boot:
            return True
        return self._triggered.get(action, 0.0) > self._clock.monotonic()

    def understand(self, report: Report) -> Report:
        """A Report as it was meant: what this kind of charger is known to do otherwise is put right."""
        if isinstance(report, _TELL_STATUS):
            self._ask_status_s = None
        if isinstance(report, BootReported):
            self.quirks = self._settings.quirks.of(report.vendor, report.model, report.firmware_version)
        return self.quirks.read(report) if self.quirks else report

    def completed(self, entry: Entry, answer: Answer | None) -> None:
        """The entry was answered (or, answer None, could not be): go on with the next one. Call `flush` after."""
        if isinstance(answer, BootAnswer):
            self.boot_accepted = answer.status is RegistrationStatus.ACCEPTED
            self.boot_pending = answer.status is RegistrationStatus.PENDING
            # A burst of calls right after the boot makes chargers restart (lbb#1503).
            settle_s = max(self._settings.settle_after_boot_s, self.quirks.settle_s)
            self._not_before_s = self._clock.monotonic() + settle_s
        if self._entry is entry:
            self._next()
            self._space.set()

    async def flush(self) -> None:
        """Write what the session has to say; a peer that reads slowly holds up who waits for this."""
        if not self.congested and self.write():
            return
        try:
            for frame in self.session.data_to_send():
                await self._socket.send_frame(frame, WSMsgType.TEXT)
        except (ConnectionError, RuntimeError):
            # The peer is gone; what it told us is stored, and it will ask again for what it was not told.
            self.active = False

    def write(self) -> bool:
        """The same at once; False leaves it to `flush`."""
        if not self.session.has_to_send:
            return True
        if not self._plain:
            return False
        if self._transport.is_closing() or self._socket.closed:
            self.active = False
        else:
            self._transport.write(text_frames(self.session.data_to_send()))
        return True

    @property
    def congested(self) -> bool:
        """Whether a write might wait; a peer that never reads is cut off."""
        waiting = self._transport.get_write_buffer_size()
        if waiting > _DEAD_READER_BYTES:
            self.abort("does not read what it is sent")
        return waiting > _SLOW_READER_BYTES

    def ends(self, code: int | None, reason: str) -> None:
        """We end the connection, and why: what was said first holds."""
        if self.closed_by is None:
            self.close_code, self.close_reason, self.closed_by = code, reason, ClosedBy.CSMS

    @property
    def ending(self) -> Ending:
        """How it ended."""
        silent = timedelta(seconds=self._clock.monotonic() - self.last_frame_s)
        closed_by = self.closed_by or ClosedBy.NETWORK
        return Ending(self.close_code, self.close_reason, closed_by, self._clock.now() - silent)

    async def close(self, code: int, reason: str) -> None:
        """Close in order; the reader ends by it."""
        self.ends(code, reason)
        self.active = False
        self._space.set()
        try:
            async with asyncio.timeout(5):
                await self._socket.close(code=code, message=reason.encode()[:120])
        except (TimeoutError, ConnectionError, RuntimeError):
            self._transport.abort()

    def abort(self, reason: str) -> None:
        """Cut the connection: nobody is there to close it in order with."""
        self.ends(None, reason)
        self.active = False
        self._space.set()
        self._transport.abort()

    async def ended(self) -> None:
        """The connection is over: whoever waits for an answer is told."""
        self.active = False
        for call in self.session.close():
            _resolve(call, None)
        await asyncio.gather(*self._exchanges, *filter(None, [self._asking]), return_exceptions=True)

    async def tick(self, now_s: float) -> None:
        """A turn of the wheel: calls time out, silence is probed with pings."""
        deadline = self.session.next_timeout()
        if deadline is not None and deadline <= now_s:
            for call in self.session.expire(now_s):
                _resolve(call, TimeoutError())
        if self._ask_status_s is not None and now_s >= self._ask_status_s:
            self._ask_status_s = None
            self._asking = asyncio.create_task(self._ask_status())
        asks_s = math.inf if self._ask_status_s is None else self._ask_status_s
        if not (self.charger.ping and self.quirks.ping):
            self.due_s = min(asks_s, now_s + self._settings.ping_interval_s)  # it may become known that it can
            return
        probed_s = self.last_frame_s + self._settings.ping_interval_s * (self._missed_pongs + 1)
        self.due_s = min(asks_s, probed_s)
        if now_s < probed_s:
            return
        if self._missed_pongs >= self._settings.missed_pongs:
            self.abort(CLOSED_SILENT.format(count=self._missed_pongs))
            return
        self._missed_pongs += 1
        await self.ping()

    async def _ask_status(self) -> None:
        """Once, for all connectors (1.6; in 2.x one would have to know them)."""
        now = self._clock.now()
        command = TriggerMessage(message="status_notification")
        expires_at = now + timedelta(seconds=self._settings.call_timeout_s)
        request = CommandRequest(
            CommandId(new_id()), self.charger.organization_id, self.charger.id, command, expires_at
        )
        outcome = await self.execute(request)
        log.info("asked for the state after a reconnect", charger_id=self.charger.id, outcome=outcome.status.value)

    async def ping(self) -> None:
        """Ask for a pong; one more behind what the peer does not read would only make us wait."""
        if self.congested:
            return
        try:
            await self._socket.ping()
        except (ConnectionError, RuntimeError):
            self.active = False

    async def is_alive(self, interval_s: float) -> bool:
        """Whether anything was heard within the interval, or is within 5 s of a ping."""
        if not self.active:
            return False
        if self._clock.monotonic() - self.last_frame_s < interval_s:
            return True
        before = self.last_frame_s
        self._pong.clear()
        await self.ping()
        try:
            async with asyncio.timeout(_PING_ANSWER_S):
                await self._pong.wait()
        except TimeoutError:
            return self.last_frame_s > before
        return True

    async def execute(self, request: CommandRequest) -> Outcome:
        """Carry out a command: one at a time, never after it expired, outcome always explicit."""
        if not self.active:
            return _UNREACHABLE
        try:
            command, changed = self.quirks.write(request.command)
            outgoing = self.dialect.write(command)
        except NotExpressibleError as error:
            return Outcome(OutcomeStatus.NOT_SUPPORTED, reason=str(error))
        # A task of its own: when the asker gives up, the exchange still ends in order.
        task = asyncio.create_task(self._exchange(request, outgoing, changed))
        self._exchanges.add(task)
        task.add_done_callback(self._exchanges.discard)
        return await asyncio.shield(task)

    def _refusal(self, command: Command) -> str | None:
        if self.boot_accepted:
            return None
        if not self.boot_pending:
            return "the charger's boot is not accepted yet"
        if isinstance(command, _NOT_WHILE_PENDING):
            return "the charger's boot is pending: transactions cannot be controlled yet"
        return None

    async def _exchange(self, request: CommandRequest, outgoing: Outgoing, changed: str | None) -> Outcome:
        command = request.command
        async with self._calls:
            wait_s = self._not_before_s - self._clock.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            if not self.active:
                return _UNREACHABLE
            if self._clock.now() >= request.expires_at:
                return Outcome(OutcomeStatus.EXPIRED, reason="it expired before it could be sent")
            if (refusal := self._refusal(command)) is not None:
                return Outcome(OutcomeStatus.REJECTED, reason=refusal)
            now_s = self._clock.monotonic()
            self._expect_triggered(outgoing, now_s)
            sent_at = self._clock.now()
            waiting: asyncio.Future[ResultReceived | ErrorReceived | TimeoutError | None]
            waiting = asyncio.get_running_loop().create_future()
            try:
                call = self.session.call(
                    outgoing.action, outgoing.payload, new_message_id(), now_s, self._settings.call_timeout_s
                )
            except LocalProtocolError as error:
                return Outcome(OutcomeStatus.ERROR, reason=str(error))
            call.context = waiting
            self._pipeline.calling.add(self)
            try:
                await self.flush()
                event = await waiting
            finally:
                self._pipeline.calling.discard(self)
            if not self.boot_accepted:
                self._not_before_s = self._clock.monotonic() + self._settings.pace_before_boot_s
        self._pipeline.exchanged(self, call, event, sent_at)
        outcome = self._outcome(command, outgoing, event)
        if outcome.status is not OutcomeStatus.ACCEPTED:
            self._expect_triggered(outgoing, None)
        return outcome if outcome.reason or not changed else msgspec.structs.replace(outcome, reason=changed)

    def _expect_triggered(self, outgoing: Outgoing, now_s: float | None) -> None:
        """From now on what we asked for is heard, also before the boot; None: it was refused."""
        for action in self.dialect.asked_for(outgoing):
            if now_s is None:
                self._triggered.pop(action, None)
            else:
                self._triggered[action] = now_s + _TRIGGER_WINDOW_S

    def _outcome(
        self, command: Command, outgoing: Outgoing, event: ResultReceived | ErrorReceived | TimeoutError | None
    ) -> Outcome:
        match event:
            case None:
                return Outcome(OutcomeStatus.UNREACHABLE, reason="the connection ended before the charger answered")
            case TimeoutError():
                seconds = timedelta(seconds=self._settings.call_timeout_s)
                return Outcome(OutcomeStatus.TIMED_OUT, reason=f"no answer within {seconds.total_seconds():.0f} s")
            case ErrorReceived():
                return error_outcome(event.code, event.description)
            case ResultReceived():
                try:
                    return self.dialect.outcome(command, outgoing.action, bytes(event.payload))
                except RemoteProtocolError as error:
                    return Outcome(OutcomeStatus.ERROR, reason=f"the answer is malformed: {error.description}")


def _resolve(call: OutboundCall, result: ResultReceived | ErrorReceived | TimeoutError | None) -> None:
    waiting = call.context
    if isinstance(waiting, asyncio.Future) and not waiting.done():
        waiting.set_result(result)
