# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The command line of the installed package."""

import asyncio
import json
import logging
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final, TextIO
from uuid import UUID

import typer

from csms.kit import log
from csms.kit.config import Settings, load_settings
from csms.kit.errors import CsmsError
from csms.main import cli_people, cli_secrets, self_signed
from csms.main.cli_audit import audit
from csms.main.version import VERSION
from csms.simulator.cli import simulate

app = typer.Typer(
    name="csms",
    help="CSMS Lite: a charging station management system. Settings: CSMS_… variables, or a TOML file in CSMS_CONFIG.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_people.users, name="user")
app.add_typer(cli_people.organizations, name="organization")
app.add_typer(cli_people.chargers, name="charger")
app.add_typer(cli_people.tokens, name="token")
app.add_typer(audit, name="audit")
app.add_typer(cli_secrets.app, name="secrets")
app.add_typer(self_signed.app, name="tls")
_MARKS: Final = {"ok": "ok  ", "note": "note", "bad": "BAD "}


def _settings(logs: TextIO | None = None) -> Settings:
    """`logs`: where they go instead of standard output, where that is read by a program."""
    try:
        settings = load_settings()
    except CsmsError as error:
        typer.echo(f"csms: {error.detail}", err=True)
        raise typer.Exit(2) from error
    log.configure(settings.log.level, settings.log.format, logs)
    for chatty in ("alembic", "uvicorn", "uvicorn.error", "aiohttp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return settings


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return asyncio.run(work)
    except CsmsError as error:
        typer.echo(f"csms: {error.detail}", err=True)
        raise typer.Exit(1) from error


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    """CSMS Lite."""
    if version:
        typer.echo(f"csms {VERSION}")
        raise typer.Exit


@app.command()
def serve(
    role: Annotated[str, typer.Option(help="Which doors to open: all, gateway, api or worker.")] = "all",
) -> None:
    """Serve chargers, people and programs until Ctrl-C."""
    from csms.main.application import Role
    from csms.main.serve import run_forever

    try:
        chosen = Role(role)
    except ValueError as error:
        raise typer.BadParameter(f"{role!r} is none of: {', '.join(Role)}", param_hint="--role") from error
    raise typer.Exit(run_forever(_settings(), chosen))


@app.command()
def demo(
    chargers: Annotated[int, typer.Option(min=1, max=500, help="How many simulated chargers.")] = 20,
    speed: Annotated[float, typer.Option(min=1, max=600, help="Simulated seconds a second.")] = 30.0,
) -> None:
    """Serve, with tokens and simulated chargers that plug in, charge, fault and come back."""
    from csms.main.demo import run_demo

    raise typer.Exit(run_demo(_settings(), chargers, speed))


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="A revision; `head` is the newest.")] = "head",
) -> None:
    """Bring the database's schema up to this version, as its owner (CSMS_DATABASE__OWNER_URL)."""
    from csms.main.maintenance import migrate_database

    typer.echo(_run(migrate_database(_settings(), to)))


@app.command()
def plugins() -> None:
    """List the plug-ins that are installed: vendors they understand, commands they add."""
    from csms.plugin.registry import load

    try:
        found = load(_settings().plugins.disabled)
    except CsmsError as error:
        typer.echo(f"csms: {error.detail}", err=True)
        raise typer.Exit(1) from error
    if not found.all:
        typer.echo("no plug-in is installed")
    for plugin in found.all:
        typer.echo(f"{plugin.name} {plugin.version}")
        for vendor in plugin.vendors:
            typer.echo(f"  understands {vendor}")
        for action in plugin.actions:
            typer.echo(f"  {plugin.name}.{action.name}: {action.help}")


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Say what is wrong with the settings, the machine or the database, and what to do. Ends with 1 if anything is."""
    from csms.main.doctor import examine

    settings = _settings(sys.stderr if as_json else None)

    async def report() -> list[dict[str, str]]:
        found = []
        async for finding in examine(settings):
            found.append(asdict(finding))
            if not as_json:
                typer.echo(f"{_MARKS[finding.status]} {finding.what}: {finding.said}")
                if finding.remedy:
                    typer.echo(f"     -> {finding.remedy}")
        return found

    found = _run(report())
    ill = sum(each["status"] == "bad" for each in found)
    if as_json:
        typer.echo(json.dumps({"well": not ill, "checks": found}, indent=2))
    else:
        typer.echo("all is well" if not ill else f"{ill} of the checks failed")
    raise typer.Exit(1 if ill else 0)


@app.command()
def backup(
    target: Annotated[Path | None, typer.Argument(help="A folder; by default `backups` in the data directory.")] = None,
    organization: Annotated[UUID | None, typer.Option(help="Only this organization's rows and files.")] = None,
) -> None:
    """Write the database and its files into one file. keys.json is not in it: keep a copy of that apart."""
    from csms.main.maintenance import back_up, back_up_one

    settings = _settings()
    typer.echo(_run(back_up(settings, target) if organization is None else back_up_one(settings, target, organization)))


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that `csms backup` wrote.")],
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace what is in the database now. With --organization: accept other keys."),
    ] = False,
    organization: Annotated[bool, typer.Option("--organization", help="The file has one organization only.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="With --organization: delete first what it has now.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to replace.")] = False,
) -> None:
    """Put a backup into an empty database, or an organization beside others; stop csms first."""
    from csms.main.maintenance import put_back, put_back_one

    settings = _settings()
    if not organization:
        typer.echo(_run(put_back(settings, archive, force=force)))
        return
    if replace and not yes:
        typer.confirm("All that the organization has now is deleted, and replaced by the backup. Go on?", abort=True)
    typer.echo(_run(put_back_one(settings, archive, replace=replace, force=force)))


@app.command()
def openapi() -> None:
    """Print the OpenAPI description of the HTTP API."""
    from csms.main.api import describe_api

    json.dump(describe_api(), sys.stdout, indent=2)
    sys.stdout.write("\n")


app.command(name="simulate", help="Play virtual chargers against any CSMS.")(simulate)

if __name__ == "__main__":
    app()
