# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One request, one job, one event: one transaction, in the name of one organization.

The door opens it and commits it; features never commit. Events and audit lines are collected on the way: durable events
and the audit are written with the transaction, live events are told after it.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import Boolean, ColumnElement, literal_column, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.kit.bus.base import Event
from csms.kit.clock import Clock
from csms.kit.db.driver import driver_connection
from csms.kit.db.engine import AppDatabase, at_last
from csms.kit.db.outbox import BELL, Outbox, to_jsonb
from csms.kit.db.rights import ChangedRights
from csms.kit.errors import OutOfReachError
from csms.kit.http.idempotency import Claim, take
from csms.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: a user, a program, or the system itself."""

    kind: str
    id: str | None
    name: str


SYSTEM: Final = Actor("system", None, "system")


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom and by whom. `places`: the sites and groups that are seen; None: all of the organization.

    `claim`: what is done is done once under an idempotency key.
    """

    organization_id: UUID
    actor: Actor
    address: str | None = None
    request_id: str | None = None
    places: frozenset[UUID] | None = None
    claim: Claim | None = None

    @classmethod
    def system(cls, organization_id: UUID) -> "Scope":
        """Work that belongs to nobody's request."""
        return cls(organization_id, SYSTEM)


class Bells(Protocol):
    """What is told after a commit."""

    def publish(self, event: Any) -> None:
        """A live event."""
        ...

    def wake(self, consumer: str) -> None:
        """A consumer of the outbox has something to read."""
        ...


@dataclass(slots=True)
class UnitOfWork:
    """What a use case works with."""

    connection: AsyncConnection
    scope: Scope
    events: list[Event] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)

    def record(self, event: Any) -> None:
        """Tell an event: a durable one with the transaction, a live one after it."""
        self.events.append(event)

    def audit(self, action: str, subject_kind: str, subject_id: str, before: object, after: object) -> None:
        """Say who did what to what; `before` and `after` never hold a secret."""
        self.audits.append(
            {
                "action": action,
                "subject_kind": subject_kind,
                "subject_id": subject_id,
                "before": None if before is None else msgspec.Raw(msgspec.json.encode(before)),
                "after": None if after is None else msgspec.Raw(msgspec.json.encode(after)),
            }
        )


_AUDIT: Final = """
INSERT INTO audit_log (id, organization_id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id,
    before, after, address, request_id)
SELECT l.id, l.organization_id, l.at, l.actor_kind, l.actor_id, l.actor_name, l.action, l.subject_kind, l.subject_id,
    l.before, l.after, l.address, l.request_id
FROM ROWS FROM (jsonb_to_recordset(current_setting('csms.audit_lines')::jsonb) AS (
    id uuid, organization_id uuid, at timestamptz, actor_kind text, actor_id text, actor_name text, action text,
    subject_kind text, subject_id text, before jsonb, after jsonb, address text, request_id text
)) WITH ORDINALITY AS l (id, organization_id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id,
    before, after, address, request_id, place)
ORDER BY l.place
"""

SEES_A_PART: Final[ColumnElement[bool]] = literal_column("(current_user = 'csms_limited')", Boolean)
"""For queries: whoever asks sees some sites and groups only. What was summed up over all is not theirs to read."""
_NO_RIGHT: Final = "42501"  # PostgreSQL: insufficient_privilege, a policy's refusal too


def _whole(scope: Scope) -> str:
    """For whom it is, which row-level security goes by. All that is spelled here is a UUID."""
    return f"SET LOCAL csms.organization_id = '{UUID(str(scope.organization_id))}';"


def _part(scope: Scope) -> str:
    """Who may see a part only acts as a role that sees no more."""
    if scope.places is None:
        return ""
    places = ",".join(sorted(str(UUID(str(place))) for place in scope.places))
    return f"SET LOCAL csms.places = '{{{places}}}';SET LOCAL ROLE csms_limited;"


OpenUnitOfWork = Callable[[Scope], Any]
Changed = Callable[[UUID, Iterable[str]], None]
"""Is told, right after a commit, for whom what was done: the actions that were audited."""


class UnitsOfWork:
    """Opens units of work; one per process."""

    def __init__(
        self, database: AppDatabase, outbox: Outbox, bells: Bells, clock: Clock, changed: Changed | None = None
    ) -> None:
        self._changed = changed
        self.rights = ChangedRights()
        self._database = database
        self._outbox = outbox
        self._bells = bells
        self._clock = clock

    @asynccontextmanager
    async def __call__(self, scope: Scope) -> AsyncIterator[UnitOfWork]:
        """A transaction that sees one organization."""
        try:
            claim = None if scope.claim is None or scope.claim.taken else scope.claim
            async with self._database.connect(_whole(scope) + ("" if claim else _part(scope))) as connection:
                if claim is not None:  # the whole organization's, whatever whoever asks may see of it
                    await take(connection, claim, scope.organization_id, scope.actor.id or scope.actor.name)
                    if scope.places is not None:
                        await (await driver_connection(connection)).execute(_part(scope))
                unit = UnitOfWork(connection, scope)
                yield unit
                await self._write(unit)
        except DBAPIError as error:
            if scope.places is None or getattr(error.orig, "sqlstate", None) != _NO_RIGHT:
                raise
            raise OutOfReachError("this reaches beyond the sites and groups where you may do it") from error
        self._tell(unit)

    @asynccontextmanager
    async def snapshot(self, scope: Scope, statement_timeout_s: float) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one organization as it is now, for reading more than fits into memory."""
        patience = f"SET LOCAL statement_timeout = {round(statement_timeout_s * 1000)};"
        async with self._database.connect(_whole(scope) + _part(scope) + patience, snapshot=True) as connection:
            yield connection

    @asynccontextmanager
    async def unscoped(self) -> AsyncIterator[AsyncConnection]:
        """A transaction of no organization: for sign-in and for going through all of them."""
        async with self._database.connect() as connection:
            yield connection

    async def organizations(self) -> list[UUID]:
        """All of them, for work that belongs to none."""
        async with self.unscoped() as connection:
            rows = await connection.execute(text("SELECT csms_organizations()"))
            return [row[0] for row in rows]

    async def _write(self, unit: UnitOfWork) -> None:
        """What was told, and at last what was audited.

        That is inserted as `csms_audit`, which can do nothing else, and goes with the commit: it locks the head of the
        organization's chain, for which all others wait that audit something.
        """
        durable: list[Any] = [event for event in unit.events if event.kind == "durable"]
        then = {"csms.audit_lines": self._lines(unit), "role": "csms_audit"} if unit.audits else None
        await self._outbox.append(unit.connection, durable, then=then)
        if then:
            await at_last(unit.connection, _AUDIT)

    def _lines(self, unit: UnitOfWork) -> str:
        scope = unit.scope
        common = {
            "organization_id": scope.organization_id,
            "at": self._clock.now(),
            "actor_kind": scope.actor.kind,
            "actor_id": scope.actor.id,
            "actor_name": scope.actor.name,
            "address": scope.address,
            "request_id": scope.request_id,
        }
        return to_jsonb(msgspec.json.encode([{"id": new_id(), **common, **line} for line in unit.audits]))

    def _tell(self, unit: UnitOfWork) -> None:
        actions = [line["action"] for line in unit.audits]
        if actions:
            self.rights.own_change(unit.scope.organization_id, actions)
        if actions and self._changed is not None:
            self._changed(unit.scope.organization_id, actions)
        for event in unit.events:
            if event.kind == "live":
                self._bells.publish(event)
        if any(event.kind == "durable" for event in unit.events):
            self._bells.wake(BELL)
