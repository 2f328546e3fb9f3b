# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: one route for all commands."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.commands import repository
from csms.features.commands.rules import permissions_for
from csms.features.commands.schemas import CommandBody, CommandItem, CommandPage
from csms.features.commands.service import CommandService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.limits import RequestLimits
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Sends = Annotated[Principal, require(Permission.COMMAND_SEND)]
Reads = Annotated[Principal, require(Permission.CHARGER_READ)]
Wait = Annotated[
    float,
    Query(ge=0, le=60, description="Seconds to wait for the outcome. 0 answers at once; the command goes on."),
]
Queue = Annotated[
    int,
    Query(ge=0, le=604_800, description="Seconds that it may wait for a charger which is not connected; 0: not."),
]
Key = Annotated[
    str | None,
    Header(min_length=1, max_length=200, description="The same key gives the same command again, never a second one."),
]


def router(units: UnitsOfWork, service: CommandService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["commands"], route_class=Route)

    @api.post(
        "/chargers/{charger_id}/commands",
        status_code=status.HTTP_202_ACCEPTED,
        response_model=CommandItem,
        responses={200: {"model": CommandItem, "description": "The outcome, where it was waited for."}},
    )
    async def send_command(
        request: Request,
        principal: Sends,
        charger_id: str,
        body: CommandBody,
        wait: Wait = 0,
        queue: Queue = 0,
        idempotency_key: Key = None,
    ) -> Response:
        """Ask a charger to do something. 202: under way; 200: this became of it."""
        scope = scope_of(request, principal, *permissions_for(vars(body)))
        limits: RequestLimits = request.app.state.limits
        await limits.of_charger(f"{scope.organization_id}/{charger_id}")
        async with units(scope) as uow:
            # a key is one caller's own: another's command is not told by it, nor held up
            key = None if idempotency_key is None else f"{principal.user_id}/{idempotency_key}"
            row = await service.issue(uow, charger_id, body, key, queue)
            command_id: UUID = row["id"]
            closed = service.expect(command_id) if wait else None
        if closed is not None and row["status"] == "pending":
            try:
                async with asyncio.timeout(wait):
                    await closed
            except TimeoutError:
                pass  # still under way: the row below says so
            finally:
                service.forget(command_id, closed)
            row = await service.outcome(scope, command_id)
        pending = row["status"] == "pending"
        return rows_response(
            dict(row),
            202 if pending else 200,
            {"Location": f"/api/v1/chargers/{row['charger_id']}/commands/{command_id}"},
        )

    @api.get("/chargers/{charger_id}/commands/{command_id}", response_model=CommandItem)
    async def get_command(request: Request, principal: Reads, charger_id: str, command_id: UUID) -> Response:
        """One command and what became of it."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.get(uow, charger_id, command_id)))

    @api.get("/commands", openapi_extra=repository.COMMANDS.openapi(), response_model=CommandPage)
    async def list_commands(request: Request, principal: Reads) -> Response:
        """Commands to all chargers, newest first."""
        return await answer_list(units, principal, repository.COMMANDS, request, name="commands")

    return api
