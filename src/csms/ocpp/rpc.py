# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One OCPP-J connection without the connection: frames in, events out, frames out.

`RpcSession` knows neither sockets nor who is charger and who CSMS; the gateway and the simulator use the same class.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import msgspec

from csms.ocpp.errors import LocalProtocolError, Protocol, cut_description, spell
from csms.ocpp.events import (
    CallReceived,
    ErrorReceived,
    Event,
    Ignored,
    Malformed,
    OutboundCall,
    ResultErrorReceived,
    ResultReceived,
    SendReceived,
    UnexpectedReply,
)
from csms.ocpp.frames import (
    UNREADABLE_ID,
    MessageType,
    call_frame,
    error_frame,
    head_of,
    read_call,
    read_result,
    result_frame,
    send_frame,
    split,
    text_of,
    type_of,
)
from csms.ocpp.guards import too_deep, unstorable, utf8_text

__all__ = [
    "CallReceived",
    "ErrorReceived",
    "Event",
    "Ignored",
    "Limits",
    "LocalProtocolError",
    "Malformed",
    "OutboundCall",
    "ResultErrorReceived",
    "ResultReceived",
    "RpcSession",
    "SendReceived",
    "UnexpectedReply",
]

_LATE: Final = "late"
_DONE: Final = "duplicate"
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(slots=True, frozen=True)
class Limits:
    """What one session allows."""

    max_queued_calls: int = 64
    call_timeout_s: float = 30.0
    max_depth: int = 64
    max_message_id: int = 36
    remembered_ids: int = 128


