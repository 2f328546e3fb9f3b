# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from csms.kit.http.schemas import PageOf


class AuditItem(BaseModel):
    """Who did what to what."""

    id: UUID
    number: int = Field(description="Counts without gaps in the organization.")
    at: datetime
    actor_kind: str
    actor_id: str | None
    actor_name: str = Field(description="Empty where it was erased.")
    action: str
    subject_kind: str
    subject_id: str
    before: Any = None
    after: Any = None
    address: str | None
    request_id: str | None
    erased: bool = Field(description="Personal data was taken out of it, by law; the digests stay.")
    previous_hash: str = Field(description="The hash of the line before, in hexadecimal.")
    hash: str = Field(description="SHA-256 over the line, with the hash before, in hexadecimal.")
    person_digest: str = Field(description="Stands in the hash for name and address.")
    content_digest: str = Field(description="Stands in the hash for before and after.")


class AuditPage(PageOf[AuditItem]):
    """A page of the audit log."""


class AuditHead(BaseModel):
    """The line that was written last. Whoever keeps it elsewhere can prove later that nothing before it was changed."""

    number: int
    hash: str


class AuditBreak(BaseModel):
    """Where the chain is broken first."""

    number: int
    reason: str


class AuditVerification(BaseModel):
    """What a walk along the chain found."""

    intact: bool = Field(description="Every line that was looked at is as it was written.")
    lines: int = Field(description="How many were looked at.")
    erased: int = Field(description="How many of them had personal data taken out.")
    broken: AuditBreak | None
    head: AuditHead
    next: int | None = Field(description="A walk is bounded: where the next one goes on, with from=. None at the end.")
