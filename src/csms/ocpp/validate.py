# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The slow, explaining walk over a payload that the fast decoder refused or cannot judge.

It either builds the message and lists what it forgave, or raises RemoteProtocolError with that version's code and the
place. What is forgiven is decided in this module and nowhere else.
"""

import json
import re
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final, NoReturn

import msgspec
from msgspec import inspect

from csms.ocpp.errors import Protocol, RemoteProtocolError, spell
from csms.ocpp.guards import MAX_DEPTH, too_deep, unstorable, utf8_text
from csms.ocpp.wire import DATE_TIME_PATTERN, MAX_INTEGER, MIN_INTEGER, OPEN_OBJECT, TENTHS

MAX_FINDINGS: Final = 32
# Unknown values of these are kept as they came: the meaning of the message does not hang on them.
KEPT_ENUMS: Final = frozenset({"status", "connectorStatus", "errorCode", "measurand", "unit", "context"})
KEPT_BOOT_ENUMS: Final = frozenset({"reason"})
# Ways of writing a value that have one meaning, by their lower case.
MISSPELLINGS: Final = {"celcius": "Celsius", "hz": "Hertz", "%": "Percent", "°c": "Celsius"}

_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_MAX_DIGITS: Final = 400
_EXPONENT_DIGITS: Final = 3
_SHOWN: Final = 60
_MAX_PATH: Final = 200


class Validation(StrEnum):
    """How strictly a charger's messages are judged."""

    ADVISORY = "advisory"
    STRICT = "strict"


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One forgiven departure from the schema: what kind, where in the payload, and what was there."""

    code: str
    path: str
    detail: str


class Number(str):
    """A JSON number as it was written, so that no digit is lost when it should have been a text."""

    __slots__ = ()


class Walk:
    """One walk: the rules it judges by and what it found."""

    __slots__ = ("boot", "findings", "protocol", "strict")

    def __init__(self, protocol: Protocol, *, strict: bool, boot: bool = False) -> None:
        self.protocol = protocol
        self.strict = strict
        self.boot = boot
        self.findings: list[Finding] = []

    def fail(self, code: str, path: str, reason: str) -> NoReturn:
        """Refuses the message."""
        place = f"{path[:_MAX_PATH]}: " if path else ""
        details = {"path": path[:_MAX_PATH]} if path else {}
        raise RemoteProtocolError(spell(self.protocol, code), f"{place}{reason}", details)

    def forgive(self, code: str, path: str, detail: str, refusal: str) -> None:
        """Lists a finding; in strict validation refuses with the given code instead."""
        if self.strict:
            self.fail(refusal, path, detail)
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(code, path, detail))

    def missing(self, path: str) -> NoReturn:
        """Refuses an incomplete message (1.6: "payload is incomplete", OCPP-J §4.2.3)."""
        code = "ProtocolError" if self.protocol is Protocol.V16 else "OccurrenceConstraintViolation"
        self.fail(code, path, "the payload is incomplete, this field is missing")


def show(value: object) -> str:
    """A value for a description: short, and in JSON's own words."""
    if type(value) is Number:
        text = str(value)
    elif isinstance(value, list):
        return "a list"
    elif isinstance(value, dict):
        return "an object"
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


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


def readable_number(walk: Walk, value: object, path: str, expected: str) -> str:
    """The digits of a number; a text that holds a number is forgiven."""
    if type(value) is Number:
        digits = str(value)
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        walk.forgive("text_for_number", path, f"expected {expected}, got {show(value)}", "TypeConstraintViolation")
        digits = value.strip()
    else:
        walk.fail("TypeConstraintViolation", path, f"expected {expected}, got {show(value)}")
    exponent = digits.lower().partition("e")[2].lstrip("+-0")
    if len(digits) > _MAX_DIGITS or len(exponent) > _EXPONENT_DIGITS:
        walk.fail("FormatViolation", path, f"{show(value)} is too large a number")
    return digits


class Node:
    """How one kind of value is judged."""

    __slots__ = ()

    def build(self, walk: Walk, value: Any, path: str) -> Any:
        """The value as the message holds it."""
        raise NotImplementedError


class Anything(Node):
    """Any JSON value (DataTransfer.data in 2.x)."""

    __slots__ = ()

    def build(self, walk: Walk, value: Any, path: str) -> Any:
        """The value with its numbers read."""
        if type(value) is Number:
            digits = readable_number(walk, value, path, "a number")
            if digits.lstrip("-").isdigit() and len(digits) < len(str(MIN_INTEGER)):
                return int(digits)
            return _real(walk, digits, path)
        if isinstance(value, list):
            return [self.build(walk, item, f"{path}[{index}]") for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self.build(walk, item, f"{path}.{key}") for key, item in value.items()}
        return value


