# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A scripted CSMS and virtual chargers that talk to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from csms.kit.clock import SystemClock
from csms.simulator.charger import ChargerConfig, Runtime, VirtualCharger
from csms.simulator.connection import new_http
from csms.simulator.physics import Outlet, Vehicle
from csms.simulator.simtime import SimTime, Wheel
from tests.simulator.csms16 import ScriptedCsms, scripted_csms

CAR = Vehicle(battery_wh=60_000.0, arrival_soc=40.0)
START = datetime(2026, 1, 1, tzinfo=UTC)
NewCharger = Callable[..., Awaitable[VirtualCharger]]


@pytest.fixture
async def csms() -> AsyncIterator[ScriptedCsms]:
    """A CSMS that accepts everything."""
    async with scripted_csms() as server:
        yield server


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    """What chargers share; simulated time runs 600 times as fast, with full energies."""
    clock = SystemClock()
    wheel = Wheel(clock, tick_s=0.005)
    turning = asyncio.create_task(wheel.run())
    async with new_http() as http:
        yield Runtime(http, clock, wheel, SimTime(clock, speed=600.0, start=START))
    turning.cancel()
    await asyncio.gather(turning, return_exceptions=True)


@pytest.fixture
async def new_charger(csms: ScriptedCsms, runtime: Runtime) -> AsyncIterator[NewCharger]:
    """A charger that runs; `ready=False` does not wait for its boot to be accepted."""
    running: list[tuple[VirtualCharger, asyncio.Task[None]]] = []

    async def make(*, ready: bool = True, run: bool = True, **options: Any) -> VirtualCharger:
        config = ChargerConfig(
            **{
                "identity": "SIM-1",
                "url": csms.url,
                "outlets": (Outlet(11_000.0), Outlet(150_000.0, phases=0)),
                "min_sample_interval_s": 0.05,
                "backoff_s": (0.02, 0.1),
                "reboot_s": 0.02,
                **options,
            }
        )
        charger = VirtualCharger(config, runtime, Random(1))
        if run:
            running.append((charger, asyncio.create_task(charger.run())))
            if ready:
                assert await charger.until(lambda: charger.ready, 30)
        return charger

    yield make
    for charger, task in running:
        await charger.stop(finish=False)
        await asyncio.wait_for(task, 30)
