# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events in: each becomes a delivery for every receiver that wants it."""

from collections.abc import Iterator, Sequence
from typing import Any

from csms.domain.events import DurableEvent
from csms.features.webhooks import repository
from csms.features.webhooks.rules import Subscriber, event_id, payload
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.ids import new_id
from csms.kit.together import by


class FanOut:
    """A consumer of the outbox; what it is told twice is stored once."""

    def __init__(self, units: UnitsOfWork) -> None:
        self._units = units

    async def __call__(self, number: int, event: DurableEvent) -> bool:
        """Store what is to be sent; whether there is something. `number` is the event's in the outbox."""
        return await self.together([(number, event)])

    async def together(self, numbered: Sequence[tuple[int, DurableEvent]]) -> bool:
        """The same for several, in their order: all of them or none; of one organization in one transaction."""
        stored = False
        for organization_id, group in by(numbered, lambda each: each[1].organization_id).items():
            async with self._units(Scope.system(organization_id)) as uow:
                subscribers = await repository.subscribers(uow.connection)
                rows = [row for number, event in group for row in _rows(number, event, subscribers)]
                if rows:
                    await repository.store(uow.connection, rows)
            stored = stored or bool(rows)
        return stored


def _rows(number: int, event: DurableEvent, subscribers: Sequence[Subscriber]) -> Iterator[dict[str, Any]]:
    found = payload(event) if subscribers else None
    if found is None:
        return
    name, body = found
    key = event_id(event.organization_id, number, event)
    for each in subscribers:
        if each.wants(name.value, event.charger_id):
            yield {
                "id": new_id(),
                "webhook": each.id,
                "organization_id": event.organization_id,
                "event_id": key,
                "event_type": name.value,
                "payload": body,
            }
