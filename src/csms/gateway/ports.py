# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the gateway asks of the rest: implemented by features, plugged in by `main`; this door knows no feature."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from csms.domain.chargers import Knock, Provisioned, RegistrationStatus
from csms.domain.messages import Answer, BootReported, Received
from csms.kit.db.ingest import Unit


class Registry(Protocol):
    """Who may connect, and who holds which connection."""

    async def find(self, identity: str) -> Provisioned | None:
        """A provisioned charger by its identity in any letter case; from memory while the database is away."""
        ...

    async def claim(self, charger: Provisioned, protocol: str, address: str) -> int:
        """Take ownership of the charger's connection; the epoch is higher than any before."""
        ...

    async def release(self, charger_id: str, epoch: int, code: int | None, reason: str) -> bool:
        """The connection of that epoch ended; False if a newer one has taken over."""
        ...

    async def knock(self, knock: Knock) -> Provisioned | None:
        """An unknown identity under onboarding `open`: provision it."""
        ...

    async def wait_for_approval(self, knock: Knock, boot: BootReported | None) -> RegistrationStatus:
        """An unknown identity under onboarding `approval`: list it; Rejected where the list is full."""
        ...

    async def seen(self, heartbeats: Sequence[tuple[str, datetime]]) -> None:
        """When chargers were last heard of, in one batch."""
        ...

    async def renew_lease(self) -> None:
        """This node is alive."""
        ...

    async def security_event(
        self, charger: Provisioned | None, identity: str, kind: str, detail: str, address: str
    ) -> None:
        """Something an operator should know about."""
        ...


class BatchHandler(Protocol):
    """Handles the Reports of one kind in a group: one answer each, in order."""

    async def __call__(self, unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
        """Store the facts and say what to answer."""
        ...


LogRow = tuple[Any, ...]


class MessageLog(Protocol):
    """Keeps what was said."""

    async def write(self, unit: Unit, rows: Sequence[LogRow]) -> None:
        """Store rows with the group they belong to."""
        ...


class Findings(Protocol):
    """Keeps what was forgiven."""

    async def write(self, unit: Unit, rows: Sequence[tuple[str, Any, str, str, str, str]]) -> None:
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
