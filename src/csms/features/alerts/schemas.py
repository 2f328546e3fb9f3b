# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of alerts and their rules."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from csms.features.alerts.bodies import AnyCondition, Name, QuietHours, RuleScope
from csms.kit.http.schemas import PageOf

Severity = Literal["info", "warning", "critical"]
Status = Literal["open", "acknowledged", "snoozed", "resolved"]
Channels = Annotated[list[UUID], Field(max_length=50)]
ClearAfter = Annotated[
    int, Field(ge=0, le=2_592_000, description="Seconds that it has to be over before the alert is resolved by itself.")
]
Renotify = Annotated[
    int, Field(ge=60, le=2_592_000, description="Seconds after which an open alert is told again; null: never.")
]
GroupOver = Annotated[
    int, Field(ge=2, le=100_000, description="More alerts than that within group_within_s are one outage; null: never.")
]
GroupWithin = Annotated[int, Field(ge=1, le=86_400)]
Words = Annotated[str, Field(min_length=1, max_length=2_000)]


class AlertRuleCreate(BaseModel):
    """When somebody should look."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    condition: AnyCondition
    scope: RuleScope = Field(RuleScope(), description="Whom it concerns; {}: all chargers.")
    severity: Severity = "warning"
    quiet_hours: QuietHours | None = None
    channels: Channels = Field([], description="Where messages go; none: alerts are only shown.")
    enabled: bool = True
    auto_resolve: bool = Field(True, description="Resolve alerts by themselves when the condition is over.")
    clear_after_s: ClearAfter = 60
    renotify_after_s: Renotify | None = None
    notify_resolved: bool = Field(True, description="Who was told of an alert is told of its end.")
    group_over: GroupOver | None = None
    group_within_s: GroupWithin = 120


class AlertRuleUpdate(BaseModel):
    """What is to be changed; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    condition: AnyCondition | None = Field(None, description="Of the same kind as before.")
    scope: RuleScope | None = None
    severity: Severity | None = Field(None, description="Of alerts to come.")
    quiet_hours: QuietHours | None = None
    channels: Channels | None = None
    enabled: bool | None = Field(None, description="false ends its alerts.")
    auto_resolve: bool | None = None
    clear_after_s: ClearAfter | None = None
    renotify_after_s: Renotify | None = None
    notify_resolved: bool | None = None
    group_over: GroupOver | None = None
    group_within_s: GroupWithin | None = None


class AlertRule(BaseModel):
    """A rule."""

    id: UUID
    name: str
    kind: str
    condition: AnyCondition
    scope: RuleScope
    severity: Severity
    quiet_hours: QuietHours | None
    channels: list[UUID]
    enabled: bool
    auto_resolve: bool
    clear_after_s: int
    renotify_after_s: int | None
    notify_resolved: bool
    group_over: int | None
    group_within_s: int
    standing: int = Field(description="Alerts of it that are not resolved; counted up to 1,000.")
    created_at: datetime
    updated_at: datetime


class AlertRulePage(PageOf[AlertRule]):
    """A page of rules."""


class AlertKind(BaseModel):
    """A kind of condition, for a form."""

    kind: str
    description: str
    by_event: bool = Field(description="It happens and is over, and cannot be grouped; others are states.")
    scoped: bool = Field(description="It concerns chargers; others concern the installation and have no scope.")
    parameters: dict[str, Any] = Field(description="JSON Schema of the condition, with defaults.")


class AlertKinds(BaseModel):
    """All kinds of conditions."""

    items: list[AlertKind]


class AlertMatch(BaseModel):
    """What a rule would raise an alert about."""

    subject: str
    charger_id: str | None
    connector_id: int | None
    began_at: datetime
    title: str


class AlertRuleTest(BaseModel):
    """What a rule finds now; one of things that happen: what it would have found in the last day."""

    total: int
    items: list[AlertMatch] = Field(description="The first hundred.")


