# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Connections that were let in: claimed, held, told the time, given back. Knows no HTTP."""

import asyncio
from collections.abc import Mapping
from heapq import heappop, heappush
from itertools import count
from typing import Final

import structlog

from csms.dialects.base import Dialect
from csms.domain.chargers import Provisioned
from csms.gateway.directory import Directory
from csms.gateway.ears import ListeningSocket
from csms.gateway.inbox import Pipeline
from csms.gateway.link import Link
from csms.gateway.ports import Registry
from csms.gateway.settings import Tuning
from csms.kit.clock import Clock
from csms.kit.db.group_commit import is_away
from csms.kit.metrics import Metrics

log = structlog.get_logger(__name__)

_WHEEL_S: Final = 0.5
_DEPTH_TURNS: Final = 10


class Held:
    """The links of this node, from the upgrade to the end."""

    def __init__(
        self,
        dialects: Mapping[str, Dialect],
        registry: Registry,
        pipeline: Pipeline,
        directory: Directory,
        tuning: Tuning,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._dialects = dialects
        self._registry = registry
        self._pipeline = pipeline
        self._directory = directory
        self._tuning = tuning
        self._metrics = metrics
        self._clock = clock
        self._due: list[tuple[float, int, Link]] = []
        self._numbers = count()

    async def serve(
        self,
        socket: ListeningSocket,
        transport: asyncio.WriteTransport,
        charger: Provisioned,
        protocol: str,
        address: str,
    ) -> None:
        """Claim the charger's connection and hold it until it ends."""
        epoch: int | None
        try:
            epoch = await self._registry.claim(charger, protocol, address)
        except Exception as error:
            if not is_away(error):
                raise
            epoch = None  # let in from memory; the first group after the database is back claims it
        link = Link(
            socket,
            transport,
            charger,
            self._dialects[protocol],
            address,
            epoch,
            self._pipeline,
            self._tuning.link(charger.organization_id),
            self._clock,
        )
        gauge = self._metrics.gateway_connections.labels(protocol)
        gauge.inc()
        try:
            await self._directory.add(link)
            self._remind(link)
            log.info("charger connected", charger_id=charger.id, protocol=protocol, address=address)
            await link.run()
        finally:
            gauge.dec()
            await link.ended()
            try:
                await self._directory.remove(link)
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("disconnect not written, the database is away", charger_id=charger.id)
            log.info("charger disconnected", charger_id=charger.id, code=link.close_code, reason=link.close_reason)

    async def turn_wheel(self) -> None:
        """Tell links the time when something falls due there; of those that wait for an answer, twice a second.

        To look at all of ten thousand that often is twenty thousand times to wait for memory.
        """
        turns = 0
        while True:
            await asyncio.sleep(_WHEEL_S)
            now_s = self._clock.monotonic()
            due: list[Link] = []
            while self._due and self._due[0][0] <= now_s:
                due.append(heappop(self._due)[2])
            away = False
            for link in (*due, *self._pipeline.calling.difference(due)):
                try:
                    if link.epoch is None and link.active and not away:
                        away = not await self._claim(link)
                    await link.tick(now_s)
                except Exception:
                    log.exception("a link's tick failed", charger_id=link.charger.id)
            for link in due:
                self._remind(link)
            turns += 1
            if turns % _DEPTH_TURNS == 0:
                depth = self._pipeline.depth + sum([link.depth for link in self._directory])
                self._metrics.inbox_depth.labels().set(depth)

    def _remind(self, link: Link) -> None:
        """Of a link that is still held here."""
        if self._directory.get(link.charger.id) is link:
            heappush(self._due, (0.0 if link.epoch is None else link.due_s, next(self._numbers), link))

    async def _claim(self, link: Link) -> bool:
        """A link that was let in from memory is claimed once the database is back, also if it only beats."""
        try:
            await self._pipeline.claim(link)
        except Exception as error:
            if not is_away(error):
                raise
            return False
        return True

    async def flush_seen(self) -> None:
        """Write when chargers were last heard of; one whose connection is not current any more is cut."""
        heartbeats, self._pipeline.heartbeats = self._pipeline.heartbeats, {}
        if not heartbeats:
            return
        try:
            stale = await self._registry.seen([(*owner, at) for owner, at in sorted(heartbeats.items())])
        except BaseException:
            self._pipeline.heartbeats = {**heartbeats, **self._pipeline.heartbeats}
            raise
        for charger_id, epoch in stale:
            # Its heartbeats are answered from memory, so no fence has told it yet.
            link = self._directory.get(charger_id)
            if link is not None and link.epoch == epoch:
                link.abort("replaced by a newer connection, or provisioned anew")
