# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A charger of OCPP 1.6: tells its facts one by one, again until each is answered, and obeys commands, if it likes."""

import asyncio
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.simulation.network import Line

_PATIENCE_S: Final = 30.0
_ON_ITS_WAY_S: Final = 1.0
_OFFENCE: Final = "poison"


class Charger:
    """One that has a number of facts to tell. `faults`: what it was told that it should not have been."""

    def __init__(
        self,
        name: str,
        facts: int,
        random: Random,
        connect: "Callable[[Charger], Line | None]",
        stored: Callable[[str, int], bool],
        faults: list[str],
    ) -> None:
        self.name = name
        self.left = list(range(facts))
        self.told: list[int] = []
        self.refused: list[int] = []
        self.poison = {number for number in self.left if random.random() < 0.05}
        self.line: Line | None = None
        self.answers = 0
        self._random = random
        self._connect = connect
        self._stored = stored
        self._faults = faults
        self._pace_s = random.choice((0.001, 0.05, 0.5, 2.0))
        self._ids = 0
        self._numbers: dict[str, int] = {}
        self._answered: set[str] = set()
        self._line_ids: set[str] = set()
        self._owed: str | None = None

    async def run(self) -> None:
        """Until everything is told."""
        while self.left:
            line = self._connect(self)
            if line is None:
                await asyncio.sleep(self._random.uniform(0.5, 5))
                continue
            self.line, self._owed = line, None
            self._line_ids = set()
            await self._talk(line)
            if line.charger_open:
                line.hang_up(self._random.choice((None, 1000)))
            await asyncio.sleep(self._random.uniform(0.1, 3))
        if self.line is not None:
            self.line.hang_up(1000)

    async def _talk(self, line: Line) -> None:
        if self._random.random() < 0.5 or not self.told:
            boot = {"chargePointVendor": "Sim", "chargePointModel": "One"}
            if await self._call(line, "BootNotification", boot) is None:
                return
        while self.left and line.charger_open:
            if self._random.random() < 0.05 and self.told:
                return  # a charger that restarts
            if self._random.random() < 0.2 and await self._call(line, "Heartbeat", {}) is None:
                return
            number = self.left[0]
            found = await self._call(line, *self._fact(number), number=number)
            if found is None:
                return
            if found[0] == 4 and number not in self.poison:
                if found[2] == "SecurityError":
                    return  # it has to boot first
                self._faults.append(f"{self.name} was refused {number}: {found}")
            self.left.pop(0)
            (self.told if found[0] == 3 else self.refused).append(number)
            await asyncio.sleep(self._random.expovariate(1 / self._pace_s))

    def _fact(self, number: int) -> tuple[str, dict[str, Any]]:
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Charging", "info": str(number)}
        if number in self.poison:
            return "StatusNotification", {**status, "vendorErrorCode": _OFFENCE}
        if number % 3 == 0:
            return "StatusNotification", status
        sampled = [{"value": str(number)}]
        return "MeterValues", {
            "connectorId": 1,
            "meterValue": [{"timestamp": "2026-11-30T12:00:00Z", "sampledValue": sampled}],
        }

    async def _call(self, line: Line, action: str, payload: dict[str, Any], number: int | None = None) -> Any | None:
        """Its answer; None where the connection ended, or nothing came in time."""
        self._ids += 1
        message_id = f"{self.name}-{self._ids}"
        if number is not None:
            self._numbers[message_id] = number
        self._line_ids.add(message_id)
        line.say(json.dumps([2, message_id, action, payload], separators=(",", ":")))
        try:
            async with asyncio.timeout(_PATIENCE_S * self._random.uniform(0.5, 1.5)):
                while True:
                    came_s, frame = await self._next(line)
                    if frame is None:
                        return None
                    found = json.loads(frame)
                    if found[0] == 2:
                        self._obey(line, found, came_s)
                    elif self._is_answer(found) and found[1] == message_id:
                        return found
        except TimeoutError:
            return None

    async def _next(self, line: Line) -> tuple[float, str | None]:
        """The next frame, and when it came."""
        while not line.frames:
            if not line.charger_open:
                return 0.0, None
            line.heard.clear()
            await line.heard.wait()
        return line.frames.popleft()

    def _is_answer(self, found: Any) -> bool:
        """Judge an answer as it comes."""
        message_id = found[1]
        self.answers += 1
        if message_id not in self._line_ids:
            self._faults.append(f"{self.name} was answered {message_id}, which it did not ask on this connection")
        if message_id in self._answered:
            self._faults.append(f"{self.name} was answered {message_id} twice")
        self._answered.add(message_id)
        number = self._numbers.get(message_id)
        if found[0] == 3 and number is not None and not self._stored(self.name, number):
            self._faults.append(f"{self.name} was told that {number} is stored, and it is not")
        return True

    def _obey(self, line: Line, call: Any, came_s: float) -> None:
        message_id, action, payload = call[1], call[2], call[3]
        if self._owed is not None:
            self._faults.append(f"{self.name} was asked {action} while it still owed an answer")
        if action == "ChangeConfiguration":
            expires_s = float(payload["value"])
            if line.always_read and came_s > expires_s + _ON_ITS_WAY_S:
                self._faults.append(f"{self.name} got a command {came_s - expires_s:.0f} s too late")
        mood = self._random.random()
        if mood < 0.1:
            return  # never answers; the node gives up after its own time
        self._owed = message_id

        def answer() -> None:
            self._owed = None
            line.say(json.dumps([3, message_id, {"status": "Accepted"}]))

        asyncio.get_running_loop().call_later(self._random.expovariate(1 / 0.3), answer)
