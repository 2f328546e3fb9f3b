# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is dear to count is counted once for all who ask alike."""

import asyncio
from datetime import UTC, datetime

import pytest

from csms.kit.clock import FakeClock
from csms.kit.shared import Shared

START = datetime(2026, 11, 30, tzinfo=UTC)


class _Counting:
    """Counts how often it was asked; answers when it is let."""

    def __init__(self) -> None:
        self.times = 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self) -> int:
        self.times += 1
        await self.go.wait()
        return self.times


async def test_a_value_holds_for_two_seconds_and_for_its_key_only() -> None:
    """Another who asks otherwise has it counted anew."""
    clock, counting = FakeClock(START), _Counting()
    shared: Shared[str, int] = Shared(clock)
    assert [await shared.get("a", counting) for _ in range(3)] == [1, 1, 1]
    assert await shared.get("b", counting) == 2
    clock.advance(2)
    assert await shared.get("a", counting) == 3


async def test_who_comes_while_it_is_counted_waits_for_it() -> None:
    """Fifty at once cost as much as one."""
    counting = _Counting()
    shared: Shared[str, int] = Shared(FakeClock(START))
    counting.go.clear()
    asked = [asyncio.create_task(shared.get("a", counting)) for _ in range(50)]
    await asyncio.sleep(0)
    counting.go.set()
    assert set(await asyncio.gather(*asked)) == {1}


async def test_what_failed_is_not_kept_and_blocks_nobody() -> None:
    """The next one tries again."""
    counting = _Counting()
    shared: Shared[str, int] = Shared(FakeClock(START))

    async def fail() -> int:
        raise ValueError("no database")

    for key in "abc":
        with pytest.raises(ValueError, match="no database"):
            await shared.get(key, fail)
    assert shared._making == {}
    assert await shared.get("a", counting) == 1


async def test_only_so_many_are_kept() -> None:
    """Whoever invents keys does not fill the memory."""
    counting = _Counting()
    shared: Shared[str, int] = Shared(FakeClock(START))
    for number in range(1_200):
        await shared.get(str(number), counting)
    assert len(shared._known) <= 500
    assert len(shared._making) <= 501
