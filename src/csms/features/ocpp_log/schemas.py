# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of the OCPP log."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from csms.kit.http.schemas import PageOf


class Message(BaseModel):
    """A CALL and what became of it."""

    at: datetime
    answered_at: datetime | None
    direction: Literal["in", "out"] = Field(description="in: from the charger.")
    action: str
    message_id: str
    protocol: str
    outcome: str
    error_code: str | None
    request: Any = Field(description="As it was on the wire; as text where it is no JSON.")
    response: Any = None
    epoch: int = Field(description="Which connection of the charger it was.")


class MessagePage(PageOf[Message]):
    """A page of the OCPP log."""
