# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Payloads in and out: bytes to message and back, judged against the version's own schema.

One compiled decoder per message type does the usual case in one pass; `validate.explain` takes over where that one
refuses or cannot judge.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from csms.ocpp import v16, v21, v201
from csms.ocpp.errors import LocalProtocolError, Protocol, RemoteProtocolError
from csms.ocpp.judge import Finding, Validation
from csms.ocpp.validate import explain, needs_walk
from csms.ocpp.wire import Action

__all__ = [
    "ACTIONS",
    "Finding",
    "Protocol",
    "Validation",
    "decode_request",
    "decode_response",
    "encode",
    "encode_checked",
]

ACTIONS: Final[Mapping[Protocol, Mapping[str, Action]]] = {
    Protocol.V16: v16.ACTIONS,
    Protocol.V201: v201.ACTIONS,
    Protocol.V21: v21.ACTIONS,
}
_ENCODER: Final = msgspec.json.Encoder()
_BACKSLASH: Final = ord("\\")
_NOTHING: Final[tuple[Finding, ...]] = ()


class _Codec:
    """A message type with its decoder; both are made when first needed."""

    __slots__ = ("decode", "kind", "walk_always")

    def __init__(self, kind: type[msgspec.Struct]) -> None:
        self.kind = kind
        self.decode: Callable[[bytes], msgspec.Struct] = msgspec.json.Decoder(kind).decode
        self.walk_always = needs_walk(kind)


_codecs: dict[type[msgspec.Struct], _Codec] = {}


def _codec(kind: type[msgspec.Struct]) -> _Codec:
    codec = _codecs.get(kind)
    if codec is None:
        codec = _codecs[kind] = _Codec(kind)
    return codec


def _decode(
    kind: type[msgspec.Struct], payload: bytes | memoryview | msgspec.Raw, protocol: Protocol, validation: Validation
) -> tuple[msgspec.Struct, tuple[Finding, ...]]:
    data = payload if type(payload) is bytes else bytes(payload)
    codec = _codec(kind)
    # The decoder would take an escaped NUL in a text.
    if not codec.walk_always and (_BACKSLASH not in data or b"\\u" not in data):
        try:
            return codec.decode(data), _NOTHING
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # the walk says why, or forgives
    return explain(kind, data, protocol, validation)


def decode_request(
    protocol: Protocol,
    action: str,
    payload: bytes | memoryview | msgspec.Raw,
    validation: Validation = Validation.ADVISORY,
    *,
    from_csms: bool = False,
) -> tuple[msgspec.Struct, tuple[Finding, ...]]:
    """A CALL's (or SEND's) payload as its message, with what was forgiven.

    `from_csms` says that the CSMS is the sender. Raises RemoteProtocolError: NotImplemented for an action that the
    version does not know, NotSupported for one that only the other side may send, else what is wrong with the payload.
    """
    known = ACTIONS[protocol].get(action)
    if known is None:
        raise RemoteProtocolError("NotImplemented", f"{action[:60]} is no action of {protocol}")
    if not (known.from_csms if from_csms else known.from_charger):
        raise RemoteProtocolError("NotSupported", f"{action} is not sent by a {'CSMS' if from_csms else 'charger'}")
    return _decode(known.request, payload, protocol, validation)


def decode_response(
    protocol: Protocol,
    action: str,
    payload: bytes | memoryview | msgspec.Raw,
    validation: Validation = Validation.ADVISORY,
) -> tuple[msgspec.Struct, tuple[Finding, ...]]:
    """A CALLRESULT's payload as the message that answers `action`, with what was forgiven.

    Raises RemoteProtocolError for a bad payload, LocalProtocolError for an action that has no answer.
    """
    known = ACTIONS[protocol].get(action)
    if known is None or known.response is None:
        raise LocalProtocolError(f"{action} has no response in {protocol}")
    return _decode(known.response, payload, protocol, validation)


def encode(message: msgspec.Struct) -> bytes:
    """Compact JSON in the schema's order. What came from outside goes through `encode_checked`."""
    try:
        return _ENCODER.encode(message)
    except (TypeError, ValueError) as error:  # UnicodeEncodeError is a ValueError
        raise LocalProtocolError(f"{type(message).__name__}: {error}") from error


def encode_checked(message: msgspec.Struct) -> bytes:
    """Compact JSON that satisfies the schema, or LocalProtocolError: constructors check nothing."""
    data = encode(message)
    try:
        _decode(type(message), data, Protocol.V201, Validation.STRICT)
    except RemoteProtocolError as error:
        raise LocalProtocolError(f"{type(message).__name__} {error.description}") from error
    return data


def response_of(protocol: Protocol, action: str) -> type[Any]:
    """The type that answers an action."""
    response = ACTIONS[protocol][action].response
    if response is None:
        raise LocalProtocolError(f"{action} is never answered")
    return response
