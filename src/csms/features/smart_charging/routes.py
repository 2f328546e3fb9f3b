# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: charging profiles."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.chargers.service import ChargerService
from csms.features.smart_charging import repository
from csms.features.smart_charging.schemas import (
    Assigned,
    Assignment,
    ChargingProfileCreate,
    ChargingProfileItem,
    ChargingProfilePage,
    ChargingProfileUpdate,
    GivenProfilePage,
    InstalledProfilePage,
)
from csms.features.smart_charging.service import SmartChargingService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.PROFILE_READ)]
Writes = Annotated[Principal, require(Permission.PROFILE_WRITE)]
Sends = Annotated[Principal, require(Permission.PROFILE_SEND)]
ReadsCharger = Annotated[Principal, require(Permission.CHARGER_READ)]
IfMatch = Annotated[str | None, Header()]


def router(units: UnitsOfWork, chargers: ChargerService, service: SmartChargingService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["charging profiles"], route_class=Route)

    @api.get(
        "/charging-profiles",
        openapi_extra=repository.PROFILES.openapi(),
        response_model=ChargingProfilePage,
    )
    async def list_charging_profiles(request: Request, principal: Reads) -> Response:
        """The library of charging profiles."""
        return await answer_list(units, principal, repository.PROFILES, request, name="charging-profiles")

    @api.post("/charging-profiles", status_code=status.HTTP_201_CREATED, response_model=ChargingProfileItem)
    async def create_charging_profile(request: Request, principal: Writes, body: ChargingProfileCreate) -> Response:
        """Put a profile into the library."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.create(uow, body))
        location = f"/api/v1/charging-profiles/{row['id']}"
        return rows_response(row, 201, {"Location": location, "ETag": etag_of(row)})

    @api.get("/charging-profiles/{profile_id}", response_model=ChargingProfileItem)
    async def get_charging_profile(request: Request, principal: Reads, profile_id: UUID) -> Response:
        """One profile of the library."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.get(uow, profile_id))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.patch("/charging-profiles/{profile_id}", response_model=ChargingProfileItem)
    async def update_charging_profile(
        request: Request, principal: Writes, profile_id: UUID, body: ChargingProfileUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named; chargers keep what they have until it is assigned anew."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await service.get(uow, profile_id, lock=True))))
            row = dict(await service.update(uow, profile_id, body))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.delete("/charging-profiles/{profile_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_charging_profile(request: Request, principal: Writes, profile_id: UUID) -> Response:
        """Take a profile out of the library; chargers keep what they have of it."""
        async with units(scope_of(request, principal)) as uow:
            await service.delete(uow, profile_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.post(
        "/charging-profiles/{profile_id}/assignments", status_code=status.HTTP_202_ACCEPTED, response_model=Assigned
    )
    async def assign_charging_profile(
        request: Request, principal: Sends, profile_id: UUID, body: Assignment
    ) -> Response:
        """Give a profile to chargers: a set_charging_profile command each."""
        async with units(scope_of(request, principal)) as uow:
            issued = await service.assign(uow, profile_id, body)
        return rows_response({"commands": issued}, 202)

    @api.get(
        "/charging-profiles/{profile_id}/chargers",
        openapi_extra=repository.GIVEN.openapi(),
        response_model=GivenProfilePage,
    )
    async def list_charging_profile_chargers(request: Request, principal: ReadsCharger, profile_id: UUID) -> Response:
        """The chargers that were given a profile and still have it."""
        own = owned_by(repository.OF_PROFILE, service.get, profile_id)
        return await answer_list(units, principal, repository.GIVEN, request, own, name="charging-profile-chargers")

    @api.get(
        "/chargers/{charger_id}/charging-profiles",
        openapi_extra=repository.INSTALLED.openapi(),
        response_model=InstalledProfilePage,
    )
    async def list_installed_profiles(request: Request, principal: ReadsCharger, charger_id: str) -> Response:
        """Charging profiles that a charger has: given from here, or reported by it (get_charging_profiles)."""
        own = owned_by(repository.OF_CHARGER, chargers.get, charger_id)
        return await answer_list(units, principal, repository.INSTALLED, request, own, name="installed-profiles")

    return api
