# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Connections that say nothing: of one address so many, also after a burst; and where a task waits."""

import asyncio
from typing import Any

from csms.kit import half_open
from csms.kit.half_open import HalfOpen
from csms.kit.waiting import waits_in


class _Transport:
    """One that knows its peer, and whether it was cut."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cut = False

    def get_extra_info(self, _: str) -> Any:
        return (self.address, 1)

    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None:
        self.cut = True

    close = abort


async def test_a_burst_is_cut_when_it_had_its_moment(monkeypatch: Any) -> None:
    """All at once are let in; a moment later there are no more than allowed, the youngest; others are not touched."""
    monkeypatch.setattr(half_open, "_FRESH_S", 0.1)
    waiting: Any = HalfOpen(3, "test")
    burst = [_Transport("192.0.2.1") for _ in range(10)]
    other = _Transport("192.0.2.2")
    for each in (*burst, other):
        waiting.opened(each)
    assert not any(each.cut for each in burst)
    waiting.heard(burst[-1])
    await asyncio.sleep(0.25)
    assert [each.cut for each in burst] == [True] * 6 + [False] * 4
    assert not other.cut
    assert len(waiting) == 4
    waiting.again(burst[-1], "192.0.2.1")  # the youngest by now: it was heard meanwhile
    assert not burst[-1].cut
    await asyncio.sleep(0.25)
    assert [each.cut for each in burst] == [True] * 7 + [False] * 3
    waiting.close()
    assert other.cut
    late = _Transport("192.0.2.3")
    waiting.opened(late)
    assert late.cut


async def test_where_a_task_waits() -> None:
    """From the outermost function to the innermost, through generators of the library."""

    async def inner() -> None:
        await asyncio.sleep(60)

    async def outer() -> None:
        await inner()

    task = asyncio.create_task(outer())
    await asyncio.sleep(0)
    found = waits_in(task)
    task.cancel()
    assert "outer (test_half_open.py:" in found
    assert found.index("outer") < found.index("inner") < found.index("sleep")
