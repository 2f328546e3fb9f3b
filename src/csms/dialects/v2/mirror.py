# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Structures that are the same in the domain and on the wire, mapped by name.

Domain words are the wire's in snake_case (`TxDefaultProfile` is `tx_default_profile`), times are aware datetimes. Where
a name differs, `NAMES` says so. Plans are made once per pair of types and cached; a domain field without a place on the
wire, or a required wire field without a source, fails when the plan is made, and a test makes all of them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from csms.dialects.times import format_time, parse_time
from csms.dialects.v2.names import NAMES
from csms.ocpp.errors import LocalProtocolError, RemoteProtocolError
from csms.ocpp.wire import DATE_TIME_PATTERN

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SYMBOL: Final = 2  # units such as A and W are symbols, no words
_OPEN: Final = "custom_data"
_NAMED_APART: Final = frozenset({"ref", "charger_ref"})  # of a transaction: the wire's name for it is given as extra
Convert = Callable[[Any], Any]
_W = TypeVar("_W", bound=msgspec.Struct)


def word(value: str) -> str:
    """A wire enumeration's value as the domain spells it."""
    return value if len(value) <= _SYMBOL else _HUMP.sub("_", value).replace("-", "_").lower()


def to_wire(value: msgspec.Struct, wire: type[_W], **extra: Any) -> _W:
    """A domain structure as its wire type; `extra` gives wire fields that come from elsewhere, by their name."""
    plan = _plan(type(value), wire, frozenset(extra))
    fields = {name: convert(given) for name, own, convert in plan if (given := getattr(value, own)) not in (None, ())}
    try:
        return wire(**fields, **extra)
    except TypeError as error:
        raise LocalProtocolError(f"{wire.__name__}: {error}") from error


def to_words(wire: msgspec.Struct, *leave_out: str) -> dict[str, Any]:
    """A wire structure as plain data in domain words: what is absent is left out, custom data is kept as it came."""
    found: dict[str, Any] = {}
    for name, own, convert in _words(type(wire), leave_out):
        value = getattr(wire, name)
        if value is not None:
            found[own] = convert(value)
    return found


def to_domain(wire: msgspec.Struct, kind: type[_W]) -> _W:
    """A wire structure as its domain type; unknown enumeration values come through as they are spelt."""
    known = {field.name for field in msgspec.structs.fields(kind)}
    words = {name: _closed(value) for name, value in to_words(wire).items() if name in known}
    try:
        return msgspec.convert(words, kind, strict=False)
    except msgspec.ValidationError as error:  # forgiven by the schema's judge, and still nothing that we could keep
        raise RemoteProtocolError("PropertyConstraintViolation", str(error)) from error


def _closed(value: Any) -> Any:
    """Plain data without custom data, which the domain has no place for."""
    if isinstance(value, dict):
        return {name: _closed(item) for name, item in value.items() if name != _OPEN}
    return [_closed(item) for item in value] if isinstance(value, list) else value


@cache
def _plan(kind: type, wire: type[msgspec.Struct], given: frozenset[str]) -> tuple[tuple[str, str, Convert], ...]:
    names = NAMES.get(wire.__name__, {})
    own = {field.name for field in msgspec.structs.fields(kind)}
    plan = []
    for field in _fields(wire):
        if field.name == _OPEN or field.name in given:
            continue
        source = names.get(field.name, field.name)
        if source in own:
            plan.append((field.name, source, _writer(field.type)))
            own.discard(source)
        elif field.required:
            raise TypeError(f"{wire.__name__}.{field.name} has no source in {kind.__name__}")
    left = own - _NAMED_APART
    if left:
        raise TypeError(f"{kind.__name__}: {', '.join(sorted(left))} have no place in {wire.__name__}")
    return tuple(plan)


def _fields(wire: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(wire)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{wire} is no message type")
    return info.fields


def _bare(info: inspect.Type) -> inspect.Type:
    return _bare(info.type) if isinstance(info, inspect.Metadata) else info


def _writer(info: inspect.Type) -> Convert:
    """How a domain value becomes a wire value of that type."""
    info = _bare(info)
    if isinstance(info, inspect.StructType):
        kind = info.cls
        return lambda value: to_wire(value, kind)
    if isinstance(info, inspect.ListType):
        item = _writer(info.item_type)
        return lambda values: [item(value) for value in values]
    if isinstance(info, inspect.LiteralType):
        spelt: Mapping[str, str] = {_plain(str(value)): str(value) for value in info.values}
        return lambda value: spelt.get(_plain(value), value)
    if isinstance(info, inspect.StrType) and info.pattern == DATE_TIME_PATTERN:
        return lambda value: format_time(value) if isinstance(value, datetime) else value
    if isinstance(info, inspect.FloatType):
        return float
    return _as_it_is


def _plain(value: str) -> str:
    """A word without the marks that the two spellings differ in: IKEv2 is ikev2 to people, not ik_ev2."""
    return value.replace("_", "").replace("-", "").lower()


def _as_it_is(value: Any) -> Any:
    return value


@cache
def _words(wire: type[msgspec.Struct], leave_out: tuple[str, ...]) -> tuple[tuple[str, str, Convert], ...]:
    names = NAMES.get(wire.__name__, {})
    return tuple(
        (field.name, str(names.get(field.name, field.name)), _as_it_is if field.name == _OPEN else _reader(field.type))
        for field in _fields(wire)
        if field.name not in leave_out
    )


def _reader(info: inspect.Type) -> Convert:
    """How a wire value of that type becomes plain data."""
    info = _bare(info)
    if isinstance(info, inspect.StructType):
        return to_words
    if isinstance(info, inspect.ListType):
        item = _reader(info.item_type)
        return lambda values: [item(value) for value in values]
    if isinstance(info, inspect.LiteralType):
        known = {str(value): word(str(value)) for value in info.values}
        return lambda value: known.get(value, value)
    if isinstance(info, inspect.StrType) and info.pattern == DATE_TIME_PATTERN:
        return _time
    return _as_it_is


def _time(text: str) -> str:
    """A time in UTC as text: plain data has no other; one that cannot be read stays as it came."""
    at = parse_time(text)
    return text if at is None else format_time(at)


def decimal(value: float | None) -> Decimal | None:
    """A JSON number by the digits it was written with, not by its binary fraction."""
    return None if value is None else Decimal(repr(value))
