# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events about charging profiles: what chargers were given, took away, reported, and outlived; plans of vehicles."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from csms.domain.charging_profiles import ChargingProfile
from csms.domain.commands import ClearChargingProfile, OutcomeStatus, SetChargingProfile, StartTransaction
from csms.domain.events import CommandFinished, ReportCompleted, TransactionEnded
from csms.domain.messages import Answer, DecisionAnswer, NoticeReported, Received
from csms.domain.plans import exceeds
from csms.features.smart_charging import ingest, repository
from csms.kit.db.ingest import Unit
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.ids import new_id
from csms.kit.together import Together, by

ReadReport = Callable[[UnitOfWork, str, UUID], Awaitable[Mapping[str, Any]]]
NamesOf = Callable[[UnitOfWork, UUID, str], Awaitable[tuple[int | None, str | None]]]


async def judge_plans(unit: Unit, items: Sequence[Received]) -> dict[int, Answer]:
    """Plans of vehicles that go beyond what they were given, by the index of their report: refused (K16.FR.02)."""
    plans = [
        (index, item.source, report)
        for index, item in enumerate(items)
        if isinstance(report := item.report, NoticeReported)
        and report.kind == "ev_charging_schedule"
        and report.evse_id is not None
    ]
    if not plans:
        return {}
    places = [(source.charger_id, report.evse_id or 0, source.organization_id) for _, source, report in plans]
    profiles = await ingest.given(unit, places)
    reason = "the plan goes beyond the charging profile of the transaction"
    return {
        index: DecisionAnswer(accepted=False, reason=reason)
        for index, source, report in plans
        if _exceeds_all(report, profiles.get((source.charger_id, report.evse_id or 0), ()))
    }


def _exceeds_all(report: NoticeReported, profiles: Sequence[dict[str, Any]]) -> bool:
    return bool(profiles) and all(_exceeds(report, profile) for profile in profiles)


def _exceeds(report: NoticeReported, profile: dict[str, Any]) -> bool:
    plan = report.data.get("charging_schedule")
    if not isinstance(plan, dict):
        return False
    schedules = profile["schedules"]
    began = schedules[0].get("start_at")
    offset_s = 0.0
    if began is not None and report.at is not None:
        offset_s = (report.at - datetime.fromisoformat(began)).total_seconds()
    return exceeds(plan, schedules, offset_s)


@dataclass(slots=True)
class _Ended:
    """A transaction that is over, and whether its charger has profiles of transactions."""

    event: TransactionEnded
    has_profiles: bool = False


class ProfileKeeper:
    """Consumes CommandFinished, ReportCompleted and TransactionEnded.

    `read_report` gives a report with its items, `names_of` how a charger knows its transaction.
    """

    def __init__(
        self,
        open_uow: Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]],
        read_report: ReadReport,
        names_of: NamesOf,
    ) -> None:
        self._open_uow = open_uow
        self._read_report = read_report
        self._names_of = names_of
        self._look = Together(self._look_at)

    async def finished(self, event: CommandFinished) -> None:
        """What a charger accepted; the same event twice changes nothing."""
        command = event.command
        if event.outcome.status is not OutcomeStatus.ACCEPTED:
            return
        if isinstance(command, SetChargingProfile) and command.profile.id is not None:
            named = command.ref if command.charger_ref is None else command.charger_ref
            async with self._open_uow(Scope.system(event.organization_id)) as uow:
                values = _row(event, command.evse_id, command.profile, None if named is None else str(named))
                values["charging_profile"] = await repository.assigned_by(uow.connection, event.id)
                await repository.install(uow.connection, values)
        elif isinstance(command, ClearChargingProfile):
            matching = (
                {"profile_id": command.profile_id}
                if command.profile_id is not None
                else {name: getattr(command, name) for name in ("evse_id", "purpose", "stack_level")}
            )
            async with self._open_uow(Scope.system(event.organization_id)) as uow:
                await repository.clear(uow.connection, event.charger_id, event.asked_at, **matching)
        elif isinstance(command, StartTransaction) and command.charging_profile is not None:
            evse = command.evse_id or command.connector_id or 0
            async with self._open_uow(Scope.system(event.organization_id)) as uow:
                await repository.install(uow.connection, _row(event, evse, command.charging_profile, None))

    async def reported(self, event: ReportCompleted) -> None:
        """All parts of a report on charging profiles are there."""
        if event.report != "charging_profiles":
            return
        async with self._open_uow(Scope.system(event.organization_id)) as uow:
            report = await self._read_report(uow, event.charger_id, event.id)
            rows = [_reported(event, item) for item in report["items"]]
            await repository.report(uow.connection, [row for row in rows if row is not None])

    async def ended(self, event: TransactionEnded) -> None:
        """A transaction is over."""
        if event.transaction_id is None:
            return
        asked = _Ended(event)
        await self._look(asked)
        if not asked.has_profiles:
            return  # as nearly always
        async with self._open_uow(Scope.system(event.organization_id)) as uow:
            names = await self._names_of(uow, event.id, event.charger_id)
            await repository.end_transaction(uow.connection, event.charger_id, [str(name) for name in names if name])

    async def _look_at(self, asked: Sequence[_Ended]) -> None:
        for organization_id, group in by(asked, lambda each: each.event.organization_id).items():
            async with self._open_uow(Scope.system(organization_id)) as uow:
                chargers = {each.event.charger_id for each in group}
                found = await repository.with_transaction_profiles(uow.connection, chargers)
            for each in group:
                each.has_profiles = each.event.charger_id in found


def _row(event: CommandFinished, evse_id: int, profile: ChargingProfile, transaction: str | None) -> dict[str, Any]:
    plain = msgspec.to_builtins(profile)
    return {
        "id": new_id(),
        "organization_id": event.organization_id,
        "charger_id": event.charger_id,
        "evse_id": evse_id,
        "profile_id": profile.id,
        "purpose": profile.purpose,
        "stack_level": profile.stack_level,
        "transaction_ref": transaction,
        "profile": _without_nothing(plain),
        "command": event.id,
        "installed_at": event.asked_at,
    }


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nothing(item) for name, item in value.items() if item is not None}
    return [_without_nothing(item) for item in value] if isinstance(value, list | tuple) else value


def _reported(event: ReportCompleted, item: dict[str, Any]) -> dict[str, Any] | None:
    """A profile as the charger has it; one without a number cannot be named and is left in the report."""
    number = item.get("id")
    if not isinstance(number, int):
        return None
    own = {"evse_id", "limit_source", "transaction_id"}
    return {
        "id": new_id(),
        "organization_id": event.organization_id,
        "charger_id": event.charger_id,
        "evse_id": item.get("evse_id", 0),
        "profile_id": number,
        "purpose": str(item.get("purpose", "")),
        "stack_level": item.get("stack_level", 0),
        "transaction_ref": item.get("transaction_id"),
        "limit_source": item.get("limit_source"),
        "profile": {name: value for name, value in item.items() if name not in own},
        "installed_at": event.at,
    }
