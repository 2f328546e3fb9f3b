# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of a person's data: ask for it, and ask for its end. `PrivacyRunner` does both."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from csms.features.drivers import repository as driver_rows
from csms.features.drivers.service import DriverChargesError
from csms.features.people.service import PeopleService
from csms.features.privacy import repository
from csms.features.privacy.schemas import PrivacyCreate
from csms.features.tokens import repository as token_rows
from csms.features.tokens.service import TokenChargesError
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import NotFoundError
from csms.kit.files import FileStore
from csms.kit.http.principal import Principal
from csms.kit.ids import new_id
from csms.kit.jobs.base import Jobs
from csms.kit.privacy import Subject, SubjectKind

JOB: Final = "privacy"
Kind = Literal["export", "erasure"]


class PersonUnknownError(NotFoundError):
    """No such user, driver or token."""

    code: ClassVar[str] = "person_not_found"


class PrivacyRequestUnknownError(NotFoundError):
    """No such request, or its file is gone."""

    code: ClassVar[str] = "privacy_request_not_found"


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a request is about; `until`: a user who was retired then, under that name."""

    kind: SubjectKind
    id: UUID
    name: str
    until: datetime | None = None
    email: str | None = None


class Work(msgspec.Struct, frozen=True):
    """What the job is told. The pseudonym is made once, so that a job which is started again uses the same."""

    request: UUID
    kind: Kind
    subject_kind: SubjectKind
    subject: UUID
    name: str
    pseudonym: str
    until: datetime | None = None
    """Until when the name was theirs: it may be somebody else's by now."""
    tokens: tuple[tuple[UUID, str], ...] = ()
    """A driver's, each with a pseudonym of its own: nothing in common is left."""
    email: str | None = None
    """A user's, which is gone from the account as soon as the erasure was asked for."""


class PrivacyService:
    """Keeps what is asked for."""

    def __init__(self, jobs: Jobs, clock: Clock, store: FileStore, people: PeopleService) -> None:
        self._jobs = jobs
        self._people = people
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
        return await self._ask(uow, "export", await self._person(uow, body))

    async def erase(self, uow: UnitOfWork, principal: Principal, body: PrivacyCreate) -> RowMapping:
        """Begin to erase: from now on no token of theirs charges, and a user is retired."""
        person, now = await self._person(uow, body), self._clock.now()
        if person.kind == "token":
            await token_rows.get(uow.connection, person.id, lock=True)
            if await token_rows.charges_now(uow.connection, person.name):
                raise TokenChargesError("the token charges now: wait for the end, then erase")
            await token_rows.change(uow.connection, person.id, {"status": "blocked", "updated_at": now})
        elif person.kind == "driver":
            await self._stop(uow, person.id, now)
        elif person.until is None:
            email = await repository.email_of(uow.connection, person.id)
            await self._people.retire(uow, principal, person.id)
            person = Person("user", person.id, person.name, now, email)
        return await self._ask(uow, "erasure", person)

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
    async def _stop(uow: UnitOfWork, driver_id: UUID, now: datetime) -> None:
        """Neither the driver nor any of their tokens charges from now on."""
        await driver_rows.get(uow.connection, driver_id, lock=True)
        if await driver_rows.charges_now(uow.connection, driver_id):
            raise DriverChargesError("one of their tokens charges now: wait for the end, then erase")
        blocked = {"status": "blocked", "updated_at": now}
        for token_id in await driver_rows.tokens_of(uow.connection, driver_id):
            await token_rows.change(uow.connection, token_id, blocked)
        await driver_rows.change(uow.connection, driver_id, blocked)

    @staticmethod
    async def _person(uow: UnitOfWork, body: PrivacyCreate) -> Person:
        if body.token_id is not None:
            token = await repository.token_of(uow.connection, body.token_id)
            if token is not None:
                return Person("token", body.token_id, token[0])
        elif body.driver_id is not None:
            driver = await driver_rows.get(uow.connection, body.driver_id)
            if driver is not None:
                return Person("driver", body.driver_id, driver["name"])
        elif body.user_id is not None:
            user = await repository.user_of(uow.connection, body.user_id)
            if user is not None:
                return Person("user", body.user_id, *user)
        (wanted,) = body.model_dump(exclude_none=True).items()
        raise PersonUnknownError(f"there is no {wanted[0].removesuffix('_id')} {wanted[1]}")

    async def _ask(self, uow: UnitOfWork, kind: Kind, person: Person) -> RowMapping:
        key, scope = new_id(), uow.scope
        own = await driver_rows.tokens_of(uow.connection, person.id) if person.kind == "driver" else []
        tokens = tuple((token_id, _pseudonym()) for token_id in own)
        work = Work(key, kind, person.kind, person.id, person.name, _pseudonym(), person.until, tokens, person.email)
        job = await self._jobs.enqueue(
            uow.connection, JOB, work, organization_id=scope.organization_id, actor=scope.actor.name
        )
        values = {
            "id": key,
            "organization_id": scope.organization_id,
            "kind": kind,
            "subject_kind": person.kind,
            "subject_id": person.id,
            "job": job,
            "actor_id": scope.actor.id,
            "created_at": self._clock.now(),
        }
        await repository.add(uow.connection, values)
        action = "privacy:person:export" if kind == "export" else "privacy:person:erase"
        uow.audit(action, person.kind, str(person.id), None, {"request": str(key)})
        return await self.get(uow, key, kind)


def _pseudonym() -> str:
    return f"ERASED-{new_id().hex[-12:]}"


async def subjects_of(uow: UnitOfWork, work: Work) -> list[Subject]:
    """Whom a job is about: a driver's tokens, then themselves; without those that are gone already."""
    tokens = [await _token(uow, *token) for token in work.tokens]
    return [subject for subject in (*tokens, await _subject(uow, work)) if subject is not None]


async def _token(uow: UnitOfWork, key: UUID, pseudonym: str) -> Subject | None:
    token = await repository.token_of(uow.connection, key)
    return None if token is None else Subject("token", key, token[0], pseudonym, token[1])


async def _subject(uow: UnitOfWork, work: Work) -> Subject | None:
    if work.subject_kind == "token":
        return await _token(uow, work.subject, work.pseudonym)
    if work.subject_kind == "driver":
        driver = await driver_rows.get(uow.connection, work.subject)
        if driver is None or driver["name"] == work.pseudonym:
            return None
        return Subject("driver", work.subject, work.name, work.pseudonym)
    user = await repository.user_of(uow.connection, work.subject)
    if user is None or user[0] == work.pseudonym:
        return None
    return Subject("user", work.subject, work.name, work.pseudonym, until=work.until, email=work.email)