class Custom(Node):
    """CustomData of 2.x: an open object that has to name its vendor."""

    __slots__ = ()

    def build(self, walk: Walk, value: Any, path: str) -> dict[str, Any]:
        """The object as it came."""
        if not isinstance(value, dict):
            walk.fail("TypeConstraintViolation", path, f"expected an object, got {show(value)}")
        if "vendorId" not in value:
            walk.missing(f"{path}.vendorId")
        built: dict[str, Any] = Anything().build(walk, value, path)
        built["vendorId"] = Text(255).build(walk, value["vendorId"], f"{path}.vendorId")
        return built


class Text(Node):
    """A text with a greatest length."""

    __slots__ = ("date_time", "max_length")

    def __init__(self, max_length: int | None = None, *, date_time: bool = False) -> None:
        self.max_length = max_length
        self.date_time = re.compile(DATE_TIME_PATTERN) if date_time else None

    def build(self, walk: Walk, value: Any, path: str) -> str:
        """The text, whole even where it is too long."""
        text = text_of(walk, value, path)
        if self.max_length is not None and len(text) > self.max_length:
            detail = f"{len(text)} characters, at most {self.max_length} allowed"
            walk.forgive("text_too_long", path, detail, "PropertyConstraintViolation")
        if self.date_time is not None and not self.date_time.search(text):
            walk.forgive("date_time", path, f"{show(text)} is no RFC 3339 date-time", "PropertyConstraintViolation")
        return text


def text_of(walk: Walk, value: Any, path: str) -> str:
    """A text; a number in its place is forgiven, with the digits as they were sent."""
    if type(value) is Number:
        walk.forgive("number_for_text", path, f"expected a text, got {show(value)}", "TypeConstraintViolation")
        return str(value)
    if not isinstance(value, str):
        walk.fail("TypeConstraintViolation", path, f"expected a text, got {show(value)}")
    return value


class Enum(Node):
    """One of the texts that the specification lists."""

    __slots__ = ("folded", "kept", "kept_at_boot", "values")

    def __init__(self, values: tuple[str, ...], name: str) -> None:
        self.values = frozenset(values)
        self.folded = {value.casefold(): value for value in values}
        self.kept = name in KEPT_ENUMS
        self.kept_at_boot = name in KEPT_BOOT_ENUMS

    def build(self, walk: Walk, value: Any, path: str) -> str:
        """The listed value, or what came where that is forgiven."""
        text = text_of(walk, value, path)
        if text in self.values:
            return text
        refusal = "PropertyConstraintViolation"
        plain = text.strip().casefold()
        meant = self.folded.get(plain)
        if meant is not None:
            walk.forgive("letter_case", path, f"{show(text)} is written {meant}", refusal)
            return meant
        meant = MISSPELLINGS.get(plain)
        if meant in self.values:
            walk.forgive("misspelling", path, f"{show(text)} is written {meant}", refusal)
            return meant
        unknown = f"{show(text)} is not one of the allowed values"
        if not plain or not (self.kept or (self.kept_at_boot and walk.boot)):
            walk.fail(refusal, path, unknown)
        walk.forgive("unknown_value", path, unknown, refusal)
        return text


class Bool(Node):
    """true or false."""

    __slots__ = ()

    def build(self, walk: Walk, value: Any, path: str) -> bool:
        """The truth value."""
        if not isinstance(value, bool):
            walk.fail("TypeConstraintViolation", path, f"expected true or false, got {show(value)}")
        return value


class Whole(Node):
    """An integer. 1.0 is one (JSON Schema draft 6 §6.1.1), also for 1.6."""

    __slots__ = ("high", "low")

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high

    def build(self, walk: Walk, value: Any, path: str) -> int:
        """The integer."""
        exact = Decimal(readable_number(walk, value, path, "an integer"))
        if exact.adjusted() > len(str(MAX_INTEGER)) or not MIN_INTEGER <= exact <= MAX_INTEGER:
            walk.fail("FormatViolation", path, f"{show(value)} is too large a number")
        if exact != exact.to_integral_value():
            walk.fail("TypeConstraintViolation", path, f"expected an integer, got {show(value)}")
        number = int(exact)
        if not self.low <= number <= self.high:
            walk.fail("PropertyConstraintViolation", path, f"{number} is out of range")
        return number


