# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What one received frame can mean, and the call that a reply belongs to."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from msgspec import Struct


@dataclass(slots=True, eq=False)
class OutboundCall:
    """A CALL of ours. Times are monotonic seconds; `sent_at` and `deadline` are None while it waits its turn.

    `context` belongs to whoever made the call; the session never looks at it.
    """

    message_id: str
    action: str
    payload: bytes
    queued_at: float
    sent_at: float | None = None
    deadline: float | None = None
    context: object | None = None
    timeout_s: float = 0.0


class CallReceived(Struct, frozen=True, gc=False):
    """A CALL, to be answered with `answer` or `refuse`.

    `duplicate`: this connection has carried the id before. A retry may reuse an id (1.6J errata 3.1, 2.1 Part 4
    §4.1.4), but chargers that give every CALL the same id exist, so it proves nothing by itself.
    """

    message_id: str
    action: str
    payload: bytes
    duplicate: bool


class SendReceived(Struct, frozen=True, gc=False):
    """A SEND (2.1), never answered."""

    message_id: str
    action: str
    payload: bytes


class ResultReceived(Struct, frozen=True):
    """The CALLRESULT of our outstanding call."""

    call: OutboundCall
    payload: bytes


class ErrorReceived(Struct, frozen=True):
    """The CALLERROR of our outstanding call, or a reply to it that could not be read (the description says so)."""

    call: OutboundCall
    code: str
    description: str
    details: bytes


class ResultErrorReceived(Struct, frozen=True, gc=False):
    """A CALLRESULTERROR (2.1): the peer could not use our CALLRESULT."""

    message_id: str
    code: str
    description: str


class UnexpectedReply(Struct, frozen=True, gc=False):
    """A reply that no outstanding call waits for.

    late: its call had timed out; duplicate: its call had been answered before; unknown: no such call is remembered.
    """

    message_id: str
    kind: Literal["late", "unknown", "duplicate"]


class Ignored(Struct, frozen=True, gc=False):
    """A frame that the specification says to ignore, or that holds nothing."""

    reason: str


class Malformed(Struct, frozen=True, gc=False):
    """A frame that is no valid message. `answered`: a CALLERROR about it waits in `data_to_send`."""

    code: str
    description: str
    message_id: str | None
    answered: bool


Event: TypeAlias = (
    CallReceived
    | SendReceived
    | ResultReceived
    | ErrorReceived
    | ResultErrorReceived
    | UnexpectedReply
    | Ignored
    | Malformed
)
