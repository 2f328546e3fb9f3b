# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: timelines and series of chargers and transactions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.chargers.repository import places_of
from csms.features.chargers.service import ChargerService
from csms.features.timelines import service
from csms.features.timelines.rules import MAX_CURSOR, read_cursor
from csms.features.timelines.schemas import ChargerEventKind, MeterSeries, Timeline, TransactionEventKind
from csms.features.timelines.series import SeriesService
from csms.features.transactions.service import get as get_transaction
from csms.kit.db.uow import UnitOfWork, UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route
from csms.kit.http.schemas import Instant

ReadsChargers = Annotated[Principal, require(Permission.CHARGER_READ)]
ReadsTransactions = Annotated[Principal, require(Permission.TRANSACTION_READ)]
Key = Annotated[UUID | int, Path(description="Its id, or the number that its charger knows.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Most items of a page.")]
Cursor = Annotated[str | None, Query(max_length=MAX_CURSOR, description="next_cursor of the page before.")]
Since = Annotated[Instant | None, Query(alias="at[gte]")]
Until = Annotated[Instant | None, Query(alias="at[lte]")]
Points = Annotated[int, Query(ge=2, le=1000, description="Most points of each measurand and phase.")]
Measurands = Annotated[
    list[str] | None,
    Query(
        max_length=20,
        description="Comma-separated, or repeated; left out: power, current, voltage, state of charge, register, and"
        " what is offered.",
    ),
]
Hours = Annotated[float, Query(gt=0, le=24 * 31, description="So far back.")]


async def _may(uow: UnitOfWork, principal: Principal, charger_id: str) -> service.May:
    places = await places_of(uow.connection, [charger_id])
    here = next(iter(places.values()), [])
    return lambda permission: principal.may(permission, here)


def router(units: UnitsOfWork, chargers: ChargerService) -> APIRouter:
    """Timelines."""
    api = APIRouter(prefix="/api/v1", route_class=Route)

    @api.get("/chargers/{charger_id}/timeline", tags=["chargers"], response_model=Timeline)
    async def get_charger_timeline(
        request: Request,
        principal: ReadsChargers,
        charger_id: str,
        kind: Annotated[list[ChargerEventKind] | None, Query(description="Repeat it for any of several.")] = None,
        since: Since = None,
        until: Until = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        """What happened at a charger, the newest first. Kinds that the caller may not read are named in `hidden`."""
        place = None if cursor is None else read_cursor(cursor)
        asked = service.Asked(tuple(kind or ()), place, since, until, limit)
        async with units(scope_of(request, principal)) as uow:
            row = await chargers.get(uow, charger_id)
            may = await _may(uow, principal, row["id"])
            return rows_response(await service.of_charger(uow, row["id"], asked, may))

    @api.get("/transactions/{transaction_id}/timeline", tags=["transactions"], response_model=Timeline)
    async def get_transaction_timeline(
        request: Request,
        principal: ReadsTransactions,
        transaction_id: Key,
        kind: Annotated[list[TransactionEventKind] | None, Query(description="Repeat it for any of several.")] = None,
        since: Since = None,
        until: Until = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        """What happened in a transaction, and at its charger while it went on, the newest first."""
        place = None if cursor is None else read_cursor(cursor)
        asked = service.Asked(tuple(kind or ()), place, since, until, limit)
        async with units(scope_of(request, principal)) as uow:
            row = await get_transaction(uow, transaction_id)
            may = await _may(uow, principal, row["charger_id"])
            return rows_response(await service.of_transaction(uow, row["id"], asked, may))

    return api


def series_router(units: UnitsOfWork, series: SeriesService) -> APIRouter:
    """Series."""
    api = APIRouter(prefix="/api/v1", route_class=Route)

    @api.get("/transactions/{transaction_id}/series", tags=["transactions"], response_model=MeterSeries)
    async def get_transaction_series(
        request: Request,
        principal: ReadsTransactions,
        transaction_id: Key,
        measurands: Measurands = None,
        points: Points = 300,
    ) -> Response:
        """What was measured in a transaction, thinned out: of each bucket of time the least, greatest, last value."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await series.of_transaction(uow, transaction_id, measurands or (), points))

    @api.get("/chargers/{charger_id}/series", tags=["chargers"], response_model=MeterSeries)
    async def get_charger_series(
        request: Request,
        principal: ReadsTransactions,
        charger_id: str,
        hours: Hours = 24,
        measurands: Measurands = None,
        points: Points = 300,
    ) -> Response:
        """What a charger measured in the last hours, all connectors together, thinned out in the same way."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await series.of_charger(uow, charger_id, hours, measurands or (), points))

    return api
