# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: preferences, saved views and dashboards of people who signed in; keys of programs have none."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, status

from csms.features.accounts.dependencies import SignedIn
from csms.features.accounts.permissions import Permission
from csms.features.accounts.sessions import session_of
from csms.features.workspace import repository, rules
from csms.features.workspace.schemas import (
    Dashboard,
    DashboardCreate,
    DashboardDefault,
    DashboardDefaultBody,
    DashboardDefaultPage,
    DashboardOrder,
    DashboardPage,
    DashboardUpdate,
    OwnDefault,
    Preferences,
    PreferencesUpdate,
    View,
    ViewCreate,
    ViewOrder,
    ViewPage,
    ViewUpdate,
)
from csms.features.workspace.service import DashboardService, PreferenceService, ViewService, tag
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.etag import etag_of
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.paging import JSON
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

SetsDefaults = Annotated[Principal, require(Permission.DASHBOARD_DEFAULT)]
IfMatch = Annotated[str | None, Header()]


def router(units: UnitsOfWork, clock: Clock) -> APIRouter:
    """The routes over their services."""
    api = APIRouter(prefix="/api/v1", route_class=Route)
    _preferences(api, units, PreferenceService(clock))
    _views(api, units, ViewService(clock))
    dashboards = DashboardService(clock)
    _dashboards(api, units, dashboards)
    _own_dashboard(api, units, dashboards)
    _defaults(api, units, dashboards)
    return api


