# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Raises alerts and ends them, with their history and the events that tell of it; what is one outage becomes one."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from csms.domain.events import AlertChanged, AlertRaised, AlertResolved
from csms.features.alerts import repository, sets
from csms.features.alerts.rules import Row, group_title, outages, title_of
from csms.kit.db.uow import UnitOfWork
from csms.kit.ids import new_id

_AT_ONCE: Final = 2_000

Found = Row


def tell(uow: UnitOfWork, row: Row, now: datetime, what: str | None = None) -> None:
    """Tell that an alert changed; `what` is raised or resolved. Members of a group are told of by it alone."""
    if row["group_id"] is not None:
        return
    common = {
        "organization_id": uow.scope.organization_id,
        "charger_id": row["charger_id"] or "",
        "at": now,
        "id": row["id"],
        "of": row["kind"],
        "severity": row["severity"],
        "title": row["title"],
    }
    uow.record(AlertChanged(**common, status=row["status"], count=row["count"], members=row["members"]))
    if what == "raised":
        uow.record(AlertRaised(**common, rule=row["rule"], connector_id=row["connector_id"]))
    elif what == "resolved":
        uow.record(AlertResolved(**common, rule=row["rule"], connector_id=row["connector_id"]))


async def ended(uow: UnitOfWork, rows: Sequence[Row], now: datetime, why: str | None = None) -> None:
    """Write into the history that alerts are over by themselves, and tell it."""
    keys = [row["id"] for row in rows]
    await repository.note(uow.connection, uow.scope.organization_id, keys, "resolved", "system", now, why)
    for row in rows:
        tell(uow, row, now, "resolved")


class Raiser:
    """Raises what one rule found at one moment."""

    def __init__(self, uow: UnitOfWork, rule: Row, now: datetime) -> None:
        self._uow = uow
        self._rule = rule
        self._now = now
        self._notify_at = now if rule["channels"] else None

    async def __call__(self, found: Sequence[Found]) -> None:
        """Those that lasted long enough; and with them, where it is an outage, all that began with them."""
        single: list[Found] = list(found)
        if self._rule["group_over"] is not None and single:
            single = await self._grouped(single)
        await self._add([each for each in single if each["ripe"]], None)

    async def _grouped(self, found: list[Found]) -> list[Found]:
        """Raise what belongs to an outage, old or new; returns the rest."""
        rest = await self._joined(found)
        if not rest:
            return []
        connection, rule = self._uow.connection, self._rule
        within = timedelta(seconds=rule["group_within_s"])
        first, last = rest[0]["began_at"] - within, rest[-1]["began_at"] + within
        standing = await sets.single(connection, rule["id"], first, last)
        row: list[tuple[datetime, Found | None, UUID | None]] = sorted(
            [*((each["began_at"], each, None) for each in rest), *((at, None, key) for key, at in standing)],
            key=lambda each: each[0],
        )
        taken: set[str] = set()
        for outage in outages([at for at, _, _ in row], rule["group_over"], rule["group_within_s"]):
            part = row[outage.start : outage.stop]
            fresh = [each for _, each, _ in part if each is not None]
            if any(each["ripe"] for each in fresh):
                await self._new_group(fresh, [key for _, _, key in part if key is not None], part[0][0], part[-1][0])
                taken |= {each["subject"] for each in fresh}
        return [each for each in rest if each["subject"] not in taken]

    async def _joined(self, found: list[Found]) -> list[Found]:
        """Add what began close to the members of an outage that goes on; returns the rest."""
        within = timedelta(seconds=self._rule["group_within_s"])
        rest = found
        for group in await sets.groups(self._uow.connection, self._rule["id"]):
            first = group["began_at"] - within
            last = datetime.fromisoformat(group["details"]["last_began_at"]) + within
            more = [each for each in rest if first <= each["began_at"] <= last]
            if more:
                rest = [each for each in rest if not first <= each["began_at"] <= last]
                await self._grow(group, more)
        return rest

    async def _new_group(self, fresh: list[Found], standing: list[UUID], first: datetime, last: datetime) -> None:
        rule, key = self._rule, new_id()
        members = len(fresh) + len(standing)
        values: dict[str, Any] = {
            "id": key,
            "organization_id": rule["organization_id"],
            "rule": rule["id"],
            "rule_name": rule["name"],
            "kind": rule["kind"],
            "severity": rule["severity"],
            "subject": f"group/{key}",
            "title": group_title(rule["kind"], members),
            "details": {"last_began_at": last.isoformat()},
            "is_group": True,
            "members": members,
            "told_members": members,
            "count": 1,
            "began_at": first,
            "first_at": self._now,
            "last_at": self._now,
            "notify_at": self._notify_at,
        }
        await sets.add_group(self._uow.connection, values)
        await self._note([key], "raised")
        await self._add(fresh, key)
        await sets.join(self._uow.connection, key, standing)
        tell(
            self._uow,
            {**values, "status": "open", "group_id": None, "charger_id": None, "connector_id": None},
            self._now,
            "raised",
        )

    async def _grow(self, group: Row, more: list[Found]) -> None:
        """Twice as many as were told of are told of anew."""
        await self._add(more, group["id"])
        members = group["members"] + len(more)
        last = max(datetime.fromisoformat(group["details"]["last_began_at"]), more[-1]["began_at"])
        values: dict[str, Any] = {
            "members": members,
            "title": group_title(self._rule["kind"], members),
            "details": {"last_began_at": last.isoformat()},
            "last_at": self._now,
        }
        if members >= 2 * group["told_members"]:
            values |= {"told_members": members, "notify_at": self._notify_at}
        tell(self._uow, await sets.grow(self._uow.connection, group["id"], values), self._now)

    async def _add(self, found: Sequence[Found], group_id: UUID | None) -> None:
        """New alerts, some thousand in a statement."""
        for start in range(0, len(found), _AT_ONCE):
            rows = [self._row(each) for each in found[start : start + _AT_ONCE]]
            notify_at = self._notify_at if group_id is None else None
            new = await sets.add(self._uow.connection, self._rule, rows, self._now, notify_at, group_id)
            await self._note(new, "raised")
            for row in rows:
                if row["id"] in new:
                    tell(self._uow, {**row, "group_id": group_id}, self._now, "raised")

    def _row(self, found: Found) -> dict[str, Any]:
        rule = self._rule
        title = title_of(rule["kind"], found["charger_id"], found["connector_id"], found["details"])
        common = {"rule": rule["id"], "kind": rule["kind"], "severity": rule["severity"]}
        return {**found, **common, "id": new_id(), "title": title, "status": "open", "count": 1, "members": None}

    async def _note(self, keys: Iterable[UUID], kind: str) -> None:
        scope = self._uow.scope
        await repository.note(self._uow.connection, scope.organization_id, list(keys), kind, "system", self._now)
