# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of API keys."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from csms.features.accounts.permissions import Permission
from csms.kit.http.schemas import PageOf

Name = Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\x00-\x1f\x7f]+$")]
Permissions = Annotated[list[Permission], Field(min_length=1, max_length=500)]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class ApiKeyCreate(Body):
    """A key: it may do what is named, and at no time what its maker may not."""

    name: Name
    permissions: Permissions
    places: Annotated[list[UUID], Field(min_length=1, max_length=100)] | None = Field(
        None, description="Sites (and all below them) and groups that it sees; null: the whole organization."
    )
    expires_at: AwareDatetime | None = None


class ApiKeyUpdate(Body):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    expires_at: AwareDatetime | None = None


class ApiKeyRotate(Body):
    """How long the old secret still works beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=720)] = 24


class ApiKeyItem(BaseModel):
    """A key, without its secret."""

    id: UUID
    name: str
    prefix: str = Field(description="How the key begins, to tell keys apart.")
    permissions: list[str]
    places: list[UUID] | None
    status: Literal["active", "expired", "revoked", "suspended"] = Field(
        description="suspended: whoever answers for it is suspended or has left; somebody may take it over."
    )
    created_by: str
    maker_id: UUID | None = Field(description="The user who answers for it: it may do nothing that they may not.")
    expires_at: datetime | None
    revoked_at: datetime | None
    previous_until: datetime | None = Field(description="Until when the secret before the last rotation works.")
    last_used_at: datetime | None
    last_used_address: str | None
    created_at: datetime
    updated_at: datetime


class ApiKeySecret(ApiKeyItem):
    """A key that was just made or rotated."""

    key: str = Field(description="For the header X-API-Key. Shown this once.")


class ApiKeyPage(PageOf[ApiKeyItem]):
    """A page of keys."""
