# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: API keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.api_keys import repository
from csms.features.api_keys.schemas import (
    ApiKeyCreate,
    ApiKeyItem,
    ApiKeyPage,
    ApiKeyRotate,
    ApiKeySecret,
    ApiKeyUpdate,
)
from csms.features.api_keys.service import ApiKeyService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.API_KEY_READ)]
Writes = Annotated[Principal, require(Permission.API_KEY_WRITE)]
_ONCE = {"Cache-Control": "no-store"}


def router(units: UnitsOfWork, service: ApiKeyService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["api keys"], route_class=Route)

    @api.get("/api-keys", openapi_extra=repository.API_KEYS.openapi(), response_model=ApiKeyPage)
    async def list_api_keys(request: Request, principal: Reads) -> Response:
        """Keys of programs, with their last use; never their secrets."""
        return await answer_list(units, principal, repository.API_KEYS, request, name="api-keys")

    @api.post("/api-keys", status_code=status.HTTP_201_CREATED, response_model=ApiKeySecret)
    async def create_api_key(request: Request, principal: Writes, body: ApiKeyCreate) -> Response:
        """Make a key. `key` is in the answer, this once."""
        async with units(scope_of(request, principal)) as uow:
            row, key = await service.create(uow, principal, body)
        return rows_response({**row, "key": key}, 201, {"Location": f"/api/v1/api-keys/{row['id']}", **_ONCE})

    @api.get("/api-keys/{key_id}", response_model=ApiKeyItem)
    async def get_api_key(request: Request, principal: Reads, key_id: UUID) -> Response:
        """One key."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.get(uow, key_id)))

    @api.patch("/api-keys/{key_id}", response_model=ApiKeyItem)
    async def update_api_key(request: Request, principal: Writes, key_id: UUID, body: ApiKeyUpdate) -> Response:
        """Change the name or the end of a key."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.update(uow, principal, key_id, body)))

    @api.post("/api-keys/{key_id}/rotate", response_model=ApiKeySecret)
    async def rotate_api_key(
        request: Request, principal: Writes, key_id: UUID, body: ApiKeyRotate | None = None
    ) -> Response:
        """A new secret, shown this once; the old one works a while longer, so that no program stops."""
        async with units(scope_of(request, principal)) as uow:
            row, key = await service.rotate(uow, principal, key_id, body or ApiKeyRotate())
        return rows_response({**row, "key": key}, headers=_ONCE)

    @api.post("/api-keys/{key_id}/take-over", response_model=ApiKeyItem)
    async def take_over_api_key(request: Request, principal: Writes, key_id: UUID) -> Response:
        """Answer for a key from now on, whose maker leaves or left: it goes on, within what you may do."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.take_over(uow, principal, key_id)))

    @api.delete("/api-keys/{key_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def revoke_api_key(request: Request, principal: Writes, key_id: UUID) -> Response:
        """Revoke a key; it stays in the list."""
        async with units(scope_of(request, principal)) as uow:
            await service.revoke(uow, key_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return api
