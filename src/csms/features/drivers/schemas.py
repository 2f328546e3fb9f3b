# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of drivers."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from csms.features.tokens.schemas import Expiry, Group, Kind, Note, Value
from csms.kit.http.schemas import PageOf

_LINE = r"^[^\x00-\x1f\x7f]+$"
Name = Annotated[str, Field(min_length=1, max_length=150, pattern=_LINE)]
Email = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$")]
Phone = Annotated[
    str, Field(min_length=3, max_length=30, pattern=r"^[+0-9 ()/.-]+$", description="Such as +49 30 1234567.")
]
Language = Annotated[
    str, Field(max_length=8, pattern=r"^[a-z]{2,3}(?:-[A-Z]{2})?$", description="ISO 639, such as de or pt-BR.")
]
ExternalId = Annotated[
    str,
    Field(min_length=1, max_length=100, pattern=_LINE, description="What another system calls them; unique."),
]
Status = Annotated[Literal["active", "blocked"], Field(description="blocked: none of their tokens is accepted.")]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class DriverCreate(Body):
    """A person who charges."""

    name: Name
    email: Email | None = None
    phone: Phone | None = None
    language: Language | None = None
    external_id: ExternalId | None = None
    note: Note | None = None
    status: Status = "active"


class DriverUpdate(Body):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    language: Language | None = None
    external_id: ExternalId | None = None
    note: Note | None = None
    status: Status | None = None


ImportedTokens = Annotated[
    list[Value],
    Field(max_length=50, description="Values of their tokens. Known ones become theirs, others are made."),
]


class DriverImport(DriverCreate):
    """A driver in a table, with tokens."""

    tokens: ImportedTokens = []


class DriverImportUpdate(DriverUpdate):
    """What a table says of a driver who is there; tokens are given, none is taken."""

    tokens: ImportedTokens | None = None


class DriverToken(Body):
    """A token for a driver: one that is known, by its id; or a new one, by its value."""

    token_id: UUID | None = None
    value: Value | None = None
    type: Kind = "rfid"
    group: Group | None = None
    expires_at: Expiry | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.token_id is None) == (self.value is None):
            raise ValueError("give token_id of a known token, or value of a new one")
        if self.token_id is not None and self.model_fields_set - {"token_id", "value"}:
            raise ValueError("a known token stays as it is: give token_id alone, and change the token itself")
        return self


class Driver(BaseModel):
    """A person who charges."""

    id: UUID
    name: str
    email: str | None
    phone: str | None
    language: str | None
    external_id: str | None
    note: str | None
    status: Status
    created_at: datetime
    updated_at: datetime


class DriverPage(PageOf[Driver]):
    """A page of drivers."""
