# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of timelines and series."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

ChargerEventKind = Literal[
    "connected",
    "disconnected",
    "booted",
    "status",
    "transaction_started",
    "transaction_ended",
    "transaction_closed",
    "command",
    "security",
    "alert",
    "firmware",
    "configuration",
    "audit",
]
TransactionEventKind = Literal[
    "transaction_started",
    "transaction_updated",
    "transaction_ended",
    "transaction_closed",
    "connected",
    "disconnected",
    "booted",
    "status",
    "command",
    "security",
    "alert",
]


class TimelineEvent(BaseModel):
    """Something that happened: a stable code with parameters, and the same in English."""

    id: str = Field(description="The same each time.")
    at: datetime = Field(description="When the CSMS heard of it.")
    kind: str = Field(description="What `kind=` filters by.")
    code: str = Field(description="Kind and outcome: `command_rejected`, `disconnected_by_charger`, …")
    parameters: dict[str, Any]
    text: str


class Timeline(BaseModel):
    """Events, the newest first."""

    items: list[TimelineEvent]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")
    hidden: list[str] = Field(description="Kinds that the caller may not read, and that are left out.")


class SeriesPoint(BaseModel):
    """What was read in one bucket of time."""

    at: datetime = Field(description="When the last one was read.")
    min: float
    max: float
    last: float
    count: int = Field(description="How many readings it stands for.")


class Series(BaseModel):
    """One measurand of one phase at one place, in its base unit."""

    measurand: str
    phase: str | None
    location: str | None
    unit: str | None
    points: list[SeriesPoint]


class LimitStep(BaseModel):
    """From then on that limit held."""

    at: datetime
    limit: float | None = Field(description="Null: none that is known.")
    purpose: str | None = Field(description="Of the profile that it comes from.")


class Limits(BaseModel):
    """The limit over time, in one unit."""

    unit: Literal["A", "W"]
    steps: list[LimitStep]


class MeterSeries(BaseModel):
    """Readings over time, thinned out, and the limit in force as far as it is known from charging profiles."""

    first: datetime
    last: datetime
    series: list[Series]
    limits: list[Limits]
