# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms secrets …`: the keys of stored secrets, while csms serves."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from csms.kit import log
from csms.kit.config import load_settings
from csms.kit.errors import CsmsError

if TYPE_CHECKING:
    from csms.main.secrets import Safe

app = typer.Typer(no_args_is_help=True, help="Keys that stored secrets are sealed with.")


def _in_safe(work: Callable[["Safe"], Awaitable[Any]]) -> Any:
    from csms.main.secrets import safe

    async def go() -> Any:
        settings = load_settings()
        log.configure("warning", settings.log.format, sys.stderr)
        async with safe(settings) as found:
            return await work(found)

    try:
        return asyncio.run(go())
    except CsmsError as error:
        typer.echo(f"csms: {error.detail}", err=True)
        raise typer.Exit(1) from error


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show the keys by their ids, and how many secrets need each. Ends with 1 where a key is missing."""
    found = _in_safe(lambda safe: safe.status())
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        for key in found["keys"]:
            what = "seals" if key["id"] == found["seals_with"] else "opens" if key["known"] else "IS MISSING"
            typer.echo(f"{key['id']:<8}  {what:<10}  {key['secrets']} secrets")
    if not all(key["known"] for key in found["keys"]):
        raise typer.Exit(1)


@app.command()
def rotate(
    prepare: Annotated[
        bool,
        typer.Option("--prepare", help="Only add the key, which seals with the next rotation: copy keys.json first."),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="No new key: go on where a rotation was interrupted.")
    ] = False,
) -> None:
    """Seal with a new key from now on, and put all stored secrets into new envelopes; csms may serve meanwhile."""
    if prepare:
        key = _in_safe(lambda safe: safe.prepare())
        typer.echo(f"{key} is in keys.json: copy that file to every machine, then `csms secrets rotate`")
        return
    key, done = _in_safe(lambda safe: safe.resume() if resume else safe.rotate())
    typer.echo(f"{key} seals; {done.renewed} secrets have a new envelope")
    if done.unopenable:
        where = ", ".join(f"{count} in {column}" for column, count in sorted(done.unopenable.items()))
        typer.echo(f"no key opens these, they were left as they are: {where}", err=True)
        raise typer.Exit(1)
    typer.echo("keep a copy of keys.json apart; `csms secrets forget` takes an older key away")


@app.command()
def forget(key_id: str) -> None:
    """Take a key away that no stored secret needs; older backups with sealed secrets need a copy of keys.json then."""
    _in_safe(lambda safe: safe.forget(key_id))
    typer.echo(f"{key_id} is forgotten")
