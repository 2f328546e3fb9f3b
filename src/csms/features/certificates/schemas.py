# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of certificates."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from csms.kit.http.schemas import PageOf


class CertificateItem(BaseModel):
    """A certificate that a charger asked for."""

    id: UUID
    charger_id: str
    kind: str
    status: Literal["requested", "refused", "issued", "accepted", "rejected", "revoked"] = Field(
        description="refused: not signed, see reason; issued: on its way; accepted or rejected: by the charger."
    )
    reason: str | None
    serial: str | None = Field(description="In hex.")
    subject: str | None
    not_before: datetime | None
    not_after: datetime | None
    chain: str | None = Field(description="PEM.")
    command: UUID | None
    renewal_asked_at: datetime | None
    created_at: datetime
    updated_at: datetime


class CertificatePage(PageOf[CertificateItem]):
    """A page of certificates."""


class CertificateAuthority(BaseModel):
    """Who signs certificates of chargers here."""

    certificate: str = Field(description="PEM.")
