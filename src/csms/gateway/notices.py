# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What operators should know of the door: told beside the work, so that no peer waits for it or can flood with it."""

import asyncio
from typing import Final

import msgspec
import structlog

from csms.domain.chargers import Provisioned, Refusal
from csms.gateway.ports import Registry, SecurityEvent
from csms.kit.clock import Clock

log = structlog.get_logger(__name__)

_MAX_WAITING: Final = 1_000


class Notices:
    """Gathers security events and refusals.

    The same thing from the same address within one turn is one event with its count; refusals of a charger are counted.
    """

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._waiting: dict[tuple[str, str, str], tuple[SecurityEvent, int]] = {}
        self._refusals: dict[tuple[str, str], Refusal] = {}
        self._dropped = 0
        self._turn = asyncio.Lock()

    def note(self, charger: Provisioned, kind: str, detail: str, address: str) -> None:
        """Keep an event until the next turn."""
        key = (charger.id, kind, address)
        known = self._waiting.get(key)
        if known is not None:
            self._waiting[key] = (known[0], known[1] + 1)
        elif len(self._waiting) >= _MAX_WAITING:
            self._dropped += 1
        else:
            event = SecurityEvent(charger.organization_id, charger.id, kind, detail, address, self._clock.now())
            self._waiting[key] = (event, 1)

    def refused(self, charger: Provisioned, reason: str, detail: str, address: str) -> None:
        """Count a handshake that was refused: why a charger that is away does not come back."""
        now, key = self._clock.now(), (charger.id, reason)
        known = self._refusals.get(key)
        if known is not None:
            self._refusals[key] = msgspec.structs.replace(
                known, detail=detail, address=address, last_at=now, count=known.count + 1
            )
        elif len(self._refusals) >= _MAX_WAITING:
            self._dropped += 1
        else:
            self._refusals[key] = Refusal(charger.organization_id, charger.id, reason, detail, address, now, now)

    async def flush(self) -> None:
        """Store what was gathered until now, also by a turn under way; what cannot be stored now is stored later."""
        async with self._turn:
            await self._flush()

    async def _flush(self) -> None:
        if self._dropped:
            log.warning("security events dropped, too many at once", count=self._dropped)
            self._dropped = 0
        await self._flush_refusals()
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        events = [
            event if count == 1 else event._replace(detail=f"{event.detail} ({count} times)")
            for event, count in waiting.values()
        ]
        try:
            await self._registry.security_events(events)
        except BaseException:
            self._waiting = {**waiting, **self._waiting}
            raise
        for event in events:
            log.warning("security event", **event._asdict())

    async def _flush_refusals(self) -> None:
        refusals, self._refusals = self._refusals, {}
        if not refusals:
            return
        try:
            await self._registry.refusals(list(refusals.values()))
        except BaseException:
            self._refusals = {**self._refusals, **refusals}
            raise
