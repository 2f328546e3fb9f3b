# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of preferences, saved views and dashboards."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from csms.features.workspace import rules
from csms.kit.http.json import encode
from csms.kit.http.schemas import PageOf

_LINE = r"^[^\x00-\x1f\x7f]+$"
_WORD = r"^[a-z][a-z0-9_.-]*$"
Line = Annotated[str, Field(min_length=1, max_length=80, pattern=_LINE)]
Word = Annotated[str, Field(max_length=60, pattern=_WORD)]
Screen = Annotated[
    str, Field(pattern=f"^(?:{'|'.join(rules.SCREENS)})$", description=f"One of {', '.join(rules.SCREENS)}.")
]
Position = Annotated[int, Field(ge=0, le=10_000, description="Least first.")]


def _held_to(most_bytes: int) -> Callable[[Any], Any]:
    """A check of how long something is as JSON."""

    def check(value: Any) -> Any:
        size = len(encode(value))
        if size > most_bytes:
            raise ValueError(f"at most {most_bytes} bytes as JSON, not {size}")
        return value

    return check


Document = dict[str, Any]
Display = Annotated[Document, AfterValidator(_held_to(rules.MAX_DISPLAY_BYTES))]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class LastScope(Body):
    """Which part of the organization was looked at last; neither: all of it."""

    site_id: UUID | None = None
    group_id: UUID | None = None


class RecentItem(Body):
    """Something that was opened. Its name is not kept: it may change, or be a person's."""

    kind: Word = Field(description="charger, transaction, driver, …")
    id: Annotated[str, Field(min_length=1, max_length=255, pattern=_LINE)]


Locale = Annotated[
    str,
    Field(
        max_length=16, pattern=r"^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?$", description="As de-AT."
    ),
]
Theme = Literal["light", "dark", "system"]
Density = Literal["comfortable", "compact"]
TimeZoneMode = Annotated[
    Literal["viewer", "site", "utc"],
    Field(description="In whose time zone times are shown: the browser's, the site's."),
]
Dismissed = Annotated[list[Word], Field(max_length=100, description="Hints and tours that are not shown again.")]
Recent = Annotated[list[RecentItem], Field(max_length=50, description="Newest first.")]
DocumentName = Annotated[str, Field(max_length=60, pattern=_WORD)]


class PreferenceValues(BaseModel):
    """What somebody chose, or the default."""

    model_config = ConfigDict(extra="ignore")

    locale: Locale | None = Field(None, description="Null: the browser's.")
    theme: Theme = "system"
    density: Density = "comfortable"
    time_zone: TimeZoneMode = "viewer"
    single_key_shortcuts: bool = Field(True, description="Whether one key alone does something (WCAG 2.1.4).")
    scope: LastScope | None = None
    dismissed: Dismissed = []
    recent: Recent = []
    documents: dict[DocumentName, Document] = Field(
        {}, description="Named JSON objects of the app's own, such as the columns of a list."
    )


class Preferences(PreferenceValues):
    """How the web app is set up for the caller."""

    updated_at: datetime | None = Field(description="Null: never.")


class PreferencesUpdate(Body):
    """What is to be changed: what is left out stays, null goes back to the default. Lists are set as a whole."""

    locale: Locale | None = None
    theme: Theme | None = None
    density: Density | None = None
    time_zone: TimeZoneMode | None = None
    single_key_shortcuts: bool | None = None
    scope: LastScope | None = None
    dismissed: Dismissed | None = None
    recent: Recent | None = None
    documents: Annotated[dict[DocumentName, Document | None], Field(max_length=100)] | None = Field(
        None, description="By name: an object takes the place of the one before, null removes it, others stay."
    )


_Value = Annotated[str, Field(max_length=500)]
FilterName = Annotated[str, Field(max_length=80, pattern=r"^[a-z][a-z0-9_]*(?:\[[a-z_]+\])?$")]
Filter = Annotated[
    dict[FilterName, _Value | Annotated[list[_Value], Field(max_length=100)]],
    Field(
        max_length=40, description='As the filters of the list: {"vendor": "ACME", "status": ["faulted", "offline"]}.'
    ),
    AfterValidator(_held_to(rules.MAX_FILTER_BYTES)),
]
Sort = Annotated[
    str, Field(max_length=80, pattern=r"^-?[a-z][a-z0-9_]*$", description="As `sort` of the list; null: its default.")
]
Columns = Annotated[
    list[Annotated[str, Field(max_length=80, pattern=r"^[a-z][a-z0-9_.]*$")]],
    Field(max_length=100, description="In their order; null: the usual ones."),
]
Shared = Annotated[
    bool,
    Field(
        description="Seen by everybody in the organization who may read what the screen lists. It takes the permission"
        " view:view:share."
    ),
]


