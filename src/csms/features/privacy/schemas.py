# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of requests about a person's data."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from csms.kit.http.schemas import PageOf


class PrivacyCreate(BaseModel):
    """Whose data: one of the two."""

    model_config = ConfigDict(extra="forbid")

    user_id: UUID | None = Field(None, description="A user account.")
    token_id: UUID | None = Field(None, description="A token, and with it what was charged with it.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.user_id is None) == (self.token_id is None):
            raise ValueError("name one of the two: user_id or token_id")
        return self


class PrivacyRequest(BaseModel):
    """A request about a person's data, and what came of it."""

    id: UUID
    subject_kind: Literal["user", "token"]
    subject_id: UUID
    status: Literal["queued", "done", "expired"] = Field(description="expired: the file is gone; ask again.")
    job: UUID | None = Field(description="The background job that does it.")
    actor_id: str | None
    counts: dict[str, int] | None = Field(description="How many rows of which table were handed out or changed.")
    size_bytes: int | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="Until when the file can be fetched.")


class PrivacyRequestPage(PageOf[PrivacyRequest]):
    """A page of requests."""
