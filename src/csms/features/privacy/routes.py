# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: a person's data, handed out and erased."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import FileResponse

from csms.features.accounts.permissions import Permission
from csms.features.privacy import repository
from csms.features.privacy.schemas import PrivacyCreate, PrivacyRequest, PrivacyRequestPage
from csms.features.privacy.service import PrivacyRequestUnknownError, PrivacyService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Exports = Annotated[Principal, require(Permission.PRIVACY_EXPORT)]
Erases = Annotated[Principal, require(Permission.PRIVACY_ERASE)]
_LISTED: Final = repository.REQUESTS.openapi()
_ZIP: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "description": "A ZIP file with a JSON array per table.",
    }
}


def router(units: UnitsOfWork, service: PrivacyService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1/privacy", tags=["privacy"], route_class=Route)
    _exports(api, units, service)
    _erasures(api, units, service)
    return api


def _exports(api: APIRouter, units: UnitsOfWork, service: PrivacyService) -> None:
    @api.get("/exports", openapi_extra=_LISTED, response_model=PrivacyRequestPage)
    async def list_privacy_exports(request: Request, principal: Exports) -> Response:
        """What was put together about persons, newest first."""
        own = repository.KIND == "export"
        return await answer_list(units, principal, repository.REQUESTS, request, own, name="privacy-exports")

    @api.post("/exports", status_code=status.HTTP_202_ACCEPTED, response_model=PrivacyRequest)
    async def create_privacy_export(request: Request, principal: Exports, body: PrivacyCreate) -> Response:
        """Put together all that is stored about a user, a driver or the holder of a token.

        It can be fetched for 7 days.
        """
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.export(uow, body))
        return rows_response(row, 202, {"Location": f"/api/v1/privacy/exports/{row['id']}"})

    @api.get("/exports/{export_id}", response_model=PrivacyRequest)
    async def get_privacy_export(request: Request, principal: Exports, export_id: UUID) -> Response:
        """One of them."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.get(uow, export_id, "export")))

    @api.get("/exports/{export_id}/content", response_class=FileResponse, responses=_ZIP)
    async def get_privacy_export_content(request: Request, principal: Exports, export_id: UUID) -> Response:
        """The file."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.fetch(uow, export_id)
        path = service.store.path(principal.organization_id, export_id)
        if not path.is_file():
            raise PrivacyRequestUnknownError("the file is not on this node's disk: share the data directory's exports/")
        return FileResponse(
            path,
            media_type="application/zip",
            filename=f"{row['subject_kind']}-{row['subject_id']}.zip",
            headers={"Cache-Control": "no-store"},
        )


def _erasures(api: APIRouter, units: UnitsOfWork, service: PrivacyService) -> None:
    @api.get("/erasures", openapi_extra=_LISTED, response_model=PrivacyRequestPage)
    async def list_privacy_erasures(request: Request, principal: Erases) -> Response:
        """Whose data was erased, newest first."""
        own = repository.KIND == "erasure"
        return await answer_list(units, principal, repository.REQUESTS, request, own, name="privacy-erasures")

    @api.post("/erasures", status_code=status.HTTP_202_ACCEPTED, response_model=PrivacyRequest)
    async def create_privacy_erasure(request: Request, principal: Erases, body: PrivacyCreate) -> Response:
        """Erase what is stored about a user, a driver with all their tokens, or the holder of a token.

        There is no way back. What was charged stays, under a pseudonym. A token that charges now is not erased: 409.
        """
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.erase(uow, principal, body))
        return rows_response(row, 202, {"Location": f"/api/v1/privacy/erasures/{row['id']}"})

    @api.get("/erasures/{erasure_id}", response_model=PrivacyRequest)
    async def get_privacy_erasure(request: Request, principal: Erases, erasure_id: UUID) -> Response:
        """One of them."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.get(uow, erasure_id, "erasure")))
