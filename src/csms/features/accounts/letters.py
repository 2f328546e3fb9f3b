# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Mails with links to users: kept with what they are about, sent by a job, opened once.

A link's secret is in no table and in no job: it is made from the letter's id, by a key of the installation, whenever
the letter is sent. The database knows its hash.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from csms.features.accounts import letter_repository as repository
from csms.features.accounts.rules import LIVES, PATHS, Letter, Purpose, until, write
from csms.features.accounts.tokens import token_of
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError
from csms.kit.http.ratelimit import Counters, RateLimit
from csms.kit.ids import new_id
from csms.kit.jobs.base import Jobs

KIND: Final = "account-letter"


class NoMailsError(ConflictError):
    """The installation has no mail server, or does not know its own address."""

    code: ClassVar[str] = "no_mails"


class Work(msgspec.Struct, frozen=True):
    """What the job is given."""

    letter: UUID


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose link it was, and to which address it had gone."""

    user_id: UUID
    recipient: str


class Letters:
    """`origin` is how browsers name us. `mails`: whether there is a mail server."""

    def __init__(
        self,
        keys: InstallationKeys,
        clock: Clock,
        jobs: Jobs,
        counters: Counters,
        *,
        origin: str | None,
        mails: bool,
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._jobs = jobs
        self._origin = origin
        self._mails = mails
        self._per_user = RateLimit("letter-user", "10/hour", counters)

    @property
    def possible(self) -> bool:
        """Whether mails with links go out."""
        return self._mails and self._origin is not None

    async def post(self, uow: UnitOfWork, user_id: UUID, purpose: Purpose, recipient: str) -> RowMapping:
        """Keep a letter, to be sent after the commit; the one before opens nothing any more."""
        if not self.possible:
            raise NoMailsError("no mails go out: set CSMS_MAIL__HOST and CSMS_HTTP__PUBLIC_URL")
        await self._per_user.hit(str(user_id))
        letter_id, organization_id, now = new_id(), uow.scope.organization_id, self._clock.now()
        row = {
            "id": letter_id,
            "organization_id": organization_id,
            "user_id": user_id,
            "purpose": purpose,
            "recipient": recipient,
            "token_hash": self._hash(self._token(organization_id, letter_id)),
            "expires_at": now + LIVES[purpose],
            "created_at": now,
        }
        await repository.replace(uow.connection, row)
        await self._jobs.enqueue(
            uow.connection, KIND, Work(letter_id), organization_id=organization_id, actor=uow.scope.actor.name
        )
        found = await repository.last(uow.connection, user_id, purpose)
        assert found is not None
        return found

    async def last(self, uow: UnitOfWork, user_id: UUID, purpose: Purpose) -> RowMapping | None:
        """The last letter of a purpose to a user."""
        return await repository.last(uow.connection, user_id, purpose)

    async def look(self, uow: UnitOfWork, token: str, purpose: Purpose) -> Opened | None:
        """Whose link it is, if it is good for something; it stays so."""
        found = await repository.find(uow.connection, self._hash(token), purpose, self._clock.now())
        return None if found is None else Opened(found["user_id"], found["recipient"])

    async def open(self, uow: UnitOfWork, token: str, purpose: Purpose) -> Opened | None:
        """The same; from here on it is good for nothing."""
        found = await repository.use(uow.connection, self._hash(token), purpose, self._clock.now())
        return None if found is None else Opened(found["user_id"], found["recipient"])

    async def drop(self, uow: UnitOfWork, user_id: UUID, *purposes: Purpose) -> None:
        """What waits does not go out, what was sent opens nothing any more; of all purposes, where none is named."""
        await repository.drop(uow.connection, user_id, purposes)

    def write(self, row: dict[str, Any]) -> Letter:
        """The mail, with its link."""
        if self._origin is None:
            raise NoMailsError("no mails go out: set CSMS_HTTP__PUBLIC_URL for the worker too")
        purpose: Purpose = row["purpose"]
        path = PATHS.get(purpose)
        link = None if path is None else f"{self._origin}{path}{self._token(row['organization_id'], row['id'])}"
        names = {"username": row["username"], "organization": row["organization"]}
        return write(purpose, link, until(row["expires_at"], row["time_zone"]), **names, origin=self._origin)

    def _token(self, organization_id: UUID, letter_id: UUID) -> str:
        key = self._keys.derive("account-letters")
        return token_of(organization_id, hmac.digest(key, letter_id.bytes, hashlib.sha256))

    def _hash(self, token: str) -> bytes:
        return self._keys.hash_secret(b"letter:" + token.encode())
