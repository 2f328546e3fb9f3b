# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of requests about a person's data."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from csms.kit.http.schemas import PageOf


class PrivacyCreate(BaseModel):
    """Whose data: one of the three."""

    model_config = ConfigDict(extra="forbid")

    user_id: UUID | None = Field(None, description="A user account.")
    driver_id: UUID | None = Field(None, description="A driver, with all their tokens and what was charged with them.")
    token_id: UUID | None = Field(None, description="A token, and with it what was charged with it.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.user_id, self.driver_id, self.token_id].count(None) != 2:
            raise ValueError("name one of the three: user_id, driver_id or token_id")
        return self


class PrivacyRequest(BaseModel):
    """A request about a person's data, and what came of it."""

    id: UUID
    subject_kind: Literal["user", "driver", "token"]
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
