# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of commands: a tagged union on `type`, the same for every OCPP version."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from csms.domain import commands as domain
from csms.kit.http.schemas import PageOf

MAX_PAYLOAD_DEPTH = 64
ConnectorId = Annotated[int, Field(ge=1, le=32_767, description="Number of the connector.")]
Text = Annotated[str, Field(min_length=1, max_length=255)]


class Body(BaseModel):
    """Unknown fields are refused, so that a typing error does nothing."""

    model_config = ConfigDict(extra="forbid")


class StartTransactionBody(Body):
    """Start charging for a token."""

    type: Literal["start_transaction"]
    token: Annotated[str, Field(min_length=1, max_length=36, validation_alias=AliasChoices("token", "id_tag"))]
    connector_id: ConnectorId | None = None


class StopTransactionBody(Body):
    """Stop a transaction, named by its number or by its id."""

    type: Literal["stop_transaction"]
    transaction_id: Annotated[int, Field(ge=1, le=2**31 - 1)] | UUID


class ResetBody(Body):
    """Restart the charger; `soft` ends transactions in order first."""

    type: Literal["reset"]
    kind: Literal["soft", "hard"] = "soft"

    @field_validator("kind", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


class UnlockBody(Body):
    """Release the cable of a connector."""

    type: Literal["unlock"]
    connector_id: ConnectorId


class ChangeAvailabilityBody(Body):
    """Take a connector (0: the whole charger) out of service or back in."""

    type: Literal["change_availability"]
    operative: bool
    connector_id: Annotated[int, Field(ge=0, le=32_767)] = 0


class GetConfigurationBody(Body):
    """Read configuration keys; none named means all."""

    type: Literal["get_configuration"]
    keys: Annotated[list[Text], Field(max_length=500)] = []


class ChangeConfigurationBody(Body):
    """Set one configuration key."""

    type: Literal["change_configuration"]
    key: Text
    value: Annotated[str, Field(max_length=2_500)]


class ClearCacheBody(Body):
    """Make the charger forget the tokens that it remembers."""

    type: Literal["clear_cache"]


class DataTransferBody(Body):
    """A message outside the specification."""

    type: Literal["data_transfer"]
    vendor_id: Text
    message_id: Text | None = None
    data: Annotated[str, Field(max_length=65_536)] | None = None


class TriggerMessageBody(Body):
    """Ask the charger to send a message now."""

    type: Literal["trigger_message"]
    message: Literal[
        "boot_notification",
        "diagnostics_status_notification",
        "firmware_status_notification",
        "heartbeat",
        "meter_values",
        "status_notification",
    ]
    connector_id: ConnectorId | None = None

    @field_validator("message", mode="before")
    @classmethod
    def _snake(cls, value: object) -> object:
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", value).lower() if isinstance(value, str) else value


class CallBody(Body):
    """Any action of the charger's own OCPP version, checked against its schema before it is sent."""

    type: Literal["call"]
    action: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9]+$")]
    payload: dict[str, Any] = {}

    @field_validator("payload")
    @classmethod
    def _shallow(cls, value: dict[str, Any]) -> dict[str, Any]:
        """As deep as an OCPP frame may be: what is deeper no charger could be sent, and nothing here could log."""
        level: list[Any] = [value]
        for _ in range(MAX_PAYLOAD_DEPTH):
            level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
            level = [item for item in level if isinstance(item, dict | list)]
            if not level:
                return value
        raise ValueError(f"nested deeper than {MAX_PAYLOAD_DEPTH} levels")


CommandBody = Annotated[
    StartTransactionBody
    | StopTransactionBody
    | ResetBody
    | UnlockBody
    | ChangeAvailabilityBody
    | GetConfigurationBody
    | ChangeConfigurationBody
    | ClearCacheBody
    | DataTransferBody
    | TriggerMessageBody
    | CallBody,
    Field(discriminator="type"),
]


def to_domain(body: CommandBody, number: int | None) -> domain.AnyCommand:
    """The domain's command; `number` is the resolved number of the transaction to stop."""
    match body:
        case StartTransactionBody():
            return domain.StartTransaction(token=body.token, connector_id=body.connector_id)
        case StopTransactionBody():
            if number is None:
                raise ValueError("the transaction's number was not resolved")
            return domain.StopTransaction(ref=number)
        case ResetBody():
            return domain.Reset(kind=body.kind)
        case UnlockBody():
            return domain.Unlock(connector_id=body.connector_id)
        case ChangeAvailabilityBody():
            return domain.ChangeAvailability(operative=body.operative, connector_id=body.connector_id)
        case GetConfigurationBody():
            return domain.GetConfiguration(keys=tuple(body.keys))
        case ChangeConfigurationBody():
            return domain.ChangeConfiguration(key=body.key, value=body.value)
        case ClearCacheBody():
            return domain.ClearCache()
        case DataTransferBody():
            return domain.DataTransfer(vendor_id=body.vendor_id, message_id=body.message_id, data=body.data)
        case TriggerMessageBody():
            return domain.TriggerMessage(message=body.message, connector_id=body.connector_id)
        case CallBody():
            return domain.Call(action=body.action, payload=body.payload)


class CommandItem(BaseModel):
    """A command and what became of it."""

    id: UUID
    charger_id: str
    type: str
    body: dict[str, Any]
    status: Literal["pending", "accepted", "rejected", "not_supported", "timed_out", "unreachable", "expired", "error"]
    reason: str | None = None
    result: Any = None
    effect: Literal["awaited", "started", "expired"] | None = Field(
        None, description="Of an accepted start_transaction: whether a transaction followed."
    )
    transaction_id: UUID | None = Field(None, description="The transaction that followed.")
    actor_name: str
    created_at: str
    expires_at: str
    sent_at: str | None = None
    finished_at: str | None = None


class CommandPage(PageOf[CommandItem]):
    """A page of commands."""
