# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The turn of the worker: states are looked at rule by rule, what is over ends, what is due is told."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from csms.features.alerts import repository, sets
from csms.features.alerts.bodies import KINDS
from csms.features.alerts.detection import QUERIES
from csms.features.alerts.raising import Raiser, ended, tell
from csms.features.alerts.registry import facts_of, parameters_of, seed
from csms.features.alerts.rules import SEVERITIES, Notifier, Premises, Row, Steady, message_of, quiet_until
from csms.kit.clock import Clock
from csms.kit.db.group_commit import is_away
from csms.kit.db.partitions import load_retention, months_before
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import UnavailableError
from csms.kit.metrics import Metrics

log = structlog.get_logger(__name__)

_MESSAGES: Final = 200
_LATER: Final = timedelta(seconds=60)
_HOUR_S: Final = 3600.0


class AlertSweeper:
    """Looks at all organizations. One that another worker looks at is left to it."""

    def __init__(
        self, units: UnitsOfWork, clock: Clock, metrics: Metrics, premises: Premises,
        notifier: Notifier | None = None, base_url: str | None = None,
    ) -> None:  # fmt: skip
        self._units = units
        self._clock = clock
        self._metrics = metrics
        self._premises = premises
        self._notifier = notifier
        self._base_url = base_url
        self._steady = Steady(clock)
        self._looked: dict[UUID, float] = {}
        self._seeded: set[UUID] = set()
        self._forgot_s: float | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """A turn that goes on ends after the rule or message it is at; the rest is left to the next worker."""
        self._stopping.set()

    async def __call__(self) -> None:
        """One turn. What fails at one rule keeps nothing from the others."""
        jump_s = self._steady.look()
        standing = dict.fromkeys(SEVERITIES, 0)
        organizations = await self._units.organizations()
        for organization_id in organizations:
            if self._stopping.is_set() and not jump_s:  # a jump that is not passed on to all is lost
                return
            rules, messages, marked = await self._begin(organization_id, jump_s, standing)
            for rule in rules:
                if self._stopping.is_set():
                    break
                await self._turn(rule)
            if rules or marked:
                messages = await self._after(organization_id)
            await self._tell(organization_id, messages)
        for severity, count in standing.items():
            self._metrics.alerts_open.labels(severity).set(count)
        await self._forget(organizations)

    async def _begin(
        self, organization_id: UUID, jump_s: float, standing: dict[str, int]
    ) -> tuple[Sequence[Row], Sequence[UUID], bool]:
        """What is over is woken and counted.

        Returns the rules to look at, the messages that are due by now, and whether groups have changed.
        """
        now, now_s = self._clock.now(), self._clock.monotonic()
        async with self._units(Scope.system(organization_id)) as uow:
            if organization_id not in self._seeded:
                await seed(uow, now)
            if jump_s:
                await sets.shift(uow.connection, timedelta(seconds=jump_s), now)
            awake = await sets.wake(uow.connection, now)
            await repository.note(uow.connection, organization_id, [row["id"] for row in awake], "woken", "system", now)
            for row in awake:
                tell(uow, row, now)
            for severity, count in (await sets.open_by_severity(uow.connection)).items():
                standing[severity] += count
            enabled = await repository.enabled_rules(uow.connection)
            due = [
                row for row in enabled if now_s - self._looked.get(row["id"], -_HOUR_S) >= KINDS[row["kind"]].every_s
            ]
            rules = [dict(row) for row in await self._at_work(uow, due)]
            messages = await sets.due(uow.connection, now, _MESSAGES)
            marked = await sets.marked(uow.connection)
        self._seeded.add(organization_id)
        self._looked.update((row["id"], now_s) for row in due)
        return rules, messages, marked

    async def _at_work(self, uow: UnitOfWork, due: Sequence[Row]) -> Sequence[Row]:
        """Those that may have something to look at; where that cannot be told, all."""
        if not due:
            return due
        try:
            facts: dict[str, Any] = {}
            for rule in due:
                facts |= await facts_of(rule, self._premises)
            async with uow.connection.begin_nested():
                found = await sets.at_work(uow.connection, [rule["id"] for rule in due], facts)
        except Exception as error:  # noqa: BLE001  (the rule that it is about says so when it is looked at)
            log.warning("what there is to look at cannot be told: every rule is looked at", error=repr(error))
            return due
        return [rule for rule in due if rule["id"] in found]

    async def _turn(self, rule: Row) -> None:
        try:
            async with self._units(Scope.system(rule["organization_id"])) as uow:
                if await repository.hold(uow.connection):
                    await self._look(uow, rule)
        except Exception as error:
            if is_away(error) or isinstance(error, UnavailableError):
                log.warning("a rule could not be looked at", rule=str(rule["id"]), error=repr(error))
            else:
                log.exception("a rule could not be looked at", rule=str(rule["id"]))

    async def _look(self, uow: UnitOfWork, rule: Row) -> None:
        now, kind = self._clock.now(), KINDS[rule["kind"]]
        if not kind.by_event:
            facts = await facts_of(rule, self._premises)
            found = await sets.compare(
                uow.connection, QUERIES[rule["kind"]], await parameters_of(uow, rule, now, self._steady, facts)
            )
            await Raiser(uow, rule, now)(found)
        if rule["auto_resolve"]:
            await ended(uow, await sets.resolve(uow.connection, rule, kind.by_event, now), now)
        await ended(uow, await sets.resolve_groups(uow.connection, rule, now), now)

    # -- messages

    async def _after(self, organization_id: UUID) -> Sequence[UUID]:
        """What changed of groups is kept; returns the messages that are due."""
        async with self._units(Scope.system(organization_id)) as uow:
            try:
                async with uow.connection.begin_nested():
                    if await sets.marked(uow.connection) and await repository.hold(uow.connection):
                        await sets.fold(uow.connection)
            except Exception:  # until it is done, whoever asks for groups sums what changed
                log.exception("groups of alerts could not be kept")
            return await sets.due(uow.connection, self._clock.now(), _MESSAGES)

    async def _tell(self, organization_id: UUID, due: Sequence[UUID]) -> None:
        now = self._clock.now()
        for key in due:
            if self._stopping.is_set():
                return
            try:
                async with self._units(Scope.system(organization_id)) as uow:
                    row = await sets.take(uow.connection, key, now)
                    if row is not None:
                        await sets.set_notice(uow.connection, key, await self._told(uow, row, now))
            except UnavailableError:
                raise  # the database is away: nothing is lost, the next turn tells it
            except Exception:
                log.exception("an alert could not be told", alert=str(key))
                async with self._units(Scope.system(organization_id)) as uow:
                    await sets.set_notice(uow.connection, key, {"notify_at": now + _LATER})

    async def _told(self, uow: UnitOfWork, row: Row, now: datetime) -> dict[str, Any]:
        """Send it, or say when; returns what is remembered of it."""
        if self._notifier is None or not row["channels"] or row["status"] in ("acknowledged", "snoozed"):
            return {"notify_at": None}
        quiet = row["quiet_hours"]
        if quiet is not None and not (row["severity"] == "critical" and quiet["critical_through"]):
            until = quiet_until(quiet, now)
            if until is not None:
                return {"notify_at": until}
        await self._notifier.send(uow, row["channels"], message_of(row, self._base_url, now))
        await repository.note(uow.connection, uow.scope.organization_id, [row["id"]], "notified", "system", now)
        again = row["renotify_after_s"]
        return {
            "notified_at": now,
            "told_members": row["members"],
            "notify_at": None if row["status"] == "resolved" or again is None else now + timedelta(seconds=again),
        }

    async def _forget(self, organizations: Sequence[UUID]) -> None:
        """Every hour, what is older than is kept."""
        now_s = self._clock.monotonic()
        if self._forgot_s is not None and now_s - self._forgot_s < _HOUR_S:
            return
        self._forgot_s = now_s
        for organization_id in organizations:
            if self._stopping.is_set():
                return
            async with self._units(Scope.system(organization_id)) as uow:
                kept = await load_retention(uow.connection)
                await sets.forget(uow.connection, months_before(self._clock.now(), kept.status_history_months))
            await asyncio.sleep(0)
        self._looked = {key: at for key, at in self._looked.items() if now_s - at < _HOUR_S}
