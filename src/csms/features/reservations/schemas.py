# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of reservations."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from csms.kit.http.schemas import PageOf


class Reservation(BaseModel):
    """A reservation that a charger accepted."""

    id: UUID
    charger_id: str
    reservation_id: int
    evse_id: int | None = Field(description="EVSE (1.6: connector); none means any.")
    connector_type: str | None
    token: str | None
    group: str | None
    status: Literal["active", "used", "cancelled", "expired", "removed"] = Field(
        description="removed: the charger gave it up, as its connector is faulted or out of service."
    )
    transaction: UUID | None = Field(description="The transaction that used it.")
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ReservationPage(PageOf[Reservation]):
    """A page of reservations."""
