# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of firmware, and of files that chargers sent."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from csms.kit.http.schemas import PageOf

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/\\\x00-\x1f\x7f]+$")]
Word = Annotated[str, Field(max_length=100)]
Notes = Annotated[str, Field(max_length=4_000)]
Signature = Annotated[str, Field(max_length=800, description="Base64, as the vendor gave it.")]
Certificate = Annotated[str, Field(max_length=5_500, description="PEM, as the vendor gave it.")]


class FirmwareUpdate(BaseModel):
    """What is to be changed; what is left out stays. The image itself never changes."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    version: Word | None = None
    vendor: Word | None = None
    model: Word | None = None
    notes: Notes | None = None
    signature: Signature | None = None
    signing_certificate: Certificate | None = None


class FirmwareItem(BaseModel):
    """A firmware image."""

    id: UUID
    name: str
    version: str | None
    vendor: str | None
    model: str | None
    notes: str | None
    size_bytes: int
    sha256: str
    md5: str = Field(description="The checksum by which publish_firmware names it.")
    signature: str | None
    signing_certificate: str | None
    created_at: datetime
    updated_at: datetime


class FirmwarePage(PageOf[FirmwareItem]):
    """A page of firmware images."""


class ChargerFile(BaseModel):
    """A file that a charger sent."""

    id: UUID
    charger_id: str
    kind: Literal["diagnostics", "security", "data_collector"]
    command: UUID = Field(description="The command that asked for it.")
    request_id: int | None
    name: str
    content_type: str | None
    size_bytes: int
    sha256: str
    created_at: datetime


class ChargerFilePage(PageOf[ChargerFile]):
    """A page of files."""


class Progress(BaseModel):
    """How far a charger said it was."""

    id: UUID
    kind: Literal["firmware", "diagnostics", "log", "publish_firmware"]
    status: str = Field(description="As the charger's version of OCPP spells it: Downloading, Installed, UploadFailed.")
    request_id: int | None = Field(description="That of the command; OCPP 1.6 tells it for signed updates and logs.")
    info: str | None
    details: dict[str, Any] = Field(description="publish_firmware: the locations where the image can be fetched.")
    at: datetime


class ProgressPage(PageOf[Progress]):
    """A page of progress, newest first."""
