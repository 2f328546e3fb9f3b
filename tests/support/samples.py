# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Values made from types: the least and the most that a message type or a domain structure can hold."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import inspect

from csms.ocpp.wire import DATE_TIME_PATTERN

NOW = "2026-11-23T10:00:00Z"


def sample(kind: Any, *, full: bool) -> Any:
    """Plain data that the type accepts: only what is required, or all there is. Domain types get real instants."""
    return _value(inspect.type_info(kind), full, None)


def _value(info: inspect.Type, full: bool, extra: dict[str, Any] | None) -> Any:
    if isinstance(info, inspect.Metadata):
        return _value(info.type, full, info.extra)
    if extra is not None and extra.get("open_object"):
        return {"vendorId": "acme", "anything": [1, {"x": None}]}
    match info:
        case inspect.StructType():
            return _object(info, full)
        case inspect.ListType() | inspect.VarTupleType():
            return [_value(info.item_type, full, None)] * max(info.min_length or 0, 1)
        case inspect.UnionType():
            chosen = [item for item in info.types if not isinstance(item, inspect.NoneType)]
            return _value(chosen[0], full, None)
        case inspect.LiteralType():
            return info.values[-1]
        case inspect.StrType():
            return _text(info)
        case inspect.IntType():
            return max(info.ge if info.ge is not None else 1, 1) if (info.le is None or info.le >= 1) else info.le
        case inspect.FloatType():
            return 1.5 if info.le is None or info.le >= 1.5 else float(info.le)
        case inspect.BoolType():
            return True
        case inspect.DecimalType():
            return Decimal("1.5")
        case inspect.DateTimeType():
            return datetime(2026, 11, 23, 10, tzinfo=UTC)
        case inspect.UUIDType():
            return UUID(int=1)
        case inspect.DictType():
            return {}
        case _:
            return "anything"


def _text(info: inspect.StrType) -> str:
    if info.pattern == DATE_TIME_PATTERN:
        return NOW
    if info.pattern is not None:
        return "0123456789abcdef" * 2 if "0-9a-f" in info.pattern.lower() and "{32}" in info.pattern else "Heartbeat"
    return "x" * max(info.min_length or 1, 1)


def _object(info: inspect.StructType, full: bool) -> dict[str, Any]:
    found = {field.encode_name: _value(field.type, full, None) for field in info.fields if field.required or full}
    if info.tag_field is not None:
        found[info.tag_field] = info.tag
    return found


def build(kind: type[msgspec.Struct], *, full: bool) -> Any:
    """A structure of that type."""
    return msgspec.convert(sample(kind, full=full), kind)
