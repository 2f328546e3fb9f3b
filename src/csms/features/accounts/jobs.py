# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The job that sends a mail with a link: a mail server that is slow or away delays nobody, and is tried again."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import structlog

from csms.features.accounts import letter_repository as repository
from csms.features.accounts.letters import KIND, Letters, Work
from csms.kit.clock import Clock
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.jobs.base import JobKind, RunningJob
from csms.kit.mail import MailError

log = structlog.get_logger(__name__)

OpenUnitOfWork = Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]]
ATTEMPTS: Final = 12
_BACKOFF_S: Final = (30.0, 3600.0)  # five hours in all; a letter whose link is over is given up sooner
_AT_ONCE: Final = 4
_ELSEWHERE: Final = ("change", "notice")
"""What goes to an address that the user has not yet, or not any more."""
_TIMEOUT_S: Final = 180.0


class Mailer(Protocol):
    """Sends mails, or raises MailError."""

    async def deliver(
        self, recipients: Sequence[str], subject: str, text: str, html: str | None, *, key: str
    ) -> list[str]:
        """Send one; with the same key mailboxes can tell a repeat."""
        ...


class LetterSender:
    """Sends letters, each once more after a failure, until it is given up."""

    def __init__(self, open_uow: OpenUnitOfWork, letters: Letters, mailer: Mailer, clock: Clock) -> None:
        self._open_uow = open_uow
        self._letters = letters
        self._mailer = mailer
        self._clock = clock

    def kind(self) -> JobKind:
        """For the worker."""
        return JobKind(
            KIND,
            self.run,
            max_attempts=ATTEMPTS,
            backoff_s=_BACKOFF_S,
            timeout_s=_TIMEOUT_S,
            concurrency=_AT_ONCE,
        )

    async def run(self, job: RunningJob) -> None:
        """One attempt. No transaction is open while the mail server talks."""
        key = msgspec.json.decode(job.payload, type=Work).letter
        system = Scope.system(job.organization_id)
        async with self._open_uow(system) as uow:
            row = await repository.begin(uow.connection, key, self._clock.now())
            why = None if row is None else self._not_to_go(row)
            if row is None or why is not None:
                if row is not None:
                    await repository.end(uow.connection, key, self._clock.now(), status="failed", error=why)
                return
        try:
            letter = self._letters.write(row)
            await self._mailer.deliver([row["recipient"]], letter.subject, letter.text, letter.html, key=key.hex)
        except Exception as error:
            said = str(error) if isinstance(error, MailError) else type(error).__name__
            await self._end(system, key, "queued" if job.attempt < ATTEMPTS else "failed", said)
            raise
        await self._end(system, key, "sent")

    def _not_to_go(self, row: dict[str, Any]) -> str | None:
        if row["expires_at"] <= self._clock.now():
            return "its link is over"
        theirs = row["purpose"] in _ELSEWHERE or (row["email"] or "").lower() == row["recipient"].lower()
        if not row["is_active"] or not theirs:
            return "the user was locked, or has another address now"
        return None

    async def _end(self, scope: Scope, key: UUID, status: str, error: str | None = None) -> None:
        async with self._open_uow(scope) as uow:
            await repository.end(uow.connection, key, self._clock.now(), status=status, error=error)
