# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of sites and groups of chargers."""

from datetime import datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from csms.kit.http.schemas import PageOf, Zone

Name = Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\x00-\x1f\x7f]+$")]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Note = Annotated[str, Field(max_length=2000)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2, such as DE.")]
Latitude = Annotated[Decimal, Field(ge=-90, le=90, decimal_places=6)]
Longitude = Annotated[Decimal, Field(ge=-180, le=180, decimal_places=6)]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Hours(Body):
    """Open on one weekday, in the site's time zone; a span over midnight is two."""

    weekday: Annotated[int, Field(ge=1, le=7, description="1 is Monday (ISO 8601).")]
    begin: time
    end: time | Literal["24:00"]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if isinstance(self.end, time) and self.end <= self.begin:
            raise ValueError("end lies after begin; over midnight, give a span for each of the two days")
        if self.begin.tzinfo is not None or (isinstance(self.end, time) and self.end.tzinfo is not None):
            raise ValueError("hours are local times, without an offset")
        return self


OpeningHours = Annotated[list[Hours], Field(max_length=50)]


class SiteCreate(Body):
    """A site: a place with chargers, or a region of places."""

    name: Name
    parent_id: UUID | None = Field(None, description="The site it lies in.")
    street: Line | None = None
    postal_code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    city: Line | None = None
    country: Country | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    time_zone: Zone | None = Field(None, description="Null: that of the site above, or of the organization.")
    opening_hours: OpeningHours | None = Field(None, description="Null: not known; empty: never open.")
    note: Note | None = None


class SiteUpdate(Body):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    parent_id: UUID | None = None
    street: Line | None = None
    postal_code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    city: Line | None = None
    country: Country | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    time_zone: Zone | None = None
    opening_hours: OpeningHours | None = None
    note: Note | None = None


class Site(BaseModel):
    """A site."""

    id: UUID
    parent_id: UUID | None
    path: list[UUID] = Field(description="The sites above it, the outermost first, and itself.")
    name: str
    street: str | None
    postal_code: str | None
    city: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    time_zone: str | None
    opening_hours: list[dict[str, Any]] | None
    note: str | None
    chargers: int = Field(description="Chargers there and in the sites below.")
    created_at: datetime
    updated_at: datetime


class SitePage(PageOf[Site]):
    """A page of sites."""


class GroupCreate(Body):
    """A group of chargers, across sites."""

    name: Name
    description: Annotated[str, Field(max_length=500)] | None = None


class GroupUpdate(Body):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    description: Annotated[str, Field(max_length=500)] | None = None


class Group(BaseModel):
    """A group of chargers."""

    id: UUID
    name: str
    description: str | None
    chargers: int
    created_at: datetime
    updated_at: datetime


class GroupPage(PageOf[Group]):
    """A page of groups."""


class Members(Body):
    """Chargers to be added to a group, or taken out of it."""

    add: Annotated[list[Annotated[str, Field(min_length=1, max_length=255)]], Field(max_length=5000)] = []
    remove: Annotated[list[Annotated[str, Field(min_length=1, max_length=255)]], Field(max_length=5000)] = []
