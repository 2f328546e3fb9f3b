# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of configuration."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from csms.features.chargers.schemas import ChargerFilter
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

    charger_ids: ChargerIds | None = Field(None, description="Either these or filter.")
    filter: ChargerFilter | None = Field(None, description="As the filters of GET /api/v1/chargers.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.filter is None) == (self.charger_ids is None):
            raise ValueError("give charger_ids or filter")
        return self


class TemplateApplication(BaseModel):
    """Chargers that are to be set by the template."""

    model_config = ConfigDict(extra="forbid")

    charger_ids: ChargerIds | None = Field(None, description="Of those that have it; all of them where left out.")
    assign: bool = Field(
        False, description="Give the template to those that are named and do not have it, in place of the one they had."
    )
    queue_s: Annotated[int, Field(ge=0, le=604_800)] = Field(
        0, description="Seconds that a change may wait for a charger which is not connected."
    )
    filter: ChargerFilter | None = Field(
        None, description="As the filters of GET /api/v1/chargers: of those that have it, the ones that it names."
    )
    dry_run: bool = Field(False, description="Only tell what would be set; nothing is sent.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.filter is not None and self.charger_ids is not None:
            raise ValueError("give charger_ids or filter, or none of them for all chargers that have it")
        if self.assign and self.filter is None and self.charger_ids is None:
            raise ValueError("assign needs charger_ids or filter")
        return self


class TemplateApplied(BaseModel):
    """The commands that were issued: one for each key that differs."""

    commands: list[CommandItem]


class TemplateChange(BaseModel):
    """A key that would be set at a charger."""

    charger_id: str
    key: str
    wanted: str
    actual: str | None
    state: Literal["different", "unknown"]


class TemplatePreview(BaseModel):
    """What applying a template would do."""

    named: int = Field(description="How many chargers it is for.")
    assigned: int = Field(description="How many of them would be given the template, with assign.")
    replaced: int = Field(description="How many of those have another template now.")
    chargers: int = Field(description="At how many chargers something would be set.")
    changes: int = Field(description="How many commands that would be; more than 2000 are refused.")
    first: list[TemplateChange]


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


class KeyDrift(BaseModel):
    """A key of a template over all chargers that have it."""

    key: str
    wanted: str
    same: int
    different: int
    readonly: int
    unknown: int


class ModelDrift(BaseModel):
    """The chargers of a template that are of one model and speak one version of OCPP."""

    vendor: str | None
    model: str | None
    protocol: str | None = Field(description="As they spoke last.")
    chargers: int
    drifted: int


class DriftSummary(BaseModel):
    """How far the chargers of a template are from it."""

    chargers: int = Field(description="How many have the template.")
    drifted: int = Field(description="How many of them have another value somewhere, or have not reported a key.")
    keys: list[KeyDrift]
    models: list[ModelDrift] = Field(description="The 50 most frequent models.")


class ChargerDrift(BaseModel):
    """A charger of a template."""

    charger_id: str
    name: str | None
    vendor: str | None
    model: str | None
    protocol: str | None = Field(description="As it spoke last.")
    differences: int = Field(description="Keys that have another value, or were not reported.")
    keys: list[DriftItem] = Field(description="These keys.")
    assigned_at: datetime


class ChargerDriftPage(PageOf[ChargerDrift]):
    """A page of chargers of a template."""
