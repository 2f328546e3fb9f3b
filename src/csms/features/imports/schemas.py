# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of imports."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from csms.kit.http.schemas import PageOf

Header = Annotated[str, Field(min_length=1, max_length=200)]
Status = Literal["queued", "running", "done", "cancelled", "failed"]
RowStatus = Literal["waiting", "created", "updated", "skipped", "failed"]


class ImportForm(BaseModel):
    """What is to be done with a file; parts of the form beside it."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(min_length=1, max_length=50)]
    mapping: Annotated[dict[Header, Annotated[str, Field(max_length=100)] | None], Field(max_length=200)] = Field(
        default_factory=dict,
        description='JSON: {"Column of the file": "field"}, null to leave a column out. Columns that it does not name '
        "are told by their names: see /api/v1/imports/kinds.",
    )
    dry_run: bool = Field(False, description="Try every row and change nothing; POST …/run does it afterwards.")
    on_conflict: Literal["skip", "update", "fail"] = Field(
        "fail", description="What becomes of a row about something that is there already."
    )
    sheet: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="The sheet of a workbook; left out: the first that is visible."
    )


class Failure(BaseModel):
    """Why a file as a whole was refused, or why the import stopped."""

    code: str
    message: str


class ImportItem(BaseModel):
    """An import: what was asked for and how far it is."""

    id: UUID
    kind: str
    status: Status
    dry_run: bool
    on_conflict: Literal["skip", "update", "fail"]
    file_name: str
    file_bytes: int
    total: int | None = Field(description="Rows of the file, without the header; null until it was read.")
    created: int
    updated: int
    skipped: int
    failed: int
    secrets: int = Field(description="Generated passwords and links that nobody has fetched yet: see …/secrets.")
    error: Failure | None = Field(description="Why the file as a whole was refused, or why the import stopped.")
    job: UUID
    actor_name: str
    created_at: datetime
    finished_at: datetime | None


class FileFormat(BaseModel):
    """What kind of file it is."""

    format: str
    encoding: str | None
    delimiter: str | None
    sheet: str | None


class Import(ImportItem):
    """An import, and how its file was understood."""

    format: FileFormat | None
    headers: list[str] | None = Field(description="The columns of the file.")
    mapping: dict[str, str] | None = Field(description="The columns that are used, and as which fields.")
    sample: list[list[str]] | None = Field(description="The first rows of the file, in the order of `headers`.")


class ImportPage(PageOf[ImportItem]):
    """A page of imports."""


class RowError(BaseModel):
    """What is wrong with a row."""

    field: str | None = Field(description="The field; null where it is the row as a whole.")
    code: str
    message: str


class ImportRow(BaseModel):
    """What became of a row."""

    number: int = Field(description="As a spreadsheet program counts: the header is row 1, unless it stands lower.")
    status: RowStatus
    subject: str | None = Field(description="The id of what it became, or of what was there already.")
    reason: str | None = Field(description="Why it was skipped; of a new user: `invited by mail`, where they were.")
    errors: list[RowError]
    values: dict[str, str] = Field(description="The cells by field, without those that are secrets.")


class ImportRowPage(PageOf[ImportRow]):
    """A page of rows."""


class ImportField(BaseModel):
    """A field that a column can fill."""

    name: str
    type: Literal["text", "identifier", "integer", "yes_no", "choice", "list", "names", "instant"]
    required: bool
    description: str
    aliases: list[str] = Field(description="Names of columns that mean it without saying so.")
    values: list[Any] = Field(description="The only ones that there are; none: it is not a choice.")
    secret: bool


class ImportKind(BaseModel):
    """A kind of thing that can be imported."""

    kind: str
    permissions: list[str] = Field(description="Needed beside data:import:run; the second one with on_conflict=update.")
    fields: list[ImportField]


class ImportKinds(BaseModel):
    """All kinds."""

    items: list[ImportKind]
