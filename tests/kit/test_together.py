# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Asked one by one, done together; nobody gets the error of another."""

import asyncio
from collections.abc import Sequence

import pytest

from csms.kit.together import Together


async def test_what_is_asked_meanwhile_is_done_at_once() -> None:
    """The first by itself, the others together, never more than are allowed."""
    done: list[list[int]] = []
    gate = asyncio.Event()

    async def work(items: Sequence[int]) -> None:
        done.append(list(items))
        await gate.wait()

    together = Together(work, most=3)
    first = asyncio.create_task(together(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(together(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    assert done == [[0]]
    assert not first.done()
    gate.set()
    await asyncio.gather(first, *others)
    assert done == [[0], [1, 2, 3], [4, 5]]
    await together(6)
    assert done[-1] == [6]


async def test_who_fails_fails_alone() -> None:
    """The others are done all the same, and the error is of the one it is about."""
    done: list[int] = []
    tried: list[list[int]] = []

    async def work(items: Sequence[int]) -> None:
        tried.append(list(items))
        if 2 in items:
            raise ValueError("two is too many")
        done.extend(items)

    together = Together(work)
    results = await asyncio.gather(*(together(number) for number in range(4)), return_exceptions=True)
    assert done == [0, 1, 3]
    assert [type(result) for result in results] == [type(None), type(None), ValueError, type(None)]
    tried.clear()
    with pytest.raises(ValueError, match="too many"):
        await together(2)
    assert tried == [[2]]


async def test_who_waits_no_more_spoils_nothing() -> None:
    """A caller that is cancelled leaves the others as they are."""
    gate = asyncio.Event()

    async def work(_: Sequence[int]) -> None:
        await gate.wait()

    together = Together(work)
    gone, stays = asyncio.create_task(together(1)), asyncio.create_task(together(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    gate.set()
    await stays
    assert gone.cancelled()
