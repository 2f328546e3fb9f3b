# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: one command to many chargers."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.bulk import repository
from csms.features.bulk.schemas import BulkCommand, BulkCreate, BulkPage, BulkPreview, BulkResultPage
from csms.features.bulk.service import BulkService
from csms.features.commands.rules import permissions_for
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.CHARGER_READ)]
Sends = Annotated[Principal, require(Permission.COMMAND_SEND)]


def router(units: UnitsOfWork, service: BulkService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["bulk commands"], route_class=Route)

    @api.get("/bulk-commands", openapi_extra=repository.BULKS.openapi(), response_model=BulkPage)
    async def list_bulk_commands(request: Request, principal: Reads) -> Response:
        """Commands to many chargers, newest first."""
        return await answer_list(units, principal, repository.BULKS, request, name="bulk-commands")

    @api.post(
        "/bulk-commands",
        status_code=status.HTTP_202_ACCEPTED,
        response_model=BulkCommand,
        responses={200: {"model": BulkPreview, "description": "With dry_run: whom it would be for."}},
    )
    async def create_bulk_command(request: Request, principal: Sends, body: BulkCreate) -> Response:
        """Send a command to all chargers that a filter names now, a few at a time."""
        async with units(scope_of(request, principal, *permissions_for(vars(body.command)))) as uow:
            if body.dry_run:
                return rows_response(await service.preview(uow, body))
            row = dict(await service.create(uow, body))
        return rows_response(row, 202, {"Location": f"/api/v1/bulk-commands/{row['id']}"})

    @api.get("/bulk-commands/{bulk_id}", response_model=BulkCommand)
    async def get_bulk_command(request: Request, principal: Reads, bulk_id: UUID) -> Response:
        """One, and at how many chargers it is where."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.get(uow, bulk_id)))

    @api.get(
        "/bulk-commands/{bulk_id}/results",
        openapi_extra=repository.RESULTS.openapi(),
        response_model=BulkResultPage,
    )
    async def list_bulk_results(request: Request, principal: Reads, bulk_id: UUID) -> Response:
        """What became of it at each charger; status=rejected shows where somebody has to look."""
        own = owned_by(repository.OF_BULK, service.get, bulk_id)
        return await answer_list(units, principal, repository.RESULTS, request, own, name="bulk-results")

    @api.post("/bulk-commands/{bulk_id}/cancel", response_model=BulkCommand)
    async def cancel_bulk_command(request: Request, principal: Sends, bulk_id: UUID) -> Response:
        """Chargers whose turn has not come do not get it; what was sent goes on."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.cancel(uow, bulk_id)))

    @api.post("/bulk-commands/{bulk_id}/retry", status_code=status.HTTP_202_ACCEPTED, response_model=BulkCommand)
    async def retry_bulk_command(request: Request, principal: Sends, bulk_id: UUID) -> Response:
        """Send it again to the chargers where it failed, once it is done."""
        async with units(replace(scope_of(request, principal), claim=None)) as uow:
            command = (await service.get(uow, bulk_id))["body"]
        async with units(scope_of(request, principal, *permissions_for(command))) as uow:
            return rows_response(dict(await service.retry(uow, bulk_id)), 202)

    return api