class Alert(BaseModel):
    """Something that somebody should look at."""

    id: UUID
    rule: UUID | None
    rule_name: str
    kind: str
    severity: Severity
    status: Status
    title: str
    charger_id: str | None
    connector_id: int | None
    details: dict[str, Any]
    count: int = Field(description="How often it came back, or happened.")
    is_group: bool = Field(description="An outage; group_id=ID lists its members.")
    group_id: UUID | None
    members: int | None
    members_open: int | None
    assigned_to: UUID | None
    assigned_name: str | None
    began_at: datetime
    first_at: datetime = Field(description="When it was raised.")
    last_at: datetime
    snoozed_until: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None
    notified_at: datetime | None


class AlertPage(PageOf[Alert]):
    """A page of alerts."""


class AlertEvent(BaseModel):
    """A line of an alert's history."""

    id: int
    kind: str
    actor_name: str
    text: str | None
    at: datetime


class AlertEventPage(PageOf[AlertEvent]):
    """A page of a history."""


class AlertNote(BaseModel):
    """What is to be remembered of it."""

    model_config = ConfigDict(extra="forbid")

    text: Words | None = None


class AlertComment(BaseModel):
    """Words for whoever looks next."""

    model_config = ConfigDict(extra="forbid")

    text: Words


class AlertAssignment(BaseModel):
    """Who is to look after it."""

    model_config = ConfigDict(extra="forbid")

    assigned_to: UUID | None = Field(description="A user; null: nobody any more.")
    text: Words | None = None


class AlertSnooze(BaseModel):
    """Not now."""

    model_config = ConfigDict(extra="forbid")

    until: AwareDatetime = Field(description="At most 90 days ahead. Then it is open again, if it still stands.")
    text: Words | None = None


_Value = Annotated[str, Field(max_length=500)]
AlertFilter = Annotated[
    dict[Annotated[str, Field(max_length=100)], _Value | Annotated[list[_Value], Field(max_length=100)]],
    Field(min_length=1, max_length=50),
]


class AlertsNamed(BaseModel):
    """Several at once: by their ids, or all that fit a filter."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[UUID], Field(min_length=1, max_length=500)] | None = None
    filter: AlertFilter | None = Field(
        None,
        description='As the filters of GET /api/v1/alerts, of which each may have several values: {"group": ["KEY"], '
        '"status": "open"}. Those that are resolved are never meant.',
    )
    text: Words | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give either ids or a filter")
        return self


class AlertsAssign(AlertsNamed):
    """Who is to look after several."""

    assigned_to: UUID | None = Field(description="A user; null: nobody any more.")


class AlertsSnooze(AlertsNamed):
    """Several not now."""

    until: AwareDatetime = Field(description="At most 90 days ahead. Then they are open again, if they still stand.")


class AlertsChanged(BaseModel):
    """Which of them were changed; members of outages among them."""

    ids: list[UUID]


class AlertAssignee(BaseModel):
    """Somebody who can be given alerts."""

    id: UUID
    username: str
    display_name: str | None


class AlertAssigneePage(PageOf[AlertAssignee]):
    """A page of people."""


class AlertGroup(BaseModel):
    """Alerts that stand and have one cause: an outage, or a rule at a site."""

    id: str = Field(description="group=ID lists its alerts.")
    outage: UUID | None = Field(description="The alert that stands for all of them.")
    rule: UUID | None
    rule_name: str
    kind: str
    severity: Severity = Field(description="The highest.")
    site_id: UUID | None = Field(description="Where all their chargers are at one site.")
    site_name: str | None
    sites: int = Field(description="At how many sites their chargers are.")
    alerts: int = Field(description="The outage itself not counted.")
    open: int
    acknowledged: int
    snoozed: int
    chargers: int
    examples: list[str] | None = Field(description="The first chargers, three at most.")
    alert: UUID | None = Field(description="Where there is one only.")
    title: str | None = Field(description="Where there is one only.")
    snoozed_until: datetime | None = Field(description="When the first is open again.")
    assigned: int = Field(description="How many are given to somebody.")
    assigned_name: str | None = Field(description="To whom all of them are given.")
    began_at: datetime
    first_at: datetime
    last_at: datetime


class AlertGroupPage(PageOf[AlertGroup]):
    """A page of groups."""
