# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of webhooks."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from csms.features.webhooks.rules import EventType
from csms.kit.http.schemas import PageOf


def _sorted(values: list[EventType]) -> list[EventType]:
    return sorted(set(values))


Url = Annotated[str, Field(min_length=10, max_length=2000, pattern=r"^https?://[^\s\x00-\x1f\x7f]+$")]
Types = Annotated[list[EventType], Field(min_length=1, max_length=50), AfterValidator(_sorted)]
ChargerId = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
ChargerIds = Annotated[list[ChargerId], Field(min_length=1, max_length=1000)]
Words = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]


class WebhookCreate(BaseModel):
    """Where events go, and which."""

    model_config = ConfigDict(extra="forbid")

    url: Url = Field(description="Where they are sent by POST. HTTPS, at a public address, unless it was allowed.")
    description: Words | None = None
    event_types: Types = Field(description="Which events; * for all.")
    charger_ids: ChargerIds | None = Field(None, description="Only of these chargers. Unset: of all.")


class WebhookUpdate(BaseModel):
    """What is to change."""

    model_config = ConfigDict(extra="forbid")

    url: Url | None = None
    description: Words | None = None
    event_types: Types | None = None
    charger_ids: ChargerIds | None = None


class Webhook(BaseModel):
    """A receiver, and how it does."""

    id: UUID
    url: str
    description: str | None
    event_types: list[str]
    charger_ids: list[str] | None
    status: Literal["active", "paused"]
    paused_reason: Literal["person", "failing", "gone"] | None = Field(
        description="person: somebody paused it. failing: nothing was taken for five days. gone: it answered 410."
    )
    failures: int = Field(description="Failed attempts in a row.")
    failing_since: datetime | None
    last_error: str | None
    last_delivered_at: datetime | None
    retry_at: datetime | None = Field(description="Nothing is sent before.")
    previous_secret_until: datetime | None = Field(description="Until then the secret before this one signs too.")
    created_at: datetime
    updated_at: datetime


class WebhookSecret(Webhook):
    """A receiver with its secret, which is shown this once."""

    secret: str = Field(description="whsec_…, for the libraries of Standard Webhooks.")


class WebhookPage(PageOf[Webhook]):
    """A page of receivers."""


class WebhookTest(BaseModel):
    """What came of a message that was sent at once."""

    delivered: bool
    response_status: int | None
    latency_ms: int
    error: str | None


class Delivery(BaseModel):
    """One event for one receiver."""

    id: UUID
    event_id: str = Field(description="What the receiver sees as webhook-id.")
    event_type: str
    status: Literal["pending", "delivered", "dead"] = Field(description="dead: given up; it can be sent again.")
    attempts: int
    response_status: int | None
    latency_ms: int | None
    error: str | None
    created_at: datetime
    last_attempt_at: datetime | None
    finished_at: datetime | None


class DeliveryPage(PageOf[Delivery]):
    """A page of deliveries."""


class DeliveryDetail(Delivery):
    """One event for one receiver, and the text that is sent."""

    payload: str


class Redelivered(BaseModel):
    """How many will be sent again."""

    count: int
