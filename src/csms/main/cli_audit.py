# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms audit …`: is the audit log as it was written?"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import typer

from csms.kit import log
from csms.kit.config import load_settings
from csms.kit.errors import CsmsError
from csms.main.host import Host, host

audit = typer.Typer(no_args_is_help=True, help="The audit log: is it as it was written?")
Organization = Annotated[
    UUID | None, typer.Option("--organization", help="Of this organization only; all where left out.")
]
_HASH_BYTES = 32


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


@audit.command("head")
def head(organization: Organization = None) -> None:
    """Print the last line's number and hash, to be kept where nobody who can change the database can change them."""

    async def work(here: Host) -> list[str]:
        from csms.features.audit.service import AuditService
        from csms.kit.db.uow import Scope

        printed = []
        for key in await _organizations(here, organization):
            async with here.units(Scope.system(key)) as uow:
                found = await AuditService().head(uow)
            printed.append(f"{key} {found.number}:{found.hash.hex()}")
        return printed

    typer.echo("\n".join(_on_host(work)))


@audit.command("verify")
def verify(
    organization: Organization = None,
    anchor: Annotated[
        list[str] | None,
        typer.Option(help="NUMBER:HASH as `csms audit head` printed it once; may be repeated. With --organization."),
    ] = None,
) -> None:
    """Walk along the whole chain; ends with 1 where a line is not as it was written."""
    anchors = [_anchor(each) for each in anchor or []]
    if anchors and organization is None:
        raise typer.BadParameter("an anchor is one organization's: name it with --organization", param_hint="--anchor")

    async def work(here: Host) -> list[tuple[bool, str]]:
        return [await _verified(here, key, anchors) for key in await _organizations(here, organization)]

    found = _on_host(work)
    for well, said in found:
        typer.echo(f"{'ok ' if well else 'BAD'}  {said}")
    if not all(well for well, _ in found):
        raise typer.Exit(1)


def _anchor(written: str) -> tuple[int, bytes]:
    number, _, hash_ = written.strip().partition(":")
    try:
        found = int(number), bytes.fromhex(hash_)
    except ValueError as error:
        raise typer.BadParameter(f"{written!r} is not NUMBER:HASH", param_hint="--anchor") from error
    if len(found[1]) != _HASH_BYTES:
        raise typer.BadParameter(f"{written!r}: a hash has {_HASH_BYTES} bytes", param_hint="--anchor")
    return found


async def _organizations(here: Host, wanted: UUID | None) -> list[UUID]:
    from csms.kit.errors import NotFoundError

    all_ = await here.units.organizations()
    if wanted is None:
        return all_
    if wanted not in all_:
        raise NotFoundError(f"there is no organization {wanted}")
    return [wanted]


async def _verified(here: Host, organization: UUID, anchors: list[tuple[int, bytes]]) -> tuple[bool, str]:
    """In pieces, each in a transaction of its own: a log of years is no long transaction."""
    from csms.features.audit.service import AuditService
    from csms.kit.db.uow import Scope

    service, lines, erased, start, previous = AuditService(), 0, 0, 1, None
    while True:
        async with here.units(Scope.system(organization)) as uow:
            found = await service.verify(uow, start, previous=previous)
        lines, erased = lines + found.lines, erased + found.erased
        if found.broken is not None:
            number, reason = found.broken
            return False, f"{organization}: line {number}: {reason}"
        if found.next is None:
            break
        start, previous = found.next, found.previous
    for number, hash_ in anchors:
        async with here.units(Scope.system(organization)) as uow:
            if number > found.head.number or not await service.is_line(uow, number, hash_):
                return (
                    False,
                    f"{organization}: line {number} is not what it was: the log was written anew",
                )
    return True, f"{organization}: {lines} lines, {erased} with erased personal data, head {found.head.number}"
