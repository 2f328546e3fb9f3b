# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Durable events that may be worth an alert: each is counted once, however often it is delivered."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final
from uuid import UUID

import msgspec

from csms.domain.events import (
    CommandFinished,
    DurableEvent,
    SecurityEventRaised,
    TransactionCorrected,
    TransactionEnded,
)
from csms.domain.texts import bounded
from csms.features.alerts import repository, sets
from csms.features.alerts.bodies import KINDS
from csms.features.alerts.raising import tell
from csms.features.alerts.rules import Row, concerns, title_of
from csms.kit.clock import Clock
from csms.kit.db.outbox import to_jsonb
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.ids import new_id

HEARD: Final = (SecurityEventRaised, TransactionEnded, TransactionCorrected, CommandFinished)
_REMEMBER_S: Final = 10.0

Rule = Row


class AlertWatcher:
    """Consumes what happens at chargers. Rules are remembered for a moment: most events concern none."""

    def __init__(self, open_uow: Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]], clock: Clock) -> None:
        self._open_uow = open_uow
        self._clock = clock
        self._rules: dict[UUID, tuple[float, Sequence[Rule]]] = {}

    async def __call__(self, event: DurableEvent, delivery: int) -> None:
        """`delivery` is the same at each attempt."""
        rules = await self._of(event.organization_id)
        found = [(rule, *what) for rule in rules for what in _matches(rule, event)]
        if not found:
            return
        async with self._open_uow(Scope.system(event.organization_id)) as uow:
            name, places = await repository.charger(uow.connection, event.charger_id)
            for rule, subject, details in found:
                if concerns(rule["scope"], event.charger_id, places):
                    details["name"] = name
                    await self._occur(uow, rule, event, delivery, f"{event.charger_id}{subject}", details)

    async def _occur(
        self, uow: UnitOfWork, rule: Rule, event: DurableEvent, delivery: int, subject: str, details: dict[str, Any]
    ) -> None:
        now = self._clock.now()
        connector_id = getattr(event, "connector_id", None)
        values = {
            "id": new_id(),
            "rule": rule["id"],
            "subject": subject,
            "charger_id": event.charger_id,
            "connector_id": connector_id,
            "title": title_of(rule["kind"], event.charger_id, connector_id, details),
            "details": to_jsonb(msgspec.json.encode(details)),
            "at": min(event.at, now),
            "delivery": delivery,
            "now": now,
        }
        row = await sets.occur(uow.connection, values)
        if row is None:
            return
        kind = "raised" if row["count"] == 1 else "repeated"
        await repository.note(uow.connection, uow.scope.organization_id, [row["id"]], kind, "system", now)
        tell(uow, row, now, kind)

    async def _of(self, organization_id: UUID) -> Sequence[Rule]:
        known = self._rules.get(organization_id)
        if known is not None and self._clock.monotonic() - known[0] < _REMEMBER_S:
            return known[1]
        async with self._open_uow(Scope.system(organization_id)) as uow:
            enabled = await repository.enabled_rules(uow.connection)
        rules = [dict(rule) for rule in enabled if KINDS[rule["kind"]].by_event]
        self._rules[organization_id] = (self._clock.monotonic(), rules)
        return rules


def _matches(rule: Rule, event: DurableEvent) -> Iterator[tuple[str, dict[str, Any]]]:
    """What of an event a rule is about: the rest of the subject, and details."""
    condition = rule["condition"]
    match rule["kind"], event:
        case "security_event", SecurityEventRaised():
            named = condition["events"]
            if named is None or event.name in named:
                # of names that nobody chose there may be any number: they share one alert
                subject = "" if named is None else f"/{event.name}"
                yield subject, {"what": bounded(event.name), "info": bounded(event.info or "")}
        case "version_downgraded", SecurityEventRaised(name="version_downgraded"):
            yield "", {"what": bounded(event.info or "")}
        case "implausible_meter", TransactionEnded() | TransactionCorrected():
            doubts = sorted(set(event.flags) & set(condition["flags"]))
            if doubts:
                yield f"/{event.id}", {"what": ", ".join(doubts), "transaction": str(event.id)}
        case "command_failed", CommandFinished():
            name, status = str(type(event.command).__struct_config__.tag), event.outcome.status.value
            named = condition["commands"]
            if status in condition["statuses"] and (named is None or name in named):
                reason = bounded(event.outcome.reason or "")
                yield f"/{name}", {"what": f"{name} {status} {reason}".strip(), "command": str(event.id)}
        case _:
            return
