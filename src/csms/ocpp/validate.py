# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The slow, explaining walk over a payload that the fast decoder refused or cannot judge.

It either builds the message and lists what it forgave, or raises RemoteProtocolError with that version's code and the
place.
"""

import json
from functools import cache
from typing import Any, NoReturn

import msgspec
from msgspec import inspect

from csms.ocpp.errors import Protocol
from csms.ocpp.guards import MAX_DEPTH, too_deep, unstorable, utf8_text
from csms.ocpp.judge import Finding, Number, Validation, Walk, show
from csms.ocpp.nodes import Anything, Bool, Custom, Enum, Field, Listing, Node, Object, Real, Text, Whole
from csms.ocpp.wire import DATE_TIME_PATTERN, MAX_INTEGER, MIN_INTEGER, OPEN_OBJECT, TENTHS


def explain(
    kind: type[msgspec.Struct], payload: bytes, protocol: Protocol, validation: Validation
) -> tuple[msgspec.Struct, tuple[Finding, ...]]:
    """Judges a payload against a message type; see the module's docstring."""
    walk = Walk(protocol, strict=validation is Validation.STRICT, boot=kind.__name__ == "BootNotification")
    value = parse(walk, payload)
    if value is None and protocol is not Protocol.V16:
        value = {}  # 2.x Part 4 §4.2.1: a payload without fields may be null
    if not isinstance(value, dict):
        walk.fail("FormatViolation", "", f"the payload has to be an object, not {show(value)}")
    struct: msgspec.Struct = node_of(kind).build(walk, value, "")
    return struct, tuple(walk.findings)


def parse(walk: Walk, payload: bytes) -> Any:
    """The payload as plain values with numbers as they were written."""
    if too_deep(payload):
        walk.fail("FormatViolation", "", f"nested deeper than {MAX_DEPTH}")
    if not utf8_text(payload):
        walk.fail("FormatViolation", "", "not UTF-8")
    if unstorable(payload):
        walk.fail("FormatViolation", "", "a text holds NUL or half of a surrogate pair")
    try:
        return json.loads(payload.decode(), parse_int=Number, parse_float=Number, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        walk.fail("FormatViolation", "", f"not valid JSON: {error}")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


@cache
def node_of(kind: type[msgspec.Struct]) -> Object:
    """The judge of a message type."""
    info = inspect.type_info(kind)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{kind} is no message type")
    return _object(info)


def _object(info: inspect.StructType) -> Object:
    return Object(
        info.cls,
        [
            Field(entry.name, entry.encode_name, entry.required, _node(entry.type, entry.encode_name))
            for entry in info.fields
        ],
    )


def _node(info: inspect.Type, name: str) -> Node:
    """The judge of a property's type."""
    extra: dict[str, Any] | None = None
    if isinstance(info, inspect.Metadata):
        extra = info.extra
        info = info.type
    if extra == OPEN_OBJECT:
        return Custom()
    match info:
        case inspect.StructType():
            return node_of(info.cls)
        case inspect.ListType():
            return Listing(_node(info.item_type, name), info.min_length or 0, info.max_length, name)
        case inspect.LiteralType():
            return Enum(tuple(str(value) for value in info.values), name)
        case inspect.StrType():
            return Text(info.max_length, date_time=info.pattern == DATE_TIME_PATTERN)
        case inspect.BoolType():
            return Bool()
        case inspect.IntType():
            return Whole(
                MIN_INTEGER if info.ge is None else int(info.ge), MAX_INTEGER if info.le is None else int(info.le)
            )
        case inspect.FloatType():
            return Real(info.ge, info.le, tenths=extra == TENTHS)
        case inspect.AnyType():
            return Anything()
        case _:
            raise TypeError(f"no rule for {info} ({name})")


@cache
def needs_walk(kind: type[msgspec.Struct]) -> bool:
    """Whether a message holds something that only the walk can judge: tenths, or a value of any kind."""
    return _only_walk(node_of(kind))


def _only_walk(node: Node) -> bool:
    if isinstance(node, Object):
        return any(_only_walk(entry.node) for entry in node.fields)
    if isinstance(node, Listing):
        return _only_walk(node.item)
    return isinstance(node, Anything) or (isinstance(node, Real) and node.tenths)
