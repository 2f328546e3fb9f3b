# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What operators should know of the door: told beside the work, so that no peer waits for it or can flood with it."""

from typing import Final

import structlog

from csms.domain.chargers import Provisioned
from csms.gateway.ports import Registry, SecurityEvent
from csms.kit.clock import Clock

log = structlog.get_logger(__name__)

_MAX_WAITING: Final = 1_000


class Notices:
    """Gathers security events; the same thing from the same address within one turn is one event with its count."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._waiting: dict[tuple[str, str, str], tuple[SecurityEvent, int]] = {}
        self._dropped = 0

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

    async def flush(self) -> None:
        """Store what was gathered; what cannot be stored now is stored later."""
        waiting, self._waiting = self._waiting, {}
        if self._dropped:
            log.warning("security events dropped, too many at once", count=self._dropped)
            self._dropped = 0
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
