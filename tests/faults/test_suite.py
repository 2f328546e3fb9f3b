# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The suite itself: a seed is a plan, a line does what it says, a file of results is gone on with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from tests.faults.history import STATUS, Fact
from tests.faults.suite.patience import Patience, queued_s
from tests.faults.suite.plan import BATCH, KINDS, batches, plan
from tests.faults.suite.proxy import Line, to_any, to_port
from tests.faults.suite.report import OK, SKIPPED, VIOLATED, WHOLE, Result, Results, summary
from tests.faults.suite.run import count
from tests.faults.suite.soak import growing
from tests.support.eventually import eventually

SOON_S = 5.0
NEVER_S = 0.15


def test_a_seed_is_a_plan() -> None:
    """The same twice, another one for another seed; every kind is in forty faults."""
    once, again, other = (
        [(each.kind, each.make()[0].what, each.make()[1]) for each in plan(seed, 40)] for seed in (1, 1, 2)
    )
    assert once == again
    assert once != other
    assert {kind for kind, _, _ in once} == set(KINDS)


def test_a_longer_plan_begins_like_a_shorter_one() -> None:
    """So a fault has the same number in each, and the next forty are others."""
    long = plan(3, 3 * BATCH)
    assert long[:BATCH] == plan(3, BATCH)
    assert [each.number for each in long] == list(range(1, 3 * BATCH + 1))
    assert [each.kind for each in long[:BATCH]] != [each.kind for each in long[BATCH : 2 * BATCH]]
    assert [each.number for batch in batches(long) for each in batch] == [each.number for each in long]


@asynccontextmanager
async def _echo() -> AsyncIterator[tuple[int, list[asyncio.StreamWriter]]]:
    open_: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.append(writer)
        try:
            while data := await reader.read(1_000):
                writer.write(data)
        except ConnectionError:
            pass
        open_.remove(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], open_
    finally:
        server.close()


@pytest.fixture
async def echo() -> AsyncIterator[tuple[Line, list[asyncio.StreamWriter]]]:
    """A line to something that says everything again, and that side's connections."""
    async with AsyncExitStack() as stack:
        port, open_ = await stack.enter_async_context(_echo())
        line = Line(to_port(port), Random(1))
        await line.start()
        stack.push_async_callback(line.stop)
        yield line, open_


async def _open(writers: list[asyncio.StreamWriter], count: int) -> None:
    async def so_many() -> bool:
        return len(writers) == count

    await eventually(so_many)


class Caller:
    """Says a word and listens."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def of(cls, line: Line) -> "Caller":
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", line.port))

    async def says(self, word: bytes, within_s: float = SOON_S) -> bytes | None:
        """What comes back; None: nothing."""
        self.writer.write(word)
        try:
            return await asyncio.wait_for(self.reader.read(1_000), within_s)
        except TimeoutError:
            return None


async def test_a_line_that_holds_lets_nothing_through_and_loses_nothing(
    echo: tuple[Line, list[asyncio.StreamWriter]],
) -> None:
    """Either way; when it flows again what was held arrives."""
    line, _ = echo
    caller = await Caller.of(line)
    assert await caller.says(b"one") == b"one"
    for ways in (("up",), ("down",), ()):
        line.hold(*ways)
        assert not line.is_clear
        assert await caller.says(b"two", NEVER_S) is None
        line.flow()
        assert await caller.says(b"", SOON_S) == b"two"
    assert not line.is_clear  # just now it was not


async def test_a_line_that_is_cut_is_closed_at_both_ends(echo: tuple[Line, list[asyncio.StreamWriter]]) -> None:
    """And takes the next connection."""
    line, open_ = echo
    caller = await Caller.of(line)
    assert await caller.says(b"one") == b"one"
    line.cut()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await caller.reader.readexactly(1)
    await _open(open_, 0)
    assert await (await Caller.of(line)).says(b"one") == b"one"


async def test_a_far_end_does_not_know_that_the_near_one_is_gone(echo: tuple[Line, list[asyncio.StreamWriter]]) -> None:
    """Half open, until it is let go."""
    line, open_ = echo
    caller = await Caller.of(line)
    assert await caller.says(b"one") == b"one"
    line.orphan()
    await asyncio.sleep(NEVER_S)
    assert len(open_) == 1
    open_[0].write(b"are you there?")
    again = await Caller.of(line)
    assert await again.says(b"two") == b"two"
    line.let_go()
    await _open(open_, 1)
    assert await again.says(b"three") == b"three"


async def test_a_line_may_be_slow_and_lossy(echo: tuple[Line, list[asyncio.StreamWriter]]) -> None:
    """Everything arrives all the same."""
    line, _ = echo
    line.delay_s, line.loss = 0.05, 0.3
    caller = await Caller.of(line)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await caller.says(b"one") == b"one"
    assert loop.time() - began > 0.05


async def test_a_balancer_takes_whoever_is_there() -> None:
    """And says no where nobody is."""
    async with _echo() as (port, _):
        for seed in range(5):
            _, writer = await to_any([1, port], Random(seed))()
            writer.close()
    with pytest.raises(ConnectionRefusedError):
        await to_any([1], Random(1))()


def _result(number: int, verdict: str = OK, **more: object) -> Result:
    values: dict[str, object] = {"messages": 100, "at_once": 90, "in_time": 100, **more}
    return Result(1, number, "kill-gateway", "kill -9", verdict, **values)  # type: ignore[arg-type]


def test_results_are_gone_on_with(tmp_path: Path) -> None:
    """What is in the file is done; a number that was done again counts once; other seeds are others'."""
    path = tmp_path / "results.jsonl"
    results = Results(path)
    assert results.load(1) == set()
    results.add(_result(1, VIOLATED, violations=["lost: it"]))
    results.add(_result(2))
    results.add(Result(2, 3, "kill-api", "kill -9"))
    results.add(_result(1))
    results.add(Result(1, 2, WHOLE, "everything"))
    again = Results(path)
    assert again.load(1) == {1, 2}
    assert {(each.number, each.verdict) for each in again.all} == {(1, OK), (2, OK)}
    assert summary(again.all, 60)[1]


