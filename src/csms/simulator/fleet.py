# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Many virtual chargers in one process: a shared HTTP client, one timer wheel, a ramp, figures."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from csms.kit.clock import Clock, SystemClock
from csms.ocpp.codec import Protocol
from csms.simulator.charger import ChargerConfig, Runtime, VirtualCharger
from csms.simulator.connection import ConnectFailed, new_http
from csms.simulator.dice import dice
from csms.simulator.physics import Outlet
from csms.simulator.simtime import SimTime, Wheel
from csms.simulator.statistics import Statistics
from csms.simulator.story import tell_stories

_GIVE_UP_AFTER: Final = 5  # refusals for good, with nobody let in
_STOP_S: Final = 15.0
DEFAULT_TOKEN: Final = "SIMULATOR"  # noqa: S105  (a tag, not a secret)
# What stands about: (model, outlets), mostly AC
_MODELS: Final = (
    ("Virtual AC 11", (Outlet(11_000.0),)),
    ("Virtual AC 22 Duo", (Outlet(22_000.0), Outlet(22_000.0))),
    ("Virtual AC 22", (Outlet(22_000.0),)),
    ("Virtual DC 50", (Outlet(50_000.0, phases=0),)),
    ("Virtual DC 150 Duo", (Outlet(150_000.0, phases=0), Outlet(150_000.0, phases=0))),
)
_WEIGHTS: Final = (30, 30, 15, 10, 15)


class FleetRefused(Exception):  # noqa: N818
    """The CSMS lets none of the chargers in; says what to do."""


@asynccontextmanager
async def running(
    *, speed: float = 1.0, start: datetime | None = None, clock: Clock | None = None
) -> AsyncIterator[Runtime]:
    """What virtual chargers need to live: time, timers, an HTTP client."""
    clock = clock or SystemClock()
    wheel = Wheel(clock)
    turning = asyncio.create_task(wheel.run(), name="simulator-wheel")
    try:
        async with new_http() as http:
            yield Runtime(http, clock, wheel, SimTime(clock, speed=speed, start=start))
    finally:
        turning.cancel()
        with suppress(asyncio.CancelledError):
            await turning


def identity_of(prefix: str, number: int) -> str:
    """SIM-1 … SIM-20: numbered from 1, without leading zeros."""
    return f"{prefix}-{number}"


def design(
    url: str,
    identity: str,
    *,
    seed: int = 1,
    password: str | None = None,
    protocol: Protocol = Protocol.V16,
    sample_interval_s: int = 60,
    tls: ssl.SSLContext | bool = True,
) -> ChargerConfig:
    """A charger of one of the usual models: the same for the same seed and identity."""
    rng = dice(seed, identity, "design")
    model, outlets = rng.choices(_MODELS, _WEIGHTS)[0]
    return ChargerConfig(
        identity=identity,
        url=url,
        password=password,
        protocol=protocol,
        outlets=outlets,
        model=model,
        serial=f"V{rng.randrange(10**9):09d}",
        firmware=rng.choice(("1.4.2", "1.5.0", "2.0.1")),
        sample_interval_s=sample_interval_s,
        tls=tls,
    )


class Fleet:
    """Chargers with their drivers. `tokens` are what drivers present; `mishaps` scales how often something goes wrong,
    `busy` how often cars come.
    """

    def __init__(
        self,
        configs: Sequence[ChargerConfig],
        runtime: Runtime,
        *,
        tokens: Sequence[str] = (DEFAULT_TOKEN,),
        seed: int = 1,
        ramp_per_s: float = 50.0,
        mishaps: float = 1.0,
        busy: float = 1.0,
    ) -> None:
        self.runtime = runtime
        self.chargers: list[VirtualCharger] = []
        self._configs = configs
        self._tokens = tuple(tokens)
        self._seed = seed
        self._ramp_per_s = ramp_per_s
        self._mishaps = mishaps
        self._busy = busy
        self._runs: list[asyncio.Task[None]] = []

    @property
    def size(self) -> int:
        """How many chargers there will be."""
        return len(self._configs)

    @property
    def statistics(self) -> Statistics:
        """What happened so far."""
        return self.runtime.statistics

    async def run(self, duration_s: float | None = None) -> None:
        """Bring all up, one after the other; live until the time is over or the task is cancelled; switch all off.

        Raises FleetRefused when the CSMS lets nobody in.
        """
        try:
            async with asyncio.timeout(duration_s) as limit:
                await self._ramp_up()
                await self._watch()
        except TimeoutError:
            if not limit.expired():
                raise
        finally:
            await self.stop()

    async def _ramp_up(self) -> None:
        clock = self.runtime.clock
        started_s = clock.monotonic()
        for number, config in enumerate(self._configs, start=1):
            charger = VirtualCharger(config, self.runtime, dice(self._seed, config.identity))
            self.chargers.append(charger)
            self._runs.append(asyncio.create_task(charger.run()))
            story = dice(self._seed, config.identity, "story")
            tell_stories(charger, story, self._tokens, mishaps=self._mishaps, busy=self._busy)
            wait_s = started_s + number / self._ramp_per_s - clock.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            self._check_refusals()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            self._check_refusals()
            for run in self._runs:
                if run.done():
                    run.result()  # a charger never ends by itself

    def _check_refusals(self) -> None:
        if self.statistics.connects:
            return
        failures = [charger.uplink.failure for charger in self.chargers if charger.uplink.failure is not None]
        final = [failure for failure in failures if failure.permanent or self._unreachable(failure)]
        if final and len(final) >= min(_GIVE_UP_AFTER, self.size):
            raise FleetRefused(str(final[0]))

    @staticmethod
    def _unreachable(failure: ConnectFailed) -> bool:
        return failure.reason.startswith("cannot connect")

    async def stop(self) -> None:
        """Switch all off: transactions are ended and told first."""
        stops = [asyncio.create_task(charger.stop()) for charger in self.chargers]
        if stops:
            _, late = await asyncio.wait(stops, timeout=_STOP_S)
            for task in late:
                task.cancel()
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, *stops, return_exceptions=True)


async def run_fleet(
    url: str,
    count: int,
    *,
    identity_prefix: str = "SIM",
    password: str | Callable[[str], str | None] | None = None,
    tokens: Sequence[str] = (DEFAULT_TOKEN,),
    seed: int = 1,
    speed: float = 1.0,
    start: datetime | None = None,
    ramp_per_s: float = 50.0,
    duration_s: float | None = None,
    protocol: Protocol = Protocol.V16,
    sample_interval_s: int = 60,
    mishaps: float = 1.0,
    busy: float = 1.0,
    tls: ssl.SSLContext | bool = True,
    clock: Clock | None = None,
    on_start: Callable[[Fleet], None] | None = None,
) -> Statistics:
    """Run a fleet until the time is over, or (duration None) until cancelled; what it did."""
    configs = [
        design(
            url,
            identity,
            seed=seed,
            password=password(identity) if callable(password) else password,
            protocol=protocol,
            sample_interval_s=sample_interval_s,
            tls=tls,
        )
        for identity in (identity_of(identity_prefix, number) for number in range(1, count + 1))
    ]
    async with running(speed=speed, start=start, clock=clock) as runtime:
        fleet = Fleet(configs, runtime, tokens=tokens, seed=seed, ramp_per_s=ramp_per_s, mishaps=mishaps, busy=busy)
        if on_start is not None:
            on_start(fleet)
        await fleet.run(duration_s)
        return fleet.statistics
