# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events in: each is published, and counts as handled when the broker has it."""

from collections.abc import Awaitable, Callable

from csms.domain.events import DurableEvent
from csms.features.streams.rules import published
from csms.kit.brokers.base import Message


class Publishing:
    """A consumer of the outbox; what it is told twice is published twice, under one id."""

    def __init__(self, publish: Callable[[Message], Awaitable[None]]) -> None:
        self._publish = publish

    async def __call__(self, number: int, event: DurableEvent) -> None:
        """Publish, if it is public. `number` is the event's in the outbox."""
        message = published(number, event)
        if message is not None:
            await self._publish(message)
