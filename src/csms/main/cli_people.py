# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms user …`, `csms charger …`, `csms token …`: what can be done on the host without signing in."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from csms.kit import log
from csms.kit.config import load_settings
from csms.kit.errors import CsmsError
from csms.main.host import OPERATOR, Host, host

users = typer.Typer(no_args_is_help=True, help="People who sign in.")
organizations = typer.Typer(no_args_is_help=True, help="Organizations of this installation.")
chargers = typer.Typer(no_args_is_help=True, help="Chargers that may connect.")
tokens = typer.Typer(no_args_is_help=True, help="Tokens that may charge.")


def _on_host(work: Callable[[Host], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        settings = load_settings()
        log.configure("warning", settings.log.format)
        async with host(settings) as here:
            return await work(here)

    try:
        return asyncio.run(go())
    except CsmsError as error:
        typer.echo(f"csms: {error.detail}", err=True)
        raise typer.Exit(1) from error


@users.command("set-password")
def set_password(
    username: str,
    password: Annotated[
        str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, help="Asked for where left out.")
    ],
) -> None:
    """Give a user a new password; all their sessions end."""

    async def work(here: Host) -> None:
        from csms.main.api import account_service

        await account_service(here.units, here.keys, here.clock, here.data_dir).set_password(username, password)

    _on_host(work)
    typer.echo(f"the password of {username} is set")


@users.command("unlock")
def unlock(username: str) -> None:
    """Let a user sign in again who was locked out."""

    async def work(here: Host) -> None:
        from csms.main.api import account_service

        await account_service(here.units, here.keys, here.clock, here.data_dir).unlock(username)

    _on_host(work)
    typer.echo(f"{username} may sign in again")


@users.command("reset-mfa")
def reset_mfa(username: str) -> None:
    """Forget the second factors of a user who lost them; all their sessions end."""

    async def work(here: Host) -> None:
        from csms.main.api import account_service

        await account_service(here.units, here.keys, here.clock, here.data_dir).reset_mfa(username)

    _on_host(work)
    typer.echo(f"{username} signs in with the password alone")


@users.command("create-admin")
def create_admin(username: str) -> None:
    """Make a further administrator; the password is shown once and must be changed at the first sign-in."""

    async def work(here: Host) -> str:
        from csms.main.api import account_service

        return await account_service(here.units, here.keys, here.clock, here.data_dir).create_admin(username)

    typer.echo(f"password of {username}: {_on_host(work)}")


@organizations.command("create")
def create_organization(
    name: str,
    admin: Annotated[str, typer.Option(help="User name of its first administrator.")],
    time_zone: Annotated[str, typer.Option(help="Such as Europe/Berlin.")] = "UTC",
) -> None:
    """Make a further organization; the link for its administrator is shown once."""
    from csms.features.people.schemas import OrganizationCreate

    try:
        body = OrganizationCreate(name=name, admin=admin, time_zone=time_zone)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error

    async def work(here: Host) -> str | None:
        from csms.features.people.role_service import OrganizationService
        from csms.main.api import account_service
        from csms.main.people import people_service

        accounts = account_service(here.units, here.keys, here.clock, here.data_dir)
        public_url = load_settings().http.public_url
        people = people_service(accounts, here.units, here.keys, here.clock, public_url)
        _, invited = await OrganizationService(people, here.units, here.clock).create(OPERATOR.actor, body)
        return invited.url

    url = _on_host(work)
    typer.echo(f"{name} is there; {admin} chooses a password at\n{url}")


@organizations.command("list")
def list_organizations() -> None:
    """Show the organizations of this installation."""

    async def work(here: Host) -> list[Any]:
        from csms.features.people.repository import all_organizations

        async with here.units(OPERATOR) as uow:
            return await all_organizations(uow.connection)

    for row in _on_host(work):
        typer.echo(f"{row['id']}  {row['name']:<30} {row['chargers']} chargers, {row['users']} users")


@chargers.command("create")
def create_charger(
    identity: str,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    password: Annotated[str | None, typer.Option(help="16 bytes or more; generated where left out.")] = None,
    no_password: Annotated[bool, typer.Option("--no-password", help="Security profile 0: no credential.")] = False,
) -> None:
    """Provision a charger. It may connect at once."""
    from csms.features.chargers.schemas import ChargerCreate
    from csms.features.chargers.service import ChargerService

    try:
        body = ChargerCreate(id=identity, name=name, password=password, security_profile=0 if no_password else 1)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error

    async def work(here: Host) -> str | None:
        async with here.units(OPERATOR) as uow:
            _, generated = await ChargerService(here.keys.hash_secret, here.clock).create(uow, body)
        return generated

    generated = _on_host(work)
    typer.echo(f"charger {identity} may connect")
    if generated is not None:
        typer.echo(f"password (shown once): {generated}")


@chargers.command("list")
def list_chargers() -> None:
    """Show the chargers."""

    async def work(here: Host) -> list[dict[str, Any]]:
        from csms.features.chargers.repository import CHARGERS

        async with here.units(OPERATOR) as uow:
            query = CHARGERS.select(["id", "online", "status", "vendor", "model"]).order_by("id")
            return [dict(row) for row in (await uow.connection.execute(query)).mappings()]

    rows = _on_host(work)
    for row in rows:
        what = " ".join(part for part in (row["vendor"], row["model"]) if part)
        typer.echo(f"{row['id']:<24} {'online ' if row['online'] else 'offline'} {row['status']:<14} {what}")
    if not rows:
        typer.echo("no chargers yet: csms charger create IDENTITY")


@tokens.command("create")
def create_token(value: str, group: Annotated[str | None, typer.Option()] = None) -> None:
    """Make a token known and accepted."""
    from csms.features.tokens.schemas import TokenCreate
    from csms.features.tokens.service import TokenService

    try:
        body = TokenCreate(value=value, group=group)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error

    async def work(here: Host) -> None:
        async with here.units(OPERATOR) as uow:
            await TokenService(here.clock).create(uow, body)

    _on_host(work)
    typer.echo(f"token {value} may charge")


@tokens.command("list")
def list_tokens() -> None:
    """Show the tokens."""

    async def work(here: Host) -> list[dict[str, Any]]:
        from csms.features.tokens.repository import TOKENS

        async with here.units(OPERATOR) as uow:
            query = TOKENS.select(["value", "type", "status", "group"]).order_by("value")
            return [dict(row) for row in (await uow.connection.execute(query)).mappings()]

    rows = _on_host(work)
    for row in rows:
        typer.echo(f"{row['value']:<24} {row['status']:<10} {row['type']:<8} {row['group'] or ''}")
    if not rows:
        typer.echo("no tokens yet: csms token create VALUE")
