# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Group commit: gathering, lanes, poison, a database that goes away."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from csms.kit.db.group_commit import GroupCommit, is_away
from csms.kit.errors import UnavailableError
from csms.kit.metrics import Metrics


class Store:
    """Records what was committed, fails when told."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.failed: list[tuple[int, Exception]] = []
        self.raising: list[Exception] = []
        self.poison: set[int] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def commit(self, items: Sequence[int]) -> None:
        await self.gate.wait()
        if self.raising:
            raise self.raising.pop(0)
        if self.poison & set(items):
            raise ValueError("poison")
        self.groups.append(list(items))

    def fail(self, item: int, error: Exception) -> None:
        self.failed.append((item, error))

    @property
    def stored(self) -> list[int]:
        return sorted(item for group in self.groups for item in group)


def group(store: Store, **options: object) -> GroupCommit[int]:
    made: GroupCommit[int] = GroupCommit(store.commit, store.fail, Metrics(process=False), **options)  # type: ignore[arg-type]
    made.start()
    return made


async def test_what_comes_while_a_group_is_committed_is_the_next_group() -> None:
    """One item when idle, many under load."""
    store = Store()
    store.gate.clear()
    commit = group(store, lanes=1)
    commit.submit(0)
    await asyncio.sleep(0.01)
    for item in range(1, 100):
        commit.submit(item)
    assert commit.depth == 99
    store.gate.set()
    assert await commit.drain(5)
    assert store.groups == [[0], list(range(1, 100))]
    await commit.stop()


async def test_groups_begin_apart_unless_there_is_enough() -> None:
    """The first of a silence is committed at once, what follows it shares a group; enough of it waits for nothing."""
    store = Store()
    rest_s = 30.0
    commit = group(store, enough=3, max_items=3, rest_s=lambda: rest_s)
    commit.submit(0)
    await asyncio.sleep(0.01)
    assert store.groups == [[0]]
    commit.submit(1)
    await asyncio.sleep(0.01)
    commit.submit(2)
    await asyncio.sleep(0.01)
    assert store.groups == [[0]]
    assert not await commit.drain(0.01)
    await commit.stop()

    rest_s, store = 0.2, Store()
    commit = group(store, enough=3, max_items=3, rest_s=lambda: rest_s)
    for item in range(5):
        commit.submit(item)
    await asyncio.sleep(0.01)
    assert store.groups == [[0, 1, 2]]
    commit.submit(5)
    assert await commit.drain(5)
    assert store.groups == [[0, 1, 2], [3, 4, 5]]
    await commit.stop()


async def test_a_group_is_no_larger_than_it_may_be() -> None:
    """The limit holds; the rest goes into the next."""
    store = Store()
    commit = group(store, lanes=1, max_items=10)
    for item in range(25):
        commit.submit(item)
    assert await commit.drain(5)
    assert [len(items) for items in store.groups] == [10, 10, 5]
    await commit.stop()


async def test_a_poisonous_item_takes_no_other_with_it() -> None:
    """The group is replayed one by one; only the poison fails."""
    store = Store()
    store.poison = {3}
    commit = group(store, lanes=1)
    for item in range(6):
        commit.submit(item)
    assert await commit.drain(5)
    assert store.stored == [0, 1, 2, 4, 5]
    assert [(item, str(error)) for item, error in store.failed] == [(3, "poison")]
    await commit.stop()


@pytest.mark.parametrize("error", [asyncpg.DeadlockDetectedError("x"), asyncpg.SerializationError("x")])
async def test_a_deadlock_is_tried_again(error: Exception) -> None:
    """steve#2107: a burst of unseen chargers deadlocks, and nobody is told of it."""
    store = Store()
    store.raising = [error, error]
    commit = group(store, lanes=1)
    commit.submit(1)
    assert await commit.drain(5)
    assert (store.stored, store.failed) == ([1], [])
    await commit.stop()


async def test_a_deadlock_that_never_ends_fails() -> None:
    """Five times is enough."""
    store = Store()
    store.raising = [asyncpg.DeadlockDetectedError("x")] * 5
    commit = group(store, lanes=1)
    commit.submit(1)
    assert await commit.drain(5)
    assert [type(error) for _, error in store.failed] == [asyncpg.DeadlockDetectedError]
    await commit.stop()


async def test_while_the_database_is_away_the_group_waits() -> None:
    """It is stored once the database is back, without a restart."""
    store = Store()
    store.raising = [OSError("refused"), asyncpg.CannotConnectNowError("starting")]
    commit = group(store, lanes=1, patience_s=10)
    commit.submit(1)
    assert await commit.drain(5)
    assert (store.stored, store.failed) == ([1], [])
    await commit.stop()


async def test_a_database_away_for_too_long_leaves_the_items_unanswered() -> None:
    """All of the group are told that it was away; none is replayed singly against it."""
    store = Store()
    store.raising = [OSError("refused")] * 50
    commit = group(store, lanes=1, patience_s=0.2)
    commit.submit(1)
    commit.submit(2)
    assert await commit.drain(5)
    assert [(item, type(error)) for item, error in store.failed] == [(1, UnavailableError), (2, UnavailableError)]
    await commit.stop()


async def test_draining_gives_up_in_time() -> None:
    """A commit that hangs does not hang the stop."""
    store = Store()
    store.gate.clear()
    commit = group(store, lanes=1)
    commit.submit(1)
    assert not await commit.drain(0.05)
    await commit.stop()


async def test_a_failure_outside_the_commit_does_not_end_the_lane() -> None:
    """A callback that raises is logged; the next item is stored."""
    store = Store()
    store.poison = {1}

    def broken(_: int, __: Exception) -> None:
        raise RuntimeError("broken callback")

    commit: GroupCommit[int] = GroupCommit(store.commit, broken, Metrics(process=False), lanes=1)
    commit.start()
    commit.submit(1)
    await asyncio.sleep(0.05)
    commit.submit(2)
    assert await commit.drain(5)
    assert store.stored == [2]
    await commit.stop()


def test_what_counts_as_away() -> None:
    """A refused statement is no outage."""
    assert is_away(ConnectionRefusedError())
    assert is_away(asyncpg.AdminShutdownError("x"))
    assert is_away(asyncpg.TooManyConnectionsError("x"))
    assert not is_away(asyncpg.UniqueViolationError("x"))
    assert not is_away(ValueError())
