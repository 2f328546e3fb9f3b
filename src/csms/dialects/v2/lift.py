# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""From a message of 2.0.1 to the 2.1 type of the same name."""

from functools import cache
from typing import Any

import msgspec

from csms.ocpp import v21


@cache
def _decode(kind: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_twin(kind))


@cache
def _twin(kind: type[msgspec.Struct]) -> type[msgspec.Struct]:
    twin: type[msgspec.Struct] = getattr(v21, kind.__name__)
    return twin


def lift(wire: msgspec.Struct, payload: bytes | None = None) -> msgspec.Struct:
    """The same message as its 2.1 type; `payload` is what it was read from, if nothing in it was forgiven.

    2.1 takes nothing away and asks for one field more (the event notification type of monitors), which stays None.
    """
    if payload is not None:
        try:
            lifted: msgspec.Struct = _decode(type(wire)).decode(payload)
        except msgspec.DecodeError:
            pass  # open objects, or a field that only 2.1 asks for
        else:
            return lifted
    return _twin_of(wire)


def _twin_of(wire: msgspec.Struct) -> msgspec.Struct:
    twin = _twin(type(wire))
    own = {name: _lifted(getattr(wire, name)) for name in wire.__struct_fields__}
    return twin(**dict.fromkeys(twin.__struct_fields__) | own)


def _lifted(value: Any) -> Any:
    if isinstance(value, list):
        return [_lifted(item) for item in value]
    return _twin_of(value) if isinstance(value, msgspec.Struct) else value
