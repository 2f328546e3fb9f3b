# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands to chargers and what becomes of them. The same for every OCPP version; a dialect writes the wire message."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec

from csms.domain.ids import ChargerId, CommandId, OrganizationId


class Command(msgspec.Struct, frozen=True, tag_field="type"):
    """What a charger is asked to do."""


class StartTransaction(Command, frozen=True, tag="start_transaction"):
    """Start charging for a token, on a connector if one is named."""

    token: str
    connector_id: int | None = None


class StopTransaction(Command, frozen=True, tag="stop_transaction"):
    """Stop the transaction with this number."""

    ref: int


class Reset(Command, frozen=True, tag="reset"):
    """Restart the charger: `soft` ends transactions in order first, `hard` at once."""

    kind: Literal["soft", "hard"] = "soft"


class Unlock(Command, frozen=True, tag="unlock"):
    """Release the cable of a connector."""

    connector_id: int


class ChangeAvailability(Command, frozen=True, tag="change_availability"):
    """Take a connector (0: the whole charger) out of service or back in."""

    operative: bool
    connector_id: int = 0


class GetConfiguration(Command, frozen=True, tag="get_configuration"):
    """Read configuration keys; none named means all."""

    keys: tuple[str, ...] = ()


class ChangeConfiguration(Command, frozen=True, tag="change_configuration"):
    """Set one configuration key."""

    key: str
    value: str


class ClearCache(Command, frozen=True, tag="clear_cache"):
    """Forget the tokens that the charger remembers."""


class DataTransfer(Command, frozen=True, tag="data_transfer"):
    """A message outside the specification."""

    vendor_id: str
    message_id: str | None = None
    data: str | None = None


class TriggerMessage(Command, frozen=True, tag="trigger_message"):
    """Ask the charger to send a message now."""

    message: Literal[
        "boot_notification",
        "diagnostics_status_notification",
        "firmware_status_notification",
        "heartbeat",
        "meter_values",
        "status_notification",
    ]
    connector_id: int | None = None


class Call(Command, frozen=True, tag="call"):
    """Any action of the charger's own version, checked against its schema."""

    action: str
    payload: dict[str, Any] = {}


AnyCommand = (
    StartTransaction
    | StopTransaction
    | Reset
    | Unlock
    | ChangeAvailability
    | GetConfiguration
    | ChangeConfiguration
    | ClearCache
    | DataTransfer
    | TriggerMessage
    | Call
)


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
    """A configuration key as the charger reports it."""

    key: str
    value: str | None
    readonly: bool | None = None


class Outcome(msgspec.Struct, frozen=True):
    """The end of a command: a status, the reason in words, and the charger's raw answer."""

    status: OutcomeStatus
    reason: str | None = None
    result: Any = None
    variables: tuple[Variable, ...] = ()


class CommandRequest(msgspec.Struct, frozen=True):
    """A command on its way to the gateway that holds the charger."""

    id: CommandId
    organization_id: OrganizationId
    charger_id: ChargerId
    command: AnyCommand
    expires_at: datetime
