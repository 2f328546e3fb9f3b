# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of reports and of the overview."""

from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from csms.features.reports.periods import Comparison, Interval
from csms.features.reports.repository import By
from csms.kit.http.schemas import Instant, Text, Zone

# within what any zone can reckon with
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2500, 1, 1))] | Instant
Format = Literal["json", "csv", "xlsx", "pdf", "ndjson"]


class CommonQuery(BaseModel):
    """What every report may be asked."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: Day | None = Field(
        None, alias="from", description="An instant, or a day of the time zone. Left out: six days before to."
    )
    end: Day | None = Field(
        None, alias="to", description="Up to there, and not with it: an instant, or a day. Left out: now."
    )
    interval: Interval = Field("day", description="Length of a period; a series has 1,000 of them at most.")
    compare: Comparison | None = Field(
        None, description="With as long a time before, or with the same days of the year before."
    )
    time_zone: Zone | None = Field(
        None, description="Left out: that of the site or the charger that is asked for, else the organization's."
    )
    site_id: UUID | None = Field(None, description="Only this site and those that lie in it.")
    group_id: UUID | None = Field(None, description="Only chargers of this group.")
    charger_id: Annotated[Text, Field(min_length=1, max_length=48)] | None = Field(None, description="Only this one.")
    limit: Annotated[int, Field(ge=1, le=1000)] = Field(100, description="Most series; the largest come first.")
    format: Format = Field("json", description="Anything but json: a file with a row for each point of each series.")


class ReportQuery(CommonQuery):
    """Of chargers."""

    by: Literal["none", "site", "charger", "group"] = Field(
        "none", description="What a series is of. A charger in several groups is in the series of each."
    )


class EnergyQuery(CommonQuery):
    """Of chargers and tokens."""

    by: By = Field(
        "none",
        description="What a series is of. A charger in several groups is in the series of each. token takes the "
        "permission transaction:transaction:read besides, token_group token:token:read.",
    )
    token: Annotated[Text, Field(min_length=1, max_length=255)] | None = Field(
        None, description="Only what was charged with it; takes transaction:transaction:read besides."
    )


class EnergyFigures(BaseModel):
    """What was charged."""

    energy_wh: int = Field(description="Energy delivered, by the registers of transactions.")
    started: int = Field(description="Transactions that began.")
    ended: int = Field(description="Transactions that ended.")


class UtilisationFigures(BaseModel):
    """How much was used of what there was, in seconds of EVSEs."""

    in_use_s: int = Field(description="A transaction ran.")
    time_s: int = Field(description="There was an EVSE, since its charger was created.")
    utilisation: float | None = Field(description="in_use_s of time_s; null where there was no time.")


class UptimeFigures(BaseModel):
    """How long it could be used, in seconds of EVSEs."""

    watched_s: int = Field(description="Connections were written down, since the charger's first one.")
    online_s: int = Field(description="The charger was connected.")
    out_of_order_s: int = Field(description="It was, and the EVSE said faulted or unavailable.")
    uptime: float | None = Field(description="online_s without out_of_order_s, of watched_s; null without those.")


F = TypeVar("F", bound=BaseModel)


class Value(BaseModel, Generic[F]):
    """Figures, and those of the time that is compared with."""

    figures: F
    compared: F | None = Field(description="The same of the other time; null where nothing is compared.")
    change_percent: float | None = Field(
        description="By how much the first figure that counts (energy_wh, utilisation, uptime) is more than there."
    )


class Point(Value[F], Generic[F]):
    """The figures of one period."""

    start: datetime
    end: datetime


class Line(BaseModel, Generic[F]):
    """One site, charger, group, token or group of tokens."""

    key: str | None = Field(description="Its id, identity, value or name; null: what belongs to none.")
    name: str | None = Field(description="What people call it.")
    total: Value[F]
    points: list[Point[F]] = Field(description="Empty where interval=none.")


class Span(BaseModel):
    """From one instant to another."""

    start: datetime
    end: datetime


class ReportOf(BaseModel, Generic[F]):
    """A report. Times are in whole quarter hours; days, weeks and months are those of the time zone."""

    start: datetime
    end: datetime
    time_zone: str
    interval: Interval
    by: By
    compared: Span | None
    complete_until: datetime | None = Field(description="What came later is not in it yet; null: nothing is.")
    history_complete: bool = Field(description="Whether all that was before the upgrade is in it.")
    total: Value[F] = Field(description="Of all that the filters leave, each charger once.")
    points: list[Point[F]] = Field(description="The same by periods; empty where interval=none.")
    series: list[Line[F]] = Field(description="Those with the largest figures first; empty where by=none.")
    series_total: int = Field(description="How many series there are in all.")


class EnergyReport(ReportOf[EnergyFigures]):
    """Energy and transactions."""


class UtilisationReport(ReportOf[UtilisationFigures]):
    """How much of the time EVSEs were in use."""


class UptimeReport(ReportOf[UptimeFigures]):
    """How much of the time EVSEs could be used."""


class ChargerCounts(BaseModel):
    """Chargers that are not retired."""

    total: int
    online: int
    offline: int = Field(description="Connected once, and not now.")
    never_connected: int
    waiting: int | None = Field(description="For approval; null for who may not read that.")


class ConnectorCounts(BaseModel):
    """Connectors by what they said last; those of chargers that are not connected are offline, whatever they said."""

    total: int
    available: int
    in_use: int = Field(description="Preparing, charging, suspended, finishing.")
    reserved: int
    unavailable: int
    faulted: int
    unknown: int
    offline: int


class TransactionCounts(BaseModel):
    """Transactions now."""

    active: int
    suspect: int = Field(description="Not ended in order, within the last 30 days; at most 1,000 are counted.")


class PowerNow(BaseModel):
    """The newest readings of active transactions, of the last hour."""

    watts: float
    transactions: int = Field(description="How many have one.")
    without: int = Field(description="How many have none.")
    oldest_at: datetime | None
    newest_at: datetime | None


class DayFigures(EnergyFigures):
    """A day until a time of day."""

    start: datetime
    end: datetime


class AlertCounts(BaseModel):
    """Alerts that stand, members of an outage left to it."""

    critical: int
    warning: int
    info: int
    unacknowledged: int = Field(description="Of these, those that nobody acknowledged or snoozed.")


class JobCounts(BaseModel):
    """Background jobs."""

    failed: int = Field(description="Within the last 24 hours.")


class Overview(BaseModel):
    """How it is now."""

    at: datetime
    time_zone: str
    site_id: UUID | None
    chargers: ChargerCounts
    connectors: ConnectorCounts
    transactions: TransactionCounts
    power: PowerNow
    today: DayFigures
    yesterday: DayFigures = Field(description="Until the same time of day, to the quarter hour.")
    alerts: AlertCounts | None = Field(description="Null for who may not read alerts.")
    jobs: JobCounts | None = Field(description="Null for who may not read jobs.")


class PowerPoint(BaseModel):
    """The mean of a quarter hour."""

    start: datetime
    watts: float


class PowerHistory(BaseModel):
    """Power over the last 24 hours, by what energy was delivered."""

    complete_until: datetime | None
    points: list[PowerPoint]


class HeatmapCell(BaseModel):
    """An hour of a weekday."""

    weekday: int = Field(description="1 is Monday (ISO 8601).")
    hour: int
    in_use_s: int
    time_s: int
    utilisation: float | None


class Heatmap(BaseModel):
    """When EVSEs are in use, over the last four weeks."""

    start: datetime
    end: datetime
    time_zone: str
    cells: list[HeatmapCell]
