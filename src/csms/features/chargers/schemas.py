# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of chargers."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from csms.kit.http.schemas import PageOf, Text

MIN_SECRET_OCTETS = 16
MAX_SECRET_OCTETS = 40  # OCPP 1.6 security whitepaper, AuthorizationKey: 16 to 40 characters


def _identity(value: str) -> str:
    if not value.isprintable() or value != value.strip() or value in {".", ".."}:
        raise ValueError("an identity has printable characters only and no blanks around it")
    if any(character in ":/\\" for character in value):
        raise ValueError("an identity has no colon (it is the user name of HTTP Basic) and no slash")
    return value


def _secret(value: str) -> str:
    if len(value.encode()) < MIN_SECRET_OCTETS:
        raise ValueError(f"a charger's password has at least {MIN_SECRET_OCTETS} bytes: let it be generated")
    return value


Identity = Annotated[
    str,
    Field(min_length=1, max_length=48, description="The OCPP identity: the last part of the charger's URL."),
    AfterValidator(_identity),
]
Secret = Annotated[
    Text,
    Field(max_length=200, description="The password for HTTP Basic, 16 bytes or more. Left out: one is generated."),
    AfterValidator(_secret),
]
Name = Annotated[Text, Field(max_length=200)]
Validation = Annotated[
    Literal["advisory", "strict"],
    Field(description="advisory forgives what is clear and lists it as a finding; strict refuses every violation."),
]
DefaultProtocol = Annotated[
    Literal["ocpp1.6"], Field(description="The version where the charger offers no subprotocol at all.")
]
Protocols = Annotated[
    list[Literal["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]],
    Field(min_length=1, max_length=3, description="Versions that it may speak. Left out: all, in the charger's order."),
]
Profile = Annotated[
    Literal[0, 1, 2, 3],
    Field(
        description="Security profile: 0 is nothing at all, 1 HTTP Basic with a password, 2 the same over TLS,"
        " 3 TLS with a client certificate for the charger's identity."
    ),
]


_Value = Annotated[str, Field(max_length=500)]
ChargerFilter = Annotated[
    dict[Annotated[str, Field(max_length=100)], _Value | Annotated[list[_Value], Field(max_length=100)]],
    Field(min_length=1, max_length=50),
]
"""As the filters of the list of chargers; several values: any of them."""


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class ChargerCreate(Body):
    """A charger to be provisioned."""

    id: Identity
    name: Name | None = None
    security_profile: Profile = 1
    password: Secret | None = None
    validation: Validation | None = Field(None, description="Null: what the settings of chargers say.")
    default_protocol: DefaultProtocol | None = None
    protocols: Protocols | None = None
    ping: bool = True
    heartbeat_interval_s: Annotated[int, Field(ge=10, le=86_400)] | None = None
    registration: Literal["accepted", "pending", "rejected"] = "accepted"
    site_id: UUID | None = None


class ChargerUpdate(Body):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    security_profile: Profile | None = None
    password: Secret | None = None
    validation: Validation | None = None
    default_protocol: DefaultProtocol | None = None
    protocols: Protocols | None = None
    ping: bool | None = None
    heartbeat_interval_s: Annotated[int, Field(ge=10, le=86_400)] | None = None
    registration: Literal["accepted", "pending", "rejected"] | None = None
    site_id: UUID | None = None


class Approval(Body):
    """How a waiting charger is let in; without a body it keeps the password it came with."""

    name: Name | None = None
    security_profile: Profile | None = None
    password: Secret | None = None


class ChargerConnector(BaseModel):
    """A connector as its charger last reported it."""

    connector_id: int
    evse_id: int
    status: str
    state: str = Field(description="The status in words of every OCPP version: available, occupied, ...")
    phase: str | None = Field(description="How far a session is: charging, suspended_ev, ...")
    error_code: str | None
    info: str | None
    vendor_id: str | None
    vendor_error_code: str | None
    status_at: datetime | None = Field(description="When it was so, by the charger's clock.")
    last_status_update: datetime


class ConnectorItem(ChargerConnector):
    """A connector of a charger."""

    created_at: datetime


class Charger(BaseModel):
    """A charger: how it is provisioned, what it said of itself, how it is connected."""

    id: str = Field(description="The OCPP identity.")
    name: str | None
    site_id: UUID | None
    groups: list[UUID]
    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware_version: str | None
    status: str
    error_code: str | None
    status_at: datetime | None
    online: bool
    last_heartbeat: datetime | None
    boot_status: Literal["none", "accepted", "pending", "rejected"]
    boot_at: datetime | None
    registration: Literal["accepted", "pending", "rejected"]
    security_profile: int
    has_password: bool
    validation: Literal["advisory", "strict"]
    default_protocol: str | None
    protocols: list[str] | None
    ping: bool
    heartbeat_interval_s: int | None
    details: dict[str, Any]
    protocol: str | None = Field(description="The version that the last connection spoke.")
    address: str | None
    connected_at: datetime | None
    disconnected_at: datetime | None
    close_code: int | None
    close_reason: str | None
    closed_by: Literal["charger", "csms", "network", "node"] | None = Field(
        description="Which side ended the last connection; network: it broke without a word, node: with its process."
    )
    retired_at: datetime | None
    created_at: datetime
    updated_at: datetime
    connectors: list[ChargerConnector]


class Capabilities(BaseModel):
    """Which commands can be sent to a charger."""

    protocol: str | None = Field(description="The version that it spoke last; none before its first connection.")
    commands: list[str] = Field(description="Types of commands; without a version only a raw call can be promised.")


class ChargerQuirk(BaseModel):
    """Something that a kind of charger does otherwise than it should."""

    id: str
    why: str
    source: str = Field(description="Where it was reported.")


class ChargerQuirks(BaseModel):
    """All that is known of a charger's kind."""

    items: list[ChargerQuirk]


class ChargerCreated(Charger):
    """A charger that was just provisioned."""

    password: str | None = Field(None, description="Where it was generated: shown this once.")


class NewSecret(BaseModel):
    """A charger's new password."""

    password: str = Field(description="Shown this once.")


class Hardware(BaseModel):
    """What once stood behind an identity."""

    id: UUID
    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware_version: str | None
    seen_at: datetime


class Finding(BaseModel):
    """Where a charger strays from the specification."""

    action: str
    code: str
    path: str
    detail: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime


class SecurityEvent(BaseModel):
    """Something that an operator should know of."""

    id: UUID
    charger_id: str | None
    kind: str
    detail: str
    address: str | None
    at: datetime


class PendingCharger(BaseModel):
    """A charger that waits for approval."""

    id: str
    address: str | None
    protocol: str | None
    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware_version: str | None
    has_password: bool
    first_seen_at: datetime
    last_seen_at: datetime


class ChargerPage(PageOf[Charger]):
    """A page of chargers."""


MapState = Literal["faulted", "offline", "unavailable", "reserved", "in_use", "available"]


class MapPoint(BaseModel):
    """Where chargers are, and how they are."""

    site_id: UUID
    name: str
    latitude: float
    longitude: float
    site_ids: list[UUID] = Field(
        description="Of which sites the chargers are: this one, and those in it that have no coordinates of their own."
    )
    chargers: dict[MapState, int] = Field(description="How many are in which state; what none is in is left out.")


class ChargerMap(BaseModel):
    """Chargers by the coordinates of their sites."""

    points: list[MapPoint]
    elsewhere: int = Field(description="Chargers of sites without coordinates, and of none.")


class ConnectorPage(PageOf[ConnectorItem]):
    """The connectors of a charger."""


class HardwarePage(PageOf[Hardware]):
    """A page of hardware."""


class FindingPage(PageOf[Finding]):
    """A page of findings."""


class SecurityEventPage(PageOf[SecurityEvent]):
    """A page of security events."""


class PendingChargerPage(PageOf[PendingCharger]):
    """A page of waiting chargers."""
