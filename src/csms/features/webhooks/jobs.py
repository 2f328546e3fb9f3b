# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Sending: per receiver strictly in order, receivers beside one another, none of them holding another.

What was sent and not written down, because the process died in between, is sent again under the same id.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from csms.domain.events import WebhookPaused
from csms.features.webhooks import repository
from csms.features.webhooks.service import Target, open_target
from csms.kit.clock import Clock
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.http.webhook import Sent, WebhookSender
from csms.kit.ids import new_id
from csms.kit.metrics import Metrics
from csms.kit.retries import Patience
from csms.kit.secretbox import SealedSecretError, SecretBox

_LEASE_S: Final = 30.0
_TURN_S: Final = 15.0
_GIVEN_UP: Final = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whose turn it is."""

    id: UUID
    organization_id: UUID


@dataclass(frozen=True, slots=True)
class _Next:
    """What is sent next."""

    delivery: UUID
    event_id: str
    payload: str
    first_attempt_at: datetime | None
    target: Target | None  # none: the secret cannot be read


class Deliveries:
    """`claim` and `serve` of the lanes."""

    def __init__(
        self,
        units: UnitsOfWork,
        sender: WebhookSender,
        box: SecretBox,
        clock: Clock,
        metrics: Metrics,
        patience: Patience | None = None,
    ) -> None:
        self._units = units
        self._sender = sender
        self._box = box
        self._clock = clock
        self._counts = metrics.webhook_deliveries
        self._seconds = metrics.webhook_seconds.labels()
        self._patience = patience or Patience()
        self._me = new_id().hex

    async def claim(self, most: int) -> Sequence[Receiver]:
        """Receivers that something can be sent to, those first that waited longest."""
        async with self._units.unscoped() as connection:
            found = await repository.claim(connection, self._me, self._clock.now(), most, _LEASE_S)
        return [Receiver(key, organization_id) for key, organization_id in found]

    async def serve(self, receiver: Receiver, stopping: Callable[[], bool] = lambda: False) -> None:
        """Send one after the other until nothing is left, one fails, or it is another receiver's turn."""
        scope = Scope.system(receiver.organization_id)
        until_s = self._clock.monotonic() + _TURN_S
        try:
            async with self._units(scope) as uow:
                found = await self._next(uow, receiver.id)
            while found is not None:
                sent = await self._send(found)
                async with self._units(scope) as uow:
                    ours = await self._record(uow, receiver.id, found, sent)
                    if not ours or stopping() or self._clock.monotonic() >= until_s:
                        return
                    found = await self._next(uow, receiver.id)
        finally:
            async with self._units(scope) as uow:
                await repository.release(uow.connection, receiver.id, self._me)

    async def _next(self, uow: UnitOfWork, key: UUID) -> _Next | None:
        now = self._clock.now()
        row = await repository.hold(uow.connection, key, self._me, now, _LEASE_S)
        head = None if row is None else await repository.head(uow.connection, key)
        if row is None or head is None:
            return None
        try:
            target = open_target(self._box, key, row, now)
        except SealedSecretError:
            target = None
        return _Next(head["id"], head["event_id"], head["payload"], head["first_attempt_at"], target)

    async def _send(self, found: _Next) -> Sent:
        if found.target is None:
            return Sent("the secret cannot be opened with this installation's key: rotate it", None, 0)
        sent = await self._sender.send(found.target.url, found.target.secrets, found.event_id, found.payload)
        self._seconds.observe(sent.latency_ms / 1000)
        return sent

    async def _record(self, uow: UnitOfWork, key: UUID, found: _Next, sent: Sent) -> bool:
        """Write what came of it; whether the receiver is still ours, active, and took it."""
        now = self._clock.now()
        state = await repository.state(uow.connection, key)
        if state is None:  # deleted meanwhile
            return False
        ours = state["locked_by"] == self._me
        written = {
            "response_status": sent.status,
            "latency_ms": sent.latency_ms,
            "error": sent.error,
            "first_attempt_at": found.first_attempt_at or now,
            "last_attempt_at": now,
        }
        if sent.error is None:
            await repository.attempted(
                uow.connection, found.delivery, {**written, "status": "delivered", "finished_at": now}
            )
            well = {"failures": 0, "failing_since": None, "retry_at": None, "last_error": None}
            await repository.change(uow.connection, key, {**well, "last_delivered_at": now})
            self._counts.labels("delivered").inc()
            return bool(ours and state["status"] == "active")
        if ours:  # else another process tries it, and knows better
            await self._failed(uow, key, found, sent, written, state)
        return False

    async def _failed(
        self, uow: UnitOfWork, key: UUID, found: _Next, sent: Sent, written: dict[str, Any], state: Any
    ) -> None:
        now, failures = self._clock.now(), state["failures"] + 1
        since = state["failing_since"] or now
        dead = now - written["first_attempt_at"] >= self._patience.total and not sent.gone
        if dead:
            written |= {"status": "dead", "finished_at": now}
        await repository.attempted(uow.connection, found.delivery, written)
        retry_at = None if dead else now + self._patience.delay(failures, sent.retry_after_s)
        values: dict[str, Any] = {
            "failures": failures,
            "failing_since": since,
            "retry_at": retry_at,
            "last_error": sent.error,
        }
        reason: Literal["gone", "failing"] | None = (
            "gone" if sent.gone else "failing" if now - since >= _GIVEN_UP else None
        )
        if reason is not None and state["status"] == "active":
            values |= {"status": "paused", "paused_reason": reason}
            uow.record(
                WebhookPaused(
                    organization_id=uow.scope.organization_id, id=key, reason=reason, failing_since=since, at=now
                )
            )
            uow.audit("webhook:webhook:pause", "webhook", str(key), None, {"reason": reason})
        await repository.change(uow.connection, key, values)
        self._counts.labels("dead" if dead else "failed").inc()


class Sweeper:
    """Forgets what is older than deliveries are kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def sweep(self, uow: UnitOfWork, days: int) -> int:
        """A bounded number at a time; how many."""
        return await repository.forget(uow.connection, self._clock.now() - timedelta(days=days))
