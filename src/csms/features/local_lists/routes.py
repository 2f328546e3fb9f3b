# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: local lists of chargers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, status
from sqlalchemy import ColumnElement

from csms.features.accounts.permissions import Permission
from csms.features.chargers.service import ChargerService
from csms.features.commands.schemas import CommandItem
from csms.features.local_lists import repository
from csms.features.local_lists import service as local_lists
from csms.features.local_lists.schemas import LocalList, TokenLocalListPage
from csms.kit.db.uow import UnitOfWork, UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.CHARGER_READ)]
Sends = Annotated[Principal, require(Permission.LOCAL_LIST_WRITE)]
Key = Annotated[str | None, Header(min_length=1, max_length=200, description="The same key gives the same command.")]


def router(units: UnitsOfWork, chargers: ChargerService, service: local_lists.LocalListService) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["tokens"], route_class=Route)

    @api.get("/chargers/{charger_id}/local-list", response_model=LocalList)
    async def get_local_list(request: Request, principal: Reads, charger_id: str) -> Response:
        """The local authorization list of a charger, as far as it is known here."""
        async with units(scope_of(request, principal)) as uow:
            row = await chargers.get(uow, charger_id)
            return rows_response(dict(await local_lists.known(uow, row["id"])))

    @api.put("/chargers/{charger_id}/local-list", status_code=status.HTTP_202_ACCEPTED, response_model=CommandItem)
    async def send_all_tokens(
        request: Request, principal: Sends, charger_id: str, idempotency_key: Key = None
    ) -> Response:
        """Send all tokens that may charge, as the charger's whole list."""
        async with units(scope_of(request, principal)) as uow:
            row = await chargers.get(uow, charger_id)
            command = dict(await service.send_all(uow, row["id"], idempotency_key))
        return rows_response(command, 202, {"Location": f"/api/v1/chargers/{row['id']}/commands/{command['id']}"})

    @api.get(
        "/tokens/{token_id}/local-lists", openapi_extra=repository.LISTS.openapi(), response_model=TokenLocalListPage
    )
    async def list_token_local_lists(request: Request, principal: Reads, token_id: UUID) -> Response:
        """Local lists that a token is on, as far as they are known here; it takes `token:token:read` besides."""
        principal.need(Permission.TOKEN_READ)

        async def own(uow: UnitOfWork) -> ColumnElement[bool]:
            return repository.naming(await service.spellings(uow, token_id))

        return await answer_list(units, principal, repository.LISTS, request, own, name="token-local-lists")

    return api
