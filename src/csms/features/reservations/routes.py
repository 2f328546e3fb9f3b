# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: reservations. They are made and cancelled by the commands reserve_now and cancel_reservation."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.reservations import repository
from csms.features.reservations.schemas import ReservationPage
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.CHARGER_READ)]


def router(units: UnitsOfWork) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["reservations"], route_class=Route)

    @api.get(
        "/reservations",
        openapi_extra=repository.RESERVATIONS.openapi(),
        response_model=ReservationPage,
    )
    async def list_reservations(request: Request, principal: Reads) -> Response:
        """Reservations that chargers accepted, newest first."""
        return await answer_list(units, principal, repository.RESERVATIONS, request, name="reservations")

    return api
