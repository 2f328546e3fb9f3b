# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: firmware campaigns."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, status
from sqlalchemy import RowMapping

from csms.features.accounts.permissions import Permission
from csms.features.campaigns import repository
from csms.features.campaigns.schemas import (
    Campaign,
    CampaignCreate,
    CampaignPage,
    CampaignPreview,
    CampaignStart,
    CampaignTargetPage,
    CampaignUpdate,
)
from csms.features.campaigns.service import COMMAND, CampaignService
from csms.features.commands.rules import permissions_for
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import JsonResponse, rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.CHARGER_READ)]
Installs = Annotated[Principal, require(Permission.FIRMWARE_INSTALL)]
IfMatch = Annotated[str | None, Header()]
_PATH = "/firmware-campaigns"


def router(units: UnitsOfWork, service: CampaignService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["firmware campaigns"], route_class=Route)
    _add_list_and_create(api, units, service)
    _add_item(api, units, service)
    _add_targets(api, units, service)
    _add_decisions(api, units, service)
    return api


def _scope(request: Request, principal: Principal) -> Scope:
    """What sending the command to each of the chargers needs."""
    return scope_of(request, principal, Permission.CHARGER_READ, *permissions_for(COMMAND))


def _item(row: RowMapping, code: int = 200) -> JsonResponse:
    location = {"Location": f"/api/v1{_PATH}/{row['id']}"} if code == status.HTTP_201_CREATED else {}
    return rows_response(dict(row), code, {"ETag": etag_of(dict(row)), **location})


def _add_list_and_create(api: APIRouter, units: UnitsOfWork, service: CampaignService) -> None:
    @api.get(_PATH, openapi_extra=repository.CAMPAIGNS.openapi(), response_model=CampaignPage)
    async def list_firmware_campaigns(request: Request, principal: Reads) -> Response:
        """Firmware campaigns, newest first."""
        return await answer_list(units, principal, repository.CAMPAIGNS, request, name="firmware-campaigns")

    @api.post(
        _PATH,
        status_code=status.HTTP_201_CREATED,
        response_model=Campaign,
        responses={200: {"model": CampaignPreview, "description": "With dry_run: whom it would be for."}},
    )
    async def create_firmware_campaign(request: Request, principal: Installs, body: CampaignCreate) -> Response:
        """Draft a campaign: an image to many chargers, in waves. Nothing is sent before it is started."""
        async with units(_scope(request, principal)) as uow:
            if body.dry_run:
                return rows_response(await service.try_out(uow, body))
            return _item(await service.create(uow, body), 201)


def _add_item(api: APIRouter, units: UnitsOfWork, service: CampaignService) -> None:
    path = f"{_PATH}/{{campaign_id}}"

    @api.get(path, response_model=Campaign)
    async def get_firmware_campaign(request: Request, principal: Reads, campaign_id: UUID) -> Response:
        """One campaign, and at how many chargers it is where."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await service.get(uow, campaign_id))

    @api.patch(path, response_model=Campaign)
    async def update_firmware_campaign(
        request: Request, principal: Installs, campaign_id: UUID, body: CampaignUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change a draft."""
        async with units(_scope(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await service.get(uow, campaign_id, lock=True))))
            return _item(await service.update(uow, campaign_id, body))

    @api.delete(path, status_code=status.HTTP_204_NO_CONTENT)
    async def delete_firmware_campaign(request: Request, principal: Installs, campaign_id: UUID) -> Response:
        """Forget a draft, or a campaign that is over; commands and what chargers told stay."""
        async with units(_scope(request, principal)) as uow:
            await service.delete(uow, campaign_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)


def _add_targets(api: APIRouter, units: UnitsOfWork, service: CampaignService) -> None:
    path = f"{_PATH}/{{campaign_id}}"

    @api.get(f"{path}/preview", response_model=CampaignPreview)
    async def preview_firmware_campaign(request: Request, principal: Installs, campaign_id: UUID) -> Response:
        """Whom a draft would be for if it began now, and who would be left out why."""
        async with units(_scope(request, principal)) as uow:
            return rows_response(await service.preview(uow, dict(await service.get(uow, campaign_id))))

    @api.get(f"{path}/chargers", openapi_extra=repository.TARGETS.openapi(), response_model=CampaignTargetPage)
    async def list_firmware_campaign_chargers(request: Request, principal: Reads, campaign_id: UUID) -> Response:
        """What became of it at each charger; status=failed shows where somebody has to look."""
        own = owned_by(repository.OF_CAMPAIGN, service.get, campaign_id)
        name = "firmware-campaign-chargers"
        return await answer_list(units, principal, repository.TARGETS, request, own, name=name)


def _add_decisions(api: APIRouter, units: UnitsOfWork, service: CampaignService) -> None:
    path = f"{_PATH}/{{campaign_id}}"

    @api.post(f"{path}/start", status_code=status.HTTP_202_ACCEPTED, response_model=Campaign)
    async def start_firmware_campaign(
        request: Request, principal: Installs, campaign_id: UUID, body: CampaignStart | None = None
    ) -> Response:
        """Begin, at once or at starts_at: whom it is for is settled now."""
        async with units(_scope(request, principal)) as uow:
            return _item(await service.start(uow, campaign_id, body or CampaignStart()), 202)

    @api.post(f"{path}/pause", response_model=Campaign)
    async def pause_firmware_campaign(request: Request, principal: Installs, campaign_id: UUID) -> Response:
        """Nobody else gets it until it is resumed; chargers that have it go on."""
        async with units(_scope(request, principal)) as uow:
            return _item(await service.pause(uow, campaign_id))

    @api.post(f"{path}/resume", status_code=status.HTTP_202_ACCEPTED, response_model=Campaign)
    async def resume_firmware_campaign(request: Request, principal: Installs, campaign_id: UUID) -> Response:
        """Go on; after a wave that somebody had to look at, with the next one."""
        async with units(_scope(request, principal)) as uow:
            return _item(await service.resume(uow, campaign_id), 202)

    @api.post(f"{path}/abort", response_model=Campaign)
    async def abort_firmware_campaign(request: Request, principal: Installs, campaign_id: UUID) -> Response:
        """Chargers whose turn has not come do not get it; those that have it go on."""
        async with units(_scope(request, principal)) as uow:
            return _item(await service.abort(uow, campaign_id))

    @api.post(f"{path}/retry", status_code=status.HTTP_202_ACCEPTED, response_model=Campaign)
    async def retry_firmware_campaign(request: Request, principal: Installs, campaign_id: UUID) -> Response:
        """Again at the chargers where it failed, expired or was cancelled."""
        async with units(_scope(request, principal)) as uow:
            return _item(await service.retry(uow, campaign_id), 202)
