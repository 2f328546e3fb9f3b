# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests in windows that slide: in Redis as in memory, for several at once, and who is looked up uncounted."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond

from csms.kit.http.limits import RequestLimits, TooFastError
from csms.kit.http.ratelimit import Counters
from csms.kit.http.windows import OwnWindows, SharedWindows, Taken, Window
from tests.support.valkey import ValkeyServer

OURS = "192.0.2.1"


@pytest.fixture
async def shared() -> AsyncIterator[Counters]:
    """On a Valkey of its own."""
    async with ValkeyServer() as server:
        counters = Counters(server.url, patience_s=5)
        try:
            yield counters
        finally:
            await counters.close()


@pytest.fixture(params=["own", "shared"])
def counters(request: pytest.FixtureRequest, shared: Counters) -> Counters:
    """In memory, and in Valkey."""
    return Counters() if request.param == "own" else shared


async def taken(counters: Counters, *windows: Window) -> Taken:
    """One request in some windows."""

    async def work(storage: OwnWindows | SharedWindows) -> Taken:
        assert isinstance(storage, SharedWindows) is counters.are_shared
        return await storage.take(windows)

    return await counters.ask(work)


def window(item: RateLimitItem, key: str) -> Window:
    """A window of somebody."""
    return Window(item, "test", key)


async def test_what_is_full_counts_no_more_and_neither_does_what_follows(counters: Counters) -> None:
    """The first that is full says so; those before it have counted the request."""
    wide, narrow = window(RateLimitItemPerMinute(50), "wide"), window(RateLimitItemPerMinute(20), "narrow")
    for left in range(19, -1, -1):
        assert (await taken(counters, wide, narrow))[:2] == (None, left)
    refused = await taken(counters, wide, narrow)
    assert refused[:2] == (1, 0)
    assert 0 < refused.reset_s <= 60
    assert (await taken(counters, narrow, wide)).full == 0
    assert (await taken(counters, wide))[:2] == (None, 50 - 21 - 1)
    assert (await taken(counters, window(RateLimitItemPerMinute(20), "other")))[:2] == (None, 19)


async def test_windows_slide(counters: Counters) -> None:
    """What came before counts less and less; after two lengths nothing is left of it."""
    each = window(RateLimitItemPerSecond(10, 2), "a")
    assert [(await taken(counters, each)).full for _ in range(11)] == [None] * 10 + [0]
    refused = await taken(counters, each)
    await asyncio.sleep(2.0 + min(refused.reset_s, 2.0) / 2)
    let_in = 0
    while (await taken(counters, each)).full is None:
        let_in += 1
    assert 0 < let_in < 10
    again = await taken(counters, each)
    assert again.reset_s <= 0.21  # of ten in two seconds one is forgotten each fifth of a second
    await asyncio.sleep(4.1)
    assert (await taken(counters, each))[:2] == (None, 9)


async def test_whoever_showed_nothing_is_counted_before_anything_is_looked_up(shared: Counters) -> None:
    """An address waits for a minute after somebody came from it; not after one who did not, and not where it is over."""
    now = 100.0
    limits = RequestLimits(100, 8, 100, shared, monotonic=lambda: now)

    async def somebody(*, waited: bool) -> None:
        await limits.of_principal({}, "user", "a", OURS, waited=waited)

    assert not limits.may_wait(OURS)
    await limits.of_address(OURS)
    assert not limits.may_wait(OURS)
    await somebody(waited=False)
    assert limits.may_wait(OURS)
    assert not limits.may_wait("192.0.2.2")
    now += 61
    assert not limits.may_wait(OURS)
    await limits.of_address(OURS)
    await somebody(waited=False)
    for _ in range(2):
        await somebody(waited=True)
    await limits.of_address(OURS)  # in vain
    assert not limits.may_wait(OURS)
    await somebody(waited=False)
    for _ in range(3):
        assert limits.may_wait(OURS)
        await somebody(waited=True)
    with pytest.raises(TooFastError, match="more than 8 in a minute for this address"):
        await somebody(waited=True)
    assert not limits.may_wait(OURS)
    with pytest.raises(TooFastError):
        await limits.of_address(OURS)


async def test_in_memory_nothing_waits() -> None:
    """There is no way to save: an address is always counted first."""
    limits = RequestLimits(100, 8, 100)
    await limits.of_address(OURS)
    await limits.of_principal({}, "user", "a", OURS, waited=False)
    assert not limits.may_wait(OURS)


async def test_addresses_that_are_known_are_few(shared: Counters) -> None:
    """However many come, memory is bounded; those that came last are kept."""
    limits = RequestLimits(100_000, 100_000, 100, shared)
    limits._known.update({f"old {number}": float("inf") for number in range(10_000)})
    await limits.of_principal({}, "user", "a", OURS, waited=False)
    assert limits.may_wait(OURS)
    assert len(limits._known) == 10_000