def _preferences(api: APIRouter, units: UnitsOfWork, service: PreferenceService) -> None:
    @api.get("/me/preferences", response_model=Preferences, tags=["preferences"])
    async def get_my_preferences(request: Request, principal: SignedIn) -> Response:
        """How the web app is set up for you."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            shown = await service.get(uow, principal.user_id)
        return rows_response(shown, headers={"ETag": tag(shown)})

    @api.patch("/me/preferences", response_model=Preferences, tags=["preferences"])
    async def update_my_preferences(
        request: Request, principal: SignedIn, body: PreferencesUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named; all together has at most 64 KiB as JSON."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            shown = await service.change(uow, principal.user_id, body, if_match)
        return rows_response(shown, headers={"ETag": tag(shown)})


def _views(api: APIRouter, units: UnitsOfWork, service: ViewService) -> None:
    def shape(principal: Principal, row: Mapping[str, Any], *, can: bool = True) -> dict[str, Any]:
        """A row as the caller sees it; without its owner, where `fields` leaves that out."""
        if "owner_id" not in row or "shared" not in row:
            return dict(row)
        allowed = service.may_change(principal, row["owner_id"], shared=bool(row["shared"]))
        actions = {"can": {"update_view": allowed, "delete_view": allowed}} if can else {}
        return {**row, "mine": row["owner_id"] == principal.user_id, **actions}

    def answer(principal: Principal, row: Mapping[str, Any], code: int = 200) -> Response:
        headers = {"ETag": etag_of(row)}
        if code == status.HTTP_201_CREATED:
            headers["Location"] = f"/api/v1/views/{row['id']}"
        return rows_response(shape(principal, row), code, headers)

    @api.get("/views", openapi_extra=repository.VIEWS.openapi(), response_model=ViewPage, tags=["views"])
    async def list_views(request: Request, principal: SignedIn) -> Response:
        """Your views, and shared ones of what you may read. Those that every screen has by itself are not here."""
        session_of(principal)
        seen = repository.seen_by(principal.user_id, rules.readable(principal.grants))
        can = request.query_params.get("format", JSON) == JSON
        return await answer_list(
            units,
            principal,
            repository.VIEWS,
            request,
            seen,
            name="views",
            shape=lambda row: shape(principal, row, can=can),
        )

    @api.post("/views", status_code=status.HTTP_201_CREATED, response_model=View, tags=["views"])
    async def create_view(request: Request, principal: SignedIn, body: ViewCreate) -> Response:
        """Keep a list as you want to see it again; to share it takes `view:view:share`."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            return answer(principal, dict(await service.create(uow, principal, body)), 201)

    @api.put("/views/order", status_code=status.HTTP_204_NO_CONTENT, tags=["views"])
    async def order_views(request: Request, principal: SignedIn, body: ViewOrder) -> Response:
        """Put views into an order; those that are not named keep their positions."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            await service.put_in_order(uow, principal, body.ids)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.get("/views/{view_id}", response_model=View, tags=["views"])
    async def get_view(request: Request, principal: SignedIn, view_id: UUID) -> Response:
        """One view."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            return answer(principal, dict(await service.get(uow, principal, view_id)))

    @api.patch("/views/{view_id}", response_model=View, tags=["views"])
    async def update_view(
        request: Request, principal: SignedIn, view_id: UUID, body: ViewUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named. Shared views are changed by whoever has `view:view:share`."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            return answer(principal, dict(await service.update(uow, principal, view_id, body, if_match)))

    @api.delete("/views/{view_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["views"])
    async def delete_view(request: Request, principal: SignedIn, view_id: UUID, if_match: IfMatch = None) -> Response:
        """Forget a view. Shared views are deleted by whoever has `view:view:share`."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            await service.delete(uow, principal, view_id, if_match)
        return Response(status_code=status.HTTP_204_NO_CONTENT)


def _dashboards(api: APIRouter, units: UnitsOfWork, service: DashboardService) -> None:
    @api.get(
        "/dashboards", openapi_extra=repository.DASHBOARDS.openapi(), response_model=DashboardPage, tags=["dashboards"]
    )
    async def list_dashboards(request: Request, principal: SignedIn) -> Response:
        """Your own dashboards. Where there is none, show what `GET /api/v1/dashboards/default` answers."""
        session_of(principal)
        own = repository.owned_dashboards(principal.user_id)
        return await answer_list(units, principal, repository.DASHBOARDS, request, own, name="dashboards")

    @api.post("/dashboards", status_code=status.HTTP_201_CREATED, response_model=Dashboard, tags=["dashboards"])
    async def create_dashboard(request: Request, principal: SignedIn, body: DashboardCreate) -> Response:
        """Keep a dashboard of your own."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.create(uow, principal.user_id, body))
        return rows_response(row, 201, {"Location": f"/api/v1/dashboards/{row['id']}", "ETag": etag_of(row)})

    @api.get("/dashboards/default", response_model=OwnDefault, tags=["dashboards"])
    async def get_default_dashboards(request: Request, principal: SignedIn) -> Response:
        """What you see without dashboards of your own."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await service.own_default(uow, principal))

    @api.put("/dashboards/order", status_code=status.HTTP_204_NO_CONTENT, tags=["dashboards"])
    async def order_dashboards(request: Request, principal: SignedIn, body: DashboardOrder) -> Response:
        """Put dashboards into an order; those that are not named keep their positions."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            await service.put_in_order(uow, principal.user_id, body.ids)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.post("/dashboards/reset", response_model=OwnDefault, tags=["dashboards"])
    async def reset_dashboards(request: Request, principal: SignedIn) -> Response:
        """Forget your own dashboards, all of them; the answer is what you see from now on."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await service.reset(uow, principal))


def _own_dashboard(api: APIRouter, units: UnitsOfWork, service: DashboardService) -> None:
    @api.get("/dashboards/{dashboard_id}", response_model=Dashboard, tags=["dashboards"])
    async def get_dashboard(request: Request, principal: SignedIn, dashboard_id: UUID) -> Response:
        """One dashboard of your own."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.get(uow, principal.user_id, dashboard_id))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.patch("/dashboards/{dashboard_id}", response_model=Dashboard, tags=["dashboards"])
    async def update_dashboard(
        request: Request, principal: SignedIn, dashboard_id: UUID, body: DashboardUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named; widgets are set as a whole."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.update(uow, principal.user_id, dashboard_id, body, if_match))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.delete("/dashboards/{dashboard_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["dashboards"])
    async def delete_dashboard(
        request: Request, principal: SignedIn, dashboard_id: UUID, if_match: IfMatch = None
    ) -> Response:
        """Forget a dashboard."""
        session_of(principal)
        async with units(scope_of(request, principal)) as uow:
            await service.delete(uow, principal.user_id, dashboard_id, if_match)
        return Response(status_code=status.HTTP_204_NO_CONTENT)


def _defaults(api: APIRouter, units: UnitsOfWork, service: DashboardService) -> None:
    @api.get(
        "/dashboard-defaults",
        openapi_extra=repository.DEFAULTS.openapi(),
        response_model=DashboardDefaultPage,
        tags=["dashboards"],
    )
    async def list_dashboard_defaults(request: Request, principal: SetsDefaults) -> Response:
        """Roles that have dashboards."""
        return await answer_list(units, principal, repository.DEFAULTS, request, name="dashboard-defaults")

    @api.get("/dashboard-defaults/{key}", response_model=DashboardDefault, tags=["dashboards"])
    async def get_dashboard_default(request: Request, principal: SetsDefaults, key: str) -> Response:
        """The dashboards of a role, by its key."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.default(uow, key))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.put("/dashboard-defaults/{key}", response_model=DashboardDefault, tags=["dashboards"])
    async def set_dashboard_default(
        request: Request, principal: SetsDefaults, key: str, body: DashboardDefaultBody, if_match: IfMatch = None
    ) -> Response:
        """Say what whoever has a role sees; those who made dashboards of their own keep them."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.set_default(uow, key, body, if_match))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.delete("/dashboard-defaults/{key}", status_code=status.HTTP_204_NO_CONTENT, tags=["dashboards"])
    async def delete_dashboard_default(
        request: Request, principal: SetsDefaults, key: str, if_match: IfMatch = None
    ) -> Response:
        """Leave it to the app what whoever has a role sees."""
        async with units(scope_of(request, principal)) as uow:
            await service.remove_default(uow, key, if_match)
        return Response(status_code=status.HTTP_204_NO_CONTENT)
