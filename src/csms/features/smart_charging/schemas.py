# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of charging profiles."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from csms.domain import charging_profiles
from csms.features.commands.bodies import part_of
from csms.features.commands.schemas import CommandItem
from csms.kit.http.schemas import PageOf

if TYPE_CHECKING:
    ChargingProfileBody = BaseModel
else:
    ChargingProfileBody = part_of(charging_profiles.ChargingProfile)
Name = Annotated[str, Field(min_length=1, max_length=100)]
ChargerId = Annotated[str, Field(min_length=1, max_length=255)]
Description = Annotated[str, Field(max_length=500)]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class ChargingProfileCreate(Body):
    """A profile for the library."""

    name: Name
    description: Description | None = None
    profile: ChargingProfileBody = Field(description="Its id is drawn when it is sent to a charger.")


class ChargingProfileUpdate(Body):
    """What is to be changed; what is left out stays. Chargers keep what they have."""

    name: Name | None = None
    description: Description | None = None
    profile: ChargingProfileBody | None = None


class ChargingProfileItem(BaseModel):
    """A profile of the library."""

    id: UUID
    name: str
    description: str | None
    profile: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class ChargingProfilePage(PageOf[ChargingProfileItem]):
    """A page of profiles."""


class Assignment(Body):
    """Chargers that are to get a profile."""

    charger_ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=255)]], Field(min_length=1, max_length=500)
    ]
    evse_id: Annotated[int, Field(ge=0, le=32_767, description="EVSE (1.6: connector); 0 means all.")] = 0


class Assigned(BaseModel):
    """The commands that were issued, in the order of the chargers."""

    commands: list[CommandItem]


class InstalledProfile(BaseModel):
    """A profile that a charger has."""

    id: UUID
    evse_id: int
    profile_id: int
    purpose: str
    stack_level: int
    transaction_ref: str | None
    limit_source: str | None = Field(description="Who set it, where the charger has told.")
    profile: dict[str, Any]
    charging_profile: UUID | None = Field(description="The profile of the library that it was made of.")
    command: UUID | None
    installed_at: datetime


class InstalledProfilePage(PageOf[InstalledProfile]):
    """A page of profiles that a charger has."""


class GivenProfile(BaseModel):
    """A charger that has a profile of the library."""

    id: UUID
    charger_id: str
    evse_id: int = Field(description="0 means all.")
    profile_id: int = Field(description="By which number the charger knows it.")
    stack_level: int
    profile: dict[str, Any] = Field(description="As it was given: the library's may have changed since.")
    command: UUID | None
    installed_at: datetime


class GivenProfilePage(PageOf[GivenProfile]):
    """A page of chargers that have a profile."""
