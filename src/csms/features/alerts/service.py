# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What people do about alerts. What is done to an outage is done to all its alerts that stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, TypeAlias
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError

from csms.features.alerts import repository
from csms.features.alerts.raising import tell
from csms.features.alerts.schemas import (
    AlertAssignment,
    AlertComment,
    AlertNote,
    AlertsAssign,
    AlertsNamed,
    AlertSnooze,
    AlertsSnooze,
)
from csms.features.chargers.repository import pairs_of
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError

MOST: Final = 10_000
"""Alerts that are changed at once."""
_LONGEST: Final = timedelta(days=90)
Filtered: TypeAlias = Mapping[str, Any] | None
"""By what several were named, if not by their ids."""


class AlertNotFoundError(NotFoundError):
    """No such alert."""

    code: ClassVar[str] = "alert_not_found"


class AlertOverError(ConflictError):
    """It is resolved."""

    code: ClassVar[str] = "alert_over"


class AlertStandsError(ConflictError):
    """It is not resolved, or another of the same subject stands."""

    code: ClassVar[str] = "alert_stands"


class TooManyAlertsError(InvalidError):
    """A filter names more than are changed at once."""

    code: ClassVar[str] = "too_many_alerts"


class UnknownAssigneeError(InvalidError):
    """Nobody who could look after it."""

    code: ClassVar[str] = "unknown_assignee"


class SnoozeError(InvalidError):
    """A time that is over, or too far ahead."""

    code: ClassVar[str] = "invalid_snooze"


