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
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.MESSAGE_READ)]


def router(units: UnitsOfWork, chargers: ChargerService) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["chargers"], route_class=Route)

    @api.get(
        "/chargers/{charger_id}/messages",
        openapi_extra=repository.MESSAGES.openapi(),
        response_model=MessagePage,
    )
    async def list_charger_messages(request: Request, principal: Reads, charger_id: str) -> Response:
        """The OCPP log of a charger, newest first, each request with its answer."""
        own = owned_by(repository.OF_CHARGER, chargers.get, charger_id)
        listing, shape = repository.MESSAGES, repository.message_item
        return await answer_list(units, principal, listing, request, own, name="ocpp-messages", shape=shape)

    return api
