# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of alert rules."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from csms.features.alerts import repository, sets
from csms.features.alerts.bodies import KINDS, Condition, RuleScope
from csms.features.alerts.detection import FORESEEN, QUERIES
from csms.features.alerts.raising import ended
from csms.features.alerts.rules import Premises, Row, Steady, named_in, title_of
from csms.features.alerts.schemas import AlertRuleCreate, AlertRuleUpdate
from csms.features.notifications.tables import notification_channels
from csms.features.sites.tables import charger_groups, sites
from csms.kit.clock import Clock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.ids import new_id

_SHOWN: Final = 100
_CLEARABLE: Final = frozenset({"quiet_hours", "renotify_after_s", "group_over"})
# Kind, severity, and what differs from the defaults of a rule.
_FIRST: Final[tuple[tuple[str, str, str, dict[str, Any]], ...]] = (
    ("offline", "Charger offline", "warning", {"group_over": 10}),
    ("faulted", "Connector faulted", "warning", {"group_over": 10}),
    ("flapping", "Charger connects again and again", "warning", {"clear_after_s": 600}),
    ("no_meter_values", "No meter values", "warning", {}),
    ("implausible_meter", "Implausible meter values", "warning", {"clear_after_s": 604_800}),
    ("certificate_expiry", "Certificate ends soon", "warning", {}),
    ("security_event", "Security event", "critical", {"auto_resolve": False}),
    ("version_downgraded", "Older OCPP version than before", "warning", {"auto_resolve": False}),
    ("disk", "Disk fills up", "critical", {"clear_after_s": 600}),
    ("failed_jobs", "Background work failed", "warning", {}),
    ("configuration_drift", "Configuration differs from its template", "info", {}),
    ("clock_offset", "Wrong clock", "info", {"clear_after_s": 600}),
    ("boot_rejected", "Booted and may not work", "info", {}),
)


class AlertRuleNotFoundError(NotFoundError):
    """No such rule."""

    code: ClassVar[str] = "alert_rule_not_found"


class AlertRuleNameTakenError(ConflictError):
    """Two rules of one name would be mistaken for each other."""

    code: ClassVar[str] = "alert_rule_name_taken"


class AlertRuleUnfitError(InvalidError):
    """The kind of condition has no scope, or no groups; or it is another kind than before."""

    code: ClassVar[str] = "alert_rule_unfit"


class UnknownScopeError(InvalidError):
    """A scope names chargers, sites or groups that there are not."""

    code: ClassVar[str] = "unknown_scope"


class UnknownChannelError(InvalidError):
    """A rule names a channel that there is not: its messages would reach nobody, without a word."""

    code: ClassVar[str] = "unknown_channel"


async def seed(uow: UnitOfWork, now: datetime) -> None:
    """The first rules of an organization, at its first use; whoever removes them does not get them again."""
    organization_id = uow.scope.organization_id
    if not await repository.seed(uow.connection, organization_id, now):
        return
    bodies = (
        AlertRuleCreate.model_validate({"name": name, "condition": {"kind": kind}, "severity": severity, **options})
        for kind, name, severity, options in _FIRST
    )
    rules = [_row(body, organization_id, now) for body in bodies]
    added = await repository.add_rules(uow.connection, rules)
    for values in rules:
        if values["id"] in added:
            uow.audit("alert:rule:seed", "alert_rule", str(values["id"]), None, _shown(values))


def _row(body: AlertRuleCreate, organization_id: UUID, now: datetime) -> dict[str, Any]:
    dumped = body.model_dump(mode="json", exclude={"channels"})
    return {
        **dumped,
        "id": new_id(),
        "organization_id": organization_id,
        "kind": body.condition.kind,
        "scope": body.scope.model_dump(mode="json", exclude_none=True),
        "channels": list(dict.fromkeys(body.channels)),
        "created_at": now,
        "updated_at": now,
    }


async def facts_of(rule: Row, premises: Premises) -> dict[str, Any]:
    """What the installation is asked; only of the organization that it belongs to."""
    if rule["organization_id"] != DEFAULT_ORGANIZATION_ID:
        return {}
    if rule["kind"] == "disk":
        return {"disk_percent": int(100 * await asyncio.to_thread(premises.disk_used))}
    if rule["kind"] == "certificate_expiry":
        found = await asyncio.to_thread(premises.certificates)
        return {"certificates": [{"name": name, "at": at.isoformat()} for name, at in found.items()]}
    return {}


