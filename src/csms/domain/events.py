# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What happened, told inside after commit.

A durable event is a row in the outbox, written in the same transaction as the fact; a live event is best effort and the
newest wins.
"""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from csms.domain.commands import AnyCommand, Outcome


class Event(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """Something that happened in an organization; of live events with the same `topic` only the newest matters."""

    kind: ClassVar[Literal["live", "durable"]] = "live"
    organization_id: UUID
    charger_id: str

    @property
    def topic(self) -> str:
        """Of live events with the same topic only the newest matters."""
        return f"{type(self).__name__}:{self.charger_id}"


class DurableEvent(Event, frozen=True, kw_only=True):
    """Delivered at least once, in order per key."""

    kind: ClassVar[Literal["live", "durable"]] = "durable"
    at: datetime

    @property
    def key(self) -> str:
        """Durable events with the same key keep their order."""
        return self.charger_id

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""
        return self.at


class ChargerConnected(Event, frozen=True, tag="charger_connected", kw_only=True):
    """A charger opened a connection."""

    protocol: str
    at: datetime


class ChargerDisconnected(Event, frozen=True, tag="charger_disconnected", kw_only=True):
    """The current connection of a charger ended."""

    code: int | None
    reason: str
    at: datetime


class ChargerChanged(Event, frozen=True, tag="charger_changed", kw_only=True):
    """How a charger is provisioned was changed; gateways forget what they remembered of it."""


class ChargerRetired(Event, frozen=True, tag="charger_retired", kw_only=True):
    """A charger was retired; its connection is closed."""


class ChargerBooted(Event, frozen=True, tag="charger_booted", kw_only=True):
    """A charger told what it is."""

    status: str
    vendor: str
    model: str
    firmware_version: str | None


class StatusChanged(Event, frozen=True, tag="status_changed", kw_only=True):
    """A connector, or the charger itself (connector 0), has a new status."""

    evse_id: int
    connector_id: int
    status: str
    error_code: str | None
    at: datetime

    @property
    def topic(self) -> str:
        """One topic per connector."""
        return f"StatusChanged:{self.charger_id}:{self.evse_id}:{self.connector_id}"


class MeterRecorded(Event, frozen=True, tag="meter_recorded", kw_only=True):
    """New readings are stored."""

    connector_id: int
    transaction_id: UUID | None
    at: datetime
    values: dict[str, float]

    @property
    def topic(self) -> str:
        """One topic per connector."""
        return f"MeterRecorded:{self.charger_id}:{self.connector_id}"


class TransactionStarted(DurableEvent, frozen=True, tag="transaction_started", kw_only=True):
    """A transaction began."""

    id: UUID
    transaction_id: int
    connector_id: int
    id_tag: str | None


class TransactionEnded(DurableEvent, frozen=True, tag="transaction_ended", kw_only=True):
    """A transaction is over."""

    id: UUID
    transaction_id: int | None
    connector_id: int
    energy_wh: str | None
    reason: str | None
    flags: tuple[str, ...]


class TransactionCorrected(DurableEvent, frozen=True, tag="transaction_corrected", kw_only=True):
    """What was told of a transaction's end no longer holds: readings came late, or another end was reported."""

    id: UUID
    transaction_id: int | None
    connector_id: int
    energy_wh: str | None
    flags: tuple[str, ...]


class TransactionChanged(Event, frozen=True, tag="transaction_changed", kw_only=True):
    """A transaction began, ended or was corrected: for those who watch."""

    id: UUID
    transaction_id: int | None
    connector_id: int
    status: str
    energy_wh: float | None = None
    at: datetime

    @property
    def topic(self) -> str:
        """One topic per transaction."""
        return f"TransactionChanged:{self.id}"


class CommandIssued(DurableEvent, frozen=True, tag="command_issued", kw_only=True):
    """A command waits to be sent."""

    id: UUID
    command: AnyCommand
    expires_at: datetime
    queued: bool = False


class CommandFinished(DurableEvent, frozen=True, tag="command_finished", kw_only=True):
    """A command has its outcome."""

    id: UUID
    command: AnyCommand
    outcome: Outcome
    issued_at: datetime | None = None  # none in events that were stored before this was told

    @property
    def asked_at(self) -> datetime:
        """What the charger told after this may already be what came of the command."""
        return self.issued_at or self.at


class CommandClosed(Event, frozen=True, tag="command_closed", kw_only=True):
    """A command has its outcome: for those who watch."""

    id: UUID
    command: str
    status: str
    at: datetime

    @property
    def topic(self) -> str:
        """One topic per command."""
        return f"CommandClosed:{self.id}"


class ReportCompleted(DurableEvent, frozen=True, tag="report_completed", kw_only=True):
    """All parts of a report are there."""

    id: UUID
    report: str
    request_id: int


