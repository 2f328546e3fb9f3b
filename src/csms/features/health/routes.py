# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: the verdict on a charger."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.chargers.repository import places_of
from csms.features.health.schemas import ChargerHealth
from csms.features.health.service import HealthService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.CHARGER_READ)]
_FURTHER = (Permission.ALERT_READ, Permission.ONBOARDING_READ)


def router(units: UnitsOfWork, service: HealthService) -> APIRouter:
    """The route."""
    api = APIRouter(prefix="/api/v1", tags=["chargers"], route_class=Route)

    @api.get("/chargers/{charger_id}/health", response_model=ChargerHealth)
    async def get_charger_health(request: Request, principal: Reads, charger_id: str) -> Response:
        """How a charger is, the most probable cause, a step to take, and the facts that it is judged by.

        Alerts are among the facts for who may read them, and so are chargers that wait for approval.
        """
        async with units(scope_of(request, principal)) as uow:
            places = (await places_of(uow.connection, [charger_id])).values()
            here = next(iter(places), [])
            may = {each for each in _FURTHER if principal.may(each, here)}
            return rows_response(await service.verdict(uow, charger_id, may))

    return api
