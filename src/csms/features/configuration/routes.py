# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: configuration of chargers as last read or set."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.chargers.service import ChargerService
from csms.features.configuration import repository
from csms.features.configuration.schemas import (
    ChargerDriftPage,
    ConfigurationChangePage,
    ConfigurationPage,
    Drift,
    DriftSummary,
    Template,
    TemplateApplication,
    TemplateApplied,
    TemplateAssignment,
    TemplateCreate,
    TemplatePage,
    TemplatePreview,
    TemplateUpdate,
)
from csms.features.configuration.service import TemplateService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.CHARGER_READ)]


Sends = Annotated[Principal, require(Permission.CONFIGURATION_CHANGE)]
Assigns = Annotated[Principal, require(Permission.CHARGER_UPDATE)]
Writes = Annotated[Principal, require(Permission.TEMPLATE_WRITE)]
IfMatch = Annotated[str | None, Header()]


def router(units: UnitsOfWork, chargers: ChargerService) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["chargers"], route_class=Route)

    @api.get(
        "/chargers/{charger_id}/configuration",
        openapi_extra=repository.CONFIGURATION.openapi(),
        response_model=ConfigurationPage,
    )
    async def list_charger_configuration(request: Request, principal: Reads, charger_id: str) -> Response:
        """Configuration keys as the charger last reported them, or as they were last set here."""
        own = owned_by(repository.OF_CHARGER, chargers.get, charger_id)
        return await answer_list(units, principal, repository.CONFIGURATION, request, own, name="configuration")

    @api.get(
        "/chargers/{charger_id}/configuration/history",
        openapi_extra=repository.HISTORY.openapi(),
        response_model=ConfigurationChangePage,
    )
    async def list_configuration_changes(request: Request, principal: Reads, charger_id: str) -> Response:
        """How the configuration of a charger changed, newest first: by whom, from what, to what."""
        own = owned_by(repository.HISTORY_OF_CHARGER, chargers.get, charger_id)
        return await answer_list(units, principal, repository.HISTORY, request, own, name="configuration-history")

    return api


def templates_router(units: UnitsOfWork, service: TemplateService) -> APIRouter:
    """Templates, and how far chargers are from them."""
    api = APIRouter(prefix="/api/v1", tags=["configuration templates"], route_class=Route)
    _library(api, units, service)

    @api.post("/configuration-templates/{template_id}/assignments", response_model=Template)
    async def assign_configuration_template(
        request: Request, principal: Assigns, template_id: UUID, body: TemplateAssignment
    ) -> Response:
        """Give chargers a template, in place of the one they had. Nothing is sent."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.assign(uow, template_id, body)))

    @api.get(
        "/configuration-templates/{template_id}/drift",
        openapi_extra=repository.DRIFT.openapi(),
        response_model=ChargerDriftPage,
    )
    async def list_template_drift(request: Request, principal: Reads, template_id: UUID) -> Response:
        """The chargers of a template and what differs there; differences[gte]=1 names those that have drifted."""
        own = owned_by(repository.OF_TEMPLATE, service.get, template_id)
        return await answer_list(units, principal, repository.DRIFT, request, own, name="configuration-drift")

    @api.get("/configuration-templates/{template_id}/drift-summary", response_model=DriftSummary)
    async def get_template_drift_summary(request: Request, principal: Reads, template_id: UUID) -> Response:
        """How many chargers of a template have drifted, and at how many each of its keys is how."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await service.summary(uow, template_id))

    @api.post(
        "/configuration-templates/{template_id}/apply",
        status_code=status.HTTP_202_ACCEPTED,
        response_model=TemplateApplied,
        responses={200: {"model": TemplatePreview, "description": "With dry_run: what would be set."}},
    )
    async def apply_configuration_template(
        request: Request, principal: Sends, template_id: UUID, body: TemplateApplication
    ) -> Response:
        """Set what differs: a change_configuration command for each key."""
        further = (Permission.CHARGER_UPDATE,) if body.assign else ()
        async with units(scope_of(request, principal, *further)) as uow:
            if body.dry_run:
                return rows_response(await service.preview(uow, template_id, body))
            issued = await service.apply(uow, template_id, body)
        return rows_response({"commands": issued}, 202)

    @api.get("/chargers/{charger_id}/configuration/drift", response_model=Drift)
    async def get_charger_drift(request: Request, principal: Reads, charger_id: str) -> Response:
        """How far a charger is from its template, key by key."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await service.drift(uow, charger_id))

    @api.delete("/chargers/{charger_id}/configuration/template", status_code=status.HTTP_204_NO_CONTENT)
    async def unassign_configuration_template(request: Request, principal: Assigns, charger_id: str) -> Response:
        """Take a charger's template away; its configuration stays."""
        async with units(scope_of(request, principal)) as uow:
            await service.unassign(uow, charger_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return api


def _library(api: APIRouter, units: UnitsOfWork, service: TemplateService) -> None:
    @api.get(
        "/configuration-templates",
        openapi_extra=repository.TEMPLATES.openapi(),
        response_model=TemplatePage,
    )
    async def list_configuration_templates(request: Request, principal: Reads) -> Response:
        """Templates of configuration."""
        return await answer_list(units, principal, repository.TEMPLATES, request, name="configuration-templates")

    @api.post("/configuration-templates", status_code=status.HTTP_201_CREATED, response_model=Template)
    async def create_configuration_template(request: Request, principal: Writes, body: TemplateCreate) -> Response:
        """Keep a template."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.create(uow, body))
        location = f"/api/v1/configuration-templates/{row['id']}"
        return rows_response(row, 201, {"Location": location, "ETag": etag_of(row, "chargers")})

    @api.get("/configuration-templates/{template_id}", response_model=Template)
    async def get_configuration_template(request: Request, principal: Reads, template_id: UUID) -> Response:
        """One template."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.get(uow, template_id))
        return rows_response(row, headers={"ETag": etag_of(row, "chargers")})

    @api.patch("/configuration-templates/{template_id}", response_model=Template)
    async def update_configuration_template(
        request: Request, principal: Writes, template_id: UUID, body: TemplateUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named; chargers keep what they have until it is applied."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await service.get(uow, template_id, lock=True)), "chargers"))
            row = dict(await service.update(uow, template_id, body))
        return rows_response(row, headers={"ETag": etag_of(row, "chargers")})

    @api.delete("/configuration-templates/{template_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_configuration_template(request: Request, principal: Writes, template_id: UUID) -> Response:
        """Forget a template; chargers keep their configuration."""
        async with units(scope_of(request, principal)) as uow:
            await service.delete(uow, template_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)
