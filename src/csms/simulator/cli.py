# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms simulate`: virtual chargers against any CSMS, until Ctrl-C."""

import asyncio
import signal
import ssl
import sys
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from csms.ocpp.codec import Protocol
from csms.simulator.charger import SPEECHES
from csms.simulator.fleet import DEFAULT_TOKEN, Fleet, FleetRefused, run_fleet, running
from csms.simulator.report import live_line, summary
from csms.simulator.script import Player
from csms.simulator.steps import Script, ScriptError, read_script

_DEFAULT_URL: Final = "ws://127.0.0.1:9000/ocpp"
_LINE_S: Final = 1.0
_T = TypeVar("_T")


# Over 50 lines because its options, each with its help, are its signature.
def simulate(
    chargers: Annotated[int, typer.Option("--chargers", "-n", min=1, max=50_000, help="How many chargers.")] = 1,
    url: Annotated[
        str | None, typer.Option(help=f"The CSMS's OCPP-J URL without the identity; else {_DEFAULT_URL}")
    ] = None,
    prefix: Annotated[str, typer.Option(help="Identities are PREFIX-1, PREFIX-2, …: create them in the CSMS.")] = "SIM",
    password: Annotated[
        str | None,
        typer.Option(envvar="CSMS_SIMULATE_PASSWORD", help="HTTP Basic password of all of them; none: profile 0."),
    ] = None,
    token: Annotated[
        list[str] | None, typer.Option(help=f"A tag that drivers present; may be repeated; else {DEFAULT_TOKEN}.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed tells the same story.")] = 1,
    speed: Annotated[
        float,
        typer.Option(
            min=0.01,
            max=10_000,
            help="60: a simulated minute a second. Power stays as in life, so sessions and their energies shrink; "
            "see --start-time.",
        ),
    ] = 1.0,
    start_time: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"],
            help="Begin in the past (UTC): time stamps and energies are the simulated clock's, at full size, until it "
            "has caught up; then it goes on at speed 1. Fills a CSMS with a believable history.",
        ),
    ] = None,
    ramp: Annotated[float, typer.Option(min=0.1, help="New connections a second.")] = 50.0,
    duration: Annotated[float | None, typer.Option(min=0.1, help="Seconds to run; else until Ctrl-C.")] = None,
    sample_interval: Annotated[int, typer.Option(min=0, help="Simulated seconds between MeterValues; 0: none.")] = 60,
    mishaps: Annotated[
        float, typer.Option(min=0, max=8, help="How often things go wrong: 0 never, 1 every eighth session.")
    ] = 1.0,
    busy: Annotated[float, typer.Option(min=0.01, max=100, help="How often cars come, 1 being a usual day.")] = 1.0,
    protocol: Annotated[str, typer.Option(help=f"One of: {', '.join(SPEECHES)}.")] = Protocol.V16.value,
    ca_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The CA of the CSMS's certificate, for wss.")
    ] = None,
    cert_file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The chargers' own certificate (security profile 3)."),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The private key of --cert-file.")
    ] = None,
    script: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Play this scenario (TOML or JSON) with one charger instead."),
    ] = None,
) -> None:
    """Play virtual chargers: cars come, charge and leave; some chargers fault, lose the network or the power.

    Ends with a summary at Ctrl-C. Exit code 1: a scenario went wrong; 2: the CSMS let nobody in.
    """
    tls = _tls(ca_file, cert_file, key_file)
    if script is not None:
        _play(script, url, password, tls)
        return
    try:
        spoken = Protocol(protocol)
    except ValueError:
        spoken = None
    if spoken not in SPEECHES:
        raise typer.BadParameter(f"{protocol!r} is none of: {', '.join(SPEECHES)}", param_hint="--protocol")
    start = start_time.replace(tzinfo=UTC) if start_time is not None else None
    show = _Show()
    work = run_fleet(
        url or _DEFAULT_URL,
        chargers,
        identity_prefix=prefix,
        password=password,
        tokens=tuple(token or (DEFAULT_TOKEN,)),
        seed=seed,
        speed=speed,
        start=start,
        ramp_per_s=ramp,
        duration_s=duration,
        protocol=spoken,
        sample_interval_s=sample_interval,
        mishaps=mishaps,
        busy=busy,
        tls=tls,
        on_start=show.begin,
    )
    try:
        _run(_until_signal(work))
    except FleetRefused as refused:
        typer.echo(f"csms simulate: {refused}", err=True)
        raise typer.Exit(2) from refused
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    show.end()


def _tls(ca_file: Path | None, cert_file: Path | None, key_file: Path | None) -> ssl.SSLContext | bool:
    """How chargers check the CSMS, and what they show of themselves."""
    if (cert_file is None) != (key_file is None):
        raise typer.BadParameter("--cert-file and --key-file belong together")
    if ca_file is None and cert_file is None:
        return True
    context = ssl.create_default_context(cafile=ca_file)
    if cert_file is not None:
        try:
            context.load_cert_chain(cert_file, key_file)
        except ssl.SSLError as error:
            raise typer.BadParameter(f"{cert_file} and {key_file} do not fit together: {error}") from error
    return context


class _Show:
    """The live line on a terminal, and the summary."""

    def __init__(self) -> None:
        self._fleet: Fleet | None = None
        self._began_s = 0.0
        self._line: asyncio.Task[None] | None = None

    def begin(self, fleet: Fleet) -> None:
        """The fleet is about to come up."""
        self._fleet = fleet
        self._began_s = fleet.runtime.clock.monotonic()
        if sys.stdout.isatty():
            self._line = asyncio.get_running_loop().create_task(self._update(fleet))

    async def _update(self, fleet: Fleet) -> None:
        before = 0
        while True:
            await asyncio.sleep(_LINE_S)
            messages = fleet.statistics.messages
            sys.stdout.write("\r\x1b[K" + live_line(fleet.statistics, fleet.size, (messages - before) / _LINE_S))
            sys.stdout.flush()
            before = messages

    def end(self) -> None:
        """It is over."""
        if self._fleet is None:
            return
        seconds = self._fleet.runtime.clock.monotonic() - self._began_s
        typer.echo(("\n" if self._line is not None else "") + summary(self._fleet.statistics, seconds))


async def _until_signal(work: Coroutine[Any, Any, _T]) -> None:
    """Cancel the work at Ctrl-C or SIGTERM, and let it end in order."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def _run(work: Coroutine[Any, Any, None]) -> None:
    _allow_many_files()
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


def _allow_many_files() -> None:
    """A socket a charger: take what the hard limit allows."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _play(path: Path, url: str | None, password: str | None, tls: ssl.SSLContext | bool) -> None:
    try:
        script = read_script(path)
        _run(_until_signal(_steps(script, url or script.url or _DEFAULT_URL, password, tls)))
    except ScriptError as error:
        typer.echo(f"csms simulate: {error}", err=True)
        raise typer.Exit(1) from error


async def _steps(script: Script, url: str, password: str | None, tls: ssl.SSLContext | bool) -> None:
    async with running(speed=script.speed) as runtime:
        await Player(script, runtime, url, password=password, tls=tls, tell=typer.echo).play()
    typer.echo("every step went as it should")