def _real(walk: Walk, digits: str, path: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        walk.fail("FormatViolation", path, f"{digits[:_SHOWN]} is too large a number")
    return number


class Real(Node):
    """A decimal number."""

    __slots__ = ("high", "low", "tenths")

    def __init__(self, low: float | None, high: float | None, *, tenths: bool) -> None:
        self.low = low
        self.high = high
        self.tenths = tenths

    def build(self, walk: Walk, value: Any, path: str) -> float:
        """The number."""
        digits = readable_number(walk, value, path, "a number")
        number = _real(walk, digits, path)
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            walk.fail("PropertyConstraintViolation", path, f"{number} is out of range")
        if self.tenths and Decimal(digits).as_tuple().exponent < -1:  # type: ignore[operator]
            tenth = Decimal(digits) * 10
            if tenth != tenth.to_integral_value():
                walk.fail("PropertyConstraintViolation", path, f"{number} has more than one decimal place")
        return number


class Listing(Node):
    """A list with bounds on its length."""

    __slots__ = ("high", "item", "low", "name")

    def __init__(self, item: Node, low: int, high: int | None, name: str) -> None:
        self.item = item
        self.low = low
        self.high = high
        self.name = name

    def build(self, walk: Walk, value: Any, path: str) -> list[Any]:
        """The list."""
        if not isinstance(value, list):
            walk.fail("TypeConstraintViolation", path, f"expected a list, got {show(value)}")
        if len(value) < self.low:
            refusal = "OccurrenceConstraintViolation"
            if self.name != "sampledValue":
                walk.fail(refusal, path, f"{len(value)} entries, at least {self.low} required")
            walk.forgive("empty_list", path, "an empty list, at least one entry required", refusal)
        if self.high is not None and len(value) > self.high:
            walk.fail("OccurrenceConstraintViolation", path, f"{len(value)} entries, at most {self.high} allowed")
        return [self.item.build(walk, entry, f"{path}[{index}]") for index, entry in enumerate(value)]


class Field(msgspec.Struct, frozen=True):
    """A property of an object."""

    attribute: str
    wire: str
    required: bool
    node: Node


class Object(Node):
    """A message or a part of one."""

    __slots__ = ("cls", "fields", "folded", "wires")

    def __init__(self, cls: type[msgspec.Struct], fields: list[Field]) -> None:
        self.cls = cls
        self.fields = fields
        self.wires = frozenset(entry.wire for entry in fields)
        self.folded = {entry.wire.casefold(): entry.wire for entry in fields}

    def build(self, walk: Walk, value: Any, path: str) -> msgspec.Struct:
        """The struct."""
        if not isinstance(value, dict):
            walk.fail("TypeConstraintViolation", path, f"expected an object, got {show(value)}")
        if not self.wires.issuperset(value):
            value = self._known_names(walk, value, path)
        prefix = f"{path}." if path else ""
        built: dict[str, Any] = {}
        for entry in self.fields:
            place = prefix + entry.wire
            if entry.wire not in value:
                if entry.required:
                    walk.missing(place)
                continue
            item = value[entry.wire]
            if not entry.required and _empty(walk, entry.node, item, place):
                continue
            built[entry.attribute] = entry.node.build(walk, item, place)
        return self.cls(**built)

    def _known_names(self, walk: Walk, value: dict[str, Any], path: str) -> dict[str, Any]:
        """The object without unknown fields; a field in other letter case is the one that is meant."""
        known = {name: item for name, item in value.items() if name in self.wires}
        for name, item in value.items():
            if name in self.wires:
                continue
            place = f"{path}.{name}" if path else name
            meant = self.folded.get(name.casefold())
            if meant is not None and meant not in known:
                walk.forgive("letter_case", place[:_SHOWN], f"the field is named {meant}", "FormatViolation")
                known[meant] = item
            else:
                walk.forgive("unknown_field", place[:_SHOWN], f"no such field; {show(item)}", "FormatViolation")
        return known


def _empty(walk: Walk, node: Node, item: Any, path: str) -> bool:
    """Whether an optional field says nothing: to be left out (OCPP-J §4, 2.x Part 4 §4.1), and read as left out."""
    if isinstance(node, Anything):
        return False
    if item is None:
        walk.forgive("empty_field", path, "null; an absent field is left out", "TypeConstraintViolation")
        return True
    if item == "" and not (isinstance(node, Text) and node.date_time is None):
        walk.forgive("empty_field", path, "an empty text; an absent field is left out", "TypeConstraintViolation")
        return True
    if item == [] and isinstance(node, Listing) and node.low > 0 and node.name != "sampledValue":
        walk.forgive("empty_field", path, "an empty list; left out if absent", "OccurrenceConstraintViolation")
        return True
    if item == {} and isinstance(node, Object) and any(entry.required for entry in node.fields) and not walk.strict:
        walk.forgive("empty_field", path, "an empty object; left out if absent", "OccurrenceConstraintViolation")
        return True
    return False


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
    if isinstance(info, inspect.UnionType):
        info = next(part for part in info.types if not isinstance(part, inspect.NoneType))
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
