# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of transactions."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from csms.kit.http.schemas import PageOf

AttentionReason = Literal[
    "charger_offline",
    "no_meter_values",
    "open_too_long",
    "not_ended",
    "zero_energy",
    "energy_unknown",
    "meter_jump",
    "time_jump",
    "events_missing",
    "not_authorized",
]
Ground = Literal["charger_offline", "connector_free", "stop_not_answered", "stop_refused", "end_did_not_come"]


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("a reason has words")
    return value


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
    power_w: float | None = Field(
        description="In W: what the newest of the last 20 readings of an open transaction says."
    )
    soc_percent: float | None = Field(description="State of charge of the vehicle, of an open transaction likewise.")
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
    attention: list[AttentionReason] = Field(description="Why somebody should look at it; empty: nothing is wrong.")
    closed_at: datetime | None = Field(description="When people closed its record.")
    close_reason: str | None = Field(description="Why they did.")
    reservation_id: int | None
    total_cost: float | None = Field(description="As the charger was told last (update_cost), in its currency.")
    created_at: datetime
    updated_at: datetime


class CloseProposal(BaseModel):
    """How the record of an open transaction would be closed, and whether it may be."""

    allowed: bool = Field(description="Whether it may be closed now; that the caller may is said by `can`.")
    ground: Ground | None = Field(description="Why nobody else will end it.")
    refusal: Literal["charger_online", "stop_under_way"] | None = Field(description="Why it may not be closed.")
    refusal_text: str | None = Field(description="The same in words.")
    meter_stop: float | None = Field(description="In Wh: the newest register that counts; null: none is known.")
    stopped_at: datetime
    basis: Literal["last_reading", "connector_free", "charger_offline", "start"] = Field(
        description="What the time is taken from."
    )


class TransactionWhole(Transaction):
    """A transaction, and how its record would be closed."""

    close_proposal: CloseProposal | None = Field(description="Null where it is over.")


class TransactionClose(BaseModel):
    """How a record is closed."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[
        str,
        Field(min_length=1, max_length=500, description="Why; it is kept with the transaction and in the audit log."),
        AfterValidator(_said),
    ]
    meter_stop: Annotated[Decimal, Field(ge=0, le=10**12, decimal_places=3)] | None = Field(
        None, description="In Wh. Left out: as proposed; null: unknown."
    )
    stopped_at: AwareDatetime | None = Field(None, description="Left out, or null: as proposed.")


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
