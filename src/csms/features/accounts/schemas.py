# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of accounts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Username = Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\x00-\x1f\x7f]+$")]
Email = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$")]
# Longer than any password may be: how long one may be is said where a new one is set, not where one is guessed.
Password = Annotated[str, Field(min_length=1, max_length=1024)]

SessionKind = Annotated[
    Literal["token", "cookie"],
    Field(description="`token`: a pair of tokens in the answer, for programs. `cookie`: a cookie, for browsers."),
]


class Body(BaseModel):
    """Unknown fields are refused: nobody gives themselves a role by naming it."""

    model_config = ConfigDict(extra="forbid")


class LoginBody(Body):
    """Sign in."""

    username: Username
    password: Password
    session: SessionKind = "token"


class RefreshBody(Body):
    """Exchange a refresh token, once, for a new pair."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=512)]


class LogoutBody(Body):
    """End this session, or all sessions of the user."""

    everywhere: bool = False


class ChangePasswordBody(Body):
    """Set a new password; all other sessions end."""

    current_password: Password
    new_password: Annotated[str, Field(min_length=1, max_length=1024, description="12 to 128 characters.")]


class TokenPair(BaseModel):
    """An access token for the header `Authorization: Bearer …`, and a refresh token for the next pair."""

    access_token: str
    refresh_token: str
    expires_in: int = Field(description="Seconds that the access token is good for.")
    must_change_password: bool
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105


class OrganizationOut(BaseModel):
    """For whom the user works."""

    id: UUID
    name: str
    time_zone: str


class Grant(BaseModel):
    """A permission, and where it holds."""

    permission: str
    places: list[UUID] | None = Field(description="Sites (and all below them) and groups; null: everywhere.")


class SecondFactorAsked(BaseModel):
    """What is asked of whoever is signed in."""

    state: Literal["fine", "missing", "unshown"] = Field(
        description="`missing`: set one up, nothing else can be done before. `unshown`: show it for this session first."
    )
    required: bool = Field(description="By a role, or by the organization.")
    required_from: datetime | None = Field(description="Where it is not required yet: from when on.")
    set_up: bool = Field(description="Whether there is an authenticator or a passkey.")


class Me(BaseModel):
    """Who is signed in, and what they may do."""

    id: UUID
    username: str
    kind: Literal["user", "api_key"]
    display_name: str | None
    email: str | None
    email_verified_at: datetime | None = Field(description="Null: nobody has shown yet that mail to it is read by you.")
    role: str | None = Field(description="Of the whole organization; null for a key.")
    must_change_password: bool
    second_factor: SecondFactorAsked | None = Field(description="Null for a key: none is asked of programs.")
    last_login_at: datetime | None
    permissions: list[str] = Field(description="What may be done somewhere at least.")
    grants: list[Grant] = Field(description="The same, with the places where each holds.")
    organization: OrganizationOut
