# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events in: each becomes a delivery for every receiver that wants it."""

from csms.domain.events import DurableEvent
from csms.features.webhooks import repository
from csms.features.webhooks.rules import event_id, payload
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.ids import new_id


class FanOut:
    """A consumer of the outbox; what it is told twice is stored once."""

    def __init__(self, units: UnitsOfWork) -> None:
        self._units = units

    async def __call__(self, number: int, event: DurableEvent) -> bool:
        """Store what is to be sent; whether there is something. `number` is the event's in the outbox."""
        found = payload(event)
        if found is None:
            return False
        name, body = found
        organization_id = event.organization_id
        async with self._units(Scope.system(organization_id)) as uow:
            receivers = await repository.wanting(uow.connection, name, event.charger_id)
            common = {
                "organization_id": organization_id,
                "event_id": event_id(organization_id, number, event),
                "event_type": name.value,
                "payload": body,
            }
            if receivers:
                rows = [{"id": new_id(), "webhook": receiver, **common} for receiver in receivers]
                await repository.store(uow.connection, rows)
        return bool(receivers)
