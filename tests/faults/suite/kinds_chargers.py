# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Faults of chargers and of the lines to them."""

import asyncio
import json
from contextlib import suppress
from typing import Final

import aiohttp

from tests.faults.fleet import PASSWORD
from tests.faults.suite.fault import Fault
from tests.faults.suite.stage import GUEST, Stage
from tests.support.charger import Charger, connected

_FLOOD_S: Final = 5.0
_FLOOD_AT_ONCE: Final = 200
_UNREAD: Final = 20_000
_LOST = (aiohttp.ClientError, ConnectionError, TimeoutError)
_METER: Final = {
    "connectorId": 1,
    "meterValue": [{"timestamp": "2026-11-30T12:00:00Z", "sampledValue": [{"value": "1"}]}],
}
# What has no readable message id is ignored; the rest is answered by a CALLERROR.
_UNREADABLE: Final = ("", "not json", "[" * 100_000, "{}", "[2]", '[2,"a"]')
_REFUSED: Final = (
    '[2,"{id}","StatusNotification",{"connectorId":1,"status":"Available","errorCode":"NoError","info":"\\u0000"}]',
    '[2,"{id}","StatusNotification",{"connectorId":1,"status":"Available","errorCode":"NoError","info":"\\ud800"}]',
    '[2,"{id}","MeterValues",{"connectorId":' + "9" * 5_000 + "}]",
    '[2,"{id}","MeterValues",{"connectorId":' + "[" * 90 + "]" * 90 + "}]",
    '[2,"{id}","MeterValues",{}]',
    '[2,"{id}","NoSuchAction",{}]',
)


class _OfLines(Fault):
    """Of the lines of some chargers."""

    def choose(self) -> None:
        self.chargers = self.some_chargers()
        self.hold_s = self.rng.uniform(3, 7)
        self.words()

    def words(self) -> None:
        """Say it."""

    async def end(self, stage: Stage) -> None:
        for name in self.chargers:
            stage.lines[name].flow()


class HalfOpen(_OfLines):
    """Chargers lose power: their sockets stay open at the gateway, and they come back while these still are."""

    def words(self) -> None:
        self.what = f"{len(self.chargers)} chargers lose power: {', '.join(self.chargers)}"

    async def begin(self, stage: Stage) -> None:
        for name in self.chargers:
            stage.lines[name].orphan()


class LateClose(HalfOpen):
    """The same, and the old sockets close after the new ones have opened: that must not touch the new ones."""

    def words(self) -> None:
        self.what = f"old sockets of {len(self.chargers)} chargers close late: {', '.join(self.chargers)}"

    async def end(self, stage: Stage) -> None:
        for name in self.chargers:
            stage.lines[name].let_go()


class SlowReaders(_OfLines):
    """Chargers do not read what they are sent; one of them asks and asks all the same."""

    def words(self) -> None:
        self.what = f"{len(self.chargers)} chargers do not read for {self.hold_s:.1f} s, {GUEST} never"

    async def begin(self, stage: Stage) -> None:
        for name in self.chargers:
            stage.lines[name].hold("down")
        async with connected(stage.url(GUEST), GUEST, password=PASSWORD, boot=True, hang_up_s=1) as guest:
            stage.lines[GUEST].hold("down")
            with suppress(*_LOST):
                async with asyncio.timeout(self.hold_s):
                    for number in range(_UNREAD):
                        await guest.send(f'[2,"u{number}","Heartbeat",{{}}]')
            unplug(stage)


class LossyLines(_OfLines):
    """Much of what is sent has to be sent again."""

    def words(self) -> None:
        self.loss = self.rng.uniform(0.05, 0.3)
        self.what = f"{self.loss:.0%} is lost to and from {len(self.chargers)} chargers for {self.hold_s:.1f} s"

    async def begin(self, stage: Stage) -> None:
        for name in self.chargers:
            stage.lines[name].loss = self.loss


