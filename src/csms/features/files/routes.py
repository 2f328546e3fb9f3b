# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: the firmware library, the files that chargers sent, and the links by which they fetch and send."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response, status
from fastapi.responses import FileResponse

from csms.features.accounts.permissions import Permission
from csms.features.chargers.service import ChargerService
from csms.features.files import repository
from csms.features.files.schemas import (
    ChargerFile,
    ChargerFilePage,
    FirmwareItem,
    FirmwarePage,
    FirmwareUpdate,
    Name,
    Notes,
    ProgressPage,
    Word,
)
from csms.features.files.service import FileNotThereError, FileService
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.files import Stored
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route
from csms.kit.http.uploads import Upload
from csms.kit.ids import new_id

ReadsFirmware = Annotated[Principal, require(Permission.FIRMWARE_READ)]
WritesFirmware = Annotated[Principal, require(Permission.FIRMWARE_WRITE)]
ReadsFiles = Annotated[Principal, require(Permission.FILE_READ)]
DeletesFiles = Annotated[Principal, require(Permission.FILE_DELETE)]
ReadsCharger = Annotated[Principal, require(Permission.CHARGER_READ)]
IfMatch = Annotated[str | None, Header()]
_OCTETS: Final[dict[str, Any]] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": _OCTETS, "description": "The file."},
    206: {"content": _OCTETS, "description": "The part that Range asked for."},
}
_BODY: Final = {"required": True, "content": {**_OCTETS, "multipart/form-data": {"schema": {"type": "object"}}}}


def router(units: UnitsOfWork, service: FileService, chargers: ChargerService, max_firmware: int) -> APIRouter:
    """What people and programs do; an image has at most `max_firmware` bytes."""
    api = APIRouter(prefix="/api/v1", tags=["files"], route_class=Route)
    _firmware(api, units, service, max_firmware)
    _files(api, units, service, chargers)
    return api


