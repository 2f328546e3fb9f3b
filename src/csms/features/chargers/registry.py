# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The gateway's view of chargers: who may connect, who holds which connection. Implements its Registry port."""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
import structlog

from csms.domain.chargers import Ending, Knock, Provisioned, Refusal, RegistrationStatus
from csms.domain.events import SecurityEventRaised
from csms.domain.ids import ChargerId, OrganizationId
from csms.domain.messages import BootReported
from csms.features.chargers import ingest
from csms.kit.clock import Clock
from csms.kit.db.group_commit import is_away
from csms.kit.db.outbox import Outbox

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(seconds=10)
MAX_WAITING: Final = 1_000
WAITING_FOR: Final = timedelta(days=7)
_MAX_REMEMBERED: Final = 100_000
# When thousands come back at once, they wait for their turn rather than being sent away to come back once more.
_DOOR_PATIENCE_S: Final = 20.0


class ChargerRegistry:
    """Reads and writes under the gateway's role; remembers known chargers for when the database is away."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        node_id: str,
        hash_secret: Callable[[bytes], bytes],
        clock: Clock,
        outbox: Outbox,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._node_id = node_id
        self._hash_secret = hash_secret
        self._clock = clock
        self._known: OrderedDict[str, Provisioned] = OrderedDict()

    async def find(self, identity: str) -> Provisioned | None:
        """A provisioned charger; what was known of it last while the database is away."""
        key = identity.lower()
        try:
            async with self._pool.acquire(timeout=_DOOR_PATIENCE_S) as connection:
                row = await ingest.find(connection, identity)
        except Exception as error:
            known = self._known.get(key)
            if known is None or not is_away(error):
                raise
            log.warning("database away, charger let in from memory", charger_id=known.id)
            return known
        if row is None:
            self._known.pop(key, None)
            return None
        found = Provisioned(
            id=ChargerId(row["id"]),
            organization_id=OrganizationId(row["organization_id"]),
            security_profile=row["security_profile"],
            secret_hash=row["secret_hash"],
            next_secret_hash=row["next_secret_hash"],
            next_security_profile=row["next_security_profile"],
            validation=row["validation"],
            default_protocol=row["default_protocol"],
            ping=row["ping"],
            heartbeat_interval_s=row["heartbeat_interval_s"],
            boot_status=row["boot_status"],
            registration=RegistrationStatus(row["registration"]),
            retired=row["retired"],
            protocols=None if row["protocols"] is None else tuple(row["protocols"]),
            last_protocol=row["last_protocol"],
            revoked_serials=frozenset(row["revoked_serials"]),
            vendor=row["vendor"],
            model=row["model"],
            firmware_version=row["firmware_version"],
        )
        self._known[key] = found
        self._known.move_to_end(key)
        if len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def promote(self, charger: Provisioned, *, secret: bool, profile: bool) -> None:
        """What the charger was told holds from now on, and nothing older."""
        async with self._pool.acquire(timeout=_DOOR_PATIENCE_S) as connection:
            await ingest.promote(connection, charger.id, secret, profile, self._clock.now())
        self._known.pop(charger.id.lower(), None)

    async def claim(self, charger: Provisioned, protocol: str, address: str) -> int:
        """Take the connection in a transaction of its own; returns the epoch."""
        async with self._pool.acquire(timeout=_DOOR_PATIENCE_S) as connection:
            epoch = await ingest.claim(
                connection, charger.id, charger.organization_id, self._node_id, protocol, address, self._clock.now()
            )
        assert epoch is not None  # nothing stands against it
        return epoch

    async def claim_late(self, charger: Provisioned, protocol: str, address: str, opened_at: datetime) -> int | None:
        """Take a connection that was opened while the database was away; None if a newer one was opened since."""
        async with self._pool.acquire(timeout=_DOOR_PATIENCE_S) as connection:
            return await ingest.claim(
                connection,
                charger.id,
                charger.organization_id,
                self._node_id,
                protocol,
                address,
                opened_at,
                opened_at,
            )

    async def release(self, charger_id: str, epoch: int, ending: Ending) -> bool:
        """The connection of that epoch ended."""
        async with self._pool.acquire(timeout=5) as connection:
            return await ingest.release(connection, charger_id, epoch, self._clock.now(), ending)

    async def refusals(self, refusals: Sequence[Refusal]) -> None:
        """Count refused handshakes, from the first since the charger was last let in."""
        async with self._pool.acquire(timeout=5) as connection:
            await ingest.refusals(connection, refusals)

    async def knock(self, knock: Knock) -> Provisioned | None:
        """Onboarding `open`: provision what knocks, with the secret it brought, or none at all."""
        secret = self._hash_secret(knock.secret) if knock.secret else None
        async with self._pool.acquire(timeout=5) as connection:
            await ingest.provision(connection, knock.identity, 1 if secret else 0, secret, knock.at)
        return await self.find(knock.identity)

    async def wait_for_approval(self, knock: Knock, boot: BootReported | None) -> RegistrationStatus:
        """Onboarding `approval`: a row in a bounded list; Rejected where it is full."""
        now = self._clock.now()
        async with self._pool.acquire(timeout=5) as connection, connection.transaction():
            await ingest.forget_waiting(connection, now - WAITING_FOR)
            known, listed = await ingest.waiting(connection, knock.identity)
            if not known and listed >= MAX_WAITING:
                return RegistrationStatus.REJECTED
            await ingest.put_waiting(
                connection,
                knock.identity,
                self._hash_secret(knock.secret) if knock.secret else None,
                knock.address,
                knock.protocol,
                boot.vendor if boot else None,
                boot.model if boot else None,
                boot.serial_number if boot else None,
                boot.firmware_version if boot else None,
                now,
            )
        return RegistrationStatus.PENDING

    def booted(self, charger_id: str, status: RegistrationStatus) -> None:
        """What its boot was answered is remembered: accepted outlives the socket, also while the database is away."""
        known = self._known.get(charger_id.lower())
        if known is not None:
            self._known[charger_id.lower()] = msgspec.structs.replace(known, boot_status=status.value)

    def forget(self, charger_id: str) -> None:
        """It was provisioned anew: what is remembered of it no longer holds."""
        self._known.pop(charger_id.lower(), None)

    async def seen(self, heartbeats: Sequence[tuple[str, int, datetime]]) -> frozenset[tuple[str, int]]:
        """When (charger, epoch) were last heard of; returns those that are not current any more."""
        async with self._pool.acquire(timeout=5) as connection:
            current = await ingest.seen(connection, heartbeats)
        return frozenset((charger, epoch) for charger, epoch, _ in heartbeats) - current

    async def renew_lease(self) -> None:
        """This node is alive."""
        now = self._clock.now()
        async with self._pool.acquire(timeout=5) as connection:
            await ingest.renew_lease(connection, self._node_id, now, now + LEASE)

    async def security_events(self, events: Sequence[tuple[UUID | None, str, str, str, str, datetime]]) -> None:
        """Keep security events, and tell those of chargers that are known.

        Rows of (organization or None, charger, kind, detail, address, at).
        """
        async with self._pool.acquire(timeout=5) as connection, connection.transaction():
            await ingest.security_events(connection, events)
            await self._outbox.append(
                connection,
                [
                    SecurityEventRaised(
                        organization_id=organization_id, charger_id=charger_id, name=kind, info=detail, at=at
                    )
                    for organization_id, charger_id, kind, detail, _, at in events
                    if organization_id is not None
                ],
            )


def new_node_id() -> str:
    """A name for this process among the gateways."""
    return secrets.token_hex(6)
