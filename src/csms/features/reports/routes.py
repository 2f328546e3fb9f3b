# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: reports and the overview."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.reports.overview import OverviewService
from csms.features.reports.repository import Filters
from csms.features.reports.schemas import (
    EnergyQuery,
    EnergyReport,
    Heatmap,
    Overview,
    PowerHistory,
    ReportQuery,
    UptimeReport,
    UtilisationReport,
)
from csms.features.reports.service import COLUMNS, MAIN, Kind, Question, ReportService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.export.formats import FORMATS
from csms.kit.http.json import rows_response
from csms.kit.http.lists import EXPORT_PERMISSION, answer_file
from csms.kit.http.paging import JSON
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.REPORT_READ)]
SiteId = Annotated[UUID | None, Query(description="Only this site and those that lie in it.")]
_FILES: Final[dict[str, Any]] = {
    each.media_type: {"schema": {"type": "string", **each.schema}} for each in FORMATS.values()
}
_ALSO_FILES: Final[dict[str, Any]] = {"responses": {"200": {"content": _FILES}}}


def router(units: UnitsOfWork, service: ReportService) -> APIRouter:
    """Reports."""
    api = APIRouter(prefix="/api/v1/reports", tags=["reports"], route_class=Route)

    async def answer(request: Request, principal: Principal, kind: Kind, query: ReportQuery | EnergyQuery) -> Response:
        token = query.token if isinstance(query, EnergyQuery) else None
        further = [EXPORT_PERMISSION] if query.format != JSON else []
        if token is not None or query.by == "token":
            further.append(Permission.TRANSACTION_READ)
        if query.by == "token_group":
            further.append(Permission.TOKEN_READ)
        asked = Question(
            kind,
            query.start,
            query.end,
            query.interval,
            query.by,
            query.compare,
            query.time_zone,
            Filters(query.site_id, query.group_id, query.charger_id, token),
            query.limit,
        )
        async with units(scope_of(request, principal, *further)) as uow:
            found = await service.report(uow, asked)
        if query.format == JSON:
            return rows_response(found)
        rows = list(_lines(found))
        columns = _columns(kind, found)
        return await answer_file(
            units, principal, request, rows, columns, format_name=query.format, name=f"report-{kind}"
        )

    @api.get("/energy", response_model=EnergyReport, openapi_extra=_ALSO_FILES)
    async def get_energy_report(request: Request, principal: Reads, query: Annotated[EnergyQuery, Query()]) -> Response:
        """Energy delivered and transactions, by the registers of transactions, where they were in time."""
        return await answer(request, principal, "energy", query)

    @api.get("/utilisation", response_model=UtilisationReport, openapi_extra=_ALSO_FILES)
    async def get_utilisation_report(
        request: Request, principal: Reads, query: Annotated[ReportQuery, Query()]
    ) -> Response:
        """How much of the time EVSEs were in use: a transaction ran there."""
        return await answer(request, principal, "utilisation", query)

    @api.get("/uptime", response_model=UptimeReport, openapi_extra=_ALSO_FILES)
    async def get_uptime_report(request: Request, principal: Reads, query: Annotated[ReportQuery, Query()]) -> Response:
        """How much of the time EVSEs could be used: online, and neither faulted nor unavailable."""
        return await answer(request, principal, "uptime", query)

    return api


def _columns(kind: Kind, found: Mapping[str, Any]) -> tuple[str, ...]:
    names = [name for columns in COLUMNS[kind].values() for name in columns]
    figures = list(dict.fromkeys([*names, MAIN[kind]]))
    other = [*(f"compared_{name}" for name in figures), "change_percent"] if found["compared"] else []
    keyed = ["key", "name"] if found["by"] != "none" else []
    return (*keyed, "start", "end", *figures, *other)


def _lines(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for each point of each series; of a report without periods, for each series."""
    for line in found["series"] if found["by"] != "none" else [found]:
        whole = {"start": found["start"], "end": found["end"], **line["total"]}
        for point in line["points"] if found["interval"] != "none" else [whole]:
            other = point["compared"] or {}
            yield {
                **({} if line is found else {"key": line["key"], "name": line["name"]}),
                "start": point["start"],
                "end": point["end"],
                **point["figures"],
                **{f"compared_{name}": value for name, value in other.items()},
                "change_percent": point["change_percent"],
            }


def overview_router(units: UnitsOfWork, service: OverviewService) -> APIRouter:
    """How it is now."""
    api = APIRouter(prefix="/api/v1/overview", tags=["overview"], route_class=Route)

    @api.get("", response_model=Overview)
    async def get_overview(request: Request, principal: Reads, site_id: SiteId = None) -> Response:
        """What the first screen shows, of the places where the caller may read reports."""
        scope = scope_of(request, principal)
        everywhere = {name for name, places in principal.grants.items() if places is None}
        async with units(scope) as uow:
            of_all = everywhere if scope.places is None else set()
            found = await service.now(uow, site_id, may_wait=Permission.ONBOARDING_READ in of_all)
            found["jobs"] = await service.jobs(uow) if Permission.JOB_READ in of_all else None
        found["alerts"] = None
        if Permission.ALERT_READ in principal.grants:
            async with units(scope_of(request, principal, Permission.ALERT_READ)) as uow:
                found["alerts"] = await service.alerts(uow, site_id)
        return rows_response(found)

    @api.get("/power", response_model=PowerHistory)
    async def get_overview_power(request: Request, principal: Reads, site_id: SiteId = None) -> Response:
        """The mean power of each quarter hour of the last 24 hours."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await service.power(uow, site_id))

    @api.get("/heatmap", response_model=Heatmap)
    async def get_overview_heatmap(request: Request, principal: Reads, site_id: SiteId = None) -> Response:
        """How much EVSEs are in use at each hour of each weekday, over the last four weeks."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await service.heatmap(uow, site_id))

    return api
