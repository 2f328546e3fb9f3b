# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Somebody who gives commands all the time, and asks each charger for a sign of life when a fault is over."""

import asyncio
import itertools
from collections.abc import Collection, Iterable
from random import Random
from typing import Any, Final

import aiohttp

from tests.faults.fleet import PROBE, VENDOR
from tests.faults.history import Issued
from tests.faults.process import CsmsProcess
from tests.faults.suite.patience import Patience

_TRIES: Final = 3
_PATIENCE_S: Final = 8.0
_AGAIN_S: Final = 0.5
_LOOK_S: Final = 1.0
_FAILED: Final = (aiohttp.ClientError, TimeoutError, ValueError)  # ValueError: half an answer
_WORKED: Final = frozenset({200, 202})


class Operator:
    """Uses one API node, as scripts do: each command with a key, so that asking again is harmless."""

    def __init__(self, api: CsmsProcess, chargers: Iterable[str], seed: int, pace_s: float) -> None:
        self.issued: list[Issued] = []
        self.refused: list[str] = []
        self._api = api
        self._chargers = list(chargers)
        self._rng = Random(f"{seed}/operator")
        self._pace_s = pace_s
        self._numbers = itertools.count(1)
        self._going = asyncio.Event()
        self._going.set()

    def stop(self) -> None:
        """Give no further commands."""
        self._going.clear()

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await asyncio.sleep(self._rng.expovariate(1 / self._pace_s))
                await self._going.wait()
                tasks.create_task(self._command(self._rng.choice(self._chargers), f"c{next(self._numbers)}"))

    async def _command(self, charger: str, key: str) -> None:
        for _ in range(_TRIES):
            try:
                status, body = await self._ask(charger, key)
            except _FAILED:
                await asyncio.sleep(_AGAIN_S)
                continue
            if status in _WORKED:
                self.issued.append(Issued(charger, key, body["id"]))
                return
            if status == 401:
                await self._sign_in()
            elif status < 500 and status != 429:
                self.refused.append(f"{charger} {key}: {status} {body}")
                return
            await asyncio.sleep(_AGAIN_S)

    async def reach(self, names: Collection[str], patience: Patience) -> set[str]:
        """Send each a command until it obeys one; who did not."""
        reached = set()

        async def one(name: str) -> None:
            while True:
                key = f"{PROBE}{next(self._numbers)}"
                try:
                    status, body = await self._ask(name, key, wait_s=6)
                except _FAILED:
                    status, body = 0, {}
                if status in _WORKED:
                    self.issued.append(Issued(name, key, body["id"]))
                    if body["status"] == "accepted":
                        reached.add(name)
                        return
                if status == 401:
                    await self._sign_in()
                await asyncio.sleep(_AGAIN_S)

        tasks = [asyncio.create_task(one(name)) for name in names]
        late = set(tasks)
        while late and not patience.over():
            _, late = await asyncio.wait(late, timeout=_LOOK_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return set(names) - reached

    async def _ask(self, charger: str, key: str, wait_s: int | None = None) -> tuple[int, Any]:
        wait = "" if wait_s is None else f"?wait={wait_s}"
        path = f"/api/v1/chargers/{charger}/commands{wait}"
        async with asyncio.timeout(_PATIENCE_S):
            return await self._api.ask("POST", path, key, type="data_transfer", vendor_id=VENDOR, data=key)

    async def _sign_in(self) -> None:
        try:
            await self._api.sign_in()
        except (*_FAILED, AssertionError):
            return  # away: whoever asked asks again
