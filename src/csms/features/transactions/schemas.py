# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of transactions."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from csms.kit.http.schemas import PageOf


class Transaction(BaseModel):
    """A transaction. Energy is in Wh; times are the charger's unless they say received."""

    id: UUID
    charger_id: str
    charger_name: str | None = Field(description="As it was when it began.")
    evse_id: int
    connector_id: int
    transaction_id: int | None = Field(description="The number that the charger knows; null where none was issued.")
    reported_ref: str | None = Field(description="The reference of a charger that ended what was never begun here.")
    charger_ref: str | None = Field(description="OCPP 2.x: the name that the charger gave it.")
    id_tag: str | None
    token_type: str | None
    authorization: str
    meter_start: float | None
    meter_stop: float | None
    energy_wh: float | None = Field(description="Of an open transaction what its newest reading says.")
    start_timestamp: datetime | None
    stop_timestamp: datetime | None
    start_received_at: datetime | None
    stop_received_at: datetime | None
    status: Literal["active", "completed", "suspect"]
    phase: str | None = Field(description="OCPP 2.x: what goes on while it is active.")
    reason: str | None
    stop_reason: str | None = Field(description="The same as reason.")
    stop_id_tag: str | None
    flags: list[str] = Field(description="What is doubtful about it.")
    reservation_id: int | None
    total_cost: float | None = Field(description="As the charger was told last (update_cost), in its currency.")
    created_at: datetime
    updated_at: datetime


class Sample(BaseModel):
    """One value."""

    measurand: str
    phase: str | None
    location: str | None
    unit: str | None
    value: float | None
    raw: str | None = Field(description="What is no number: signed data, a text of the vendor.")


class Reading(BaseModel):
    """What was measured at one moment, in base units."""

    timestamp: datetime | None
    received_at: datetime
    connector_id: int
    context: str | None
    energy_wh: float | None = Field(description="The import register, where the reading has it.")
    flags: list[str]
    samples: list[Sample]


class TransactionPage(PageOf[Transaction]):
    """A page of transactions."""


class ReadingPage(PageOf[Reading]):
    """A page of readings."""
