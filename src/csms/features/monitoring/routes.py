# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: what chargers report of themselves."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.chargers.service import ChargerService
from csms.features.monitoring import repository, service
from csms.features.monitoring.schemas import (
    ChargerNoticePage,
    ChargerReportPage,
    ChargerReportWhole,
    DeviceEventPage,
)
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

CUSTOMER_INFORMATION: Final = "customer_information"
Reads = Annotated[Principal, require(Permission.CHARGER_READ)]


def router(units: UnitsOfWork, chargers: ChargerService) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["chargers"], route_class=Route)

    @api.get(
        "/chargers/{charger_id}/reports",
        openapi_extra=repository.REPORTS.openapi(),
        response_model=ChargerReportPage,
    )
    async def list_charger_reports(request: Request, principal: Reads, charger_id: str) -> Response:
        """Reports that were asked of a charger, newest first."""
        own = owned_by(repository.OF_REPORTS, chargers.get, charger_id)
        return await answer_list(units, principal, repository.REPORTS, request, own, name="charger-reports")

    @api.get("/chargers/{charger_id}/reports/{report_id}", response_model=ChargerReportWhole)
    async def get_charger_report(request: Request, principal: Reads, charger_id: str, report_id: UUID) -> Response:
        """One report with all that has come of it; what a charger knows of a customer needs `privacy:person:export`."""
        async with units(scope_of(request, principal)) as uow:
            row = await chargers.get(uow, charger_id)
            found = await service.report(uow, row["id"], report_id)
        if found["kind"] == CUSTOMER_INFORMATION:
            principal.need(Permission.PRIVACY_EXPORT)
        return rows_response(found)

    @api.get(
        "/chargers/{charger_id}/device-events",
        openapi_extra=repository.EVENTS.openapi(),
        response_model=DeviceEventPage,
    )
    async def list_device_events(request: Request, principal: Reads, charger_id: str) -> Response:
        """Events of a charger's device model (monitors, hardware), newest first."""
        own = owned_by(repository.OF_EVENTS, chargers.get, charger_id)
        return await answer_list(units, principal, repository.EVENTS, request, own, name="device-events")

    @api.get(
        "/chargers/{charger_id}/notices",
        openapi_extra=repository.NOTICES.openapi(),
        response_model=ChargerNoticePage,
    )
    async def list_charger_notices(request: Request, principal: Reads, charger_id: str) -> Response:
        """What a charger told beside its states and sessions, newest first."""
        own = owned_by(repository.OF_NOTICES, chargers.get, charger_id)
        return await answer_list(units, principal, repository.NOTICES, request, own, name="charger-notices")

    return api
