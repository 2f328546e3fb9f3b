# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the gateway asks of the rest: implemented by features, plugged in by `main`; this door knows no feature."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from csms.domain.chargers import Ending, Knock, Provisioned, Refusal, RegistrationStatus
from csms.domain.ids import OrganizationId
from csms.domain.messages import Answer, BootReported, Received, Report, Source
from csms.kit.db.ingest import Unit


class SecurityEvent(NamedTuple):
    """Something at the door that an operator should know about. `organization_id` is None for a stranger."""

    organization_id: OrganizationId | None
    charger_id: str
    kind: str
    detail: str
    address: str
    at: datetime


class Registry(Protocol):
    """Who may connect, and who holds which connection."""

    async def find(self, identity: str) -> Provisioned | None:
        """A provisioned charger by its identity in any letter case; from memory while the database is away."""
        ...

    async def promote(self, charger: Provisioned, *, secret: bool, profile: bool) -> None:
        """The charger came with the secret, or by the profile, that it was told: it holds from now on."""
        ...

    async def claim(self, charger: Provisioned, protocol: str, address: str) -> int:
        """Take ownership of the charger's connection; the epoch is higher than any before."""
        ...

    async def claim_late(self, charger: Provisioned, protocol: str, address: str, opened_at: datetime) -> int | None:
        """Take a connection that was opened while the database was away; None if a newer one was opened since."""
        ...

    async def release(self, charger_id: str, epoch: int, ending: Ending) -> bool:
        """The connection of that epoch ended; False if a newer one has taken over."""
        ...

    async def knock(self, knock: Knock) -> Provisioned | None:
        """An unknown identity under onboarding `open`: provision it."""
        ...

    async def wait_for_approval(self, knock: Knock, boot: BootReported | None) -> RegistrationStatus:
        """An unknown identity under onboarding `approval`: list it; Rejected where the list is full."""
        ...

    def booted(self, charger_id: str, status: RegistrationStatus) -> None:
        """What its boot was answered is remembered for when the database is away."""
        ...

    def forget(self, charger_id: str) -> None:
        """It was provisioned anew: what is remembered of it for when the database is away no longer holds."""
        ...

    async def seen(self, heartbeats: Sequence[tuple[str, int, datetime]]) -> frozenset[tuple[str, int]]:
        """When (charger, epoch) were last heard of, in one batch; returns those that are not current any more."""
        ...

    async def renew_lease(self) -> None:
        """This node is alive."""
        ...

    async def refusals(self, refusals: Sequence[Refusal]) -> None:
        """Count handshakes of known chargers that were refused."""
        ...

    async def security_events(self, events: Sequence[SecurityEvent]) -> None:
        """Store what an operator should know about."""
        ...


class BatchHandler(Protocol):
    """Handles the Reports of one kind in a group: one answer each, in order."""

    async def __call__(self, unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
        """Store the facts and say what to answer."""
        ...


class Consultant(Protocol):
    """Asks the world outside before a Report is answered: other servers, plug-ins. No transaction waits for it."""

    def wants(self, report: Report) -> bool:
        """Whether this one has to be asked about."""
        ...

    async def __call__(self, source: Source, report: Report) -> Report | Answer:
        """The Report with what was found, for its handler; or the Answer, where nothing else is to be stored."""
        ...


LogRow = tuple[Any, ...]
FindingRow = tuple[str, OrganizationId, str, str, str, str]


class MessageLog(Protocol):
    """Keeps what was said."""

    async def write(self, unit: Unit, rows: Sequence[LogRow]) -> None:
        """Store rows with the group they belong to."""
        ...


class Findings(Protocol):
    """Keeps what was forgiven."""

    async def write(self, unit: Unit, rows: Sequence[FindingRow]) -> None:
        """Rows of (charger id, organization id, action, code, path, detail)."""
        ...


class Outbox(Protocol):
    """Stores durable events with the facts they tell of."""

    async def __call__(self, unit: Unit) -> None:
        """Append the unit's durable events."""
        ...


class Fence(Protocol):
    """Refuses writes of a connection that is no longer the charger's."""

    async def __call__(self, unit: Unit, owners: Sequence[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """The (charger, epoch) pairs that are not current any more; the others are held until commit."""
        ...
