# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events that a consumer could not handle: set aside where people see them, tried again when somebody asks."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import asyncpg

from csms.kit.bus.base import DurableEvent
from csms.kit.bus.codec import EventCodec
from csms.kit.metrics import Metrics

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one consumer. `id` is the same at every attempt: use it as the idempotency key."""

    id: int
    event: DurableEvent
    attempt: int


Handler = Callable[[Delivery], Awaitable[None]]
HandlerOfMany = Callable[[Sequence[Delivery]], Awaitable[None]]


class Parking:
    """The parked events of one consumer."""

    def __init__(self, name: str, handler: Handler, pool: asyncpg.Pool, codec: EventCodec, metrics: Metrics) -> None:
        self._name = name
        self._handler = handler
        self._pool = pool
        self._codec = codec
        self._count = metrics.outbox_parked.labels(name)
        self._parked = metrics.outbox_events.labels(name, "parked")
        self._handled = metrics.outbox_events.labels(name, "handled")

    def delivery(self, row: Any, attempt: int) -> Delivery:
        """What the handler gets. `msgspec.ValidationError` when the event does not fit its class any more."""
        return Delivery(row["id"], cast(DurableEvent, self._codec.decode(row["payload"])), attempt)

    async def park(self, row: Any, attempts: int, error: Exception) -> None:
        """Set the event aside; its key goes on without it."""
        await self._pool.execute(
            """
            INSERT INTO outbox_parked
                (organization_id, consumer, outbox_id, type, key, payload, occurred_at, attempts, error)
            VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9) ON CONFLICT DO NOTHING
            """,
            row["organization_id"], self._name, row["id"], row["type"], row["key"], row["payload"], row["occurred_at"],
            attempts, _spell(error),
        )  # fmt: skip
        self._parked.inc()

    async def retry(self) -> None:
        """Try once what somebody asked to try again, and count what is parked."""
        rows = await self._pool.fetch(
            """
            SELECT id AS parked_id, outbox_id AS id, payload::text AS payload, attempts
            FROM outbox_parked WHERE consumer = $1 AND retry_at <= now() ORDER BY id LIMIT 100
            """,
            self._name,
        )
        for row in rows:
            try:
                await self._handler(self.delivery(row, row["attempts"] + 1))
            except Exception as error:
                log.exception("outbox consumer %s: parked event %d failed again", self._name, row["id"])
                await self._pool.execute(
                    "UPDATE outbox_parked SET attempts = attempts + 1, error = $2, retry_at = NULL WHERE id = $1",
                    row["parked_id"],
                    _spell(error),
                )
            else:
                self._handled.inc()
                await self._pool.execute("DELETE FROM outbox_parked WHERE id = $1", row["parked_id"])
        count = await self._pool.fetchval("SELECT count(*) FROM outbox_parked WHERE consumer = $1", self._name)
        self._count.set(count)


def _spell(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\0", "\ufffd")[:2000]
