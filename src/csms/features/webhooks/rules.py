# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is told to receivers: a name and named facts per event, both stable, none of them a secret."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from csms.domain.events import (
    AlertRaised,
    AlertResolved,
    CertificateRequestReceived,
    CommandFinished,
    CommandIssued,
    DeviceEventRaised,
    DurableEvent,
    ReportCompleted,
    SecurityEventRaised,
    TransactionCorrected,
    TransactionEnded,
    TransactionStarted,
    WebhookPaused,
)


class EventType(StrEnum):
    """Names that receivers go by: one is never renamed. `*` is all there are, also those to come."""

    ALL = "*"
    TRANSACTION_STARTED = "transaction.started"
    TRANSACTION_ENDED = "transaction.ended"
    TRANSACTION_CORRECTED = "transaction.corrected"
    COMMAND_ISSUED = "command.issued"
    COMMAND_FINISHED = "command.finished"
    REPORT_COMPLETED = "report.completed"
    DEVICE_EVENT_RAISED = "device_event.raised"
    SECURITY_EVENT_RAISED = "security_event.raised"
    CERTIFICATE_REQUESTED = "certificate.requested"
    ALERT_RAISED = "alert.raised"
    ALERT_RESOLVED = "alert.resolved"
    WEBHOOK_PAUSED = "webhook.paused"


TEST: Final = "webhook.test"
_ALERT: Final = ("charger_id", "id", "rule", "of", "severity", "title", "connector_id")

PUBLIC: Final[dict[type[DurableEvent], tuple[EventType, tuple[str, ...]]]] = {
    TransactionStarted: (
        EventType.TRANSACTION_STARTED,
        ("charger_id", "id", "transaction_id", "connector_id", "id_tag"),
    ),
    TransactionEnded: (
        EventType.TRANSACTION_ENDED,
        ("charger_id", "id", "transaction_id", "connector_id", "energy_wh", "reason", "flags"),
    ),
    TransactionCorrected: (
        EventType.TRANSACTION_CORRECTED,
        ("charger_id", "id", "transaction_id", "connector_id", "energy_wh", "flags"),
    ),
    CommandIssued: (EventType.COMMAND_ISSUED, ("charger_id", "id", "command", "expires_at", "queued")),
    CommandFinished: (EventType.COMMAND_FINISHED, ("charger_id", "id", "command", "outcome")),
    ReportCompleted: (EventType.REPORT_COMPLETED, ("charger_id", "id", "report", "request_id")),
    DeviceEventRaised: (
        EventType.DEVICE_EVENT_RAISED,
        ("charger_id", "id", "variable", "value", "severity", "cleared"),
    ),
    SecurityEventRaised: (EventType.SECURITY_EVENT_RAISED, ("charger_id", "name", "info")),
    CertificateRequestReceived: (EventType.CERTIFICATE_REQUESTED, ("charger_id", "id")),
    AlertRaised: (EventType.ALERT_RAISED, _ALERT),
    AlertResolved: (EventType.ALERT_RESOLVED, _ALERT),
    WebhookPaused: (EventType.WEBHOOK_PAUSED, ("id", "reason", "failing_since")),
}
"""An event that is not here is told to nobody outside: who adds one decides what of it is shown."""

_VALUE_MAX: Final = 2_000


def payload(event: DurableEvent) -> tuple[EventType, str] | None:
    """The name and the text that is sent; none for what is not public."""
    found = facts(event)
    if found is None:
        return None
    name, data = found
    return name, message(name.value, event.occurred_at, data)


def facts(event: DurableEvent) -> tuple[EventType, dict[str, Any]] | None:
    """The name and the facts of an event; none for what is not public."""
    found = PUBLIC.get(type(event))
    if found is None:
        return None
    name, wanted = found
    data: dict[str, Any] = {}
    for fact in wanted:
        data |= _shown(fact, getattr(event, fact))
    return name, data


def message(name: str, at: datetime, data: dict[str, Any], **also: str) -> str:
    """The body of a message."""
    return msgspec.json.encode({"type": name, "timestamp": at, **also, "data": data}).decode()


def event_id(organization_id: UUID, number: int, event: DurableEvent) -> str:
    """The same for one event whenever and wherever it is sent; tells nothing of how many there are of others."""
    facts = f"{number}/{type(event).__name__}/{event.occurred_at.isoformat()}"
    return f"evt_{uuid5(organization_id, facts).hex}"


def _shown(fact: str, value: Any) -> dict[str, Any]:
    """Of a command its kind, never what it holds: that may be long, or a secret; the API tells whoever may know."""
    if fact == "command":
        return {"command": getattr(value, "action", None) or str(type(value).__struct_config__.tag)}
    if fact == "outcome":
        return {"status": value.status.value, "reason": _cut(value.reason)}
    return {fact: _cut(value)}


def _cut(value: Any) -> Any:
    return value[:_VALUE_MAX] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A receiver of an organization, and what it wants; None: of all chargers."""

    id: UUID
    event_types: frozenset[str]
    charger_ids: frozenset[str] | None

    def wants(self, event_type: str, charger_id: str) -> bool:
        """Whether an event is for it."""
        if event_type not in self.event_types and "*" not in self.event_types:
            return False
        return self.charger_ids is None or charger_id in self.charger_ids
