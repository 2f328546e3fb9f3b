# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where commands send chargers to fetch or to deliver files."""

from collections.abc import Iterator
from typing import Any, Final

from csms.domain.commands import AnyCommand, Call, GetDiagnostics, GetLog, PublishFirmware, UpdateFirmware

_ACTIONS: Final = frozenset({"UpdateFirmware", "SignedUpdateFirmware", "PublishFirmware", "GetDiagnostics", "GetLog"})
_FIELDS: Final = frozenset({"location", "remoteLocation"})


def locations(command: AnyCommand) -> tuple[str, ...]:
    """The URLs that a command names, the raw `call` included."""
    if isinstance(command, UpdateFirmware | PublishFirmware | GetLog | GetDiagnostics):
        return () if command.location is None else (command.location,)
    if isinstance(command, Call) and command.action in _ACTIONS:
        return tuple(_found(command.payload))
    return ()


def _found(data: Any) -> Iterator[str]:
    """Nesting is bounded where the payload of a `call` comes in."""
    if isinstance(data, dict):
        yield from (value for name, value in data.items() if name in _FIELDS and isinstance(value, str))
        for value in data.values():
            yield from _found(value)
