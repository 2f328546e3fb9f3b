# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The messages between the doors: Reports come in from a charger, Answers go back to it.

All are frozen and the same for every OCPP version. A Report is a fact or a question; handlers are idempotent, because a
charger repeats what was not answered.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from csms.domain.certificates import CertificateHash, OcspQuery
from csms.domain.chargers import ChargingPhase, ConnectorState, RegistrationStatus
from csms.domain.commands.base import Variable
from csms.domain.device_model import Component, VariableName
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
    reason: str | None = None


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
    """May this token charge? A contract certificate (ISO 15118) may come with it, whole or as the hashes to ask by."""

    token: str
    token_type: str | None = None
    certificate: str | None = None
    certificate_hashes: tuple[OcspQuery, ...] = ()
    certificate_status: str | None = None  # found by asking outside, before the token is looked at


class TransactionStage(StrEnum):
    """Where in its life a transaction is."""

    STARTED = "started"
    UPDATED = "updated"
    ENDED = "ended"


class TransactionReported(Report, frozen=True):
    """A transaction started, went on or ended.

    In 1.6 `ref` is the number we issued, unknown to us where the charger made it up. In 2.x the charger names the
    transaction itself (`charger_ref`) and numbers what it tells of it from 0 on (`seq_no`).
    """

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
    charger_ref: str | None = None
    seq_no: int | None = None
    trigger: str | None = None
    phase: ChargingPhase | None = None
    offline: bool = False
    token_type: str | None = None
    remote_start_id: int | None = None
    details: dict[str, Any] = {}


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
    request_id: int | None = None
    info: str | None = None
    details: dict[str, Any] = {}


class SecurityEventReported(Report, frozen=True):
    """Something that the charger's maker or OCPP calls a security event (2.x Appendix 1)."""

    kind: str
    at: datetime | None
    info: str | None = None


class CertificateRequested(Report, frozen=True):
    """The charger made itself a key and asks for a certificate: a CSR in PEM."""

    csr: str
    kind: str = "charging_station"
    request_id: int | None = None


class ContractCertificateRequested(Report, frozen=True):
    """A vehicle asks for its contract certificate to be installed or updated (ISO 15118): EXI in base64."""

    schema_version: str
    action: str
    exi_request: str
    maximum_chains: int | None = None
    prioritized_emaids: tuple[str, ...] = ()


class CertificateStatusRequested(Report, frozen=True):
    """Is a certificate revoked? The answer is the responder's own signed one (OCSP, RFC 6960)."""

    query: OcspQuery


class CertificateChainStatusRequested(Report, frozen=True):
    """Are these certificates revoked? (2.1)."""

    queries: tuple[tuple[CertificateHash, str, tuple[str, ...]], ...]  # hash, source (ocsp or crl), urls


class ReportPartReported(Report, frozen=True):
    """A part of a report that we asked for, or (no request id known to us) that the charger sends by itself.

    `items` are the parts as domain words; those of the device model stand in `variables` too.
    """

    kind: str
    request_id: int
    seq_no: int
    last: bool
    items: tuple[dict[str, Any], ...] = ()
    variables: tuple[Variable, ...] = ()
    at: datetime | None = None
    text: str | None = None


class DeviceEvent(msgspec.Struct, frozen=True):
    """A monitor triggered, or something happened that is always told (2.x EventDataType)."""

    event_id: int
    at: datetime | None
    trigger: str
    value: str
    notification: str
    component: Component
    variable: VariableName
    cause: int | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    cleared: bool | None = None
    transaction_ref: str | None = None
    monitor_id: int | None = None
    severity: int | None = None


class DeviceEventsReported(Report, frozen=True):
    """Events of the device model."""

    events: tuple[DeviceEvent, ...]
    seq_no: int
    last: bool
    at: datetime | None


class StreamReported(Report, frozen=True):
    """Values of a periodic event stream, never answered (2.1 SEND)."""

    stream_id: int
    pending: int
    base_at: datetime | None
    values: tuple[tuple[float, str], ...]  # seconds after the base, value


class ReservationReported(Report, frozen=True):
    """A reservation ended by itself."""

    reservation_id: int
    status: str


class NoticeReported(Report, frozen=True):
    """What is kept and shown as it was told: limits, needs and plans of vehicles, DER alarms, settlements, swaps."""

    kind: str
    data: dict[str, Any]
    evse_id: int | None = None
    transaction_ref: str | None = None
    at: datetime | None = None


class VendorMessage(Report, frozen=True):
    """A message outside the specification (DataTransfer); `data` is a text in 1.6, anything in 2.x."""

    vendor_id: str
    message_id: str | None
    data: Any


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
    """May the token charge? And its certificate, if one was asked about."""

    authorization: Authorization
    certificate_status: str | None = None


class TransactionAnswer(Answer, frozen=True):
    """The number of the transaction, and what is known of the token (None: no token was shown)."""

    ref: int
    authorization: Authorization | None
    total_cost: Decimal | None = None


class VendorAnswerStatus(StrEnum):
    """DataTransferStatus, §7.22."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN_MESSAGE_ID = "unknown_message_id"
    UNKNOWN_VENDOR_ID = "unknown_vendor_id"


class VendorAnswer(Answer, frozen=True):
    """The answer to a vendor message."""

    status: VendorAnswerStatus
    data: Any = None


class DecisionAnswer(Answer, frozen=True):
    """Taken, or not and why: CSRs, vehicles' needs and plans, streams, VAT numbers."""

    accepted: bool
    reason: str | None = None
    data: dict[str, Any] = {}


class ContractCertificateAnswer(Answer, frozen=True):
    """What the contract certificate's provider said: EXI in base64."""

    accepted: bool
    exi_response: str = ""
    remaining: int | None = None
    reason: str | None = None


class CertificateStatusAnswer(Answer, frozen=True):
    """The responder's answer in base64; None where none could be had."""

    ocsp_result: str | None = None
    reason: str | None = None


class CertificateChainStatusAnswer(Answer, frozen=True):
    """Each certificate's status (good, revoked, unknown, failed) with when to ask again, in the question's order."""

    queries: tuple[tuple[CertificateHash, str, tuple[str, ...]], ...]
    statuses: tuple[tuple[str, datetime], ...]


class Source(msgspec.Struct, frozen=True):
    """Who reported: taken from the authenticated connection, never from the message."""

    charger_id: ChargerId
    organization_id: OrganizationId
    protocol: str


class Received(msgspec.Struct, frozen=True):
    """A Report with its source, as handlers get it: at most one of a charger in a group."""

    source: Source
    report: Report
    received_at: datetime