def _firmware(api: APIRouter, units: UnitsOfWork, service: FileService, max_firmware: int) -> None:
    @api.get("/firmware", openapi_extra=repository.IMAGES.openapi(), response_model=FirmwarePage)
    async def list_firmware(request: Request, principal: ReadsFirmware) -> Response:
        """The firmware library."""
        return await answer_list(units, principal, repository.IMAGES, request, name="firmware")

    @api.post(
        "/firmware",
        status_code=status.HTTP_201_CREATED,
        response_model=FirmwareItem,
        openapi_extra={"requestBody": _BODY},
    )
    async def create_firmware(
        request: Request,
        principal: WritesFirmware,
        name: Annotated[Name, Query(description="The file's name, as chargers see it.")],
        version: Annotated[Word | None, Query()] = None,
        vendor: Annotated[Word | None, Query()] = None,
        model: Annotated[Word | None, Query()] = None,
        notes: Annotated[Notes | None, Query()] = None,
    ) -> Response:
        """Put an image into the library: the body is the file, raw or as a form."""
        key, scope = new_id(), scope_of(request, principal)
        stored = await service.store.receive(scope.organization_id, key, Upload(request).pieces(), max_firmware)
        words = {"name": name, "version": version, "vendor": vendor, "model": model, "notes": notes}
        try:
            async with units(scope) as uow:
                row = dict(await service.add_image(uow, key, stored, words))
        except BaseException:
            await service.store.remove(scope.organization_id, key)
            raise
        return rows_response(row, 201, {"Location": f"/api/v1/firmware/{key}", "ETag": etag_of(row)})

    @api.get("/firmware/{firmware_id}", response_model=FirmwareItem)
    async def get_firmware(request: Request, principal: ReadsFirmware, firmware_id: UUID) -> Response:
        """One image."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.image(uow, firmware_id))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.get("/firmware/{firmware_id}/content", response_class=FileResponse, responses=_CONTENT)
    async def get_firmware_content(request: Request, principal: ReadsFirmware, firmware_id: UUID) -> Response:
        """The image itself."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.image(uow, firmware_id)
        return _file(service, principal.organization_id, firmware_id, row["name"])

    @api.patch("/firmware/{firmware_id}", response_model=FirmwareItem)
    async def update_firmware(
        request: Request,
        principal: WritesFirmware,
        firmware_id: UUID,
        body: FirmwareUpdate,
        if_match: IfMatch = None,
    ) -> Response:
        """Change what is known of an image; with signature and signing_certificate chargers check it."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await service.image(uow, firmware_id, lock=True))))
            row = dict(await service.change_image(uow, firmware_id, body))
        return rows_response(row, headers={"ETag": etag_of(row)})

    @api.delete("/firmware/{firmware_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_firmware(request: Request, principal: WritesFirmware, firmware_id: UUID) -> Response:
        """Take an image out of the library; chargers that have not fetched it yet cannot any more."""
        async with units(scope_of(request, principal)) as uow:
            await service.remove_image(uow, firmware_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)


def _files(api: APIRouter, units: UnitsOfWork, service: FileService, chargers: ChargerService) -> None:
    @api.get("/files", openapi_extra=repository.FILES.openapi(), response_model=ChargerFilePage)
    async def list_files(request: Request, principal: ReadsFiles) -> Response:
        """Logs and diagnostics that chargers sent, newest first. They are asked for by get_log and get_diagnostics."""
        return await answer_list(units, principal, repository.FILES, request, name="charger-files")

    @api.get("/files/{file_id}", response_model=ChargerFile)
    async def get_file(request: Request, principal: ReadsFiles, file_id: UUID) -> Response:
        """One file."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.file(uow, file_id)))

    @api.get("/files/{file_id}/content", response_class=FileResponse, responses=_CONTENT)
    async def get_file_content(request: Request, principal: ReadsFiles, file_id: UUID) -> Response:
        """The file itself."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.file(uow, file_id)
        return _file(service, principal.organization_id, file_id, row["name"])

    @api.delete("/files/{file_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_file(request: Request, principal: DeletesFiles, file_id: UUID) -> Response:
        """Delete a file."""
        async with units(scope_of(request, principal)) as uow:
            await service.remove_file(uow, file_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.get(
        "/chargers/{charger_id}/progress",
        openapi_extra=repository.PROGRESS.openapi(),
        response_model=ProgressPage,
    )
    async def list_charger_progress(request: Request, principal: ReadsCharger, charger_id: str) -> Response:
        """How far a charger said it was with firmware, logs and diagnostics, newest first."""
        own = owned_by(repository.OF_CHARGER, chargers.get, charger_id)
        return await answer_list(units, principal, repository.PROGRESS, request, own, name="charger-progress")


def links_router(units: UnitsOfWork, service: FileService, max_upload: int) -> APIRouter:
    """What chargers do with a link: its token is their credential. A file has at most `max_upload` bytes."""
    api = APIRouter(prefix="/files", include_in_schema=False)

    async def take(request: Request, token: str, name: str | None = None) -> Response:
        """A log or diagnostics."""
        organization_id, link_id = service.read_token(token)
        scope = Scope.system(organization_id)
        async with units(scope) as uow:
            link = await service.link(uow, link_id, down=False)
        key, upload = new_id(), Upload(request)
        stored: Stored = await service.store.receive(organization_id, key, upload.pieces(), max_upload)
        try:
            async with units(scope) as uow:
                await service.received(uow, key, link, stored, (name, upload.name), upload.content_type)
        except BaseException:
            await service.store.remove(organization_id, key)
            raise
        return Response(status_code=status.HTTP_201_CREATED)

    async def give(token: str, name: str | None = None) -> Response:
        """Firmware."""
        del name  # chargers save it under the last part of the URL
        organization_id, link_id = service.read_token(token)
        async with units(Scope.system(organization_id)) as uow:
            link = await service.link(uow, link_id, down=True)
            image = await service.image(uow, link["firmware"])
        return _file(service, organization_id, image["id"], image["name"])

    for path in ("/{token}", "/{token}/{name:path}"):
        api.add_api_route(path, take, methods=["PUT", "POST"])
        api.add_api_route(path, give, methods=["GET", "HEAD"])
    return api


def _file(service: FileService, organization_id: UUID, key: UUID, name: str) -> Response:
    """Always to be saved, never to be shown: a log may say it is a page."""
    path = service.store.path(organization_id, key)
    if not path.is_file():
        raise FileNotThereError("the file is not on this node's disk: restore it, or share the data directory's files/")
    return FileResponse(
        path, media_type="application/octet-stream", filename=name, headers={"Cache-Control": "no-store"}
    )
