# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of reports, events and notices."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from csms.kit.http.schemas import PageOf


class ChargerReport(BaseModel):
    """A report that a charger sends in parts."""

    id: UUID
    kind: str
    request_id: int
    status: Literal["collecting", "complete", "timed_out"]
    parts: int
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class ChargerReportWhole(ChargerReport):
    """A report with all that has come of it: items, or the text of customer information."""

    items: list[dict[str, Any]]
    text: str | None


class ChargerReportPage(PageOf[ChargerReport]):
    """A page of reports."""


class DeviceEventItem(BaseModel):
    """An event of a charger's device model; severity 0 is the worst, 9 the least."""

    id: UUID
    event_id: int
    variable: str
    value: str
    trigger: str
    notification: str
    severity: int | None
    cleared: bool | None
    cause: int | None
    monitor_id: int | None
    transaction_ref: str | None
    tech_code: str | None
    tech_info: str | None
    at: datetime | None
    received_at: datetime


class DeviceEventPage(PageOf[DeviceEventItem]):
    """A page of events."""


class ChargerNotice(BaseModel):
    """Something a charger told that is kept as it came: limits of others, needs and plans of vehicles, and more."""

    id: UUID
    kind: str
    evse_id: int | None
    transaction_ref: str | None
    data: dict[str, Any]
    at: datetime | None
    received_at: datetime


class ChargerNoticePage(PageOf[ChargerNotice]):
    """A page of notices."""
