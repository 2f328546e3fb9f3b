# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of configuration."""

from datetime import datetime

from pydantic import BaseModel

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
