# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How each kind of value is judged. What is forgiven is decided in this module and nowhere else."""

import re
from decimal import Decimal
from typing import Any, Final

import msgspec

from csms.ocpp.judge import SHOWN, Number, Walk, show
from csms.ocpp.wire import DATE_TIME_PATTERN, MAX_INTEGER, MIN_INTEGER

# Unknown values of these are kept as they came: the meaning of the message does not hang on them.
KEPT_ENUMS: Final = frozenset({"status", "connectorStatus", "errorCode", "measurand", "unit", "context"})
KEPT_BOOT_ENUMS: Final = frozenset({"reason"})
# Ways of writing a value that have one meaning, by their lower case.
MISSPELLINGS: Final = {"celcius": "Celsius", "hz": "Hertz", "%": "Percent", "°c": "Celsius"}

_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_MAX_DIGITS: Final = 400
_EXPONENT_DIGITS: Final = 3


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
        walk.fail("FormatViolation", path, f"{digits[:SHOWN]} is too large a number")
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
                walk.forgive("letter_case", place[:SHOWN], f"the field is named {meant}", "FormatViolation")
                known[meant] = item
            else:
                walk.forgive("unknown_field", place[:SHOWN], f"no such field; {show(item)}", "FormatViolation")
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
    if item == {} and isinstance(node, Object) and any(entry.required for entry in node.fields):
        walk.forgive("empty_field", path, "an empty object; left out if absent", "OccurrenceConstraintViolation")
        return True
    return False
