# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of chargers."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MIN_SECRET_OCTETS = 16
MAX_SECRET_OCTETS = 40  # OCPP 1.6 security whitepaper, AuthorizationKey: 16 to 40 characters


def _identity(value: str) -> str:
    if not value.isprintable() or value != value.strip() or value in {".", ".."}:
        raise ValueError("an identity has printable characters only and no blanks around it")
    if any(character in ":/\\" for character in value):
        raise ValueError("an identity has no colon (it is the user name of HTTP Basic) and no slash")
    return value


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("a text has no NUL character")
    return value


def _secret(value: str) -> str:
    if len(_text(value).encode()) < MIN_SECRET_OCTETS:
        raise ValueError(f"a charger's password has at least {MIN_SECRET_OCTETS} bytes: let it be generated")
    return value


Identity = Annotated[
    str,
    Field(min_length=1, max_length=48, description="The OCPP identity: the last part of the charger's URL."),
    AfterValidator(_identity),
]
Secret = Annotated[
    str,
    Field(max_length=200, description="The password for HTTP Basic, 16 bytes or more. Left out: one is generated."),
    AfterValidator(_secret),
]
Name = Annotated[str, Field(max_length=200), AfterValidator(_text)]
Validation = Annotated[
    Literal["advisory", "strict"],
    Field(description="advisory forgives what is clear and lists it as a finding; strict refuses every violation."),
]
DefaultProtocol = Annotated[
    Literal["ocpp1.6"], Field(description="The version where the charger offers no subprotocol at all.")
]
Profile = Annotated[
    Literal[0, 1],
    Field(description="Security profile: 1 is HTTP Basic with a password, 0 is nothing at all."),
]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class ChargerCreate(Body):
    """A charger to be provisioned."""

    id: Identity
    name: Name | None = None
    security_profile: Profile = 1
    password: Secret | None = None
    validation: Validation = "advisory"
    default_protocol: DefaultProtocol | None = None
    ping: bool = True
    heartbeat_interval_s: Annotated[int, Field(ge=10, le=86_400)] | None = None
    registration: Literal["accepted", "pending", "rejected"] = "accepted"


class ChargerUpdate(Body):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    security_profile: Profile | None = None
    password: Secret | None = None
    validation: Validation | None = None
    default_protocol: DefaultProtocol | None = None
    ping: bool | None = None
    heartbeat_interval_s: Annotated[int, Field(ge=10, le=86_400)] | None = None
    registration: Literal["accepted", "pending", "rejected"] | None = None


class Approval(Body):
    """How a waiting charger is let in; without a body it keeps the password it came with."""

    name: Name | None = None
    security_profile: Profile | None = None
    password: Secret | None = None
