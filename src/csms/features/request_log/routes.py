# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: the request log."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.request_log import repository
from csms.features.request_log.schemas import ApiRequestPage
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.REQUEST_READ)]


def router(units: UnitsOfWork) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["audit"], route_class=Route)

    @api.get("/requests", openapi_extra=repository.REQUESTS.openapi(), response_model=ApiRequestPage)
    async def list_requests(request: Request, principal: Reads) -> Response:
        """What users and keys asked of the API, newest first; which requests are kept is set at the start."""
        return await answer_list(units, principal, repository.REQUESTS, request, name="requests")

    return api
