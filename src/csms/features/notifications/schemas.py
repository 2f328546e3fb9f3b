# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of notifications."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from csms.kit.http.schemas import PageOf

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$", description="Which templates are used.")]
MailAddress = Annotated[str, Field(max_length=254, pattern=r'^[^@\s<>"(),:;\\\[\]\x00-\x1f\x7f]+@[A-Za-z0-9.-]+$')]
Words = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"^[^\x00]*$")]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class EmailConfig(Body):
    """Mails through the installation's mail server."""

    kind: Literal["email"]
    recipients: Annotated[list[MailAddress], Field(min_length=1, max_length=20)]


class WebhookConfig(Body):
    """Messages to a receiver, signed as those of webhooks."""

    kind: Literal["webhook"]
    url: Annotated[str, Field(min_length=10, max_length=2000, pattern=r"^https?://[^\s\x00-\x1f\x7f]+$")]


class AppriseConfig(Body):
    """A service by its Apprise address: a chat, an on-call service, SMS."""

    kind: Literal["apprise"]
    url: Annotated[str, Field(min_length=5, max_length=2000, pattern=r"^[a-z0-9]+://[^\s\x00-\x1f\x7f]*$")] = Field(
        description="slack://…, tgram://…, pagerduty://…; it is kept sealed and never shown again."
    )


Config = Annotated[EmailConfig | WebhookConfig | AppriseConfig, Field(discriminator="kind")]


class ChannelCreate(Body):
    """A way to somebody."""

    name: Name
    language: Language = "en"
    enabled: bool = True
    config: Config


class ChannelUpdate(Body):
    """What is to change."""

    name: Name | None = None
    language: Language | None = None
    enabled: bool | None = None
    config: Config | None = Field(None, description="Whole; its kind stays.")


class Channel(BaseModel):
    """A way to somebody."""

    id: UUID
    name: str
    kind: Literal["email", "webhook", "apprise"]
    target: str = Field(description="Where it goes, as far as it is shown.")
    language: str
    enabled: bool = Field(description="While it is not, nothing new is sent over it, and what waits waits.")
    unverified: list[str] | None = Field(
        None,
        description="Recipients that are mail addresses of users who did not yet show that they are theirs; mails go "
        "there all the same. Not in lists.",
    )
    created_at: datetime
    updated_at: datetime


class ChannelSecret(Channel):
    """A channel; of a webhook with its secret, which is shown this once."""

    secret: str | None


class ChannelPage(PageOf[Channel]):
    """A page of channels."""


class ChannelTest(BaseModel):
    """What came of a message that was sent at once."""

    sent: bool
    error: str | None


class Notification(BaseModel):
    """One message over one channel."""

    id: UUID
    channel: UUID
    kind: str
    severity: str
    title: str
    body: str
    url: str | None
    status: Literal["pending", "sent", "dead"] = Field(description="dead: given up; it can be sent again.")
    attempts: int
    error: str | None = Field(description="Why it was not taken; on a sent mail, which recipients were refused.")
    created_at: datetime
    last_attempt_at: datetime | None
    finished_at: datetime | None


class NotificationPage(PageOf[Notification]):
    """A page of notifications."""


class TemplateBody(Body):
    """Words with {{ title }}, {{ body }}, {{ url }}, {{ severity }}, {{ kind }} in them."""

    subject: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
    text: Words


class Template(BaseModel):
    """The words of a kind of message in a language."""

    kind: str
    language: str
    subject: str
    text: str
    own: bool = Field(description="False: nothing was set, these are the words of the program.")
    updated_at: datetime | None


class TemplatePage(PageOf[Template]):
    """A page of templates that were set."""


class NotificationPreview(BaseModel):
    """An example of a message in given words, as a mail has it."""

    subject: str
    text: str


class NotificationValue(BaseModel):
    """What may stand between braces in words."""

    name: str
    description: str
    example: str = Field(description="What it is in the example of this kind.")


class NotificationKind(BaseModel):
    """A kind of message that is sent."""

    kind: str
    description: str
    subject: str = Field(description="The words of the program, in every language.")
    text: str
    values: list[NotificationValue]


class NotificationKinds(BaseModel):
    """All kinds of messages that are sent."""

    items: list[NotificationKind]
