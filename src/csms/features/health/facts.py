# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a verdict is made of: everything that is known of a charger and its last absence, bounded."""

from datetime import datetime
from uuid import UUID

import msgspec


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """The last connection. `online`: it was not ended; whether its process still lives is said by `Facts.connected`."""

    online: bool
    connected_at: datetime | None
    ended_at: datetime | None = None
    seen_at: datetime | None = None
    close_code: int | None = None
    close_reason: str | None = None
    closed_by: str | None = None
    protocol: str | None = None
    address: str | None = None


class Message(msgspec.Struct, frozen=True):
    """The last message from the charger."""

    at: datetime
    action: str


class Refused(msgspec.Struct, frozen=True):
    """Handshakes that were refused for one reason."""

    reason: str
    count: int
    first_at: datetime
    last_at: datetime
    detail: str
    address: str


class Boot(msgspec.Struct, frozen=True):
    """The last boot; only OCPP 2.x tells why."""

    at: datetime
    reason: str | None
    status: str
    firmware_version: str | None


class Neighbours(msgspec.Struct, frozen=True):
    """The other chargers of its site: how many, how many are away, how many went when it went."""

    site: str
    total: int
    offline: int
    together: int


class Certificate(msgspec.Struct, frozen=True):
    """The newest certificate that the charger accepted for its connection."""

    kind: str
    not_after: datetime


class Progress(msgspec.Struct, frozen=True):
    """What it told last of a firmware update."""

    status: str
    at: datetime


class Change(msgspec.Struct, frozen=True):
    """A key of its configuration that was changed."""

    key: str
    at: datetime
    actor: str


class Commanded(msgspec.Struct, frozen=True):
    """A command that may explain an absence."""

    id: UUID
    type: str
    status: str
    at: datetime
    actor: str


class Fault(msgspec.Struct, frozen=True):
    """A connector (0: the charger itself) that is faulted."""

    evse_id: int
    connector_id: int
    at: datetime
    error_code: str | None = None
    vendor_error_code: str | None = None
    info: str | None = None


class Told(msgspec.Struct, frozen=True):
    """A security event."""

    at: datetime
    detail: str


class Strays(msgspec.Struct, frozen=True):
    """Where it strayed from the specification lately: how many findings, and the newest."""

    findings: int
    last_at: datetime
    action: str
    code: str


class OpenAlert(msgspec.Struct, frozen=True):
    """An alert that is not over."""

    id: UUID
    kind: str
    severity: str
    title: str
    at: datetime


class Waiting(msgspec.Struct, frozen=True):
    """A charger with the same serial number that waits for approval."""

    identity: str
    last_seen_at: datetime


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `connected`: a process that lives holds its connection."""

    now: datetime
    connected: bool
    registration: str = "accepted"
    boot_status: str = "accepted"
    retired_at: datetime | None = None
    security_profile: int = 1
    next_security_profile: int | None = None
    interval_s: int = 300
    connectors: int = 0
    connection: Connection | None = None
    node_ended_at: datetime | None = None
    message: Message | None = None
    heartbeat_at: datetime | None = None
    refusals: tuple[Refused, ...] = ()
    connections_24h: int = 0
    boot: Boot | None = None
    boots_24h: int = 0
    neighbours: Neighbours | None = None
    certificate: Certificate | None = None
    firmware: Progress | None = None
    changes: tuple[Change, ...] = ()
    commands: tuple[Commanded, ...] = ()
    faults: tuple[Fault, ...] = ()
    downgraded: Told | None = None
    strays: Strays | None = None
    alerts: tuple[OpenAlert, ...] = ()
    waits_as: Waiting | None = None

    @property
    def gone_at(self) -> datetime | None:
        """When it went; None while it is connected, or never was."""
        if self.connected or self.connection is None:
            return None
        if self.connection.online:
            return self.node_ended_at or self.connection.seen_at or self.connection.connected_at
        return self.connection.ended_at or self.connection.seen_at

    @property
    def heard_at(self) -> datetime | None:
        """When anything was heard of it last."""
        seen = None if self.connection is None else self.connection.seen_at
        times = [seen, self.heartbeat_at, None if self.message is None else self.message.at]
        return max((each for each in times if each is not None), default=None)
