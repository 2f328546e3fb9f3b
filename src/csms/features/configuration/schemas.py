# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of configuration."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from csms.kit.http.schemas import PageOf


class ConfigurationItem(BaseModel):
    """A configuration key as it was last read or set."""

    key: str
    value: str | None
    readonly: bool | None
    created_at: datetime
    updated_at: datetime


class ConfigurationPage(PageOf[ConfigurationItem]):
    """A page of configuration keys."""


class ConfigurationChange(BaseModel):
    """A configuration key that has another value than before."""

    id: UUID
    key: str
    old_value: str | None
    new_value: str | None
    actor_name: str = Field(description="Who changed it; `charger` where it was found changed.")
    command: UUID | None
    at: datetime


class ConfigurationChangePage(PageOf[ConfigurationChange]):
    """A page of changes."""
