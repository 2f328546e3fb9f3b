# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The messages between the doors: Reports come in from a charger, Answers go back to it.

All are frozen and the same for every OCPP version. A Report is a fact or a question; handlers are idempotent, because a
charger repeats what was not answered.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from csms.domain.chargers import ChargingPhase, ConnectorState, RegistrationStatus
from csms.domain.ids import ChargerId, OrganizationId
from csms.domain.metering import Reading
from csms.domain.tokens import Authorization


class Report(msgspec.Struct, frozen=True):
    """What a charger says."""


class BootReported(Report, frozen=True):
    """The charger started and tells what it is."""

    vendor: str
    model: str
    serial_number: str | None = None
    firmware_version: str | None = None
    details: dict[str, str] = {}


class HeartbeatReported(Report, frozen=True):
    """The charger is alive and asks for the time. Not a fact: answered from memory."""


class StatusReported(Report, frozen=True):
    """The state of a connector, or of the charger itself (evse 0)."""

    evse_id: int
    connector_id: int
    status: str
    state: ConnectorState
    phase: ChargingPhase | None
    error_code: str | None = None
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    at: datetime | None = None


class AuthorizationRequested(Report, frozen=True):
    """May this token charge?"""

    token: str


class TransactionStage(StrEnum):
    """Where in its life a transaction is."""

    STARTED = "started"
    UPDATED = "updated"
    ENDED = "ended"


class TransactionReported(Report, frozen=True):
    """A transaction started or ended; `ref` is the number we issued, unknown to us where the charger made it up."""

    stage: TransactionStage
    at: datetime | None
    evse_id: int = 0
    connector_id: int = 0
    ref: int | None = None
    token: str | None = None
    register_wh: Decimal | None = None
    reason: str | None = None
    reservation_id: int | None = None
    readings: tuple[Reading, ...] = ()


class MeterReported(Report, frozen=True):
    """Readings of a connector, inside a transaction if `ref` is set."""

    evse_id: int
    connector_id: int
    ref: int | None
    readings: tuple[Reading, ...]


class ProgressReported(Report, frozen=True):
    """How far a firmware update or an upload of diagnostics is."""

    kind: str
    status: str


class VendorMessage(Report, frozen=True):
    """A message outside the specification (DataTransfer)."""

    vendor_id: str
    message_id: str | None
    data: str | None


class Answer(msgspec.Struct, frozen=True):
    """What a charger is told."""


class Acknowledged(Answer, frozen=True):
    """Stored; nothing more to say."""


class BootAnswer(Answer, frozen=True):
    """Whether the charger may work, when it should call again or how often it should beat, and what time it is."""

    status: RegistrationStatus
    interval_s: int
    now: datetime


class HeartbeatAnswer(Answer, frozen=True):
    """What time it is."""

    now: datetime


class AuthorizationAnswer(Answer, frozen=True):
    """May the token charge?"""

    authorization: Authorization


class TransactionAnswer(Answer, frozen=True):
    """The number of the transaction, and what is known of the token (None: no token was shown)."""

    ref: int
    authorization: Authorization | None


class VendorAnswerStatus(StrEnum):
    """DataTransferStatus, §7.22."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN_MESSAGE_ID = "unknown_message_id"
    UNKNOWN_VENDOR_ID = "unknown_vendor_id"


class VendorAnswer(Answer, frozen=True):
    """The answer to a vendor message."""

    status: VendorAnswerStatus
    data: str | None = None


class Source(msgspec.Struct, frozen=True):
    """Who reported: taken from the authenticated connection, never from the message."""

    charger_id: ChargerId
    organization_id: OrganizationId
    epoch: int
    protocol: str


class Received(msgspec.Struct, frozen=True):
    """A Report with its source, as handlers get it: at most one of a charger in a group."""

    source: Source
    report: Report
    received_at: datetime
