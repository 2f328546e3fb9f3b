# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: reservations. They are made and cancelled by the commands reserve_now and cancel_reservation."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.reservations import repository
from csms.features.reservations.schemas import ReservationPage
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.paging import page, read_page
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.CHARGER_READ)]


def router(units: UnitsOfWork) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["reservations"], route_class=Route)

    @api.get(
        "/reservations",
        openapi_extra={"parameters": repository.RESERVATIONS.parameters()},
        response_model=ReservationPage,
    )
    async def list_reservations(request: Request, principal: Reads) -> Response:
        """Reservations that chargers accepted, newest first."""
        wanted = read_page(repository.RESERVATIONS, request)
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await page(uow.connection, repository.RESERVATIONS, wanted))

    return api
