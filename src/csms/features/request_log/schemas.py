# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of the request log."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from csms.kit.http.schemas import PageOf


class ApiRequest(BaseModel):
    """A request of somebody who signed in, and its answer."""

    id: UUID
    at: datetime = Field(description="When it was answered.")
    method: str
    path: str = Field(description="Without the query.")
    route: str = Field(description="As the path stands in this document.")
    status: int = Field(description="499: the client left before an answer.")
    actor_kind: Literal["user", "api_key"]
    actor_id: str
    actor_name: str = Field(description="As it was then; a pseudonym where it was erased.")
    address: str | None
    request_id: str
    trace_id: str
    took_ms: int
    sent_bytes: int


class ApiRequestPage(PageOf[ApiRequest]):
    """A page of the request log."""
