# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of tokens."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from csms.kit.http.schemas import PageOf


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("an empty text is no token")
    if not value.isprintable():
        raise ValueError("a token has printable characters only")
    return value


Value = Annotated[
    str, Field(min_length=1, max_length=36, description="The id tag as the reader reports it."), AfterValidator(_text)
]
Status = Literal["accepted", "blocked", "expired", "invalid"]
Kind = Annotated[
    Literal["rfid", "app", "emaid", "mac_address", "key_code", "central", "other"],
    Field(description="What kind of token it is."),
]
Group = Annotated[str, Field(min_length=1, max_length=36, description="Tokens of one group may stop one another.")]
Note = Annotated[str, Field(max_length=500)]


def _instant(value: datetime) -> datetime:
    if not 2000 <= value.year < 3000:
        raise ValueError("the years 2000 to 2999 can be told to chargers")
    return value


Expiry = Annotated[AwareDatetime, AfterValidator(_instant)]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class TokenCreate(Body):
    """A token to be known."""

    value: Value
    type: Kind = "rfid"
    status: Status = "accepted"
    group: Group | None = None
    expires_at: Expiry | None = None
    note: Note | None = None


class TokenUpdate(Body):
    """What is to be changed; what is left out stays."""

    type: Kind | None = None
    status: Status | None = None
    group: Group | None = None
    expires_at: Expiry | None = None
    note: Note | None = None


class Token(BaseModel):
    """A token."""

    id: UUID
    value: str
    type: str
    status: Status
    group: str | None
    note: str | None
    driver_id: UUID | None = Field(description="Whose it is; while they are blocked it is not accepted.")
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime


class TokenPage(PageOf[Token]):
    """A page of tokens."""


class TokenGroup(BaseModel):
    """Tokens that may stop one another's sessions, counted by their status."""

    name: str
    tokens: int
    accepted: int
    blocked: int
    expired: int
    invalid: int


class TokenGroupPage(PageOf[TokenGroup]):
    """A page of groups."""


class TokenGroupRename(Body):
    """What a group is to be called."""

    name: Group
