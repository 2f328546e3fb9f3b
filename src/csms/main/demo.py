# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms demo`: a CSMS with something going on in it."""

import asyncio
import signal
from collections.abc import Callable
from typing import Final

from csms.features.chargers.schemas import ChargerCreate
from csms.features.chargers.service import ChargerService, IdentityTakenError
from csms.features.tokens.schemas import TokenCreate
from csms.features.tokens.service import TokenService, TokenTakenError
from csms.kit.config import Settings
from csms.kit.errors import CsmsError
from csms.main.application import Role
from csms.main.host import OPERATOR
from csms.main.serve import Service, say
from csms.ocpp.codec import Protocol
from csms.simulator.charger import ChargerConfig
from csms.simulator.fleet import Fleet, FleetRefused, design, running

TOKENS: Final = tuple(f"DEMO{number:04d}" for number in range(1, 13))
_PROTOCOLS: Final = (Protocol.V16, Protocol.V201, Protocol.V16, Protocol.V21)
_SEED: Final = 20
_SAMPLE_S: Final = 60
_BUSY: Final = 3.0


async def _prepare(service: Service, count: int) -> list[ChargerConfig]:
    """Tokens and chargers in the database, and the designs that play them."""
    kit = service.application.kit if service.application else None
    gateway = service.application.gateway if service.application else None
    if kit is None or gateway is None:
        raise RuntimeError("the service was not started")
    tokens, chargers = TokenService(kit.clock), ChargerService(kit.keys.hash_secret, kit.clock)
    for number, value in enumerate(TOKENS):
        try:
            async with kit.units(OPERATOR) as uow:
                status = "blocked" if number == len(TOKENS) - 1 else "accepted"
                await tokens.create(uow, TokenCreate(value=value, group="demo", status=status, note="of the demo"))
        except TokenTakenError:
            continue  # of an earlier demo in the same database
    url = f"ws://127.0.0.1:{gateway.port}/ocpp"
    designs = []
    for number in range(1, count + 1):
        identity = f"DEMO-{number:03d}"
        password: str | None = None
        async with kit.units(OPERATOR) as uow:
            try:
                _, password = await chargers.create(uow, ChargerCreate(id=identity, name=f"Bay {number}"))
            except IdentityTakenError:
                password = await chargers.rotate_secret(uow, identity)
        protocol = _PROTOCOLS[number % len(_PROTOCOLS)]
        designs.append(
            design(url, identity, seed=_SEED, password=password, protocol=protocol, sample_interval_s=_SAMPLE_S)
        )
    # One that nobody provisioned: it waits under /api/v1/pending-chargers.
    designs.append(design(url, "DEMO-NEW", seed=_SEED, password="waiting-for-approval"))  # noqa: S106  (a demo's)
    return designs


async def _run(settings: Settings, count: int, speed: float) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    demo = settings.model_copy(update={"ocpp": settings.ocpp.model_copy(update={"onboarding": "approval"})})
    service = Service(demo, Role.ALL, say)
    await service.start()
    try:
        designs = await _prepare(service, count)
        async with running(speed=speed) as runtime:
            fleet = Fleet(designs, runtime, tokens=TOKENS, seed=_SEED, ramp_per_s=10, busy=_BUSY)
            playing = asyncio.create_task(fleet.run())
            say(f"{count} simulated chargers charge at {speed:g} times the speed of life; one more waits for approval")
            say("ready; stop with Ctrl-C")
            waiting = asyncio.create_task(stopping.wait())
            await asyncio.wait({playing, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                _explain(playing)
            say("stopping")
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
    finally:
        await service.stop()
        say("stopped")


def _explain(playing: "asyncio.Task[None]") -> None:
    try:
        playing.result()
    except FleetRefused as error:
        say(f"the simulated chargers were refused: {error}")


def run_demo(settings: Settings, count: int, speed: float) -> int:
    """The process's body; returns its exit code."""
    try:
        import uvloop

        runner: Callable[..., object] = uvloop.run
    except ImportError:
        runner = asyncio.run
    try:
        runner(_run(settings, count, speed))
    except CsmsError as error:
        say(f"csms: {error.detail}")
        return 1
    return 0
