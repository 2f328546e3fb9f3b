# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of local lists."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from csms.kit.http.schemas import PageOf


class LocalListItem(BaseModel):
    """A token on a local list."""

    token: str
    token_type: str | None = None
    status: Literal["accepted", "blocked", "expired", "invalid"]
    group: str | None = None
    expires_at: datetime | None = None


class LocalList(BaseModel):
    """What is known of a charger's local list."""

    charger_id: str
    version: int = Field(description="0: empty; -1: the charger can have none.")
    entries: list[LocalListItem] | None = Field(description="null: the charger has a list that was not sent from here.")
    updated_at: datetime


class TokenLocalList(BaseModel):
    """A local list that a token is on."""

    charger_id: str
    version: int
    updated_at: datetime


class TokenLocalListPage(PageOf[TokenLocalList]):
    """A page of local lists."""
