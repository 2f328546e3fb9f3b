# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The core in worlds of its own making: what was acknowledged is stored, in order, whatever breaks (promises R1-R5).

Link, inbox, directory, group commit and session are the real ones. Five bugs are planted, one for each promise, so that
worlds do not pass for want of looking.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from unittest.mock import MagicMock, patch

import pytest
import structlog

from csms.gateway.directory import Directory
from csms.gateway.entry import Entry
from csms.gateway.inbox import Pipeline
from csms.gateway.link import Link
from csms.kit.db.group_commit import GroupCommit
from csms.kit.db.ingest import Unit
from tests.simulation.database import fence
from tests.simulation.world import play

pytestmark = pytest.mark.no_cover  # some hundred thousand times the same lines, which others cover
_ENOUGH = 400
_PART = 100


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of lines of log tell nothing here."""
    with structlog.testing.capture_logs():
        yield


@pytest.mark.parametrize("first", range(0, _ENOUGH, _PART))
def test_no_world_has_a_fault(first: int) -> None:
    """Seeds that are played alike wherever this runs; `python -m tests.simulation` plays more."""
    found = [play(seed) for seed in range(first, first + _PART)]
    assert {each.seed: each.faults for each in found if each.faults} == {}
    assert sum(each.facts for each in found) > _PART
    assert sum(each.commands for each in found) > 0


def test_a_seed_is_one_world() -> None:
    """Also in another process, whose sets and dicts are in another order."""
    here = [play(seed).trace for seed in range(20, 30)]
    assert [play(seed).trace for seed in range(20, 30)] == here
    program = (
        "import logging, structlog; from tests.simulation.world import play;"
        "structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL));"
        "logging.disable(logging.CRITICAL); print([play(seed).trace for seed in range(20, 30)])"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=environment, text=True)
    assert there.stdout.strip() == str(here)


def _first_fault(said: str, pipeline: type[Pipeline] = Pipeline) -> str:
    """The first world's fault of that kind."""
    for seed in range(_ENOUGH):
        for fault in play(seed, pipeline).faults:
            if said in fault:
                return fault
    pytest.fail(f"nothing found in {_ENOUGH} worlds")


class _Hasty(Pipeline):
    async def _commit(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            entry.response = b"{}"
        await self._answer([entry for entry in entries if entry.request.action != "BootNotification"], _unit())
        await super()._commit(entries)


def _unit() -> Unit:
    connection: object = None
    return Unit(connection, datetime.now(UTC))  # type: ignore[arg-type]


def test_an_answer_before_the_commit_is_found() -> None:
    """R1."""
    assert "was told that" in _first_fault("is stored, and it is not", _Hasty)


def test_what_is_stored_for_a_stranger_is_found() -> None:
    """R2: a pipeline that does not heed the fence."""

    async def unheeded(unit: Unit, owners: Sequence[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        await fence(unit, owners)
        return frozenset()

    with patch("tests.simulation.world.fence", unheeded):
        assert "not the charger's any more" in _first_fault("was stored by a connection")


def test_an_epoch_that_changes_behind_the_fence_lets_nothing_in() -> None:
    """Seen in one world of 3,000: a group looked at the epoch again after its fence, and a claim had come between."""
    real = Entry.owner.fget
    assert real is not None
    read: set[int] = set()

    def changing(self: Entry) -> tuple[str, int]:
        charger, epoch = real(self)
        again = id(self) in read
        read.add(id(self))
        return charger, epoch + again

    def commit(self: Pipeline, entries: Sequence[Entry]) -> Coroutine[Any, Any, None]:
        read.clear()
        return store(self, entries)

    store = Pipeline._commit
    with patch.object(Entry, "owner", property(changing)), patch.object(Pipeline, "_commit", commit):
        assert [play(seed).faults for seed in range(_PART)] == [[]] * _PART


async def test_a_link_is_claimed_once() -> None:
    """A group and the wheel both want it: the second claim would make a stranger of the first."""
    claimed: list[int] = []

    class Registry:
        async def claim_late(self, *_: object) -> int:
            claimed.append(len(claimed) + 1)
            epoch = claimed[-1]
            await asyncio.sleep(0.02 / epoch)
            return epoch

    class Bus:
        async def serve(self, *_: object, **__: object) -> None:
            """Served."""

    registry: Any = Registry()
    bus: Any = Bus()
    nothing: Any = None
    directory = Directory(registry, nothing, bus, nothing)
    link: Any = MagicMock(epoch=None, active=True)
    directory._links[link.charger.id] = link
    await asyncio.gather(directory.claim(link), directory.claim(link))
    assert (claimed, link.epoch) == ([1], 1)


def test_a_group_that_falls_with_one_of_its_messages_is_found() -> None:
    """R3: a poisonous message takes others with it."""

    async def whole(self: GroupCommit[Entry], group: Sequence[Entry]) -> None:
        try:
            await self._attempt(group)
        except Exception as error:  # noqa: BLE001
            for item in group:
                self._failed(item, error)

    with patch.object(GroupCommit, "_store", whole):
        assert "was refused" in _first_fault("was refused")


def test_a_command_that_is_sent_late_is_found() -> None:
    """R4: a link that never looks at the time."""

    class Late(datetime):
        def __ge__(self, other: object) -> bool:
            return False

    real = Link._exchange

    async def late(self: Link, request: object, *more: object) -> object:
        await asyncio.sleep(30)
        with patch.object(type(self._clock), "now", lambda _: Late(2020, 1, 1, tzinfo=UTC)):
            return await real(self, request, *more)  # type: ignore[arg-type]

    with patch.object(Link, "_exchange", late):
        assert "too late" in _first_fault("too late")


def test_a_charger_that_is_never_answered_is_found() -> None:
    """Nothing waits for ever: a link that does not go on with its next message."""

    def stop(self: Link, entry: Entry, answer: object) -> None:
        del self, entry, answer

    with patch.object(Link, "completed", stop):
        assert "not told within" in _first_fault("not told within")
