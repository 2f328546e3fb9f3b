# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: how the web app looks, for whoever signed in and for whoever has not yet."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response, status
from sqlalchemy import RowMapping

from csms.features.accounts.dependencies import SignedIn
from csms.features.accounts.permissions import Permission
from csms.features.branding.rules import MEDIA_TYPES
from csms.features.branding.schemas import Branding, Logo, SignInBranding
from csms.features.branding.service import (
    PRODUCT,
    BrandingService,
    LogoUnknownError,
    read_logo,
    shown_logo,
    shown_to_strangers,
)
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.http.etag import etag_of, is_known
from csms.kit.http.json import rows_response
from csms.kit.http.limits import RequestLimits
from csms.kit.http.principal import Principal, client_address, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route
from csms.kit.http.uploads import Upload

Changes = Annotated[Principal, require(Permission.SETTINGS_UPDATE)]
OWN_LOGO: Final = "/api/v1/branding/logo"
SIGN_IN_LOGO: Final = "/api/v1/auth/branding/logo"
_PICTURES: Final[dict[str, Any]] = {each: {"schema": {"type": "string", "format": "binary"}} for each in MEDIA_TYPES}
_SAME: Final[dict[str, Any]] = {"description": "The same that If-None-Match names."}
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": _PICTURES, "description": "The picture."},
    304: _SAME,
}
_BODY: Final = {"required": True, "content": {**_PICTURES, "multipart/form-data": {"schema": {"type": "object"}}}}
_NOTHING: Final[dict[str, Any]] = {
    "product_name": PRODUCT,
    **dict.fromkeys(("brand_color", "text_color", "support_email", "support_phone", "logo")),
}


def router(units: UnitsOfWork, service: BrandingService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["branding"], route_class=Route)
    _own(api, units, service)
    _before_sign_in(api, units, service)
    return api


def _own(api: APIRouter, units: UnitsOfWork, service: BrandingService) -> None:
    @api.get("/branding", response_model=Branding, responses={304: _SAME})
    async def get_branding(request: Request, principal: SignedIn) -> Response:
        """How the web app looks for your organization. `PATCH /api/v1/settings/branding` changes it."""
        async with units(scope_of(request, principal)) as uow:
            found = await service.own(uow, OWN_LOGO)
        return _unless_known(request, found)

    @api.get("/branding/logo", response_class=Response, responses=_PICTURE)
    async def get_logo(request: Request, principal: SignedIn) -> Response:
        """The logo of your organization."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.logo(uow)
        return _picture(request, row)

    @api.put("/branding/logo", response_model=Logo, openapi_extra={"requestBody": _BODY})
    async def set_logo(request: Request, principal: Changes) -> Response:
        """Set the logo: a PNG, JPEG or WebP picture of at most 200 KiB, each side of 16 to 2048 pixels.

        What it is is told by its bytes. SVG is refused, because it may hold scripts.
        """
        content = await read_logo(Upload(request).pieces())
        async with units(scope_of(request, principal)) as uow:
            row = await service.set_logo(uow, content)
        return rows_response(shown_logo(row, OWN_LOGO))

    @api.delete("/branding/logo", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_logo(request: Request, principal: Changes) -> Response:
        """Show no logo any more."""
        async with units(scope_of(request, principal)) as uow:
            await service.remove_logo(uow)
        return Response(status_code=status.HTTP_204_NO_CONTENT)


def _before_sign_in(api: APIRouter, units: UnitsOfWork, service: BrandingService) -> None:
    @api.get("/auth/branding", response_model=SignInBranding, responses={304: _SAME})
    async def get_sign_in_branding(request: Request) -> Response:
        """What the sign-in page shows, for anybody: of the only organization, or of the one that is set for it.

        Where there are several and none is set, it is what a fresh installation shows.
        """
        await _count(request)
        organization_id = await shown_to_strangers(units)
        if organization_id is None:
            return _unless_known(request, _NOTHING)
        async with units(Scope.system(organization_id)) as uow:
            found = await service.sign_in(uow, SIGN_IN_LOGO)
        return _unless_known(request, found)

    @api.get("/auth/branding/logo", response_class=Response, responses=_PICTURE)
    async def get_sign_in_logo(request: Request) -> Response:
        """The logo that the sign-in page shows."""
        await _count(request)
        organization_id = await shown_to_strangers(units)
        if organization_id is None:
            raise LogoUnknownError("no organization is set for the sign-in page, so there is no logo")
        async with units(Scope.system(organization_id)) as uow:
            row = await service.logo(uow)
        return _picture(request, row)


async def _count(request: Request) -> None:
    """Who did not sign in is held to what an address may ask."""
    limits: RequestLimits = request.app.state.limits
    await limits.of_address(client_address(request))


def _unless_known(request: Request, found: dict[str, Any]) -> Response:
    headers = {"ETag": etag_of(found), "Cache-Control": "private, no-cache"}
    if is_known(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return rows_response(found, headers=headers)


def _picture(request: Request, row: RowMapping) -> Response:
    """Shown as what it was found to be, and never as a document that could do anything."""
    headers = {
        "ETag": f'"{row["sha256"][:32]}"',
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if is_known(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(bytes(row["content"]), media_type=row["media_type"], headers=headers)
