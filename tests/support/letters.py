# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The job that sends mails with links, run by hand over a real mail server: for tests on a clock that stands."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from uuid import UUID

import asyncpg

from csms.features.accounts.jobs import LetterSender
from csms.features.accounts.letters import KIND, Work
from csms.features.accounts.service import AccountService
from csms.kit.clock import Clock
from csms.kit.config import MailSettings
from csms.kit.db.uow import UnitsOfWork
from csms.kit.ids import new_id
from csms.kit.jobs.base import JobId, encode_payload
from csms.kit.jobs.memory import MemoryJob
from csms.kit.mail import Mailer, MailError
from tests.support.smtp import SmtpServer, smtp


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    found: str = body.get_content()
    return found.replace("\r\n", "\n")


@dataclass
class Post:
    """`deliver` sends what waits; `links` are those in the mails so far, `server` is where they came to."""

    server: SmtpServer
    sender: LetterSender
    sql: asyncpg.Connection

    async def deliver(self, attempt: int = 1) -> list[str]:
        """One attempt at each letter that waits; what failed."""
        failed = []
        for row in await self.sql.fetch("SELECT id FROM account_letters WHERE status = 'queued'"):
            try:
                await self.send(row["id"], attempt)
            except MailError as error:
                failed.append(str(error))
        return failed

    async def send(self, letter_id: UUID, attempt: int = 1) -> None:
        """One attempt at one letter."""
        owner = await self.sql.fetchval("SELECT organization_id FROM account_letters WHERE id = $1", letter_id)
        payload = encode_payload(Work(letter_id))
        job = MemoryJob(JobId(new_id()), owner, KIND, payload, None, None, None, attempt=attempt)
        await self.sender.run(job)

    @property
    def links(self) -> list[str]:
        """The links, in order."""
        found = [re.findall(r"^https?://\S+$", text_of(mail), re.MULTILINE) for _, _, mail in self.server.mails]
        return [links[0] for links in found if links]

    def token(self, number: int = -1) -> str:
        """The secret of a link."""
        return self.links[number].partition("#")[2].removeprefix("token=")


@asynccontextmanager
async def post(
    units: UnitsOfWork, accounts: AccountService, clock: Clock, sql: asyncpg.Connection
) -> AsyncIterator[Post]:
    """Over a server on loopback that takes everything, until it is told not to."""
    async with smtp() as server:
        settings = MailSettings(host="127.0.0.1", port=server.port, tls="none", timeout_s=5)
        yield Post(server, LetterSender(units, accounts.identity.letters, Mailer(settings, clock), clock), sql)
