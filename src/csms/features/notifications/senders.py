# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How a message goes over each kind of channel, once; whoever calls knows when to try again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from csms.features.notifications.rules import Words, as_html, for_chat
from csms.kit.apprise_process import AppriseError, AppriseSender
from csms.kit.clock import Clock
from csms.kit.http.webhook import WebhookSender
from csms.kit.mail import Mailer, MailError
from csms.kit.secretbox import SecretBox


class SendError(Exception):
    """It was not taken; the text says why, without a secret."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it is sent; `id` is the same at every attempt."""

    id: UUID
    kind: str
    severity: str
    words: Words
    url: str | None


def context(key: UUID) -> str:
    """What a sealed configuration is for."""
    return f"notification_channels.config:{key}"


class Senders:
    """Mail, signed webhooks, Apprise."""

    def __init__(
        self, mailer: Mailer, webhooks: WebhookSender, apprise: AppriseSender, box: SecretBox, clock: Clock
    ) -> None:
        self.mailer: Final = mailer
        self.webhooks: Final = webhooks
        self.apprise: Final = apprise
        self._box = box
        self._clock = clock

    def seal(self, key: UUID, config: dict[str, Any]) -> bytes:
        """A configuration as it may be stored."""
        return self._box.seal(msgspec.json.encode(config), context(key))

    def open(self, key: UUID, sealed: bytes) -> dict[str, Any]:
        """A configuration. Raises SealedSecretError."""
        found: dict[str, Any] = msgspec.json.decode(self._box.open(sealed, context(key)))
        return found

    async def send(self, kind: str, config: dict[str, Any], letter: Letter) -> str | None:
        """Send once; what there is to say of it although it was taken. Raises SendError."""
        try:
            if kind == "email":
                return await self._mail(config, letter)
            if kind == "webhook":
                await self._webhook(config, letter)
                return None
            await self.apprise.send(config["url"], letter.words.subject, for_chat(letter.words.text) or "-")
        except (MailError, AppriseError) as error:
            raise SendError(str(error)) from error
        return None

    async def _mail(self, config: dict[str, Any], letter: Letter) -> str | None:
        html = as_html(letter.words, letter.url)
        key = f"ntf_{letter.id.hex}"
        refused = await self.mailer.deliver(
            config["recipients"], letter.words.subject, letter.words.text, html, key=key
        )
        return f"the mail server refused {', '.join(refused)}" if refused else None

    async def _webhook(self, config: dict[str, Any], letter: Letter) -> None:
        data = {
            "kind": letter.kind,
            "severity": letter.severity,
            "title": letter.words.subject,
            "body": letter.words.text,
            "url": letter.url,
        }
        at: datetime = self._clock.now()
        body = msgspec.json.encode({"type": "notification", "timestamp": at, "data": data}).decode()
        sent = await self.webhooks.send(config["url"], (config["secret"],), f"ntf_{letter.id.hex}", body)
        if sent.error is not None:
            raise SendError(sent.error)
