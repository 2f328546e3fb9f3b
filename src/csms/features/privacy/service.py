# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of a person's data: ask for it, and ask for its end. `PrivacyRunner` does both."""

from typing import ClassVar, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from csms.features.privacy import repository
from csms.features.privacy.schemas import PrivacyCreate
from csms.features.tokens import repository as token_rows
from csms.features.tokens.service import TokenChargesError
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, NotFoundError
from csms.kit.files import FileStore
from csms.kit.ids import new_id
from csms.kit.jobs.base import Jobs
from csms.kit.privacy import Subject, SubjectKind

JOB: Final = "privacy"
Kind = Literal["export", "erasure"]


class PersonUnknownError(NotFoundError):
    """No such user, or no such token."""

    code: ClassVar[str] = "person_not_found"


class PrivacyRequestUnknownError(NotFoundError):
    """No such request, or its file is gone."""

    code: ClassVar[str] = "privacy_request_not_found"


class OwnAccountError(ConflictError):
    """Nobody erases the account they are signed in with, nor the last one."""

    code: ClassVar[str] = "own_account"


class Work(msgspec.Struct, frozen=True):
    """What the job is told. The pseudonym is made once, so that a job which is started again uses the same."""

    request: UUID
    kind: Kind
    subject_kind: SubjectKind
    subject: UUID
    pseudonym: str


class PrivacyService:
    """Keeps what is asked for."""

    def __init__(self, jobs: Jobs, clock: Clock, store: FileStore) -> None:
        self._jobs = jobs
        self._clock = clock
        self.store = store

    async def get(self, uow: UnitOfWork, key: UUID, kind: Kind) -> RowMapping:
        """One request."""
        row = await repository.get(uow.connection, key, kind)
        if row is None:
            raise PrivacyRequestUnknownError(f"there is no {kind} {key}")
        return row

    async def export(self, uow: UnitOfWork, body: PrivacyCreate) -> RowMapping:
        """Put together what there is about a person."""
        return await self._ask(uow, "export", *await self._person(uow, body))

    async def erase(self, uow: UnitOfWork, body: PrivacyCreate) -> RowMapping:
        """Begin to erase: from now on the token does not charge and the user does not sign in."""
        kind, key, name = await self._person(uow, body)
        now = self._clock.now()
        if kind == "token":
            await token_rows.get(uow.connection, key, lock=True)
            if await token_rows.charges_now(uow.connection, name):
                raise TokenChargesError("the token charges now: wait for the end, then erase")
            await token_rows.change(uow.connection, key, {"status": "blocked", "updated_at": now})
        else:
            if str(key) == uow.scope.actor.id or await repository.is_last_user(uow.connection, key):
                raise OwnAccountError("somebody has to be left who can sign in: let another administrator do it")
            await repository.lock_out(uow.connection, key, now)
        return await self._ask(uow, "erasure", kind, key, name)

    async def fetch(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """An export whose file can be fetched."""
        row = await self.get(uow, key, "export")
        if row["status"] != "done" or row["expires_at"] <= self._clock.now():
            raise PrivacyRequestUnknownError(
                "the file is not there yet" if row["status"] == "queued" else "the file is gone: ask for a new export"
            )
        uow.audit("privacy:person:download", row["subject_kind"], str(row["subject_id"]), None, {"export": str(key)})
        return row

    @staticmethod
    async def _person(uow: UnitOfWork, body: PrivacyCreate) -> tuple[SubjectKind, UUID, str]:
        if body.token_id is not None:
            token = await repository.token_of(uow.connection, body.token_id)
            if token is not None:
                return "token", body.token_id, token[0]
        elif body.user_id is not None:
            name = await repository.user_name(uow.connection, body.user_id)
            if name is not None:
                return "user", body.user_id, name
        raise PersonUnknownError(f"there is no {'token' if body.token_id else 'user'} {body.token_id or body.user_id}")

    async def _ask(self, uow: UnitOfWork, kind: Kind, subject_kind: SubjectKind, subject: UUID, _: str) -> RowMapping:
        key, scope = new_id(), uow.scope
        work = Work(key, kind, subject_kind, subject, f"ERASED-{new_id().hex[-12:]}")
        job = await self._jobs.enqueue(
            uow.connection, JOB, work, organization_id=scope.organization_id, actor=scope.actor.name
        )
        values = {
            "id": key,
            "organization_id": scope.organization_id,
            "kind": kind,
            "subject_kind": subject_kind,
            "subject_id": subject,
            "job": job,
            "actor_id": scope.actor.id,
            "created_at": self._clock.now(),
        }
        await repository.add(uow.connection, values)
        action = "privacy:person:export" if kind == "export" else "privacy:person:erase"
        uow.audit(action, subject_kind, str(subject), None, {"request": str(key)})
        return await self.get(uow, key, kind)


async def subject_of(uow: UnitOfWork, work: Work) -> Subject | None:
    """Whom a job is about; None where they are gone already."""
    if work.subject_kind == "token":
        token = await repository.token_of(uow.connection, work.subject)
        return None if token is None else Subject("token", work.subject, token[0], work.pseudonym, token[1])
    name = await repository.user_name(uow.connection, work.subject)
    return None if name is None or name == work.pseudonym else Subject("user", work.subject, name, work.pseudonym)
