# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the door gathers is stored when `flush` returns, whoever began to store it."""

import asyncio
from typing import Any

from csms.gateway.notices import Notices
from csms.kit.clock import SystemClock
from tests.gateway.test_auth import charger


class Slow:
    """A registry that takes its time, and may fail."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.stored: list[Any] = []
        self.fails = 0

    async def security_events(self, events: list[Any]) -> None:
        """Wait, then keep."""
        await self.go_on.wait()
        if self.fails:
            self.fails -= 1
            raise ConnectionError
        self.stored += events


async def test_a_flush_waits_for_one_under_way() -> None:
    """Whoever asks second does not come back before what the first took is stored."""
    registry = Slow()
    notices = Notices(registry, SystemClock())  # type: ignore[arg-type]
    notices.note(charger(), "InvalidCredentials", "wrong password", "127.0.0.1")
    first = asyncio.create_task(notices.flush())
    await asyncio.sleep(0)
    second = asyncio.create_task(notices.flush())
    await asyncio.sleep(0.01)
    assert not second.done()
    registry.go_on.set()
    await asyncio.gather(first, second)
    assert [event.detail for event in registry.stored] == ["wrong password"]


async def test_what_could_not_be_stored_is_stored_by_the_next() -> None:
    """Also where that one was waiting already."""
    registry = Slow()
    registry.fails = 1
    notices = Notices(registry, SystemClock())  # type: ignore[arg-type]
    notices.note(charger(), "InvalidCredentials", "wrong password", "127.0.0.1")
    turns = [asyncio.create_task(notices.flush()) for _ in range(2)]
    registry.go_on.set()
    assert [type(each) for each in await asyncio.gather(*turns, return_exceptions=True)] == [
        ConnectionError,
        type(None),
    ]
    assert len(registry.stored) == 1
