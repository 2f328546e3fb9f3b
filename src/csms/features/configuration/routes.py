# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: configuration of chargers as last read or set."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.chargers.service import ChargerService
from csms.features.configuration import repository
from csms.features.configuration.schemas import ConfigurationChangePage, ConfigurationPage
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.paging import page, read_page
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.CHARGER_READ)]


def router(units: UnitsOfWork, chargers: ChargerService) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["chargers"], route_class=Route)

    @api.get(
        "/chargers/{charger_id}/configuration",
        openapi_extra={"parameters": repository.CONFIGURATION.parameters()},
        response_model=ConfigurationPage,
    )
    async def list_charger_configuration(request: Request, principal: Reads, charger_id: str) -> Response:
        """Configuration keys as the charger last reported them, or as they were last set here."""
        wanted = read_page(repository.CONFIGURATION, request)
        async with units(scope_of(request, principal)) as uow:
            row = await chargers.get(uow, charger_id)
            own = row["id"] == repository.OF_CHARGER
            return rows_response(await page(uow.connection, repository.CONFIGURATION, wanted, own))

    @api.get(
        "/chargers/{charger_id}/configuration/history",
        openapi_extra={"parameters": repository.HISTORY.parameters()},
        response_model=ConfigurationChangePage,
    )
    async def list_configuration_changes(request: Request, principal: Reads, charger_id: str) -> Response:
        """How the configuration of a charger changed, newest first: by whom, from what, to what."""
        wanted = read_page(repository.HISTORY, request)
        async with units(scope_of(request, principal)) as uow:
            row = await chargers.get(uow, charger_id)
            own = row["id"] == repository.HISTORY_OF_CHARGER
            return rows_response(await page(uow.connection, repository.HISTORY, wanted, own))

    return api
