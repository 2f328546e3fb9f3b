# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What every command is made of, and what becomes of it."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from csms.domain.numbers import Integer

Token = Annotated[str, Meta(min_length=1, max_length=255)]
Number = Annotated[Integer, Meta(description="Drawn by the CSMS where it is left out.")]
ConnectorId = Annotated[int, Meta(ge=1, le=32_767, description="Number of the connector.")]
EvseId = Annotated[int, Meta(ge=1, le=32_767, description="Number of the EVSE.")]
Location = Annotated[str, Meta(min_length=1, max_length=2_000, description="URL to fetch from or to send to.")]


class Command(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """What a charger is asked to do."""


def tag_of(kind: type[Command]) -> str:
    """A command's `type`, by which one also asks whether a charger can do it."""
    return str(kind.__struct_config__.tag)


class OnTransaction(Command, frozen=True):
    """A command about a transaction: by the number we issued, and by the id the charger chose (2.x)."""

    ref: int | None = None
    charger_ref: str | None = None


class Call(Command, frozen=True, tag="call"):
    """Any action of the charger's own version, checked against its schema."""

    action: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9]+$")]
    payload: dict[str, Any] = {}


class Custom(Command, frozen=True, tag="custom"):
    """A command of a plug-in; what it may say is the plug-in's to tell (GET /api/v1/plugins)."""

    action: Annotated[str, Meta(min_length=3, max_length=101, pattern=r"^[a-z0-9-]+\.[a-z0-9_]+$")]
    arguments: dict[str, Any] = {}


class OutcomeStatus(StrEnum):
    """What became of a command."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_SUPPORTED = "not_supported"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    ERROR = "error"


class Variable(msgspec.Struct, frozen=True):
    """A configuration key, or an attribute of a variable of the device model, as the charger reports it.

    `key` is the 1.6 key, or the path that `csms.domain.device_model.path_of` writes.
    """

    key: str
    value: str | None
    readonly: bool | None = None
    details: dict[str, Any] | None = None  # data type, unit, limits, mutability: what 2.x reports beside the value


class Outcome(msgspec.Struct, frozen=True):
    """The end of a command: a status, the reason in words, and the charger's raw answer."""

    status: OutcomeStatus
    reason: str | None = None
    result: Any = None
    variables: tuple[Variable, ...] = ()
    unknown: tuple[str, ...] = ()  # keys that the charger does not have
