# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: sites and groups of chargers."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.sites import repository
from csms.features.sites.schemas import (
    Group,
    GroupCreate,
    GroupPage,
    GroupUpdate,
    Members,
    Site,
    SiteCreate,
    SitePage,
    SiteUpdate,
)
from csms.features.sites.service import GroupService, SiteService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import JsonResponse, rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

ReadsSites = Annotated[Principal, require(Permission.SITE_READ)]
WritesSites = Annotated[Principal, require(Permission.SITE_WRITE)]
ReadsGroups = Annotated[Principal, require(Permission.GROUP_READ)]
WritesGroups = Annotated[Principal, require(Permission.GROUP_WRITE)]
IfMatch = Annotated[str | None, Header()]


def _item(row: Any, code: int = 200, location: str | None = None) -> JsonResponse:
    headers = {"ETag": etag_of(row, "chargers")} | (
        {} if location is None else {"Location": f"/api/v1/{location}/{row['id']}"}
    )
    return rows_response(dict(row), code, headers)


def router(units: UnitsOfWork, sites: SiteService) -> APIRouter:
    """The routes of sites over a service."""
    api = APIRouter(prefix="/api/v1", tags=["sites"], route_class=Route)

    @api.get("/sites", openapi_extra=repository.SITES.openapi(), response_model=SitePage)
    async def list_sites(request: Request, principal: ReadsSites) -> Response:
        """Sites; `path[contains_any]=<id>` gives one and all below it."""
        return await answer_list(units, principal, repository.SITES, request, name="sites")

    @api.post("/sites", status_code=status.HTTP_201_CREATED, response_model=Site)
    async def create_site(request: Request, principal: WritesSites, body: SiteCreate) -> Response:
        """Make a site, at the top or inside another."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await sites.create(uow, body), 201, "sites")

    @api.get("/sites/{site_id}", response_model=Site)
    async def get_site(request: Request, principal: ReadsSites, site_id: UUID) -> Response:
        """One site."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await sites.get(uow, site_id))

    @api.patch("/sites/{site_id}", response_model=Site)
    async def update_site(
        request: Request, principal: WritesSites, site_id: UUID, body: SiteUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named; with If-Match only if nobody else changed it meanwhile."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await sites.get(uow, site_id, lock=True)), "chargers"))
            return _item(await sites.update(uow, site_id, body))

    @api.delete("/sites/{site_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_site(request: Request, principal: WritesSites, site_id: UUID) -> Response:
        """Delete a site where nothing is; roles that held there end."""
        async with units(scope_of(request, principal)) as uow:
            await sites.delete(uow, site_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return api


def groups_router(units: UnitsOfWork, groups: GroupService) -> APIRouter:
    """The routes of groups over a service."""
    api = APIRouter(prefix="/api/v1", tags=["sites"], route_class=Route)

    @api.get("/charger-groups", openapi_extra=repository.GROUPS.openapi(), response_model=GroupPage)
    async def list_charger_groups(request: Request, principal: ReadsGroups) -> Response:
        """Groups of chargers; `GET /chargers?group=<id>` gives who belongs to one."""
        return await answer_list(units, principal, repository.GROUPS, request, name="charger-groups")

    @api.post("/charger-groups", status_code=status.HTTP_201_CREATED, response_model=Group)
    async def create_charger_group(request: Request, principal: WritesGroups, body: GroupCreate) -> Response:
        """Make an empty group."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await groups.create(uow, body), 201, "charger-groups")

    @api.get("/charger-groups/{group_id}", response_model=Group)
    async def get_charger_group(request: Request, principal: ReadsGroups, group_id: UUID) -> Response:
        """One group."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await groups.get(uow, group_id))

    @api.patch("/charger-groups/{group_id}", response_model=Group)
    async def update_charger_group(
        request: Request, principal: WritesGroups, group_id: UUID, body: GroupUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named; with If-Match only if nobody else changed it meanwhile."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await groups.get(uow, group_id, lock=True)), "chargers"))
            return _item(await groups.update(uow, group_id, body))

    @api.post("/charger-groups/{group_id}/members", response_model=Group)
    async def change_charger_group_members(
        request: Request, principal: WritesGroups, group_id: UUID, body: Members
    ) -> Response:
        """Put chargers into a group and take others out; all of it or nothing."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await groups.change_members(uow, group_id, body))

    @api.delete("/charger-groups/{group_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_charger_group(request: Request, principal: WritesGroups, group_id: UUID) -> Response:
        """Delete a group; its chargers stay, roles that held there end."""
        async with units(scope_of(request, principal)) as uow:
            await groups.delete(uow, group_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return api
