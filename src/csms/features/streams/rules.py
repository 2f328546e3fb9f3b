# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is published: the same names and facts that webhooks send, with the organization, for there is one stream."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from csms.domain.events import DurableEvent
from csms.features.webhooks.rules import PUBLIC, EventType, event_id, facts, message
from csms.kit.brokers.base import Message
from csms.kit.errors import InvalidError

NOBODY: Final = "_"
"""Stands in subjects for no charger."""
_RESERVED: Final = str.maketrans({character: f"%{ord(character):02X}" for character in "%.*#> "})


class _Whose(msgspec.Struct):
    """The part of every stored event that says which charger it is about."""

    charger_id: str


def wanted(names: Sequence[str]) -> tuple[type[DurableEvent], ...]:
    """The events of these names, `*` being all. Raises InvalidError for a name that is none."""
    known = {name.value for name, _ in PUBLIC.values()}
    if wrong := set(names) - known - {EventType.ALL.value}:
        raise InvalidError(
            f"CSMS_BROKER__EVENTS names {', '.join(sorted(wrong))}: there are *, {', '.join(sorted(known))}"
        )
    return tuple(event for event, (name, _) in PUBLIC.items() if EventType.ALL in names or name in names)


def published(number: int, event: DurableEvent) -> Message | None:
    """The message; none for what is not public. `number` is the event's in the outbox."""
    found = facts(event)
    if found is None:
        return None
    name, data = found
    organization, key = str(event.organization_id), event_id(event.organization_id, number, event)
    headers = {"csms-event-id": key, "csms-event-type": name.value, "csms-organization-id": organization}
    if event.charger_id:
        headers["csms-charger-id"] = event.charger_id
    return Message(
        id=key,
        type=name.value,
        at=event.occurred_at,
        order=event.charger_id or event.key,
        subject=f"{organization}.{name.value}.{event.charger_id.translate(_RESERVED) or NOBODY}",
        headers=headers,
        body=message(name.value, event.occurred_at, data, id=key, organization_id=organization).encode(),
    )


def order_of(row: Any) -> str:
    """What keeps its order: all of a charger, where the outbox orders alerts by themselves."""
    return msgspec.json.decode(row["payload"], type=_Whose).charger_id or str(row["key"])
