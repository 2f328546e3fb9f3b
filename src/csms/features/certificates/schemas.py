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
    in_use: bool = Field(description="The charger has it, and none of its kind that ends later.")
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


class CertificateHorizon(BaseModel):
    """What ends when, of the certificates in use, and what waits for somebody."""

    in_use: int
    expired: int
    within_7_days: int = Field(description="Of those in use: that end within 7 days.")
    within_30_days: int = Field(description="The same within 30 days, those within 7 included.")
    within_90_days: int
    next_not_after: datetime | None = Field(description="When the next of them ends.")
    requested: int = Field(description="Asked for, and not signed yet.")
    refused: int = Field(description="Asked for, and not signed: see reason.")
    issued: int = Field(description="Signed, on their way to the charger.")
    rejected: int = Field(description="Signed, and not taken by the charger: send them again.")
    revoked: int
    authority_not_after: datetime = Field(description="When the authority that signs here ends.")
    servers: dict[str, datetime] = Field(description="When the server's own certificates end, by their door.")
