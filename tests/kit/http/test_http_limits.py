# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is left of a limit is told with every answer, and asked for with few of them."""

from typing import Any

import pytest
from limits import WindowStats
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from csms.kit.http.limits import LEFT, RequestLimits, TooFastError


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
