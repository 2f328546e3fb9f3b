# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: drivers and their tokens."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.drivers import repository
from csms.features.drivers.schemas import Driver, DriverCreate, DriverPage, DriverToken, DriverUpdate
from csms.features.drivers.service import DriverService
from csms.features.tokens.repository import TOKENS, of_driver
from csms.features.tokens.schemas import Token, TokenPage
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.DRIVER_READ)]
Writes = Annotated[Principal, require(Permission.DRIVER_WRITE)]
_KNOWN: Final[dict[int | str, dict[str, Any]]] = {200: {"model": Token, "description": "A known token was assigned."}}


def router(units: UnitsOfWork, service: DriverService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1/drivers", tags=["drivers"], route_class=Route)
    _drivers(api, units, service)
    _tokens(api, units, service)
    return api


def _drivers(api: APIRouter, units: UnitsOfWork, service: DriverService) -> None:
    @api.get("", openapi_extra=repository.DRIVERS.openapi(), response_model=DriverPage)
    async def list_drivers(request: Request, principal: Reads) -> Response:
        """People who charge, by name."""
        return await answer_list(units, principal, repository.DRIVERS, request, name="drivers")

    @api.post("", status_code=status.HTTP_201_CREATED, response_model=Driver)
    async def create_driver(request: Request, principal: Writes, body: DriverCreate) -> Response:
        """Make a driver known."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.create(uow, body))
        return rows_response(row, 201, {"Location": f"/api/v1/drivers/{row['id']}", "ETag": etag_of(row)})

    @api.get("/{driver_id}", response_model=Driver)
    async def get_driver(request: Request, principal: Reads, driver_id: UUID) -> Response:
        """One driver."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.get(uow, driver_id))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.patch("/{driver_id}", response_model=Driver)
    async def update_driver(
        request: Request,
        principal: Writes,
        driver_id: UUID,
        body: DriverUpdate,
        if_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Change what is named; with If-Match only if nobody else changed it meanwhile.

        None of the tokens of a blocked driver is accepted. A session that is open goes on.
        """
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await service.get(uow, driver_id, lock=True))))
            row = dict(await service.update(uow, driver_id, body))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.delete("/{driver_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_driver(
        request: Request, principal: Writes, driver_id: UUID, if_match: Annotated[str | None, Header()] = None
    ) -> Response:
        """Forget a driver. Their tokens become nobody's and are blocked; 409 while one of them charges."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await service.get(uow, driver_id, lock=True))))
            await service.delete(uow, driver_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)


def _tokens(api: APIRouter, units: UnitsOfWork, service: DriverService) -> None:
    @api.get("/{driver_id}/tokens", openapi_extra=TOKENS.openapi(), response_model=TokenPage)
    async def list_driver_tokens(request: Request, principal: Reads, driver_id: UUID) -> Response:
        """A driver's tokens; it takes `token:token:read` besides."""
        principal.need(Permission.TOKEN_READ)
        own = owned_by(of_driver, service.get, driver_id)
        return await answer_list(units, principal, TOKENS, request, own, name="driver-tokens")

    @api.post("/{driver_id}/tokens", status_code=status.HTTP_201_CREATED, response_model=Token, responses=_KNOWN)
    async def give_driver_token(request: Request, principal: Writes, driver_id: UUID, body: DriverToken) -> Response:
        """Give a driver a token: a known one (`token:token:update` besides) or a new one (`token:token:create`).

        A token that somebody else has is refused with 409.
        """
        is_new = body.token_id is None
        principal.need(Permission.TOKEN_CREATE if is_new else Permission.TOKEN_UPDATE)
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.give(uow, driver_id, body))
        headers = {"Location": f"/api/v1/tokens/{row['id']}", "ETag": etag_of(row)}
        return rows_response(row, 201 if is_new else 200, headers)

    @api.delete("/{driver_id}/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def take_driver_token(request: Request, principal: Writes, driver_id: UUID, token_id: UUID) -> Response:
        """Take a token from a driver (`token:token:update` besides); that of a blocked driver is blocked."""
        principal.need(Permission.TOKEN_UPDATE)
        async with units(scope_of(request, principal)) as uow:
            await service.take(uow, driver_id, token_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)
