# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: transactions and their meter values."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import ColumnElement

from csms.features.accounts.permissions import Permission
from csms.features.drivers.repository import charged_by
from csms.features.drivers.service import DriverService
from csms.features.transactions import repository, service
from csms.features.transactions.schemas import ReadingPage, TransactionClose, TransactionPage, TransactionWhole
from csms.kit.db.uow import UnitOfWork, UnitsOfWork
from csms.kit.http.etag import etag_of
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.TRANSACTION_READ)]
Closes = Annotated[Principal, require(Permission.TRANSACTION_CLOSE)]
Key = Annotated[UUID | int, Path(description="Its id, or the number that its charger knows.")]


def _item(whole: dict[str, Any]) -> Response:
    stored = {name: value for name, value in whole.items() if name != "close_proposal"}
    return rows_response(whole, headers={"ETag": etag_of(stored)})


def drivers_router(units: UnitsOfWork, drivers: DriverService) -> APIRouter:
    """What a driver charged."""
    api = APIRouter(prefix="/api/v1/drivers", tags=["drivers"], route_class=Route)

    @api.get(
        "/{driver_id}/transactions", openapi_extra=repository.TRANSACTIONS.openapi(), response_model=TransactionPage
    )
    async def list_driver_transactions(request: Request, principal: Reads, driver_id: UUID) -> Response:
        """What was started with the tokens that are a driver's now; it takes `driver:driver:read` besides."""
        principal.need(Permission.DRIVER_READ)

        async def own(uow: UnitOfWork) -> ColumnElement[bool]:
            await drivers.get(uow, driver_id)
            return await charged_by(uow.connection, repository.ID_TAG, driver_id)

        return await answer_list(units, principal, repository.TRANSACTIONS, request, own, name="driver-transactions")

    return api


def router(units: UnitsOfWork, records: service.RecordService) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["transactions"], route_class=Route)

    @api.get(
        "/transactions",
        openapi_extra=repository.TRANSACTIONS.openapi(),
        response_model=TransactionPage,
    )
    async def list_transactions(request: Request, principal: Reads) -> Response:
        """Transactions, newest first. `energy_wh` of an open one is what its newest reading says."""
        return await answer_list(units, principal, repository.TRANSACTIONS, request, name="transactions")

    @api.get("/transactions/{transaction_id}", response_model=TransactionWhole)
    async def get_transaction(request: Request, principal: Reads, transaction_id: Key) -> Response:
        """One transaction; of an open one `close_proposal` says how its record would be closed."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await records.whole(uow, transaction_id))

    @api.post("/transactions/{transaction_id}/close", response_model=TransactionWhole)
    async def close_transaction(
        request: Request, principal: Closes, transaction_id: Key, body: TransactionClose
    ) -> Response:
        """Close the record of a transaction that its charger will not end: nothing is asked of the charger.

        Only while the charger is offline, did not answer or refused a stop, or says that the connector is free. An end
        that it tells later counts instead.
        """
        async with units(scope_of(request, principal)) as uow:
            return _item(await records.close(uow, transaction_id, body))

    @api.get(
        "/transactions/{transaction_id}/meter-values",
        openapi_extra=repository.READINGS.openapi(),
        response_model=ReadingPage,
    )
    async def list_transaction_meter_values(request: Request, principal: Reads, transaction_id: Key) -> Response:
        """The readings of a transaction, oldest first, in base units (Wh, W, A, V, ...)."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.get(uow, transaction_id)
        listing = repository.readings(row["id"])
        return await answer_list(units, principal, listing, request, name="meter-values", shape=repository.reading_item)

    return api
