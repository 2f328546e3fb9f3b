# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of configuration."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from csms.features.commands.schemas import CommandItem
from csms.kit.http.schemas import PageOf


class ConfigurationItem(BaseModel):
    """A configuration key as it was last read or set."""

    key: str
    value: str | None
    readonly: bool | None
    created_at: datetime
    updated_at: datetime


class ConfigurationPage(PageOf[ConfigurationItem]):
    """A page of configuration keys."""


class ConfigurationChange(BaseModel):
    """A configuration key that has another value than before."""

    id: UUID
    key: str
    old_value: str | None
    new_value: str | None
    actor_name: str = Field(description="Who changed it; `charger` where it was found changed.")
    command: UUID | None
    at: datetime


class ConfigurationChangePage(PageOf[ConfigurationChange]):
    """A page of changes."""


Name = Annotated[str, Field(min_length=1, max_length=100)]
Description = Annotated[str, Field(max_length=500)]
Key = Annotated[str, Field(min_length=1, max_length=500)]
Values = Annotated[
    dict[Key, Annotated[str, Field(max_length=2_500)]],
    Field(min_length=1, max_length=200, description="Keys and values; for OCPP 2.x the paths of variables."),
]
ChargerIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=255)]], Field(min_length=1, max_length=500)]


class TemplateCreate(BaseModel):
    """Configuration that chargers are to have."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: Description | None = None
    values: Values


class TemplateUpdate(BaseModel):
    """What is to be changed; what is left out stays. Chargers keep what they have until it is applied."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    description: Description | None = None
    values: Values | None = None


class Template(BaseModel):
    """A template of configuration."""

    id: UUID
    name: str
    description: str | None
    values: dict[str, str]
    chargers: int = Field(description="How many chargers have it.")
    created_at: datetime
    updated_at: datetime


class TemplatePage(PageOf[Template]):
    """A page of templates."""


class TemplateAssignment(BaseModel):
    """Chargers that are to have the template."""

    model_config = ConfigDict(extra="forbid")

    charger_ids: ChargerIds


class TemplateApplication(BaseModel):
    """Chargers that are to be set by the template."""

    model_config = ConfigDict(extra="forbid")

    charger_ids: ChargerIds | None = Field(None, description="Of those that have it; all of them where left out.")
    queue_s: Annotated[int, Field(ge=0, le=604_800)] = Field(
        0, description="Seconds that a change may wait for a charger which is not connected."
    )


class TemplateApplied(BaseModel):
    """The commands that were issued: one for each key that differs."""

    commands: list[CommandItem]


class DriftItem(BaseModel):
    """A key of the template beside what the charger has."""

    key: str
    wanted: str
    actual: str | None = Field(description="As it was last reported or set.")
    state: Literal["same", "different", "readonly", "unknown"] = Field(
        description="readonly: different, and cannot be set. unknown: the charger has not reported the key."
    )


class Drift(BaseModel):
    """How far a charger is from its template."""

    template: UUID | None
    in_sync: bool | None = Field(description="null without a template.")
    items: list[DriftItem]


class ChargerDrift(BaseModel):
    """A charger of a template."""

    charger_id: str
    differences: int = Field(description="Keys that have another value, or were not reported.")
    assigned_at: datetime


class ChargerDriftPage(PageOf[ChargerDrift]):
    """A page of chargers of a template."""
