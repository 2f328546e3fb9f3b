# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports and events about reservations."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, cast
from uuid import UUID

from csms.domain.commands import CancelReservation, OutcomeStatus, ReserveNow
from csms.domain.events import CommandFinished
from csms.domain.messages import Acknowledged, Answer, Received, ReservationReported, StatusReported
from csms.features.reservations import ingest, repository
from csms.kit.clock import Clock
from csms.kit.db.ingest import Unit
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.ids import new_id

_ACKNOWLEDGED: Final = Acknowledged()
_UNUSABLE: Final = frozenset({"faulted", "unavailable"})
_ENDS: Final = {"expired": "expired", "removed": "removed", "no_transaction": "removed"}


async def handle_reservation(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """A reservation ended by itself (2.x ReservationStatusUpdate)."""
    rows = []
    for item in items:
        report = cast("ReservationReported", item.report)
        how = _ENDS.get(report.status, "removed")
        rows.append((item.source.organization_id, item.source.charger_id, report.reservation_id, how, None))
    await ingest.ended(unit, rows)
    return [_ACKNOWLEDGED] * len(items)


async def give_up_reservations(unit: Unit, items: Sequence[Received]) -> None:
    """Statuses: an EVSE that is faulted or unavailable keeps no reservation."""
    lost = [
        (item.source.charger_id, report.evse_id)
        for item in items
        if isinstance(report := item.report, StatusReported) and report.status in _UNUSABLE and report.evse_id
    ]
    if lost:
        await ingest.lost(unit, lost)


async def reservations_used(unit: Unit, rows: Sequence[tuple[UUID, str, int, UUID]]) -> None:
    """Transactions began on reservations: rows of (organization, charger, reservation, transaction)."""
    await ingest.ended(unit, [(org, charger, number, "used", key) for org, charger, number, key in rows])


class ReservationKeeper:
    """Consumes CommandFinished: what chargers accepted to keep, and to keep no longer."""

    def __init__(self, open_uow: Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]], clock: Clock) -> None:
        self._open_uow = open_uow
        self._clock = clock

    async def __call__(self, event: CommandFinished) -> None:
        """The same event twice changes nothing."""
        command = event.command
        if event.outcome.status is not OutcomeStatus.ACCEPTED:
            return
        if isinstance(command, ReserveNow) and command.reservation_id is not None:
            values: dict[str, Any] = {
                "id": new_id(),
                "organization_id": event.organization_id,
                "charger_id": event.charger_id,
                "reservation_id": command.reservation_id,
                "evse_id": command.evse_id or command.connector_id,
                "connector_type": command.connector_type,
                "id_tag": command.token,
                "group": command.group,
                "status": "active",
                "expires_at": command.expires_at,
                "created_at": event.asked_at,
                "updated_at": self._clock.now(),
            }
            async with self._open_uow(Scope.system(event.organization_id)) as uow:
                await repository.keep(uow.connection, values)
        elif isinstance(command, CancelReservation):
            async with self._open_uow(Scope.system(event.organization_id)) as uow:
                own = (event.charger_id, command.reservation_id)
                await repository.cancel(uow.connection, *own, event.asked_at, self._clock.now())

    async def sweep(self, organization_id: UUID) -> None:
        """Reservations whose time is over: 1.6 does not tell (§5.13)."""
        async with self._open_uow(Scope.system(organization_id)) as uow:
            await repository.expire(uow.connection, self._clock.now())