class ViewCreate(Body):
    """A list as somebody wants to see it again. Whether the list has these filters is found out when it is read."""

    screen: Screen
    name: Line
    shared: Shared = False
    filter: Filter = {}
    sort: Sort | None = None
    columns: Columns | None = None
    display: Display = Field({}, description="Anything else of the screen: a section of a map, groups.")
    position: Position | None = Field(None, description="Least first; null: behind your others.")


class ViewUpdate(Body):
    """What is to be changed; what is left out stays."""

    name: Line | None = None
    shared: Shared | None = None
    filter: Filter | None = None
    sort: Sort | None = None
    columns: Columns | None = None
    display: Display | None = None
    position: Position | None = None


class View(BaseModel):
    """A saved view of a list."""

    id: UUID
    screen: str
    name: str
    shared: bool
    filter: dict[str, str | list[str]]
    sort: str | None
    columns: list[str] | None
    display: Document
    position: int
    owner_id: UUID
    owner: str = Field(description="Whose it is, by name.")
    mine: bool
    can: dict[str, bool] = Field(description="What the caller may do here: operation ids, each with true or false.")
    created_at: datetime
    updated_at: datetime


class ViewPage(PageOf[View]):
    """A page of saved views."""


Ids = Annotated[list[UUID], Field(min_length=1, max_length=rules.MAX_VIEWS)]


class ViewOrder(Body):
    """Views in the order that they are to have."""

    ids: Ids


class Widget(Body):
    """A tile of a dashboard. What kinds there are is the app's business."""

    kind: Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z0-9_-]*$")]
    size: Literal["S", "M", "L", "XL"]
    title: Line | None = None
    settings: Annotated[Document, AfterValidator(_held_to(rules.MAX_WIDGET_BYTES))] = {}


def _room(widgets: list[Widget]) -> list[Widget]:
    _held_to(rules.MAX_DASHBOARD_BYTES)([each.model_dump() for each in widgets])
    return widgets


Widgets = Annotated[
    list[Widget], Field(max_length=rules.MAX_WIDGETS, description="In their order."), AfterValidator(_room)
]


class DashboardLayout(Body):
    """A dashboard without an owner."""

    name: Line
    widgets: Widgets = []


class DashboardCreate(DashboardLayout):
    """A dashboard of one's own."""

    position: Position | None = Field(None, description="Least first; null: behind your others.")


class DashboardUpdate(Body):
    """What is to be changed; what is left out stays. Widgets are set as a whole."""

    name: Line | None = None
    widgets: Widgets | None = None
    position: Position | None = None


class Dashboard(BaseModel):
    """A dashboard of one's own."""

    id: UUID
    name: str
    widgets: list[Widget]
    position: int
    created_at: datetime
    updated_at: datetime


class DashboardPage(PageOf[Dashboard]):
    """A page of dashboards."""


class DashboardOrder(Body):
    """Dashboards in the order that they are to have."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=rules.MAX_DASHBOARDS)]


Layouts = Annotated[list[DashboardLayout], Field(min_length=1, max_length=rules.MAX_DEFAULTS)]


class DashboardDefaultBody(Body):
    """What whoever has the role sees until they make dashboards of their own."""

    dashboards: Layouts


class DashboardDefault(BaseModel):
    """The dashboards of a role."""

    role: str
    dashboards: list[DashboardLayout]
    updated_at: datetime


class DashboardDefaultPage(PageOf[DashboardDefault]):
    """A page of roles that have dashboards."""


class OwnDefault(BaseModel):
    """What the caller sees without dashboards of their own."""

    role: str | None = Field(description="Whose dashboards these are; null: nobody set any, and the app has its own.")
    dashboards: list[DashboardLayout]
