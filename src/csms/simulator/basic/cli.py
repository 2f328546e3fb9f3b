# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms simulate`."""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from csms.simulator.basic.charger import Profile
from csms.simulator.basic.fleet import Fleet, live_line, summary
from csms.simulator.basic.script import ScriptedCharger, ScriptError


def simulate(
    url: Annotated[
        str, typer.Option(help="Where the CSMS takes chargers, without the identity.")
    ] = "ws://localhost:9000/ocpp",
    chargers: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 1,
    prefix: Annotated[str, typer.Option(help="Identities are this and a number: SIM-0001, SIM-0002, ...")] = "SIM-",
    password: Annotated[str | None, typer.Option(help="HTTP Basic password of all of them.")] = None,
    token: Annotated[list[str] | None, typer.Option(help="Tokens they charge with; may be repeated.")] = None,
    connectors: Annotated[int, typer.Option(min=1, max=20, help="Connectors of each.")] = 1,
    speed: Annotated[float, typer.Option(min=0.1, max=3600, help="Simulated seconds a second.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed tells the same story.")] = 1,
    duration: Annotated[float | None, typer.Option(min=1, help="Seconds to run; until Ctrl-C if left out.")] = None,
    meter_interval: Annotated[float, typer.Option(min=1, help="Simulated seconds between meter values.")] = 30.0,
    script: Annotated[Path | None, typer.Option(exists=True, help="Play this script with one charger.")] = None,
) -> None:
    """Play virtual OCPP 1.6 chargers: cars come, charge and leave; some fault, some lose the network."""
    if script is not None:
        _play(script, url, password)
        return
    profiles = [
        Profile(
            identity=f"{prefix}{number:04d}",
            url=url,
            password=password,
            tokens=tuple(token or ("DEMO0001",)),
            connectors=connectors,
            speed=speed,
            meter_interval_s=meter_interval,
        )
        for number in range(1, chargers + 1)
    ]
    fleet = Fleet(profiles, seed=seed)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(fleet.run(duration, live_line if sys.stdout.isatty() else None))
    typer.echo(("\n" if sys.stdout.isatty() else "") + summary(fleet.statistics, fleet.chargers))
    if not fleet.statistics.calls:
        for words, times in fleet.statistics.refused.items():
            typer.echo(f"refused {times} times: {words}", err=True)
        raise typer.Exit(1)


def _play(path: Path, url: str, password: str | None) -> None:
    try:
        asyncio.run(ScriptedCharger.load(path, url, password, typer.echo).run())
    except ScriptError as error:
        typer.echo(f"csms simulate: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo("the script ran to its end")