class RpcSession:
    """The state of one connection. Times are monotonic seconds, given by the caller.

    `receive` takes whatever the peer sent and never raises. Everything that sends only appends to `data_to_send`.
    After `close` nothing is sent any more: answers are dropped, since a commit may end after the socket did.
    """

    __slots__ = ("_answered", "_closed", "_limits", "_open", "_out", "_outstanding", "_past", "_queue", "protocol")

    def __init__(self, protocol: Protocol, limits: Limits = Limits()) -> None:
        self.protocol = protocol
        self._limits = limits
        self._out: list[bytes] = []
        self._outstanding: OutboundCall | None = None
        self._queue: deque[OutboundCall] = deque()
        self._past: dict[str, str] = {}  # ids of our calls that are over: why
        self._open: dict[str, int] = {}  # ids of the peer's calls that wait for our answer: how many
        self._answered: dict[str, bool] = {}  # ids of the peer's calls, newest last: whether by a CALLRESULT
        self._closed = False

    def receive(self, data: str | bytes, now: float) -> Event:
        """One frame in, exactly one event out."""
        if self._closed:
            return Ignored("the session is closed")
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")  # a lone surrogate is no UTF-8 and found out below
        if not utf8_text(data):
            return self._damaged(data, "not UTF-8", now)
        if too_deep(data, self._limits.max_depth):
            return self._damaged(data, f"nested deeper than {self._limits.max_depth}", now)
        if data[:3] == b"[2,":
            if unstorable(data):
                return self._damaged(data, "a text holds NUL or half of a surrogate pair", now)
            try:
                _, message_id, action, payload = read_call(data)
            except _UNREADABLE:
                return self._unusual(data, now)
            if len(message_id) <= self._limits.max_message_id:
                return self._call_received(message_id, action, bytes(payload))
        elif data[:3] == b"[3,":
            try:
                _, message_id, payload = read_result(data)
            except _UNREADABLE:
                return self._unusual(data, now)
            if self._readable_id(message_id) is not None:
                return self._result_received(message_id, bytes(payload), now)
        return self._unusual(data, now)

    def _unusual(self, data: bytes, now: float) -> Event:
        """A frame that is rarer than a well-formed CALL or CALLRESULT."""
        elements = split(data)
        if elements is None:
            return self._damaged(data, "not a JSON array", now) if data.strip() else Ignored("an empty frame")
        kind = type_of(elements[0]) if elements else None
        message_id = self._readable_id(text_of(elements[1])) if len(elements) > 1 else None
        if kind is None:
            return self._refuse_frame("the message type is not readable", message_id)
        match kind:
            case MessageType.CALL:
                return self._unusual_call(data, elements, message_id, now)
            case MessageType.CALLRESULT:
                if message_id is None or len(elements) != 3:
                    return self._broken_reply("a CALLRESULT has an id and a payload", message_id, now)
                return self._result_received(message_id, elements[2], now)
            case MessageType.CALLERROR:
                return self._error_received(elements, message_id, now)
            case MessageType.CALLRESULTERROR if self.protocol is Protocol.V21:
                return self._result_error_received(elements, message_id)
            case MessageType.SEND if self.protocol is Protocol.V21:
                return self._send_received(data, elements, message_id)
            case _:
                return self._unknown_type(kind, message_id)

    def _readable_id(self, message_id: str | None) -> str | None:
        if message_id is None or len(message_id) > self._limits.max_message_id or "\0" in message_id:
            return None
        return message_id

    def _call_received(self, message_id: str, action: str, payload: bytes) -> CallReceived:
        seen = self._answered
        duplicate = message_id in seen
        if duplicate:
            del seen[message_id]
        elif len(seen) >= self._limits.remembered_ids:
            del seen[next(iter(seen))]
        seen[message_id] = False
        self._open[message_id] = self._open.get(message_id, 0) + 1
        return CallReceived(message_id, action, payload, duplicate)

    def _unusual_call(self, data: bytes, elements: list[bytes], message_id: str | None, now: float) -> Event:
        """A CALL with blanks before its type, or a broken one."""
        if unstorable(data):
            return self._damaged(data, "a text holds NUL or half of a surrogate pair", now)
        if message_id is None:
            limit = self._limits.max_message_id
            return self._refuse_frame(f"the message id is no text of at most {limit} characters", None)
        action = text_of(elements[2]) if len(elements) == 4 else None
        if action is None:
            return self._refuse_frame("a CALL has an id, an action and a payload", message_id)
        return self._call_received(message_id, action, elements[3])

    def _result_received(self, message_id: str, payload: bytes, now: float) -> Event:
        call = self._finish(message_id, now)
        return call if isinstance(call, UnexpectedReply) else ResultReceived(call, payload)

    def _error_received(self, elements: list[bytes], message_id: str | None, now: float) -> Event:
        """A CALLERROR. Chargers leave out description or details; the code has to be there."""
        code = text_of(elements[2]) if len(elements) > 2 else None
        if message_id is None or code is None or len(elements) > 5:
            return self._broken_reply("a CALLERROR has an id, a code, a description and details", message_id, now)
        call = self._finish(message_id, now)
        if isinstance(call, UnexpectedReply):
            return call
        description = (text_of(elements[3]) or "") if len(elements) > 3 else ""
        details = elements[4] if len(elements) > 4 and elements[4][:1] == b"{" else b"{}"
        return ErrorReceived(call, cut_description(code), cut_description(description), details)

    def _result_error_received(self, elements: list[bytes], message_id: str | None) -> Event:
        code = text_of(elements[2]) if len(elements) == 5 else None
        if message_id is None or code is None:
            reason = "a CALLRESULTERROR has an id, a code, a description and details"
            return self._refuse_frame(reason, message_id, answer=False)
        if not self._answered.get(message_id):
            return UnexpectedReply(message_id, "unknown")
        return ResultErrorReceived(message_id, cut_description(code), cut_description(text_of(elements[3]) or ""))

    def _send_received(self, data: bytes, elements: list[bytes], message_id: str | None) -> Event:
        action = text_of(elements[2]) if len(elements) == 4 else None
        if message_id is None or action is None or unstorable(data):
            return self._refuse_frame("a SEND has an id, an action and a payload", message_id, answer=False)
        return SendReceived(message_id, action, elements[3])

    def _unknown_type(self, kind: int, message_id: str | None) -> Event:
        """Ignored (1.6J §4.1.3, 2.1 Part 4 §4.4), but 2.0.1 Part 4 §4.4 wants it answered."""
        description = f"message type {kind} is not known"
        if self.protocol is not Protocol.V201:
            return Ignored(description)
        return self._refuse_frame(description, message_id, code="MessageTypeNotSupported")

    def _damaged(self, data: bytes, reason: str, now: float) -> Event:
        """A frame that cannot or must not be parsed: what its beginning says decides who hears of it."""
        kind, text, has_action = head_of(data)
        message_id = self._readable_id(text)
        if kind in (MessageType.CALLRESULT, MessageType.CALLERROR):
            return self._broken_reply(reason, message_id, now)
        unanswerable = kind in (MessageType.CALLRESULTERROR, MessageType.SEND) and self.protocol is Protocol.V21
        if kind != MessageType.CALL:
            message_id = None
        code = "FormatViolation" if message_id is not None and has_action else "RpcFrameworkError"
        return self._refuse_frame(reason, message_id, code=code, answer=not unanswerable)

    def _refuse_frame(
        self, reason: str, message_id: str | None, *, code: str = "RpcFrameworkError", answer: bool = True
    ) -> Malformed:
        """Answers a CALL that cannot be handed on; without a readable id 1.6 has no way to say so."""
        code = spell(self.protocol, code)
        if message_id is None and self.protocol is Protocol.V16:
            answer = False
        if answer:
            target = UNREADABLE_ID if message_id is None else message_id
            self._out.append(error_frame(MessageType.CALLERROR, target, code, reason, b"{}"))
        return Malformed(code, reason, message_id, answer)

    def _broken_reply(self, reason: str, message_id: str | None, now: float) -> Event:
        """A reply that cannot be read is not answered, but ends the call that it names: no other reply will come."""
        call = self._outstanding
        if call is None or call.message_id != message_id:
            return self._refuse_frame(reason, message_id, answer=False)
        self._finish(call.message_id, now)
        return ErrorReceived(call, spell(self.protocol, "FormatViolation"), f"the reply is malformed: {reason}", b"{}")

    def call(
        self, action: str, payload: bytes, message_id: str, now: float, timeout_s: float | None = None
    ) -> OutboundCall:
        """Sends a CALL, or queues it behind the outstanding one (one at a time: 1.6J §4.1.1, 2.x Part 4 §4.1.1).

        Raises LocalProtocolError when the queue is full, the session closed, or the id in use or still remembered.
        """
        timeout_s = self._limits.call_timeout_s if timeout_s is None else timeout_s
        self._check(message_id, payload)
        if timeout_s <= 0:
            raise LocalProtocolError(f"a timeout of {timeout_s} s")
        if message_id in self._past or any(waiting.message_id == message_id for waiting in self._waiting()):
            raise LocalProtocolError(f"the message id {message_id} is already used")
        call = OutboundCall(message_id, action, payload, queued_at=now, timeout_s=timeout_s)
        if self._outstanding is None:
            self._transmit(call, now)
        elif len(self._queue) < self._limits.max_queued_calls:
            self._queue.append(call)
        else:
            raise LocalProtocolError(f"{len(self._queue)} calls are queued already")
        return call

    def send(self, action: str, payload: bytes, message_id: str) -> None:
        """Sends a SEND (2.1 only), at once and without an answer to come."""
        if self.protocol is not Protocol.V21:
            raise LocalProtocolError(f"{self.protocol} has no SEND")
        self._check(message_id, payload)
        self._out.append(send_frame(message_id, action, payload))

    def next_timeout(self) -> float | None:
        """When to call `expire`: the deadline of the outstanding call."""
        return None if self._outstanding is None else self._outstanding.deadline

    def expire(self, now: float) -> list[OutboundCall]:
        """The outstanding call if its time is over; the next queued one goes out then."""
        call = self._outstanding
        if call is None or call.deadline is None or now < call.deadline:
            return []
        self._retire(call, _LATE, now)
        return [call]

    def close(self) -> list[OutboundCall]:
        """Ends the session; returns the calls that will get no reply, the outstanding one first."""
        self._closed = True
        waiting = self._waiting()
        self._outstanding = None
        self._queue.clear()
        self._open.clear()
        return waiting

    @property
    def outstanding(self) -> OutboundCall | None:
        """The call that waits for its reply."""
        return self._outstanding

    @property
    def queued(self) -> int:
        """How many calls wait to be sent."""
        return len(self._queue)

    def _waiting(self) -> list[OutboundCall]:
        return [*([] if self._outstanding is None else [self._outstanding]), *self._queue]

    def _transmit(self, call: OutboundCall, now: float) -> None:
        call.sent_at = now
        call.deadline = now + call.timeout_s
        self._outstanding = call
        self._out.append(call_frame(call.message_id, call.action, call.payload))

    def _finish(self, message_id: str, now: float) -> OutboundCall | UnexpectedReply:
        """The outstanding call if it has this id."""
        call = self._outstanding
        if call is not None and call.message_id == message_id:
            self._retire(call, _DONE, now)
            return call
        past = self._past.get(message_id)
        if past is None:
            return UnexpectedReply(message_id, "unknown")
        self._past[message_id] = _DONE
        return UnexpectedReply(message_id, "late" if past == _LATE else "duplicate")

    def _retire(self, call: OutboundCall, why: str, now: float) -> None:
        self._outstanding = None
        if len(self._past) >= self._limits.remembered_ids:
            del self._past[next(iter(self._past))]
        self._past[call.message_id] = why
        if self._queue:
            self._transmit(self._queue.popleft(), now)

    def answer(self, message_id: str, payload: bytes) -> None:
        """Answers a CALL with a CALLRESULT."""
        _check_object(payload)
        if self._take(message_id):
            if message_id in self._answered:
                self._answered[message_id] = True
            self._out.append(result_frame(message_id, payload))

    def refuse(self, message_id: str, code: str, description: str = "", details: bytes = b"{}") -> None:
        """Answers a CALL with a CALLERROR; the code is put in this version's spelling."""
        code = spell(self.protocol, code)
        _check_object(details)
        if self._take(message_id):
            frame = error_frame(MessageType.CALLERROR, message_id, code, cut_description(description), details)
            self._out.append(frame)

    def reject_result(self, message_id: str, code: str, description: str = "", details: bytes = b"{}") -> None:
        """Tells the peer that its CALLRESULT could not be used (CALLRESULTERROR, 2.1 only)."""
        if self.protocol is not Protocol.V21:
            raise LocalProtocolError(f"{self.protocol} has no CALLRESULTERROR")
        code = spell(self.protocol, code)
        _check_object(details)
        if self._closed:
            return
        if self._past.get(message_id) != _DONE:
            raise LocalProtocolError(f"no result of {message_id} was received")
        frame = error_frame(MessageType.CALLRESULTERROR, message_id, code, cut_description(description), details)
        self._out.append(frame)

    @property
    def has_to_send(self) -> bool:
        """Whether `data_to_send` would hand out anything."""
        return bool(self._out)

    def data_to_send(self) -> list[bytes]:
        """The frames to write, in order; each is handed out once."""
        frames, self._out = self._out, []
        return frames

    def _take(self, message_id: str) -> bool:
        """Whether an answer may go out; a CALL is answered exactly once."""
        if self._closed:
            return False
        waiting = self._open.get(message_id, 0)
        if not waiting:
            raise LocalProtocolError(f"no call {message_id} waits for an answer")
        if waiting == 1:
            del self._open[message_id]
        else:
            self._open[message_id] = waiting - 1
        return True

    def _check(self, message_id: str, payload: bytes) -> None:
        """What every message that we begin has to satisfy."""
        if self._closed:
            raise LocalProtocolError("the session is closed")
        if not 0 < len(message_id) <= self._limits.max_message_id:
            raise LocalProtocolError(f"a message id of {len(message_id)} characters")
        _check_object(payload)


def _check_object(payload: bytes) -> None:
    if payload[:1] != b"{":
        raise LocalProtocolError("payloads and errorDetails are objects")
