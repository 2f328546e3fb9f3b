# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who holds which charger: one link per identity on this node, one epoch per charger in the installation."""

import asyncio
from collections.abc import Iterator
from typing import Final

import msgspec
import structlog

from csms.domain.chargers import CLOSED_REPLACED
from csms.domain.commands import CommandRequest, Outcome
from csms.domain.events import ChargerConnected, ChargerDisconnected, Event
from csms.gateway.link import CLOSE_POLICY, Link
from csms.gateway.notices import Notices
from csms.gateway.ports import Registry
from csms.kit.bus.base import Bus, BusError, Serving, Superseded
from csms.kit.clock import Clock

log = structlog.get_logger(__name__)
_requests = msgspec.json.Decoder(CommandRequest)
# Asks the node that holds a charger whether it is alive; the rest is the interval, in seconds. No command begins so.
_PROBE: Final = b"?"
_PROBE_TIMEOUT_S: Final = 8.0


def address_of(charger_id: str) -> str:
    """Where commands for a charger are sent on the bus."""
    return f"charger.{charger_id}"


def _is_newer(link: Link, other: Link) -> bool:
    """Whether a link claimed its charger after another; one that could not claim yet is taken for the newest."""
    return link.active and link.epoch is not None and other.epoch is not None and link.epoch > other.epoch


class Directory:
    """Links by identity. The newest authenticated connection wins; an older one's end never touches it."""

    def __init__(self, registry: Registry, notices: Notices, bus: Bus, clock: Clock) -> None:
        self._registry = registry
        self._notices = notices
        self._bus = bus
        self._clock = clock
        self._links: dict[str, Link] = {}
        self._servings: dict[Link, Serving] = {}
        self._claiming: dict[Link, asyncio.Lock] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Link]:
        return iter(tuple(self._links.values()))

    def __len__(self) -> int:
        return len(self._links)

    def get(self, charger_id: str) -> Link | None:
        """The current link of a charger on this node."""
        return self._links.get(charger_id)

    async def add(self, link: Link) -> None:
        """Make a link the current one; the older one of two of the same charger is closed."""
        charger_id = link.charger.id
        previous = self._links.get(charger_id)
        if previous is not None and _is_newer(previous, link):
            # Both came at once, and the handshake of the newer one was done first.
            self._close_later(link, CLOSE_POLICY, CLOSED_REPLACED)
            return
        self._links[charger_id] = link
        if previous is not None:
            self._notices.note(link.charger, "connection_replaced", "a newer connection took over", link.address)
            self._close_later(previous, CLOSE_POLICY, CLOSED_REPLACED)
        await self._serve(link)
        self._publish(
            ChargerConnected(
                organization_id=link.charger.organization_id,
                charger_id=charger_id,
                protocol=link.dialect.protocol.value,
                at=link.opened_at,
            )
        )

    async def holder_alive(self, charger_id: str, interval_s: float) -> bool | None:
        """Whether the connection that holds the charger lives, here or on another node; None where none holds it."""
        held = self._links.get(charger_id)
        if held is not None:
            return await held.is_alive(interval_s)
        try:
            return (
                await self._bus.request(address_of(charger_id), b"%b%g" % (_PROBE, interval_s), _PROBE_TIMEOUT_S)
                == b"1"
            )
        except BusError:
            return None

    async def claim(self, link: Link) -> None:
        """A link that was let in while the database was away takes its charger now, unless a newer one has it.

        Once: a group and the wheel may both want it, and the epoch of the second would make the first a stranger's.
        """
        async with self._claiming.setdefault(link, asyncio.Lock()):
            if link.epoch is None and link.active:
                await self._claim(link)

    async def _claim(self, link: Link) -> None:
        epoch = None
        if self._links.get(link.charger.id) is link:
            protocol = link.dialect.protocol.value
            epoch = await self._registry.claim_late(link.charger, protocol, link.address, link.opened_at)
        if epoch is None:
            link.abort("replaced by a newer connection")
            return
        link.epoch = epoch
        if self._links.get(link.charger.id) is link and link not in self._servings:
            await self._serve(link)

    async def remove(self, link: Link) -> None:
        """A link ended. Whoever came after it keeps the charger."""
        self._claiming.pop(link, None)
        serving = self._servings.pop(link, None)
        if serving is not None:
            await serving.close()
        charger_id = link.charger.id
        current = self._links.get(charger_id) is link
        if current:
            del self._links[charger_id]
        if link.epoch is None:
            return
        released = await self._registry.release(charger_id, link.epoch, link.ending)
        if current and released:
            self._publish(
                ChargerDisconnected(
                    organization_id=link.charger.organization_id,
                    charger_id=charger_id,
                    code=link.close_code,
                    reason=link.close_reason,
                    at=self._clock.now(),
                )
            )

    def close_charger(self, charger_id: str, code: int, reason: str) -> None:
        """Close the link of a charger, if it is here."""
        link = self._links.get(charger_id)
        if link is not None:
            self._close_later(link, code, reason)

    async def close_all(self, code: int, reason: str) -> None:
        """Close every link in order."""
        await asyncio.gather(*(link.close(code, reason) for link in self), *self._closing)

    async def _serve(self, link: Link) -> None:
        if link.epoch is None:
            return

        async def handle(data: bytes) -> bytes:
            if data.startswith(_PROBE):
                return b"1" if await link.is_alive(float(data[1:])) else b"0"
            request = _requests.decode(data)
            outcome: Outcome = await link.execute(request)
            return msgspec.json.encode(outcome)

        def superseded() -> None:
            self._close_later(link, CLOSE_POLICY, CLOSED_REPLACED)

        try:
            self._servings[link] = await self._bus.serve(
                address_of(link.charger.id), handle, epoch=link.epoch, on_superseded=superseded
            )
        except Superseded:
            superseded()

    def _publish(self, event: Event) -> None:
        self._bus.publish(event)

    def _close_later(self, link: Link, code: int, reason: str) -> None:
        if not link.active:
            return
        link.active = False
        link.ends(code, reason)
        task = asyncio.create_task(link.close(code, reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
