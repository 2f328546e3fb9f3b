# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of bulk commands."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from csms.features.chargers.schemas import ChargerFilter
from csms.features.commands.schemas import CommandBody
from csms.kit.http.schemas import PageOf


class BulkCreate(BaseModel):
    """A command, and whom it is for."""

    model_config = ConfigDict(extra="forbid")

    filter: ChargerFilter = Field(
        description='As the filters of GET /api/v1/chargers: {"vendor": "ACME", "firmware_version[prefix]": ["1.", '
        '"2."]}. Retired chargers never belong to it. All chargers: {"retired": "false"}.',
    )
    command: CommandBody
    queue_s: Annotated[int, Field(ge=0, le=604_800)] = Field(
        0, description="Seconds that it may wait for a charger which is not connected."
    )
    at_once: Annotated[int, Field(ge=1, le=500)] = Field(
        20, description="How many chargers are busy with it at a time."
    )
    dry_run: bool = Field(False, description="Only tell how many chargers the filter names; nothing is sent or kept.")


class BulkCommand(BaseModel):
    """A command to many chargers."""

    id: UUID
    filter: dict[str, Any]
    body: dict[str, Any]
    queue_s: int
    at_once: int
    status: Literal["running", "done", "cancelled"]
    round: int = Field(description="How often it was sent again where it had failed.")
    total: int = Field(description="How many chargers it is for, of those that one sees.")
    counts: dict[str, int] = Field(
        description="How many chargers are where: waiting (not its turn yet), refused, or as the status of a command."
    )
    actor_name: str
    created_at: datetime
    finished_at: datetime | None


class BulkPage(PageOf[BulkCommand]):
    """A page of bulk commands."""


class BulkPreview(BaseModel):
    """Whom a filter names."""

    total: int
    chargers: list[str] = Field(description="The first of them.")


class BulkResult(BaseModel):
    """What became of it at one charger."""

    charger_id: str
    status: str = Field(description="waiting, refused, or the status of its command.")
    reason: str | None
    command: UUID | None
    result: Any = Field(description="The charger's own answer.")
    sent_at: datetime | None
    finished_at: datetime | None


class BulkResultPage(PageOf[BulkResult]):
    """A page of results."""
