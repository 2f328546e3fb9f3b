# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Mails through the installation's mail server: texts of others stay texts, one server, a time limit."""

import asyncio
import re
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

import aiosmtplib

from csms.kit.clock import Clock
from csms.kit.config import MailSettings
from csms.kit.ids import new_id

_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SUBJECT_MAX: Final = 200
_TEXT_MAX: Final = 100_000


class MailError(Exception):
    """A mail was not taken; the text says why."""


def one_line(text: str, most: int = _SUBJECT_MAX) -> str:
    """A text as it may stand in a header or a title: on one line, without what is not shown."""
    return _CONTROLS.sub("", " ".join(text.split()))[:most]


def plain(text: str) -> str:
    """A text as it may stand in a mail: line ends stay, what is not shown goes, also what would turn it around."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n"))[:_TEXT_MAX]


class Mailer:
    """`configured` says whether there is a mail server; `send` and `deliver` send one mail or raise MailError."""

    def __init__(self, settings: MailSettings, clock: Clock, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._tls = tls

    @property
    def configured(self) -> bool:
        """Whether there is a server to send by."""
        return self._settings.host is not None

    async def send(self, to: str | Sequence[str], subject: str, text: str, html: str | None = None) -> None:
        """Send one mail. `html` is escaped already."""
        await self.deliver([to] if isinstance(to, str) else to, subject, text, html, key=new_id().hex)

    async def deliver(
        self, recipients: Sequence[str], subject: str, text: str, html: str | None, *, key: str
    ) -> list[str]:
        """The same; those whom the server refused, where it took others.

        With the same `key` a mail has the same Message-ID, so that mailboxes can tell a repeat.
        """
        if not self.configured:
            raise MailError("no mail server is set (CSMS_MAIL__HOST)")
        try:
            message = self._message(recipients, subject, text, html, key)
        except (ValueError, IndexError) as error:
            raise MailError(f"an address is none: {error}") from error
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                refused = await self._hand_over(message, recipients)
        except TimeoutError as error:
            raise MailError(f"the mail server did not take it within {self._settings.timeout_s:g} s") from error
        except aiosmtplib.SMTPAuthenticationError as error:
            raise MailError(f"the mail server did not let us in ({error.code})") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailError(
                f"the mail server did not take it: {one_line(str(error)) or type(error).__name__}"
            ) from error
        return refused

    async def _hand_over(self, message: EmailMessage, recipients: Sequence[str]) -> list[str]:
        settings = self._settings
        refused, _ = await aiosmtplib.send(
            message,
            sender=settings.sender,
            recipients=list(recipients),
            hostname=settings.host,
            port=settings.port or _PORTS[settings.tls],
            username=settings.username,
            password=None if settings.password is None else settings.password.get_secret_value(),
            timeout=settings.timeout_s,
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
            tls_context=self._tls,
        )
        return sorted(refused)

    def _message(self, recipients: Sequence[str], subject: str, text: str, html: str | None, key: str) -> EmailMessage:
        message = EmailMessage()
        sender = Address(addr_spec=self._settings.sender)
        message["From"] = Address("CSMS Lite", sender.username, sender.domain)
        message["To"] = tuple(Address(addr_spec=each) for each in recipients)
        message["Subject"] = one_line(subject)
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{key}@{sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(plain(text))
        if html is not None:
            message.add_alternative(html, subtype="html")
        return message
