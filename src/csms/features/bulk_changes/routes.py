# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: one change to many chargers or tokens."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from sqlalchemy import RowMapping

from csms.features.accounts.permissions import Permission
from csms.features.bulk_changes import repository
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

UpdatesChargers = Annotated[Principal, require(Permission.CHARGER_UPDATE)]
ReadsChargers = Annotated[Principal, require(Permission.CHARGER_READ)]
UpdatesTokens = Annotated[Principal, require(Permission.TOKEN_UPDATE)]
ReadsTokens = Annotated[Principal, require(Permission.TOKEN_READ)]
_PREVIEW: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": BulkChangePreview, "description": "With dry_run: how many, and what would become of the first."}
}


@dataclass(frozen=True, slots=True)
class _Side:
    """What the routes of one kind do."""

    units: UnitsOfWork
    service: BulkChangeService
    kind: str

    async def create(self, request: Request, principal: Principal, body: Create) -> Response:
        async with self.units(scope_of(request, principal, self.service.kinds[self.kind].reads)) as uow:
            if body.dry_run:
                return rows_response(await self.service.preview(uow, self.kind, body))
            row = await self.service.create(uow, self.kind, body)
        one = self.service.kinds[self.kind].one
        return _item(row, 202, {"Location": f"/api/v1/bulk/{one}-changes/{row['id']}"})

    async def all(self, request: Request, principal: Principal) -> Response:
        own = repository.of_kind(self.kind)
        return await answer_list(
            self.units, principal, repository.CHANGES, request, own, name=f"bulk-changes-{self.kind}"
        )

    async def get(self, request: Request, principal: Principal, key: UUID) -> Response:
        async with self.units(scope_of(request, principal)) as uow:
            return _item(await self.service.get(uow, self.kind, key))

    async def results(self, request: Request, principal: Principal, listing: Listing, key: UUID) -> Response:
        async def one(uow: UnitOfWork, key: UUID) -> RowMapping:
            return await self.service.get(uow, self.kind, key)

        own = owned_by(repository.OF_CHANGE, one, key)
        return await answer_list(self.units, principal, listing, request, own, name="bulk-change-results")

    async def cancel(self, request: Request, principal: Principal, key: UUID) -> Response:
        async with self.units(scope_of(request, principal)) as uow:
            return _item(await self.service.cancel(uow, self.kind, key))

    async def retry(self, request: Request, principal: Principal, key: UUID) -> Response:
        async with self.units(scope_of(request, principal)) as uow:
            return _item(await self.service.retry(uow, self.kind, key), 202)


def _item(row: RowMapping, code: int = 200, headers: dict[str, str] | None = None) -> JsonResponse:
    return rows_response({name: row[name] for name in repository.CHANGES.columns}, code, headers or {})


def chargers_router(units: UnitsOfWork, service: BulkChangeService) -> APIRouter:
    """The routes of changes to chargers."""
    api = APIRouter(prefix="/api/v1/bulk/charger-changes", tags=["bulk changes"], route_class=Route)
    side = _Side(units, service, "chargers")

    @api.get("", openapi_extra=repository.CHANGES.openapi(), response_model=BulkChangePage)
    async def list_charger_changes(request: Request, principal: ReadsChargers) -> Response:
        """Changes to many chargers, newest first."""
        return await side.all(request, principal)

    @api.post("", status_code=status.HTTP_202_ACCEPTED, response_model=BulkChange, responses=_PREVIEW)
    async def create_charger_change(
        request: Request, principal: UpdatesChargers, body: ChargerChangeCreate
    ) -> Response:
        """Change all chargers that a filter names now, as PATCH changes one; a job does it one after the other."""
        return await side.create(request, principal, body)

    @api.get("/{charger_change_id}", response_model=BulkChange)
    async def get_charger_change(request: Request, principal: ReadsChargers, charger_change_id: UUID) -> Response:
        """One change, and how far it is."""
        return await side.get(request, principal, charger_change_id)

    @api.get(
        "/{charger_change_id}/results",
        openapi_extra=repository.CHARGER_RESULTS.openapi(),
        response_model=ChargerChangeResultPage,
    )
    async def list_charger_change_results(
        request: Request, principal: ReadsChargers, charger_change_id: UUID
    ) -> Response:
        """What became of it at each charger; status=refused shows where somebody has to look."""
        return await side.results(request, principal, repository.CHARGER_RESULTS, charger_change_id)

    @api.post("/{charger_change_id}/cancel", response_model=BulkChange)
    async def cancel_charger_change(request: Request, principal: UpdatesChargers, charger_change_id: UUID) -> Response:
        """Chargers whose turn has not come stay as they are."""
        return await side.cancel(request, principal, charger_change_id)

    @api.post("/{charger_change_id}/retry", status_code=status.HTTP_202_ACCEPTED, response_model=BulkChange)
    async def retry_charger_change(request: Request, principal: UpdatesChargers, charger_change_id: UUID) -> Response:
        """Again where it was refused, and where its turn never came."""
        return await side.retry(request, principal, charger_change_id)

    return api


def tokens_router(units: UnitsOfWork, service: BulkChangeService) -> APIRouter:
    """The routes of changes to tokens."""
    api = APIRouter(prefix="/api/v1/bulk/token-changes", tags=["bulk changes"], route_class=Route)
    side = _Side(units, service, "tokens")

    @api.get("", openapi_extra=repository.CHANGES.openapi(), response_model=BulkChangePage)
    async def list_token_changes(request: Request, principal: ReadsTokens) -> Response:
        """Changes to many tokens, newest first."""
        return await side.all(request, principal)

    @api.post("", status_code=status.HTTP_202_ACCEPTED, response_model=BulkChange, responses=_PREVIEW)
    async def create_token_change(request: Request, principal: UpdatesTokens, body: TokenChangeCreate) -> Response:
        """Change all tokens that a filter names now, as PATCH changes one; a job does it one after the other."""
        return await side.create(request, principal, body)

    @api.get("/{token_change_id}", response_model=BulkChange)
    async def get_token_change(request: Request, principal: ReadsTokens, token_change_id: UUID) -> Response:
        """One change, and how far it is."""
        return await side.get(request, principal, token_change_id)

    @api.get(
        "/{token_change_id}/results",
        openapi_extra=repository.TOKEN_RESULTS.openapi(),
        response_model=TokenChangeResultPage,
    )
    async def list_token_change_results(request: Request, principal: ReadsTokens, token_change_id: UUID) -> Response:
        """What became of it at each token; status=refused shows where somebody has to look."""
        return await side.results(request, principal, repository.TOKEN_RESULTS, token_change_id)

    @api.post("/{token_change_id}/cancel", response_model=BulkChange)
    async def cancel_token_change(request: Request, principal: UpdatesTokens, token_change_id: UUID) -> Response:
        """Tokens whose turn has not come stay as they are."""
        return await side.cancel(request, principal, token_change_id)

    @api.post("/{token_change_id}/retry", status_code=status.HTTP_202_ACCEPTED, response_model=BulkChange)
    async def retry_token_change(request: Request, principal: UpdatesTokens, token_change_id: UUID) -> Response:
        """Again where it was refused, and where its turn never came."""
        return await side.retry(request, principal, token_change_id)

    return api
