# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: tokens."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.tokens import repository
from csms.features.tokens.schemas import (
    Token,
    TokenCreate,
    TokenGroup,
    TokenGroupPage,
    TokenGroupRename,
    TokenPage,
    TokenUpdate,
)
from csms.features.tokens.service import TokenService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.TOKEN_READ)]
Creates = Annotated[Principal, require(Permission.TOKEN_CREATE)]
Updates = Annotated[Principal, require(Permission.TOKEN_UPDATE)]
Deletes = Annotated[Principal, require(Permission.TOKEN_DELETE)]
GroupName = Annotated[str, Path(min_length=1, max_length=36)]


def router(units: UnitsOfWork, service: TokenService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["tokens"], route_class=Route)

    @api.get("/tokens", openapi_extra=repository.TOKENS.openapi(), response_model=TokenPage)
    async def list_tokens(request: Request, principal: Reads) -> Response:
        """Tokens."""
        return await answer_list(units, principal, repository.TOKENS, request, name="tokens")

    @api.post("/tokens", status_code=status.HTTP_201_CREATED, response_model=Token)
    async def create_token(request: Request, principal: Creates, body: TokenCreate) -> Response:
        """Make a token known."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.create(uow, body))
        return rows_response(row, 201, {"Location": f"/api/v1/tokens/{row['id']}", "ETag": etag_of(row)})

    @api.get("/tokens/{token_id}", response_model=Token)
    async def get_token(request: Request, principal: Reads, token_id: UUID) -> Response:
        """One token."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.get(uow, token_id))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.patch("/tokens/{token_id}", response_model=Token)
    async def update_token(
        request: Request,
        principal: Updates,
        token_id: UUID,
        body: TokenUpdate,
        if_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Change what is named; with If-Match only if nobody else changed it meanwhile."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await service.get(uow, token_id, lock=True))))
            row = dict(await service.update(uow, token_id, body))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.delete("/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_token(request: Request, principal: Deletes, token_id: UUID) -> Response:
        """Forget a token; what it charged stays."""
        async with units(scope_of(request, principal)) as uow:
            await service.delete(uow, token_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return api


def groups_router(units: UnitsOfWork, service: TokenService) -> APIRouter:
    """The routes of groups: what tokens say in `group`, taken together."""
    api = APIRouter(prefix="/api/v1/token-groups", tags=["tokens"], route_class=Route)

    @api.get("", openapi_extra=repository.GROUPS.openapi(), response_model=TokenGroupPage)
    async def list_token_groups(request: Request, principal: Reads) -> Response:
        """Groups of tokens, by name, with how many tokens are in which status."""
        return await answer_list(units, principal, repository.GROUPS, request, name="token-groups")

    @api.post("/{name:path}/block", response_model=TokenGroup)
    async def block_token_group(request: Request, principal: Updates, name: GroupName) -> Response:
        """Block all tokens of a group that are accepted."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.set_group(uow, name, "accepted", "blocked")))

    @api.post("/{name:path}/unblock", response_model=TokenGroup)
    async def unblock_token_group(request: Request, principal: Updates, name: GroupName) -> Response:
        """Accept all tokens of a group that are blocked, those too that were blocked one by one."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.set_group(uow, name, "blocked", "accepted")))

    @api.post("/{name:path}/rename", response_model=TokenGroup)
    async def rename_token_group(
        request: Request, principal: Updates, name: GroupName, body: TokenGroupRename
    ) -> Response:
        """Call a group otherwise; 409 where there is one of that name."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.rename_group(uow, name, body.name)))

    return api
