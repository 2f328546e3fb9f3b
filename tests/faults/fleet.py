# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers as OCPP wants them: what happened waits in a queue and is sent, one message at a time and again and again,
until a CALLRESULT came (1.6 §3.7.1, §4.1.1). They write down what they were told, and what they were commanded."""

import asyncio
import itertools
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

import aiohttp

from tests.faults.history import START, Fact, Heard, History, Issued, Session
from tests.faults.words import TAG, V16, V201, Words
from tests.support.charger import CallError, Charger, connected

__all__ = ["PASSWORD", "TAG", "V16", "V201", "Fleet", "PatientCharger"]

PASSWORD = "a password of a charger"
VENDOR = "org.example.faults"  # of the DataTransfer that the operator sends; its data is the command's key
PROBE = "probe"
ON_ITS_WAY_S = 1.0
_QUEUE = 40
_HANDSHAKE_S = 6.0
_HANG_UP_S = 1.0
_LOST = (aiohttp.ClientError, ConnectionError, TimeoutError)

Url = str | Callable[[str], str]


class PatientCharger:
    """Two connectors that are used without pause, one line to the CSMS."""

    def __init__(
        self,
        url: str,
        identity: str,
        rng: Random,
        pace_s: float,
        timeouts_s: Sequence[float],
        words: Words,
        allowance_s: Callable[[], float | None],
    ) -> None:
        self.identity = identity
        self.acknowledged: list[Fact] = []
        self.heard: list[Heard] = []
        self.errors: list[str] = []
        self.last_failure = ""
        self.connects = 0
        self.in_hand: Fact | None = None  # sent, not answered yet
        self.queue: deque[Fact] = deque()
        self.protocol = words.protocol
        self._url = url
        self._rng = rng
        self._pace_s = pace_s
        self._words = words
        self._allowance_s = allowance_s
        self._same_id = rng.random() < 0.5
        self._whole_seconds = rng.random() < 0.5
        self._timeout_s = rng.choice(timeouts_s)
        self._ids = itertools.count(1)
        self._changed = asyncio.Condition()
        self._closing = False
        self._using = 2

    async def run(self) -> None:
        """Until everything that happened was acknowledged after `close`."""
        async with asyncio.TaskGroup() as tasks:
            for connector in (1, 2):
                tasks.create_task(self._use(connector))
            tasks.create_task(self._stay_connected())

    def close(self) -> None:
        """No new sessions; what is in the queue is still delivered."""
        self._closing = True

    def is_closing(self) -> bool:
        """Whether it begins nothing new."""
        return self._closing

    # -- what happens

    async def _use(self, connector: int) -> None:
        register = self._rng.randrange(1_000, 1_000_000)
        words, rng = self._words, self._rng
        while not self.is_closing():
            session = words.session(self.identity, connector, self._now(), register, rng)
            await self._status(connector, "Preparing")
            await self._put(words.start(session))
            await self._status(connector, "Charging")
            for _ in range(rng.randrange(1, 6)):
                register += rng.randrange(1, 60)
                session.readings.append((self._now(), register))
                await self._put(words.meter(session))
            if self.is_closing() and connector == 2:
                break  # one that goes on charging
            register += rng.randrange(0, 60)
            session.ended_at, session.meter_stop = self._now(), register
            await self._put(words.stop(session, rng))
            await self._status(connector, "Available")
        async with self._changed:
            self._using -= 1
            self._changed.notify_all()

    async def _status(self, connector: int, status: str) -> None:
        await self._put(self._words.status(self.identity, connector, status, self._now()))

    async def _put(self, fact: Fact) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.queue) < _QUEUE)
            self.queue.append(fact)
            self._changed.notify_all()
        await asyncio.sleep(self._rng.expovariate(1 / self._pace_s))

    def _now(self) -> datetime:
        now = datetime.now(UTC)
        return now.replace(microsecond=0 if self._whole_seconds else now.microsecond // 1000 * 1000)

    # -- what is told

    async def _stay_connected(self) -> None:
        while not self._all_told():
            try:
                async with AsyncExitStack() as stack:
                    async with asyncio.timeout(_HANDSHAKE_S):
                        line = await stack.enter_async_context(self._connected())
                    line.answers["DataTransfer"] = self._obey
                    self.connects += 1
                    await self._tell(line)
            except _LOST as error:
                self.last_failure = repr(error)
                await asyncio.sleep(self._rng.uniform(0.05, 0.5))

    def _connected(self) -> Any:
        protocols = (self.protocol,)
        return connected(self._url, self.identity, password=PASSWORD, protocols=protocols, hang_up_s=_HANG_UP_S)

    def _all_told(self) -> bool:
        return not self._using and not self.queue

    async def _tell(self, line: Charger) -> None:
        if self.connects == 1 or self._rng.random() < 0.2:  # some start anew when they lose their CSMS
            await self._send(line, self._words.boot(self.identity))
        while not self._all_told():
            async with self._changed:
                await self._changed.wait_for(lambda: self.queue or not self._using)
            if self.queue:
                await self._send(line, self.queue[0])
                async with self._changed:
                    self.queue.popleft()
                    self._changed.notify_all()

    async def _send(self, line: Charger, fact: Fact) -> None:
        self.in_hand = fact
        while fact.answer is None:
            if not self._same_id or not fact.ids:
                fact.ids.append(f"{self.identity}-{next(self._ids)}")
            fact.sent += 1
            fact.first_sent_s = fact.first_sent_s or asyncio.get_running_loop().time()
            try:
                answer = await line.call(fact.action, fact.words(), message_id=fact.ids[-1], timeout_s=self._timeout_s)
            except TimeoutError:
                if self._rng.random() < 0.5:
                    raise  # hang up and come back
            except CallError as error:
                self.errors.append(f"{self.identity} {fact.action}: {error}")
                await asyncio.sleep(0.5)
            else:
                self._acknowledged(fact, answer)

    def _acknowledged(self, fact: Fact, answer: dict[str, Any]) -> None:
        fact.answer = answer
        fact.answered_at_s = asyncio.get_running_loop().time()
        if fact.kind == START and fact.session is not None and fact.session.ref is None:
            fact.session.number = answer["transactionId"]
        said = answer.get("idTagInfo", answer.get("idTokenInfo", answer))
        if said.get("status", "Accepted") != "Accepted":
            self.errors.append(f"{self.identity} {fact.action}: {answer}")
        self.acknowledged.append(fact)
        self.in_hand = None

    # -- what it is told to do

    async def _obey(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        key = str(payload.get("data"))
        mood = 1.0 if key.startswith(PROBE) else self._rng.random()
        answers = mood >= 0.1
        self.heard.append(Heard(self.identity, key, datetime.now(UTC), self._allowance_s(), answers))
        if not answers:
            return None
        if mood < 0.2:
            await asyncio.sleep(self._rng.uniform(0.1, 0.5))
        return {"status": "Accepted"}


class Fleet:
    """Many of them."""

    def __init__(
        self,
        url: Url,
        identities: Sequence[str],
        seed: int,
        *,
        pace_s: float = 0.05,
        timeouts_s: Sequence[float] = (1.5, 3.0, 30.0),
        words: Sequence[Words] = (V16(),),
        allowance_s: Callable[[str], float | None] = lambda _: ON_ITS_WAY_S,
    ) -> None:
        """`words`: the versions, by turns. `url`: of all, or of each. `allowance_s`: see `Heard`."""
        self.chargers = [
            PatientCharger(
                url if isinstance(url, str) else url(name),
                name,
                Random(f"{seed}/{name}"),
                pace_s,
                timeouts_s,
                speaks,
                partial(allowance_s, name),
            )
            for name, speaks in zip(identities, itertools.cycle(words), strict=False)
        ]
        self.issued: list[Issued] = []
        self.doubtful: list[tuple[datetime, datetime]] = []
        self._running: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """They talk meanwhile; whoever fails ends the test."""
        self._running = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def run_dry(self, patience_s: float = 60) -> None:
        """No new sessions; wait until every queue is empty."""
        assert self._running is not None
        for charger in self.chargers:
            charger.close()
        try:
            await asyncio.wait_for(asyncio.shield(self._running), patience_s)
        except TimeoutError:
            left = {charger.identity: len(charger.queue) for charger in self.chargers if charger.queue}
            raise AssertionError(f"not told after {patience_s:.0f} s: {left}; {self.complaints()}") from None

    async def progress(self, meanwhile: Callable[[], None] = lambda: None, *, patience_s: float = 60) -> None:
        """Wait until most chargers were answered again."""
        before = self.mark()
        until = asyncio.get_running_loop().time() + patience_s
        while len(self.standing(before)) >= (len(self.chargers) + 1) // 2:
            meanwhile()
            await self.look()
            assert asyncio.get_running_loop().time() < until, f"no answers for {patience_s:.0f} s: {self.complaints()}"
            await asyncio.sleep(0.02)

    def mark(self) -> "Mark":
        """This moment, for `history` and `standing`."""
        now_s = asyncio.get_running_loop().time()
        counts = [(len(charger.acknowledged), len(charger.heard), len(charger.errors)) for charger in self.chargers]
        return Mark(now_s, counts, len(self.issued))

    def standing(self, mark: "Mark") -> list[str]:
        """Chargers that were not answered since: nothing that they sent after it."""
        return [
            charger.identity
            for charger, (facts, _, _) in zip(self.chargers, mark.counts, strict=True)
            if not any(fact.answered_at_s > mark.now_s for fact in charger.acknowledged[facts:])
        ]

    async def look(self) -> None:
        """Whoever failed ends the test."""
        if self._running is not None and self._running.done():
            await self._running

    def complaints(self) -> str:
        """Why they are where they are."""
        failures = Counter(charger.last_failure for charger in self.chargers)
        return f"errors {self.errors[:5]}, failures {failures.most_common(3)}"

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for charger in self.chargers:
                tasks.create_task(charger.run())

    def history(self, since: "Mark | None" = None) -> History:
        """What happened since a mark, or ever."""
        counts = [(0, 0, 0)] * len(self.chargers) if since is None else since.counts
        parts = list(zip(self.chargers, counts, strict=True))
        return History(
            facts=[fact for charger, (first, _, _) in parts for fact in charger.acknowledged[first:]],
            in_hand=[charger.in_hand for charger in self.chargers if charger.in_hand is not None],
            heard=[heard for charger, (_, first, _) in parts for heard in charger.heard[first:]],
            issued=self.issued[0 if since is None else since.issued :],
            errors=[error for charger, (_, _, first) in parts for error in charger.errors[first:]],
            doubtful=list(self.doubtful),
        )

    @property
    def acknowledged(self) -> list[Fact]:
        """Everything that was acknowledged."""
        return [fact for charger in self.chargers for fact in charger.acknowledged]

    @property
    def errors(self) -> list[str]:
        """What no charger should ever have heard."""
        return [error for charger in self.chargers for error in charger.errors]

    def told(self) -> Counter[str]:
        """How many of each action were acknowledged."""
        return Counter(fact.action for fact in self.acknowledged)

    def repeated(self) -> int:
        """How many were acknowledged only after they had been sent more than once."""
        return sum(fact.sent > 1 for fact in self.acknowledged)


class Mark:
    """A moment: how much each charger had been told by then."""

    def __init__(self, now_s: float, counts: list[tuple[int, int, int]], issued: int) -> None:
        self.now_s = now_s
        self.counts = counts
        self.issued = issued


def session_of(fact: Fact) -> Session:
    """The session that a message is about."""
    assert fact.session is not None
    return fact.session
