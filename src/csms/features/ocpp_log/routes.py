# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: what was said on the wire."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.chargers.service import ChargerService
from csms.features.ocpp_log import repository
from csms.features.ocpp_log.schemas import MessagePage
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.paging import page, read_page
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.MESSAGE_READ)]


def router(units: UnitsOfWork, chargers: ChargerService) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["chargers"], route_class=Route)

    @api.get(
        "/chargers/{charger_id}/messages",
        openapi_extra={"parameters": repository.MESSAGES.parameters()},
        response_model=MessagePage,
    )
    async def list_charger_messages(request: Request, principal: Reads, charger_id: str) -> Response:
        """The OCPP log of a charger, newest first, each request with its answer."""
        wanted = read_page(repository.MESSAGES, request)
        async with units(scope_of(request, principal)) as uow:
            row = await chargers.get(uow, charger_id)
            own = row["id"] == repository.OF_CHARGER
            found = await page(uow.connection, repository.MESSAGES, wanted, own, shape=repository.message_item)
            return rows_response(found)

    return api