class AlertService:
    """Acknowledge, assign, snooze, resolve, reopen, comment."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def get(self, uow: UnitOfWork, key: UUID, *, lock: bool = False) -> RowMapping:
        """One alert."""
        row = await repository.get(uow.connection, key, lock=lock)
        if row is None:
            raise AlertNotFoundError(f"there is no alert {key}")
        return row

    async def acknowledge(self, uow: UnitOfWork, key: UUID, body: AlertNote) -> RowMapping:
        """Somebody has seen it: no more messages about it."""
        await self._standing(uow, key)
        await self._acknowledge(uow, [key], body.text)
        return await self.get(uow, key)

    async def acknowledge_many(self, uow: UnitOfWork, body: AlertsNamed) -> list[UUID]:
        """The same for several; those that are over, or acknowledged already, are left out."""
        keys = await self._named(uow, body)
        return await self._acknowledge(uow, keys, body.text, body.filter)

    async def assign(self, uow: UnitOfWork, key: UUID, body: AlertAssignment) -> RowMapping:
        """Give it to somebody, or to nobody."""
        await self._standing(uow, key)
        await self._assign(uow, [key], body.assigned_to, body.text)
        return await self.get(uow, key)

    async def assign_many(self, uow: UnitOfWork, body: AlertsAssign) -> list[UUID]:
        """The same for several; those that are over are left out."""
        return await self._assign(uow, await self._named(uow, body), body.assigned_to, body.text, body.filter)

    async def snooze(self, uow: UnitOfWork, key: UUID, body: AlertSnooze) -> RowMapping:
        """Not now: it is open again then, and told once more."""
        await self._standing(uow, key)
        await self._snooze(uow, [key], body.until, body.text)
        return await self.get(uow, key)

    async def snooze_many(self, uow: UnitOfWork, body: AlertsSnooze) -> list[UUID]:
        """The same for several; those that are over are left out."""
        return await self._snooze(uow, await self._named(uow, body), body.until, body.text, body.filter)

    async def resolve(self, uow: UnitOfWork, key: UUID, body: AlertNote) -> RowMapping:
        """It is dealt with. While its condition goes on it is not raised again."""
        await self._standing(uow, key)
        await self._resolve(uow, [key], body.text)
        return await self.get(uow, key)

    async def resolve_many(self, uow: UnitOfWork, body: AlertsNamed) -> list[UUID]:
        """The same for several; those that are over are left out."""
        return await self._resolve(uow, await self._named(uow, body), body.text, body.filter)

    async def reopen(self, uow: UnitOfWork, key: UUID, body: AlertNote) -> RowMapping:
        """It was not dealt with after all."""
        row = await self.get(uow, key, lock=True)
        if row["status"] != "resolved":
            raise AlertStandsError("it is not resolved")
        if row["is_group"]:
            raise AlertOverError("an outage is over with its last alert: reopen those of its alerts that go on")
        if row["rule"] is None:
            raise AlertOverError("its rule is gone: nothing would ever end it")
        values = {"status": "open", "resolved_at": None, "resolved_by": None, "muted": False}
        try:
            async with uow.connection.begin_nested():
                await self._change(uow, [key], "reopened", body.text, values, {}, members=False)
        except IntegrityError:
            raise AlertStandsError("another alert of the same subject stands: look after that one") from None
        return await self.get(uow, key)

    async def comment(self, uow: UnitOfWork, key: UUID, body: AlertComment) -> RowMapping:
        """Words for whoever looks next."""
        row = await self.get(uow, key)
        scope, now = uow.scope, self._clock.now()
        await repository.note(uow.connection, scope.organization_id, [key], "comment", scope.actor.name, now, body.text)
        uow.audit("alert:alert:comment", "alert", str(key), None, {"text": body.text})
        tell(uow, row, now)
        return row

    async def _standing(self, uow: UnitOfWork, key: UUID) -> None:
        if (await self.get(uow, key, lock=True))["status"] == "resolved":
            raise AlertOverError("it is resolved: reopen it first")

    @staticmethod
    async def _named(uow: UnitOfWork, body: AlertsNamed) -> list[UUID]:
        """Those of several that stand."""
        if body.ids is not None:
            return await repository.standing(uow.connection, body.ids)
        found = await repository.concerned(uow.connection, pairs_of(body.filter or {}), MOST + 1)
        if len(found) > MOST:
            raise TooManyAlertsError(f"the filter names more than {MOST} alerts: name fewer at a time")
        return found

    async def _acknowledge(
        self, uow: UnitOfWork, keys: Sequence[UUID], words: str | None, named: Filtered = None
    ) -> list[UUID]:
        values = {"status": "acknowledged", "snoozed_until": None, "notify_at": None}
        return await self._change(uow, keys, "acknowledged", words, values, {}, repository.UNSEEN, named=named)

    async def _assign(
        self, uow: UnitOfWork, keys: Sequence[UUID], user: UUID | None, said: str | None, named: Filtered = None
    ) -> list[UUID]:
        name: str | None = None
        if user is not None:
            # whose role holds at some places only sees no users; themselves they may name all the same
            actor = uow.scope.actor
            myself = actor.kind == "user" and actor.id == str(user)
            name = actor.name if myself else await repository.user_name(uow.connection, user)
            if name is None:
                raise UnknownAssigneeError(f"there is no user {user} who could look after it")
        words = f"to {name or 'nobody'}" + (f": {said}" if said else "")
        values = {"assigned_to": user, "assigned_name": name}
        return await self._change(uow, keys, "assigned", words, values, {"assigned_to": user}, named=named)

    async def _snooze(
        self, uow: UnitOfWork, keys: Sequence[UUID], until: datetime, said: str | None, named: Filtered = None
    ) -> list[UUID]:
        now = self._clock.now()
        if not now < until <= now + _LONGEST:
            raise SnoozeError(f"`until` lies ahead, by at most {_LONGEST.days} days")
        values = {"status": "snoozed", "snoozed_until": until, "notify_at": None}
        words = f"until {until.isoformat()}" + (f": {said}" if said else "")
        return await self._change(uow, keys, "snoozed", words, values, {"until": until}, named=named)

    async def _resolve(
        self, uow: UnitOfWork, keys: Sequence[UUID], words: str | None, named: Filtered = None
    ) -> list[UUID]:
        values: dict[str, Any] = {
            "status": "resolved",
            "resolved_at": self._clock.now(),
            "resolved_by": uow.scope.actor.name,
            "snoozed_until": None,
            "notify_at": None,
            "absent_since": None,
            "muted": repository.GOES_ON,
        }
        return await self._change(uow, keys, "resolved", words, values, {}, named=named)

    async def _change(
        self, uow: UnitOfWork, keys: Sequence[UUID], what: str, words: str | None, values: dict[str, Any],
        audited: dict[str, Any], *conditions: Any, members: bool = True, named: Filtered = None,
    ) -> list[UUID]:  # fmt: skip
        """Set columns of alerts and of their members, write it into their histories, tell it."""
        scope, now = uow.scope, self._clock.now()
        rows = await repository.change(uow.connection, keys, *conditions, members=members, **values)
        changed = [row["id"] for row in rows]
        await repository.note(uow.connection, scope.organization_id, changed, what, scope.actor.name, now, words)
        for row in rows:
            tell(uow, row, now, "resolved" if what == "resolved" else None)
        action, after = f"alert:alert:{_ACTIONS[what]}", {**audited, "text": words}
        if named is not None:  # one line for all of them
            uow.audit(action, "alert", "*", None, {**after, "filter": named, "alerts": len(changed)})
            return changed
        there = frozenset(changed)
        for key in keys:
            if key in there:
                uow.audit(action, "alert", str(key), None, after)
        return changed


_ACTIONS: Final = {
    "acknowledged": "acknowledge",
    "assigned": "assign",
    "snoozed": "snooze",
    "resolved": "resolve",
    "reopened": "reopen",
}
