# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Bodies of the settings feature; those of the sections are made from the sections."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, create_model

from csms.features.settings.rules import Section
from csms.kit.http.schemas import PageOf


class SectionItem(BaseModel):
    """A section of settings."""

    section: str
    description: str
    values: dict[str, Any]
    defaults: dict[str, Any]
    changed: list[str] = Field(description="The names that are not at their default.")
    updated_at: datetime | None = Field(description="When it was last changed; null: never.")


class SectionList(BaseModel):
    """All sections that the caller's organization has."""

    items: list[SectionItem]


class SettingsChange(BaseModel):
    """A change in the history: `before` and `after` have what was not at its default."""

    id: UUID
    section: str
    before: dict[str, Any]
    after: dict[str, Any]
    actor_kind: str
    actor_id: str | None
    actor_name: str
    at: datetime


class SettingsChangePage(PageOf[SettingsChange]):
    """A page of the history, newest first."""


class SettingsRevert(BaseModel):
    """Where to go back to."""

    model_config = ConfigDict(extra="forbid")

    entry: UUID = Field(description="An entry of the history: the section becomes what it was after it.")


def update_of(section: type[Section]) -> type[BaseModel]:
    """The body of a change: what is left out stays, null is the default."""
    fields: dict[str, Any] = {
        name: (field.rebuild_annotation() | None, Field(None, description=field.description))
        for name, field in section.model_fields.items()
    }
    title = section.__name__.removesuffix("Settings")
    doc = "What is to be changed; what is left out stays, null goes back to the default."
    return create_model(f"{title}Update", __config__=ConfigDict(extra="forbid"), __doc__=doc, **fields)
