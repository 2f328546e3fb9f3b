# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Attempts: counted for all processes together, slowed by doubling, and counted on while Redis is away."""

import asyncio
import threading
from typing import Any

import pytest

from csms.kit.http.problems import TooManyRequestsError
from csms.kit.http.ratelimit import Counters, RateLimit, SlowDown
from tests.support.valkey import ValkeyServer


async def tried(limit: RateLimit | SlowDown, key: str, times: int) -> list[int]:
    """0 for an attempt that passes, else the seconds to wait."""
    found = []
    for _ in range(times):
        try:
            await limit.hit(key)
            found.append(0)
        except TooManyRequestsError as error:
            found.append(error.retry_after_s)
    return found


async def test_each_wait_is_twice_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to a bound; one attempt per wait; honest people are forgotten, and so is everybody after a day."""
    now = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    slow = SlowDown("s", Counters(), free=3, first_wait_s=10, longest_wait_s=60)
    assert await tried(slow, "a", 4) == [0, 0, 0, 10]
    waits = []
    for _ in range(5):
        waits.append((await tried(slow, "a", 1))[0])
        now += waits[-1]
        assert await tried(slow, "a", 1) == [0]
    assert waits == [10, 20, 40, 60, 60]
    assert await tried(slow, "b", 1) == [0]
    await slow.forget("a")
    assert await tried(slow, "a", 4) == [0, 0, 0, 10]
    now += 86_400
    assert await tried(slow, "a", 3) == [0, 0, 0]


async def test_an_attempt_costs_nothing_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: nobody's attempt starts threads or work for the keys of others; all are forgotten."""
    now = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    monkeypatch.setattr("csms.kit.http.ratelimit._SWEEP_S", 0.0)
    counters = Counters()
    window, slow = RateLimit("r", "2/minute", counters), SlowDown("s", counters, remembered_s=60)
    threads, tasks = threading.active_count(), len(asyncio.all_tasks())
    for number in range(300):
        assert await tried(window, str(number), 1) == await tried(slow, str(number), 1) == [0]
    assert (threading.active_count(), len(asyncio.all_tasks())) == (threads, tasks)
    memory = await counters.ask(_itself)
    assert (len(memory.events), len(memory.storage)) == (300, 300)
    now += 61
    assert await tried(window, "another", 3) == [0, 0, 60]
    assert (len(memory.events), len(memory.storage), len(memory.locks)) == (1, 0, 0)
    now += 59
    assert await tried(window, "another", 1) == [1]
    now += 2
    assert await tried(window, "another", 1) == [0]


async def _itself(storage: Any) -> Any:
    return storage


async def test_processes_count_together_and_alone_while_redis_is_away() -> None:
    """What one let through counts for the other; without Redis each goes on by itself, and nobody is let in uncounted."""
    server = ValkeyServer()
    await server.start()
    first, second = Counters(server.url, patience_s=5), Counters(server.url, patience_s=5)
    try:
        one, two = RateLimit("r", "3/minute", first), RateLimit("r", "3/minute", second)
        assert await tried(one, "a", 2) == [0, 0]
        assert [wait > 0 for wait in await tried(two, "a", 3)] == [False, True, True]
        await two.forget("a")
        assert await tried(one, "a", 1) == [0]
        slow, other = SlowDown("s", first, free=2), SlowDown("s", second, free=2)
        assert await tried(slow, "a", 2) == [0, 0]
        assert 28 <= (await tried(other, "a", 1))[0] <= 31
        await other.forget("a")
        assert await tried(slow, "a", 1) == [0]
        server.kill()
        assert [wait > 0 for wait in await tried(one, "a", 4)] == [False, False, False, True]
        assert [wait > 0 for wait in await tried(slow, "a", 3)] == [False, False, True]
    finally:
        await first.close()
        await second.close()
        server.close()