class LongLines(_OfLines):
    """Everything takes longer."""

    def words(self) -> None:
        self.delay_s = self.rng.uniform(0.1, 1.5)
        self.what = f"{len(self.chargers)} chargers are {self.delay_s:.1f} s away for {self.hold_s:.1f} s"

    async def begin(self, stage: Stage) -> None:
        for name in self.chargers:
            stage.lines[name].delay_s = self.delay_s


class Partition(_OfLines):
    """Nothing arrives, one way or both."""

    def words(self) -> None:
        self.ways = self.rng.choice((("up",), ("down",), ("up", "down")))
        which = f"{len(self.chargers)} chargers"
        self.what = f"nothing goes {'/'.join(self.ways)} between {which} and csms for {self.hold_s:.1f} s"

    async def begin(self, stage: Stage) -> None:
        for name in self.chargers:
            stage.lines[name].hold(*self.ways)


class AllCut(Fault):
    """Every charger's connection is reset at the same moment, and they all come back."""

    def choose(self) -> None:
        self.what = "all chargers' connections are reset"

    async def begin(self, stage: Stage) -> None:
        for line in stage.lines.values():
            line.cut()


# -- chargers that do what none should


def unplug(stage: Stage) -> None:
    """End the guest's connection without a goodbye, which would wait until csms has read all that was sent before."""
    line = stage.lines[GUEST]
    line.cut()
    line.flow()


class Poison(Fault):
    """Messages that cannot be stored or read: each is refused, and the connection goes on."""

    def choose(self) -> None:
        self.messages = self.rng.sample([*_UNREADABLE, *_REFUSED], 8)
        self.what = f"{GUEST} says {len(self.messages)} things that cannot be stored or read"

    async def begin(self, stage: Stage) -> None:
        async with connected(stage.url(GUEST), GUEST, password=PASSWORD, boot=True, hang_up_s=1) as guest:
            for number, message in enumerate(self.messages):
                if message in _REFUSED:
                    await self._refused(guest, message.replace("{id}", f"p{number}"), f"p{number}")
                else:
                    await guest.send(message)
            answer = await guest.call("Heartbeat", timeout_s=20)
            if "currentTime" not in answer:
                self.wrong.append(f"after poison a heartbeat is answered {answer}")

    async def _refused(self, guest: Charger, message: str, message_id: str) -> None:
        answered = guest.expect(message_id)
        await guest.send(message)
        try:
            answer = await asyncio.wait_for(answered, 20)
        except (TimeoutError, ConnectionError) as error:
            self.wrong.append(f"{message[:80]} was not answered: {error!r}")
            return
        if answer[0] != 4:
            self.wrong.append(f"{message[:80]} was answered {answer}")


class Flood(Fault):
    """One charger sends without waiting for answers, as fast as it can; the others wait no longer for that."""

    def choose(self) -> None:
        self.heartbeats = self.rng.random() < 0.3
        self.what = f"{GUEST} sends {'heartbeats' if self.heartbeats else 'readings'} without a pause"

    async def begin(self, stage: Stage) -> None:
        action, payload = ("Heartbeat", {}) if self.heartbeats else ("MeterValues", _METER)
        loop = asyncio.get_running_loop()
        sent = 0
        mark = stage.fleet.mark()
        async with connected(stage.url(GUEST), GUEST, password=PASSWORD, boot=True, hang_up_s=1) as guest:
            until = loop.time() + _FLOOD_S
            with suppress(*_LOST):
                async with asyncio.timeout(2 * _FLOOD_S):
                    while loop.time() < until:
                        for _ in range(_FLOOD_AT_ONCE):
                            sent += 1
                            await guest.send(json.dumps([2, f"f{sent}", action, payload]))
                        await asyncio.sleep(0.01)
            unplug(stage)
        waits = sorted(fact.waited_s for fact in stage.fleet.history(mark).facts)
        self.seen |= {"sent": sent, "answered": len(guest.frames)}
        if waits:
            self.seen["p99_of_others_s"] = round(waits[min(len(waits) - 1, int(len(waits) * 0.99))], 2)
