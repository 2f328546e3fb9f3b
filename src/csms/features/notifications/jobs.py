# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Sending: channels beside one another, none of them holding another; what fails is tried again, more and more seldom.

What was sent and not written down, because the process died in between, is sent again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from csms.features.notifications import repository
from csms.features.notifications.senders import Letter, SendError, Senders
from csms.features.notifications.service import words_for
from csms.kit.clock import Clock
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.ids import new_id
from csms.kit.metrics import Metrics
from csms.kit.retries import Patience
from csms.kit.secretbox import SealedSecretError

_LEASE_S: Final = 150.0  # an attempt may take as long as a mail server may
_TURN_S: Final = 15.0
PATIENCE: Final = Patience(first_s=5, most_s=3600, total=timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Channel:
    """Whose turn it is."""

    id: UUID
    organization_id: UUID


@dataclass(frozen=True, slots=True)
class _Next:
    """What is sent next; without `config` the channel cannot be read."""

    channel_kind: str
    config: dict[str, object] | None
    letter: Letter
    attempts: int
    first_attempt_at: datetime | None


class Sending:
    """`claim` and `serve` of the lanes."""

    def __init__(
        self, units: UnitsOfWork, senders: Senders, clock: Clock, metrics: Metrics, patience: Patience = PATIENCE
    ) -> None:
        self._units = units
        self._senders = senders
        self._clock = clock
        self._counts = metrics.notifications
        self._patience = patience
        self._me = new_id().hex

    async def claim(self, most: int) -> Sequence[Channel]:
        """Channels that something is due over, those first that waited longest."""
        async with self._units.unscoped() as connection:
            found = await repository.claim(connection, self._me, self._clock.now(), most, _LEASE_S)
        return [Channel(key, organization_id) for key, organization_id in found]

    async def serve(self, channel: Channel, stopping: Callable[[], bool] = lambda: False) -> None:
        """Send what is due, one after the other, until nothing is left or it is another channel's turn."""
        scope = Scope.system(channel.organization_id)
        until_s = self._clock.monotonic() + _TURN_S
        try:
            async with self._units(scope) as uow:
                found = await self._next(uow, channel.id)
            while found is not None:
                error, taken = await self._send(found)
                async with self._units(scope) as uow:
                    await self._record(uow, found, error, taken=taken)
                    if stopping() or self._clock.monotonic() >= until_s:
                        return
                    found = await self._next(uow, channel.id)
        finally:
            async with self._units(scope) as uow:
                await repository.release(uow.connection, channel.id, self._me)

    async def _next(self, uow: UnitOfWork, key: UUID) -> _Next | None:
        channel = await repository.hold(uow.connection, key, self._me, _LEASE_S)
        row = None if channel is None else await repository.due(uow.connection, key, self._clock.now())
        if channel is None or row is None:
            return None
        words = await words_for(uow, row, channel["language"])
        letter = Letter(row["id"], row["kind"], row["severity"], words, row["url"])
        config: dict[str, object] | None
        try:
            config = self._senders.open(key, channel["config"])
        except SealedSecretError:
            config = None
        return _Next(channel["kind"], config, letter, row["attempts"], row["first_attempt_at"])

    async def _send(self, found: _Next) -> tuple[str | None, bool]:
        if found.config is None:
            return "the channel cannot be opened with this installation's key: set its config anew", False
        try:
            return await self._senders.send(found.channel_kind, found.config, found.letter), True
        except SendError as error:
            return str(error), False

    async def _record(self, uow: UnitOfWork, found: _Next, error: str | None, *, taken: bool) -> None:
        now = self._clock.now()
        first = found.first_attempt_at or now
        written = {"error": error, "first_attempt_at": first, "last_attempt_at": now}
        if taken:
            outcome = "delivered"
            written |= {"status": "sent", "finished_at": now}
        elif now - first >= self._patience.total:
            outcome = "dead"
            written |= {"status": "dead", "finished_at": now}
        else:
            outcome = "failed"
            written |= {"due_at": now + self._patience.delay(found.attempts + 1)}
        await repository.attempted(uow.connection, found.letter.id, written)
        self._counts.labels(found.channel_kind, outcome).inc()


class Sweeper:
    """Forgets what is older than notifications are kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def sweep(self, uow: UnitOfWork, days: int) -> int:
        """A bounded number at a time; how many."""
        return await repository.forget(uow.connection, self._clock.now() - timedelta(days=days))
