# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Lanes: bounded, woken, stopped in time, and none of them a danger to another."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.db.lanes import Lanes
from csms.kit.errors import UnavailableError
from csms.kit.metrics import Metrics


async def test_lanes(caplog: pytest.LogCaptureFixture) -> None:
    """One that hangs is cut at the end; one that fails, and a look that fails, cost nothing else."""
    bus = MemoryBus(EventCodec(()), Metrics(process=False))
    await bus.start()
    waiting = ["hangs", "fails", "a", "b", "c"]
    asked, done, gone = list[int](), list[str](), list[str]()
    looks = 0

    async def claim(most: int) -> Sequence[str]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise ValueError("no such column")
        if looks == 2:
            raise UnavailableError("away")
        asked.append(most)
        taken, waiting[:] = waiting[:most], waiting[most:]
        return taken

    async def serve(lane: str) -> None:
        try:
            if lane == "hangs":
                await asyncio.sleep(60)
            if lane == "fails":
                raise ValueError("poison")
            done.append(lane)
        finally:
            gone.append(lane)

    lanes: Lanes[str] = Lanes("lanes", claim, serve, bus=bus, at_once=2, poll_s=0.02)
    running = asyncio.create_task(lanes.run())
    async with asyncio.timeout(5):
        while done != ["a", "b", "c"]:
            await asyncio.sleep(0.01)
    assert max(asked) == 2
    assert not lanes.stopping
    waiting += ["d", "e"]
    async with asyncio.timeout(5):
        while done[-1] != "e":
            await asyncio.sleep(0.01)
    started_s = time.monotonic()
    await lanes.stop()
    await running
    assert time.monotonic() - started_s < 4
    assert lanes.stopping
    assert set(gone) == {"hangs", "fails", "a", "b", "c", "d", "e"}
    assert "no such column" in caplog.text
    assert "poison" in caplog.text
    assert "database is away" in caplog.text
    await lanes.stop()  # twice is as good as once
    await bus.stop()


async def test_full_lanes_wait(caplog: pytest.LogCaptureFixture) -> None:
    """While all lanes are busy, nobody is asked for more."""
    bus = MemoryBus(EventCodec(()), Metrics(process=False))
    await bus.start()
    asked = 0
    release = asyncio.Event()

    async def claim(most: int) -> Sequence[int]:
        nonlocal asked
        asked += 1
        return range(most)

    async def serve(_: int) -> None:
        await release.wait()

    lanes: Lanes[int] = Lanes("lanes", claim, serve, bus=bus, at_once=3, poll_s=0.01)
    running = asyncio.create_task(lanes.run())
    await asyncio.sleep(0.1)
    assert asked == 1
    bus.wake("lanes")
    release.set()
    await asyncio.sleep(0.05)
    assert asked > 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await bus.stop()
