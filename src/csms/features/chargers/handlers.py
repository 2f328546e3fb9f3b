# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports about chargers themselves: boot, status, progress."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, cast
from uuid import UUID

from csms.domain.chargers import RegistrationStatus
from csms.domain.commands import OutcomeStatus
from csms.domain.events import ChargerBooted, CommandFinished, SecurityEventRaised, StatusChanged
from csms.domain.messages import (
    Acknowledged,
    Answer,
    BootAnswer,
    BootReported,
    ProgressReported,
    Received,
    SecurityEventReported,
    StatusReported,
    VendorAnswer,
    VendorAnswerStatus,
)
from csms.domain.secrets import new_password, new_profile
from csms.features.chargers import ingest, repository
from csms.kit.db.ingest import Unit
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.retries import spread

_ACKNOWLEDGED = Acknowledged()
_MAY_HAVE_TAKEN_IT: Final = frozenset({OutcomeStatus.ACCEPTED, OutcomeStatus.TIMED_OUT})


class BootHandler:
    """Stores what a charger is and says whether it may work."""

    def __init__(self, heartbeat_interval_s: Callable[[UUID], int], retry_interval_s: Callable[[], int]) -> None:
        """Asked at each boot: the intervals may change while chargers are connected."""
        self._heartbeat_interval_s = heartbeat_interval_s
        self._retry_interval_s = retry_interval_s

    async def __call__(self, unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
        """One answer per boot; a charger that vanished meanwhile is rejected."""
        pairs = [(item, cast("BootReported", item.report)) for item in items]
        stored = await ingest.boot(unit, pairs)
        answers: list[Answer] = []
        for item, report in pairs:
            row = stored.get(item.source.charger_id)
            status = RegistrationStatus(row["registration"]) if row is not None else RegistrationStatus.REJECTED
            interval_s = spread(self._retry_interval_s())
            if row is not None and status is RegistrationStatus.ACCEPTED:
                interval_s = row["heartbeat_interval_s"] or self._heartbeat_interval_s(item.source.organization_id)
            answers.append(BootAnswer(status, interval_s, unit.now))
            unit.record(
                ChargerBooted(
                    organization_id=item.source.organization_id,
                    charger_id=item.source.charger_id,
                    status=status.value,
                    vendor=report.vendor,
                    model=report.model,
                    firmware_version=report.firmware_version,
                )
            )
        return answers


async def handle_status(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """Store states; tell those that are news."""
    pairs = [(item, cast("StatusReported", item.report)) for item in items]
    changed = await ingest.status(unit, pairs)
    for item, report in pairs:
        if (item.source.charger_id, report.connector_id) in changed:
            unit.record(
                StatusChanged(
                    organization_id=item.source.organization_id,
                    charger_id=item.source.charger_id,
                    evse_id=report.evse_id,
                    connector_id=report.connector_id,
                    status=report.status,
                    error_code=report.error_code,
                    at=unit.now,
                )
            )
    return [_ACKNOWLEDGED] * len(items)


async def handle_progress(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """Store how far firmware updates and uploads are."""
    reports = [(item.source.charger_id, cast("ProgressReported", item.report)) for item in items]
    await ingest.progress(unit, [(charger, report.kind, report.status) for charger, report in reports])
    return [_ACKNOWLEDGED] * len(items)


async def handle_security_event(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """Keep what the charger calls a security event, and tell it."""
    reports = [(item, cast("SecurityEventReported", item.report)) for item in items]
    rows = [
        (
            item.source.organization_id,
            item.source.charger_id,
            report.kind,
            report.info or "",
            None,
            report.at or unit.now,
        )
        for item, report in reports
    ]
    await ingest.security_events(unit.connection, rows)
    for item, report in reports:
        unit.record(
            SecurityEventRaised(
                organization_id=item.source.organization_id,
                charger_id=item.source.charger_id,
                name=report.kind,
                info=report.info,
                at=unit.now,
            )
        )
    return [_ACKNOWLEDGED] * len(items)


async def handle_vendor_message(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """No vendor's messages are understood yet: said so, and kept in the OCPP log (OCPP 1.6 §4.3)."""
    del unit  # the OCPP log keeps the message with the group; nothing else is stored
    return [VendorAnswer(VendorAnswerStatus.UNKNOWN_VENDOR_ID)] * len(items)


class SecretKeeper:
    """Consumes CommandFinished: passwords that a charger did not take, security profiles that it is to go up to."""

    def __init__(self, open_uow: Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]]) -> None:
        self._open_uow = open_uow

    async def __call__(self, event: CommandFinished) -> None:
        """The same event twice changes nothing."""
        status, profile = event.outcome.status, new_profile(event.command)
        if new_password(event.command) is not None and status not in _MAY_HAVE_TAKEN_IT:
            async with self._open_uow(Scope.system(event.organization_id)) as uow:
                await repository.change(uow.connection, event.charger_id, {"next_secret_hash": None})
        elif profile is not None and status is OutcomeStatus.ACCEPTED:
            async with self._open_uow(Scope.system(event.organization_id)) as uow:
                await repository.raise_profile(uow.connection, event.charger_id, profile)
