# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of bulk changes."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from csms.features.chargers.schemas import ChargerUpdate, Identity
from csms.features.tokens.schemas import TokenUpdate
from csms.kit.http.schemas import PageOf

MAX_IDS = 5_000
Value = Annotated[str, Field(max_length=500)]
Named = Annotated[
    dict[Annotated[str, Field(max_length=100)], Value | Annotated[list[Value], Field(max_length=100)]],
    Field(min_length=1, max_length=50),
]


class _Create(BaseModel):
    model_config = ConfigDict(extra="forbid")

    filter: Named | None = Field(
        None, description='As the filters of the list: {"vendor": "ACME", "firmware_version[prefix]": ["1.", "2."]}.'
    )
    dry_run: bool = Field(
        False, description="Only tell how many there are, and try it at the first of them; nothing is changed or kept."
    )
    ids: list[Any] | None = None

    @field_validator("change", check_fields=False)
    @classmethod
    def _some(cls, change: BaseModel) -> BaseModel:
        if not change.model_fields_set:
            raise ValueError("say what is to be changed")
        return change

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.filter is None) == (self.ids is None):
            raise ValueError("give filter or ids")
        return self


class ChargerChangeCreate(_Create):
    """What is to be changed at which chargers; retired ones never belong to them. Either filter or ids."""

    ids: Annotated[list[Identity], Field(min_length=1, max_length=MAX_IDS)] | None = None
    change: ChargerUpdate

    @field_validator("change")
    @classmethod
    def _fit_for_many(cls, change: ChargerUpdate) -> ChargerUpdate:
        if "password" in change.model_fields_set:
            raise ValueError("a password is one charger's: one that they share is none")
        return change


class TokenChangeCreate(_Create):
    """What is to be changed at which tokens. Either filter or ids."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_IDS)] | None = None
    change: TokenUpdate


class Stopped(BaseModel):
    """Why a change stopped."""

    code: str
    message: str


class BulkChange(BaseModel):
    """A change to many."""

    id: UUID
    filter: dict[str, Any] | None = Field(description="Null where they were named one by one.")
    change: dict[str, Any]
    status: Literal["running", "done", "cancelled", "failed"]
    round: int = Field(description="How often it was tried again where it was refused.")
    total: int = Field(description="How many it is for, of those that one sees.")
    counts: dict[str, int] = Field(description="How many are where: waiting, changed, unchanged, refused.")
    error: Stopped | None = Field(description="Why it stopped before its end.")
    job: UUID
    actor_name: str
    created_at: datetime
    finished_at: datetime | None


class BulkChangePage(PageOf[BulkChange]):
    """A page of changes to many."""


class Tried(BaseModel):
    """What would become of it at one."""

    id: str
    label: str = Field(description="A charger's identity, a token's value.")
    status: Literal["changed", "unchanged", "refused"]
    reason: str | None


class BulkChangePreview(BaseModel):
    """Whom a filter names, and what would become of the first."""

    total: int
    first: list[Tried]


class BulkChangeResult(BaseModel):
    """What became of it at one."""

    number: int
    status: Literal["waiting", "changed", "unchanged", "refused"]
    reason: str | None
    finished_at: datetime | None


class ChargerChangeResult(BulkChangeResult):
    """What became of it at one charger."""

    charger_id: str


class TokenChangeResult(BulkChangeResult):
    """What became of it at one token."""

    token_id: UUID
    value: str


class ChargerChangeResultPage(PageOf[ChargerChangeResult]):
    """A page of results."""


class TokenChangeResultPage(PageOf[TokenChangeResult]):
    """A page of results."""