async def parameters_of(
    uow: UnitOfWork, rule: Row, now: datetime, steady: Steady, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """What the queries of `detection` are given."""
    chargers, places = named_in(rule["scope"])
    condition: Condition = KINDS[rule["kind"]].model_validate(rule["condition"])
    return {
        "rule": rule["id"],
        "organization": uow.scope.organization_id,
        "now": now,
        "before": steady.before(condition.after),
        "settled": steady.settled(condition.after),
        "chargers": chargers,
        "places": places,
        "condition": msgspec.json.encode(rule["condition"]).decode(),
        "facts": msgspec.json.encode(facts).decode(),
        "grouped": rule["group_over"] is not None,
        "within_s": rule["group_within_s"],
    }


def kinds() -> list[dict[str, Any]]:
    """What conditions there are."""
    return [
        {
            "kind": name,
            "description": kind.__doc__,
            "by_event": kind.by_event,
            "scoped": kind.scoped,
            "parameters": kind.model_json_schema(),
        }
        for name, kind in KINDS.items()
    ]


class AlertRuleService:
    """Keeps rules; `jobs` and `handlers` go by them."""

    def __init__(self, clock: Clock, premises: Premises) -> None:
        self._clock = clock
        self._premises = premises

    async def seed(self, uow: UnitOfWork) -> None:
        """The first rules, before they are shown."""
        await seed(uow, self._clock.now())

    async def get(self, uow: UnitOfWork, key: UUID, *, lock: bool = False) -> RowMapping:
        """One rule."""
        await self.seed(uow)
        row = await repository.rule(uow.connection, key, lock=lock)
        if row is None:
            raise AlertRuleNotFoundError(f"there is no alert rule {key}")
        return row

    async def create(self, uow: UnitOfWork, body: AlertRuleCreate) -> RowMapping:
        """A new rule."""
        await self.seed(uow)
        values = _row(body, uow.scope.organization_id, self._clock.now())
        _check(values)
        values["scope"] = await self._scope(uow, body.scope)
        await self._check_channels(uow, body.channels)
        if not await repository.add_rule(uow.connection, values):
            raise AlertRuleNameTakenError(f"there is an alert rule {body.name!r} already")
        uow.audit("alert:rule:create", "alert_rule", str(values["id"]), None, _shown(values))
        return await self.get(uow, values["id"])

    async def update(self, uow: UnitOfWork, key: UUID, body: AlertRuleUpdate) -> RowMapping:
        """Change what is named."""
        before = await self.get(uow, key, lock=True)
        given = body.model_dump(mode="json", exclude_unset=True)
        values = {name: value for name, value in given.items() if value is not None or name in _CLEARABLE}
        if "channels" in values:
            values["channels"] = list(dict.fromkeys(body.channels or []))
            await self._check_channels(uow, [each for each in values["channels"] if each not in before["channels"]])
        if body.scope is not None:
            values["scope"] = await self._scope(uow, body.scope)
        if "condition" in values and values["condition"]["kind"] != before["kind"]:
            raise AlertRuleUnfitError(f"it stays of the kind {before['kind']}: make another rule")
        _check({**before, **values})
        if not values:
            return before
        if not await repository.change_rule(uow.connection, key, {**values, "updated_at": self._clock.now()}):
            raise AlertRuleNameTakenError(f"there is an alert rule {values['name']!r} already")
        if values.get("enabled") is False:
            await self._end(uow, key, "the rule is no longer in force")
        row = await self.get(uow, key)
        uow.audit("alert:rule:update", "alert_rule", str(key), _shown(before), _shown(row))
        return row

    async def delete(self, uow: UnitOfWork, key: UUID) -> None:
        """Forget it; its alerts are over."""
        before = await self.get(uow, key, lock=True)
        await self._end(uow, key, "the rule was deleted")
        await repository.remove_rule(uow.connection, key)
        uow.audit("alert:rule:delete", "alert_rule", str(key), _shown(before), None)

    async def test(self, uow: UnitOfWork, key: UUID) -> dict[str, Any]:
        """What it finds now; nothing is raised."""
        rule = {**await self.get(uow, key), "organization_id": uow.scope.organization_id}
        facts = await facts_of(rule, self._premises)
        parameters = await parameters_of(uow, rule, self._clock.now(), Steady(self._clock), facts)
        query = (QUERIES | FORESEEN)[rule["kind"]]
        found = [row for row in await sets.look(uow.connection, query, parameters) if row["ripe"]]
        items = [
            {
                "subject": row["subject"],
                "charger_id": row["charger_id"],
                "connector_id": row["connector_id"],
                "began_at": row["began_at"],
                "title": title_of(rule["kind"], row["charger_id"], row["connector_id"], row["details"]),
            }
            for row in found[:_SHOWN]
        ]
        return {"total": len(found), "items": items}

    async def _end(self, uow: UnitOfWork, key: UUID, why: str) -> None:
        now = self._clock.now()
        await ended(uow, await sets.end_all(uow.connection, key, now), now, why)

    @staticmethod
    async def _check_channels(uow: UnitOfWork, ids: Sequence[UUID]) -> None:
        if gone := await repository.unknown(uow.connection, notification_channels, ids):
            raise UnknownChannelError(f"there is no channel {gone[0]}")

    @staticmethod
    async def _scope(uow: UnitOfWork, scope: RuleScope) -> dict[str, Any]:
        """As it is stored: identities as they are spelled here. Raises UnknownScopeError."""
        found: dict[str, Any] = scope.model_dump(mode="json", exclude_none=True)
        if scope.chargers is not None:
            found["chargers"] = await repository.spelled(uow.connection, scope.chargers)
            known = {each.lower() for each in found["chargers"]}
            if missing := [each for each in scope.chargers if each.lower() not in known]:
                raise UnknownScopeError(f"there is no charger {', '.join(missing[:5])}")
        for name, table, ids in (("site", sites, scope.sites), ("group", charger_groups, scope.groups)):
            if gone := await repository.unknown(uow.connection, table, ids or []):
                raise UnknownScopeError(f"there is no {name} {gone[0]}")
        return found


def _check(values: Row) -> None:
    kind = KINDS[values["kind"]]
    if values["scope"] and not kind.scoped:
        raise AlertRuleUnfitError(f"{values['kind']} concerns the installation: it has no scope")
    if values["group_over"] is not None and (kind.by_event or not kind.scoped):
        raise AlertRuleUnfitError(f"alerts of the kind {values['kind']} are not put together: leave group_over out")


def _shown(row: Row) -> dict[str, Any]:
    names: Sequence[str] = ("name", "condition", "scope", "severity", "quiet_hours", "channels", "enabled")
    return {name: row[name] for name in names}
