# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: one change to many of a kind. Operations and the parameters in paths are named after the kind."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response, status
from pydantic import BaseModel
from sqlalchemy import RowMapping

from csms.features.bulk_changes import repository
from csms.features.bulk_changes.rules import Kind
from csms.features.bulk_changes.schemas import (
    BulkChange,
    BulkChangePage,
    BulkChangePreview,
    ChargerChangeCreate,
    ChargerChangeResultPage,
    TokenChangeCreate,
    TokenChangeResultPage,
)
from csms.features.bulk_changes.service import BulkChangeService, Create
from csms.kit.db.uow import UnitOfWork, UnitsOfWork
from csms.kit.http.json import JsonResponse, rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.paging import Listing
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

_PREVIEW: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": BulkChangePreview, "description": "With dry_run: how many, and what would become of the first."}
}


@dataclass(frozen=True, slots=True)
class _Bodies:
    """What is asked and answered of one kind."""

    create: type[Create]
    results: Listing
    page: type[BaseModel]


_BODIES: Final = {
    "chargers": _Bodies(ChargerChangeCreate, repository.CHARGER_RESULTS, ChargerChangeResultPage),
    "tokens": _Bodies(TokenChangeCreate, repository.TOKEN_RESULTS, TokenChangeResultPage),
}


def _item(row: RowMapping, code: int = 200, headers: dict[str, str] | None = None) -> JsonResponse:
    return rows_response({name: row[name] for name in repository.CHANGES.columns}, code, headers or {})


def router(units: UnitsOfWork, service: BulkChangeService, kind: str) -> APIRouter:
    """The routes of changes to one kind."""
    of = service.kinds[kind]
    api = APIRouter(prefix=f"/api/v1/bulk/{of.one}-changes", tags=["bulk changes"], route_class=Route)
    _add_list_and_create(api, units, service, of)
    _add_item(api, units, service, of)
    _add_decisions(api, units, service, of)
    return api


def _add_list_and_create(api: APIRouter, units: UnitsOfWork, service: BulkChangeService, of: Kind[Any]) -> None:
    reads = Annotated[Principal, require(of.reads)]
    updates = Annotated[Principal, require(of.updates)]

    async def list_changes(request: Request, principal: reads) -> Response:
        own = repository.of_kind(of.name)
        return await answer_list(units, principal, repository.CHANGES, request, own, name=f"bulk-changes-{of.name}")

    async def create_change(request: Request, principal: updates, body: Create) -> Response:
        async with units(scope_of(request, principal, of.reads)) as uow:
            if body.dry_run:
                return rows_response(await service.preview(uow, of.name, body))
            row = await service.create(uow, of.name, body)
        return _item(row, 202, {"Location": f"{api.prefix}/{row['id']}"})

    list_changes.__doc__ = f"Changes to many {of.name}, newest first."
    create_change.__doc__ = (
        f"Change all {of.name} that a filter names now, as PATCH changes one; a job does it one after the other."
    )
    create_change.__annotations__["body"] = _BODIES[of.name].create
    extra, page = repository.CHANGES.openapi(), BulkChangePage
    api.get("", openapi_extra=extra, response_model=page, name=f"list_{of.one}_changes")(list_changes)
    accepted, name = status.HTTP_202_ACCEPTED, f"create_{of.one}_change"
    api.post("", status_code=accepted, response_model=BulkChange, responses=_PREVIEW, name=name)(create_change)


def _add_item(api: APIRouter, units: UnitsOfWork, service: BulkChangeService, of: Kind[Any]) -> None:
    reads = Annotated[Principal, require(of.reads)]
    key_in_path = Annotated[UUID, Path(alias=f"{of.one}_change_id")]
    bodies, path = _BODIES[of.name], f"/{{{of.one}_change_id}}"

    async def one(uow: UnitOfWork, key: UUID) -> RowMapping:
        return await service.get(uow, of.name, key)

    async def get_change(request: Request, principal: reads, key: key_in_path) -> Response:
        """One change, and how far it is."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await one(uow, key))

    async def list_results(request: Request, principal: reads, key: key_in_path) -> Response:
        own = owned_by(repository.OF_CHANGE, one, key)
        return await answer_list(units, principal, bodies.results, request, own, name="bulk-change-results")

    list_results.__doc__ = f"What became of it at each {of.one}; status=refused shows where somebody has to look."
    api.get(path, response_model=BulkChange, name=f"get_{of.one}_change")(get_change)
    extra, name = bodies.results.openapi(), f"list_{of.one}_change_results"
    api.get(f"{path}/results", openapi_extra=extra, response_model=bodies.page, name=name)(list_results)


def _add_decisions(api: APIRouter, units: UnitsOfWork, service: BulkChangeService, of: Kind[Any]) -> None:
    updates = Annotated[Principal, require(of.updates)]
    key_in_path = Annotated[UUID, Path(alias=f"{of.one}_change_id")]
    path = f"/{{{of.one}_change_id}}"

    async def cancel_change(request: Request, principal: updates, key: key_in_path) -> Response:
        async with units(scope_of(request, principal)) as uow:
            return _item(await service.cancel(uow, of.name, key))

    async def retry_change(request: Request, principal: updates, key: key_in_path) -> Response:
        """Again where it was refused, and where its turn never came."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await service.retry(uow, of.name, key), 202)

    cancel_change.__doc__ = f"{of.name.capitalize()} whose turn has not come stay as they are."
    api.post(f"{path}/cancel", response_model=BulkChange, name=f"cancel_{of.one}_change")(cancel_change)
    accepted = status.HTTP_202_ACCEPTED
    api.post(f"{path}/retry", status_code=accepted, response_model=BulkChange, name=f"retry_{of.one}_change")(
        retry_change
    )
