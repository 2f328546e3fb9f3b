# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers and their connectors: states, phases, boot."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from csms.domain.ids import ChargerId, OrganizationId


class RegistrationStatus(StrEnum):
    """What a charger is told when it boots (OCPP 1.6 §7.43, 2.0.1 RegistrationStatusEnumType)."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    REJECTED = "rejected"


class ConnectorState(StrEnum):
    """The five states of OCPP 2.x (ConnectorStatusEnumType)."""

    AVAILABLE = "available"
    OCCUPIED = "occupied"
    RESERVED = "reserved"
    UNAVAILABLE = "unavailable"
    FAULTED = "faulted"
    UNKNOWN = "unknown"


class ChargingPhase(StrEnum):
    """What goes on while a connector is occupied (2.x ChargingStateEnumType plus 1.6's finishing)."""

    PREPARING = "preparing"
    CHARGING = "charging"
    SUSPENDED_EV = "suspended_ev"
    SUSPENDED_EVSE = "suspended_evse"
    FINISHING = "finishing"


class Provisioned(msgspec.Struct, frozen=True):
    """What the door needs to know of a charger before it lets it in."""

    id: ChargerId
    organization_id: OrganizationId
    security_profile: int
    secret_hash: bytes | None
    next_secret_hash: bytes | None
    next_security_profile: int | None
    validation: str
    default_protocol: str | None
    ping: bool
    heartbeat_interval_s: int | None
    boot_status: str
    registration: RegistrationStatus
    retired: bool
    protocols: tuple[str, ...] | None = None  # that it may speak; none: all
    last_protocol: str | None = None
    revoked_serials: frozenset[str] = frozenset()  # of client certificates, in hex
    vendor: str | None = None  # as it told when it booted last
    model: str | None = None
    firmware_version: str | None = None

    @property
    def boot_accepted(self) -> bool:
        """Accepted belongs to the charger and outlives its sockets."""
        return self.boot_status == RegistrationStatus.ACCEPTED and self.registration is RegistrationStatus.ACCEPTED


class Knock(msgspec.Struct, frozen=True):
    """An identity that nobody provisioned asks to be let in."""

    identity: str
    secret: bytes | None
    address: str
    protocol: str | None
    at: datetime


class ClosedBy(StrEnum):
    """Which side ended a connection."""

    CHARGER = "charger"  # it said goodbye
    CSMS = "csms"  # we closed or cut it
    NETWORK = "network"  # it broke without a word
    NODE = "node"  # the process that held it ended


class Ending(msgspec.Struct, frozen=True):
    """How a connection ended, and when the charger was last heard on it."""

    code: int | None
    reason: str
    closed_by: ClosedBy
    heard_at: datetime


class Refusal(msgspec.Struct, frozen=True):
    """A handshake of a known charger that was refused, `count` times."""

    organization_id: OrganizationId
    charger_id: ChargerId
    reason: str
    detail: str
    address: str
    first_at: datetime
    last_at: datetime
    count: int = 1


# Why the CSMS ended a connection, as it is stored and told.
CLOSED_RESTART: Final = "the CSMS is restarting"
CLOSED_REPLACED: Final = "replaced by a newer connection"
CLOSED_SETTINGS: Final = "the charger's settings were changed"
CLOSED_RETIRED: Final = "the charger was retired"
CLOSED_PROVISIONED: Final = "provisioned anew"
CLOSED_SILENT: Final = "answered none of {count} pings"