@pytest.mark.parametrize(
    "bad",
    [
        _result(2, VIOLATED, violations=["stuck: CP1 was not answered"]),
        _result(2, in_time=50),
        Result(1, 40, WHOLE, "everything", VIOLATED, violations=["lost: reading"]),
    ],
    ids=["violated", "not available", "the whole"],
)
def test_one_that_does_not_hold_is_said(bad: Result) -> None:
    """The summary names it, with what plays it again."""
    lines, good = summary([_result(1), bad, _result(3, SKIPPED, seen={"why": "needs root"})], 60)
    assert not good
    text = "\n".join(lines)
    assert "needs root" in text
    assert ("--only 2" in text) or ("--only 40" in text) or ("availability is below" in text)


@pytest.mark.parametrize(
    ("share", "over_s"),
    [({1: 0.0}, 61), ({1: 0.5, 2: 0.1}, 121), ({1: 0.1, 2: 0.5}, 121), ({1: 1.0}, 601)],
    ids=["stuck", "we are starved", "csms is starved", "not for ever"],
)
def test_patience_is_used_up_by_time_with_a_processor(share: dict[int, float], over_s: int) -> None:
    """Who is stuck is found after it; who waits for a processor has that time besides, up to a limit."""
    now_s = 0.0
    patience = Patience(60, lambda: share, lambda pid: share[pid] * now_s, lambda: now_s)
    while not patience.over():
        now_s += 1.0
    assert now_s == over_s


def test_a_process_that_was_started_meanwhile_has_waited_since_then() -> None:
    """It counts from its start, and one that is gone no more."""
    now_s, queued = 0.0, {1: 100.0}
    patience = Patience(60, lambda: list(queued), lambda pid: queued[pid], lambda: now_s)
    now_s, queued = 10.0, {2: 4.0}
    assert not patience.over()
    assert patience.starved_s == 4.0
    now_s, queued = 12.0, {2: 90.0}  # more than there was time: told late
    assert not patience.over()
    assert patience.starved_s == 6.0
    assert queued_s(-1) == 0.0


def test_availability_counts_retries() -> None:
    """Answered at the first sending, and answered in time however often it was sent."""
    facts = [Fact("CP1", STATUS, "StatusNotification", {}, sent=1, answered_at_s=0.1) for _ in range(8)]
    facts.append(Fact("CP1", STATUS, "StatusNotification", {}, sent=3, answered_at_s=20.0))
    facts.append(Fact("CP1", STATUS, "StatusNotification", {}, sent=9, answered_at_s=40.0))
    result = _result(1)
    count(result, facts)
    assert (result.messages, result.at_once, result.in_time) == (10, 8, 9)


def test_a_type_that_grows_is_found() -> None:
    """One that is more at each look; not one that goes up and down, nor a few of a kind."""
    looks = [
        {"leak": 1_000, "tide": 1_000, "few": 1, "flat": 5_000},
        {"leak": 2_000, "tide": 3_000, "few": 2, "flat": 5_010},
        {"leak": 3_000, "tide": 900, "few": 3, "flat": 5_020},
    ]
    assert growing(looks) == {"leak": (1_000, 3_000)}
