# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The five frames of OCPP-J as text: taking them apart, putting them together."""

import re
from enum import IntEnum
from typing import Final, Literal

import msgspec
from msgspec import Raw

UNREADABLE_ID: Final = "-1"  # 2.0.1 and 2.1 Part 4 §4.2.3

_string: Final = msgspec.json.Encoder().encode
_read_string: Final = msgspec.json.Decoder(str).decode

# The two usual frames in one pass; whatever these refuse goes through `split`.
read_call: Final = msgspec.json.Decoder(tuple[Literal[2], str, str, Raw]).decode
read_result: Final = msgspec.json.Decoder(tuple[Literal[3], str, Raw]).decode
_split: Final = msgspec.json.Decoder(list[Raw]).decode

# What can be read of a frame that is no valid JSON or must not be parsed: type, id, and whether an action follows.
_HEAD: Final = re.compile(rb'\s*\[\s*(\d{1,9})\s*,\s*("(?:[^"\\]|\\.){0,400}")\s*(,\s*"[^"]{0,400}"\s*,)?')
_TYPE: Final = re.compile(rb"\s*\[\s*(\d{1,9})\s*[,\]]")


class MessageType(IntEnum):
    """The message type numbers (1.6J §4.1.3, 2.1 Part 4 §4.1.3)."""

    CALL = 2
    CALLRESULT = 3
    CALLERROR = 4
    CALLRESULTERROR = 5
    SEND = 6


def split(data: bytes) -> list[bytes] | None:
    """The elements of a frame as JSON text; None if it is no JSON array."""
    try:
        return [bytes(part) for part in _split(data)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def text_of(element: bytes) -> str | None:
    """A JSON string's value; None for anything else."""
    try:
        return _read_string(element)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def type_of(element: bytes) -> int | None:
    """A message type number; None if it is no plain integer."""
    return int(element) if element.isdigit() and len(element) < 10 else None


def head_of(data: bytes) -> tuple[int | None, str | None, bool]:
    """Type, id and whether an action follows, of a frame that cannot be parsed; None for what cannot be read."""
    match = _HEAD.match(data)
    if match is not None:
        return int(match[1]), text_of(match[2]), match[3] is not None
    kind = _TYPE.match(data)
    return (int(kind[1]) if kind is not None else None), None, False


def call_frame(message_id: str, action: str, payload: bytes) -> bytes:
    """A CALL."""
    return b"[2,%b,%b,%b]" % (_string(message_id), _string(action), payload)


def result_frame(message_id: str, payload: bytes) -> bytes:
    """A CALLRESULT."""
    return b"[3,%b,%b]" % (_string(message_id), payload)


def error_frame(kind: MessageType, message_id: str, code: str, description: str, details: bytes) -> bytes:
    """A CALLERROR or CALLRESULTERROR."""
    return b"[%d,%b,%b,%b,%b]" % (kind, _string(message_id), _string(code), _string(description), details)


def send_frame(message_id: str, action: str, payload: bytes) -> bytes:
    """A SEND (2.1)."""
    return b"[6,%b,%b,%b]" % (_string(message_id), _string(action), payload)