class DeviceEventRaised(DurableEvent, frozen=True, tag="device_event_raised", kw_only=True):
    """A monitor of a charger triggered, or something happened that is always told."""

    id: UUID
    variable: str
    value: str
    severity: int | None
    cleared: bool


class CertificateRequestReceived(DurableEvent, frozen=True, tag="certificate_request_received", kw_only=True):
    """A charger asked for a certificate, and it will be signed."""

    id: UUID


class ProgressMade(Event, frozen=True, tag="progress_made", kw_only=True):
    """A charger told how far it is: `of` is firmware, diagnostics, log or publish_firmware."""

    of: str
    status: str
    request_id: int | None
    at: datetime

    @property
    def topic(self) -> str:
        """One topic per transfer."""
        return f"ProgressMade:{self.charger_id}:{self.of}:{self.request_id}"


class FileReceived(Event, frozen=True, tag="file_received", kw_only=True):
    """A charger sent a file: `of` is diagnostics, security or data_collector."""

    id: UUID
    of: str
    command: UUID
    size_bytes: int
    at: datetime

    @property
    def topic(self) -> str:
        """One topic per file."""
        return f"FileReceived:{self.id}"


class CampaignChanged(Event, frozen=True, tag="campaign_changed", kw_only=True):
    """A firmware campaign, or with a charger what became of it there, has a new status."""

    charger_id: str = ""
    id: UUID
    status: str

    @property
    def topic(self) -> str:
        """One topic per campaign and charger."""
        return f"CampaignChanged:{self.id}:{self.charger_id}"


class JobProgressed(Event, frozen=True, tag="job_progressed", kw_only=True):
    """A background job began, went on or ended; `of` is its kind, `charger_id` is empty."""

    charger_id: str = ""
    id: UUID
    of: str
    status: str
    done: int
    total: int | None

    @property
    def topic(self) -> str:
        """One topic per job."""
        return f"JobProgressed:{self.id}"


class SecurityEventRaised(DurableEvent, frozen=True, tag="security_event_raised", kw_only=True):
    """A charger told of a security event."""

    name: str
    info: str | None


class AlertChanged(Event, frozen=True, tag="alert_changed", kw_only=True):
    """An alert was raised, handled or resolved: for those who watch. `of` is its kind; no charger is an empty text."""

    id: UUID
    of: str
    severity: str
    status: str
    title: str
    count: int
    members: int | None = None
    at: datetime

    @property
    def topic(self) -> str:
        """One topic per alert."""
        return f"AlertChanged:{self.id}"


class AlertRaised(DurableEvent, frozen=True, tag="alert_raised", kw_only=True):
    """An alert was raised; of an outage, the one that stands for all. No charger is an empty text."""

    id: UUID
    rule: UUID | None
    of: str
    severity: str
    title: str
    connector_id: int | None

    @property
    def key(self) -> str:
        """In order per alert."""
        return f"alert:{self.id}"


class AlertResolved(DurableEvent, frozen=True, tag="alert_resolved", kw_only=True):
    """An alert is over, by itself or because somebody said so."""

    id: UUID
    rule: UUID | None
    of: str
    severity: str
    title: str
    connector_id: int | None

    @property
    def key(self) -> str:
        """In order per alert."""
        return f"alert:{self.id}"


class SettingsChanged(Event, frozen=True, tag="settings_changed", kw_only=True):
    """Run-time settings or feature flags were changed; every node reads them anew."""

    charger_id: str = ""  # of none
    section: str

    @property
    def topic(self) -> str:
        """One topic per section of an organization."""
        return f"SettingsChanged:{self.organization_id}:{self.section}"


class WebhookPaused(DurableEvent, frozen=True, tag="webhook_paused", kw_only=True):
    """A receiver failed for so long, or said that it is gone for good, that nothing is sent there any more."""

    charger_id: str = ""  # of no charger
    id: UUID
    reason: Literal["failing", "gone"]
    failing_since: datetime

    @property
    def key(self) -> str:
        """In order per receiver."""
        return f"webhook:{self.id}"


EVENTS: tuple[type[Event], ...] = (
    AlertChanged,
    AlertRaised,
    AlertResolved,
    SettingsChanged,
    WebhookPaused,
    CertificateRequestReceived,
    SecurityEventRaised,
    ReportCompleted,
    DeviceEventRaised,
    ChargerConnected,
    ChargerDisconnected,
    ChargerChanged,
    ChargerRetired,
    ChargerBooted,
    StatusChanged,
    ProgressMade,
    FileReceived,
    CampaignChanged,
    JobProgressed,
    MeterRecorded,
    TransactionStarted,
    TransactionEnded,
    TransactionCorrected,
    TransactionChanged,
    CommandIssued,
    CommandFinished,
    CommandClosed,
)
