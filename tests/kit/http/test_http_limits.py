# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is left of a limit is told with every answer, and asked for with few of them."""

import time
from typing import Any

import pytest
from limits import WindowStats
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from csms.kit.http.limits import LEFT, RequestLimits, TooFastError
from csms.kit.http.ratelimit import Counters


async def test_what_is_left_is_told_and_seldom_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """One less each time; exactly where little is left; and whoever has used it up waits."""
    limits, asked = RequestLimits(40, 1_000, 100), list[str]()
    stats = SlidingWindowCounterRateLimiter.get_window_stats

    async def counted(self: SlidingWindowCounterRateLimiter, item: Any, *names: str) -> WindowStats:
        asked.append(names[-1])
        return await stats(self, item, *names)

    monkeypatch.setattr(SlidingWindowCounterRateLimiter, "get_window_stats", counted)
    left = []
    for _ in range(40):
        scope: dict[str, Any] = {}
        await limits.of_principal(scope, "user", "anna")
        policy, told = scope[LEFT]
        assert policy == '"user";q=40;w=60'
        left.append(int(told.split(";")[1].removeprefix("r=")))
    assert left == list(reversed(range(40)))
    assert len(asked) < 20  # of the first, and of the last dozen
    with pytest.raises(TooFastError):
        await limits.of_principal({}, "user", "anna")
    scope = {}
    await limits.of_principal(scope, "user", "bert")  # somebody else's is another
    assert scope[LEFT][1].startswith('"user";r=39;')


async def let_in(limits: RequestLimits) -> int:
    """How many more are, until one is refused."""
    for count in range(1_000):
        try:
            await limits.of_principal({}, "key", "k")
        except TooFastError:
            return count
    raise AssertionError("nobody is refused")


async def test_much_that_is_left_is_let_in_unasked_and_counted_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process sees it with the next way to Redis; of little every single one is counted at once."""
    counters = Counters()
    here, there = (RequestLimits(320, 320, 100, counters) for _ in range(2))
    costs: list[int] = []
    hit = SlidingWindowCounterRateLimiter.hit

    async def counted(self: SlidingWindowCounterRateLimiter, item: Any, *names: str, cost: int = 1) -> bool:
        costs.append(cost)
        return await hit(self, item, *names, cost=cost)

    monkeypatch.setattr(SlidingWindowCounterRateLimiter, "hit", counted)
    for _ in range(21):  # a sixteenth of 319 is 19
        await here.of_address("203.0.113.7")
    assert costs == [1, 20]
    scope: dict[str, Any] = {}
    for _ in range(21):
        await here.of_principal(scope, "key", "k")
    assert scope[LEFT][1].startswith('"key";r=299;')
    await there.of_principal(scope, "key", "k")
    assert scope[LEFT][1].startswith('"key";r=298;')
    assert await let_in(there) == 298
    assert await let_in(here) <= 19


async def test_what_was_let_in_unasked_is_not_forgotten_when_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others used it up meanwhile: it is counted as soon as there is room for it."""
    counters = Counters()
    here, there = (RequestLimits(320, 320, 100, counters) for _ in range(2))
    for _ in range(20):
        await here.of_principal({}, "key", "k")
    for _ in range(300):
        await there.of_principal({}, "key", "k")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 2)
    for _ in range(2):
        with pytest.raises(TooFastError):
            await here.of_principal({}, "key", "k")
    assert here._known["key", "k"].uncounted == 19
