# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers as OCPP 1.6 wants them: what happened waits in a queue and is sent, one message at a time and again and
again, until a CALLRESULT came (§3.7.1, §4.1.1). They write down what they were told."""

import asyncio
import itertools
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import aiohttp

from tests.support.charger import CallError, Charger, connected

PASSWORD = "a password of a charger"
TAG = "FAULTS"
_QUEUE = 40
_LOST = (aiohttp.ClientError, ConnectionError, TimeoutError)


@dataclass(eq=False)
class Session:
    """A charging session as it was at the charger; `number` is what the CSMS called it."""

    charger: str
    connector: int
    begun_at: datetime
    meter_start: int
    readings: list[tuple[datetime, int]] = field(default_factory=list)
    ended_at: datetime | None = None
    meter_stop: int | None = None
    number: int | None = None


@dataclass(eq=False)
class Fact:
    """A message of a charger: what it says, how often it was sent, what was answered."""

    charger: str
    action: str
    payload: dict[str, Any]
    session: Session | None = None
    ids: list[str] = field(default_factory=list)
    sent: int = 0
    answer: dict[str, Any] | None = None
    answered_at_s: float = 0.0

    def words(self) -> dict[str, Any]:
        """The payload; the transaction's number is known once its start was answered."""
        if self.session is None or self.action == "StartTransaction":
            return self.payload
        assert self.session.number is not None
        return {**self.payload, "transactionId": self.session.number}


class PatientCharger:
    """Two connectors that are used without pause, one line to the CSMS."""

    def __init__(self, url: str, identity: str, rng: Random, pace_s: float, timeouts_s: Sequence[float]) -> None:
        self.identity = identity
        self.acknowledged: list[Fact] = []
        self.errors: list[str] = []
        self.last_failure = ""
        self.connects = 0
        self.in_hand: Fact | None = None  # sent, not answered yet
        self.queue: deque[Fact] = deque()
        self._url = url
        self._rng = rng
        self._pace_s = pace_s
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

    # -- what happens

    async def _use(self, connector: int) -> None:
        register = self._rng.randrange(1_000, 1_000_000)
        while not self._closing:
            session = Session(self.identity, connector, self._now(), register)
            await self._status(connector, "Preparing")
            start = {"connectorId": connector, "idTag": TAG, "meterStart": register}
            await self._put("StartTransaction", {**start, "timestamp": _text(session.begun_at)}, session)
            await self._status(connector, "Charging")
            for _ in range(self._rng.randrange(1, 6)):
                register += self._rng.randrange(1, 60)
                reading = (self._now(), register)
                session.readings.append(reading)
                values = {"connectorId": connector, "meterValue": [_meter(*reading, "Sample.Periodic")]}
                await self._put("MeterValues", values, session)
            if self._closing and connector == 2:
                break  # one that goes on charging
            register += self._rng.randrange(0, 60)
            session.ended_at, session.meter_stop = self._now(), register
            stop: dict[str, Any] = {"meterStop": register, "timestamp": _text(session.ended_at), "reason": "Local"}
            if self._rng.random() < 0.5:
                stop["transactionData"] = [_meter(session.ended_at, register, "Transaction.End")]
            await self._put("StopTransaction", stop, session)
            await self._status(connector, "Available")
        async with self._changed:
            self._using -= 1
            self._changed.notify_all()

    async def _status(self, connector: int, status: str) -> None:
        payload = {"connectorId": connector, "errorCode": "NoError", "status": status, "timestamp": _text(self._now())}
        await self._put("StatusNotification", payload)

    async def _put(self, action: str, payload: dict[str, Any], session: Session | None = None) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.queue) < _QUEUE)
            self.queue.append(Fact(self.identity, action, payload, session))
            self._changed.notify_all()
        await asyncio.sleep(self._rng.expovariate(1 / self._pace_s))

    def _now(self) -> datetime:
        now = datetime.now(UTC)
        return now.replace(microsecond=0 if self._whole_seconds else now.microsecond // 1000 * 1000)

    # -- what is told

    async def _stay_connected(self) -> None:
        while not await self._all_told():
            try:
                async with connected(self._url, self.identity, password=PASSWORD) as line:
                    self.connects += 1
                    await self._tell(line)
            except _LOST as error:
                self.last_failure = repr(error)
                await asyncio.sleep(self._rng.uniform(0.05, 0.5))

    async def _all_told(self) -> bool:
        return not self._using and not self.queue

    async def _tell(self, line: Charger) -> None:
        if self.connects == 1 or self._rng.random() < 0.2:  # some start anew when they lose their CSMS
            boot = {"chargePointVendor": "Acme", "chargePointModel": "One", "chargePointSerialNumber": self.identity}
            await self._send(line, Fact(self.identity, "BootNotification", boot))
        while not await self._all_told():
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
        if fact.action == "StartTransaction" and fact.session is not None:
            fact.session.number = answer["transactionId"]
        if answer.get("idTagInfo", answer).get("status", "Accepted") != "Accepted":
            self.errors.append(f"{self.identity} {fact.action}: {answer}")
        self.acknowledged.append(fact)
        self.in_hand = None


class Fleet:
    """Many of them."""

    def __init__(
        self,
        url: str,
        identities: Sequence[str],
        seed: int,
        *,
        pace_s: float = 0.05,
        timeouts_s: Sequence[float] = (1.5, 3.0, 30.0),
    ) -> None:
        self.chargers = [PatientCharger(url, name, Random(f"{seed}/{name}"), pace_s, timeouts_s) for name in identities]
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
        before = {charger.identity: len(charger.acknowledged) for charger in self.chargers}

        def moved() -> int:
            return sum(len(charger.acknowledged) > before[charger.identity] for charger in self.chargers)

        until = asyncio.get_running_loop().time() + patience_s
        while moved() <= len(self.chargers) // 2:
            meanwhile()
            if self._running is not None and self._running.done():
                await self._running
            assert asyncio.get_running_loop().time() < until, f"no answers for {patience_s:.0f} s: {self.complaints()}"
            await asyncio.sleep(0.02)

    def complaints(self) -> str:
        """Why they are where they are."""
        failures = Counter(charger.last_failure for charger in self.chargers)
        return f"errors {self.errors[:5]}, failures {failures.most_common(3)}"

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for charger in self.chargers:
                tasks.create_task(charger.run())

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


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def _meter(at: datetime, register_wh: int, context: str) -> dict[str, Any]:
    return {"timestamp": _text(at), "sampledValue": [{"value": str(register_wh), "context": context}]}
