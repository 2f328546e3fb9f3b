# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: settings that change while csms runs."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response, status
from pydantic import BaseModel
from sqlalchemy import ColumnElement

from csms.features.accounts.permissions import Permission
from csms.features.settings import repository
from csms.features.settings.rules import SECTIONS, Section
from csms.features.settings.schemas import SectionList, SettingsChangePage, SettingsRevert, update_of
from csms.features.settings.service import SettingsService, load, section_of, tag
from csms.kit.db.uow import UnitOfWork, UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.SETTINGS_READ)]
Changes = Annotated[Principal, require(Permission.SETTINGS_UPDATE)]
IfMatch = Annotated[str | None, Header()]
# Clients have methods of these names since before there were other sections.
_NAMES: Final = {"retention": ("get_retention", "update_retention")}


def _shown(values: Section) -> Response:
    return rows_response(values.model_dump(), headers={"ETag": tag(values)})


def router(units: UnitsOfWork, service: SettingsService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["settings"], route_class=Route)

    @api.get("/settings", response_model=SectionList)
    async def list_settings(request: Request, principal: Reads) -> Response:
        """Every section with its values and defaults."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response({"items": await service.all(uow)})

    for section in SECTIONS.values():
        _add_section(api, units, service, section)

    @api.delete("/settings/{section}", status_code=status.HTTP_204_NO_CONTENT)
    async def reset_settings(request: Request, principal: Changes, section: str, if_match: IfMatch = None) -> Response:
        """Go back to the defaults; the history keeps what was."""
        async with units(scope_of(request, principal)) as uow:
            await service.reset(uow, section_of(uow, section), if_match)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.get(
        "/settings/{section}/history",
        openapi_extra=repository.HISTORY.openapi(),
        response_model=SettingsChangePage,
    )
    async def list_settings_history(request: Request, principal: Reads, section: str) -> Response:
        """Who changed what, newest first."""

        async def own(uow: UnitOfWork) -> ColumnElement[bool]:
            return repository.of_one(section_of(uow, section).name)

        return await answer_list(units, principal, repository.HISTORY, request, own, name="settings-history")

    @api.post("/settings/{section}/revert", response_model=dict[str, Any])
    async def revert_settings(
        request: Request, principal: Changes, section: str, body: SettingsRevert, if_match: IfMatch = None
    ) -> Response:
        """Make a section what it was after an entry of its history; that is a change like every other."""
        async with units(scope_of(request, principal)) as uow:
            after = await service.revert(uow, section_of(uow, section), body.entry, if_match)
        return _shown(after)

    return api


def _add_section(api: APIRouter, units: UnitsOfWork, service: SettingsService, section: type[Section]) -> None:
    """The two routes of a section, with bodies of its own."""
    body_model: Any = update_of(section)
    read_name, change_name = _NAMES.get(
        section.name, (f"get_{section.name}_settings", f"update_{section.name}_settings")
    )

    async def read_section(request: Request, principal: Reads) -> Response:
        async with units(scope_of(request, principal)) as uow:
            return _shown(await load(uow, section_of(uow, section.name)))

    async def change_section(
        request: Request, principal: Changes, body: BaseModel, if_match: IfMatch = None
    ) -> Response:
        changes = body.model_dump(exclude_unset=True)
        async with units(scope_of(request, principal)) as uow:
            after = await service.change(uow, section_of(uow, section.name), changes, if_match)
        return _shown(after)

    about = (section.__doc__ or "").strip()
    read_section.__doc__ = about
    change_section.__doc__ = f"{about} What is named is changed on every node at once; null is the default."
    change_section.__annotations__["body"] = body_model
    path = f"/settings/{section.name}"
    api.add_api_route(path, read_section, methods=["GET"], response_model=section, name=read_name)
    api.add_api_route(path, change_section, methods=["PATCH"], response_model=section, name=change_name)
