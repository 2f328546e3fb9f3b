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
from csms.kit.db.engine import AppDatabase
from csms.kit.db.outbox import BELL, Outbox
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
                "before": None if before is None else msgspec.json.encode(before).decode(),
                "after": None if after is None else msgspec.json.encode(after).decode(),
            }
        )


_AUDIT: Final = text("""
    INSERT INTO audit_log (id, organization_id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id,
        before, after, address, request_id)
    VALUES (:id, :organization_id, :at, :actor_kind, :actor_id, :actor_name, :action, :subject_kind, :subject_id,
        CAST(:before AS jsonb), CAST(:after AS jsonb), :address, :request_id)
""")

SEES_A_PART: Final[ColumnElement[bool]] = literal_column("(current_user = 'csms_limited')", Boolean)
"""For queries: whoever asks sees some sites and groups only. What was summed up over all is not theirs to read."""
_NO_RIGHT: Final = "42501"  # PostgreSQL: insufficient_privilege, a policy's refusal too
_ORGANIZATION: Final = text("SELECT set_config('csms.organization_id', :id, true)")
_PLACES: Final = text("SELECT set_config('csms.places', :places, true)")
_AS_LIMITED: Final = text("SET LOCAL ROLE csms_limited")
_LONG_READ: Final = text("SELECT set_config('statement_timeout', :timeout, true)")


async def _enter(connection: AsyncConnection, scope: Scope) -> None:
    """Say for whom, which row-level security goes by. Who may see a part only acts as a role that sees no more."""
    await connection.execute(_ORGANIZATION, {"id": str(scope.organization_id)})
    if scope.claim is not None and not scope.claim.taken:
        await take(connection, scope.claim, scope.organization_id, scope.actor.id or scope.actor.name)
    if scope.places is not None:
        places = "{" + ",".join(sorted(map(str, scope.places))) + "}"
        await connection.execute(_PLACES, {"places": places})
        await connection.execute(_AS_LIMITED)


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
            async with self._database.connect() as connection:
                await _enter(connection, scope)
                unit = UnitOfWork(connection, scope)
                yield unit
                await self._outbox.append(connection, [event for event in unit.events if event.kind == "durable"])  # type: ignore[misc]
                await self._write_audits(unit)
        except DBAPIError as error:
            if scope.places is None or getattr(error.orig, "sqlstate", None) != _NO_RIGHT:
                raise
            raise OutOfReachError("this reaches beyond the sites and groups where you may do it") from error
        self._tell(unit)

    @asynccontextmanager
    async def snapshot(self, scope: Scope, statement_timeout_s: float) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one organization as it is now, for reading more than fits into memory."""
        async with self._database.connect(snapshot=True) as connection:
            await _enter(connection, scope)
            milliseconds = str(round(statement_timeout_s * 1000))
            await connection.execute(_LONG_READ, {"timeout": milliseconds})
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

    async def _write_audits(self, unit: UnitOfWork) -> None:
        """As `csms_audit`, which can insert and nothing else: the last statement before the commit.

        It locks the head of the organization's chain, for which all others wait that audit something.
        """
        if not unit.audits:
            return
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
        await unit.connection.execute(text("SET LOCAL ROLE csms_audit"))
        await unit.connection.execute(_AUDIT, [{"id": new_id(), **common, **line} for line in unit.audits])

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
