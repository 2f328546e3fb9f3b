# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: import tables of chargers, tokens and whatever else has an importer."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy import ColumnElement, RowMapping

from csms.features.accounts.permissions import Permission
from csms.features.imports import repository
from csms.features.imports.importers import Importers
from csms.features.imports.schemas import Import, ImportForm, ImportKinds, ImportPage, ImportRowPage
from csms.features.imports.service import ImportService
from csms.kit.db.uow import UnitOfWork, UnitsOfWork
from csms.kit.errors import CsmsError
from csms.kit.files import file_name
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route, read_json
from csms.kit.http.uploads import Upload
from csms.kit.ids import new_id
from csms.kit.spreadsheets.base import HEAD_BYTES, kind_of

Reads = Annotated[Principal, require(Permission.IMPORT_READ)]
Runs = Annotated[Principal, require(Permission.IMPORT_RUN)]
_SHOWN: Final = (*repository.IMPORTS.columns, "format", "headers", "mapping", "sample")
_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["file", "kind"],
    "properties": {"file": {"type": "string", "format": "binary"}, **ImportForm.model_json_schema()["properties"]},
}
_BODY: Final = {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "description": "id,password for chargers; id,username,email,invitation_url for users",
    }
}


class WrongFileTypeError(CsmsError):
    """The file is no table: neither text nor a workbook."""

    code: ClassVar[str] = "wrong_file_type"
    status: ClassVar[int] = 415
    title: ClassVar[str] = "Unsupported file type"


def router(units: UnitsOfWork, service: ImportService, max_bytes: int) -> APIRouter:
    """The routes over a service; a file has at most `max_bytes`."""
    api = APIRouter(prefix="/api/v1", tags=["imports"], route_class=Route)
    _files(api, units, service, max_bytes)
    _looks(api, units, service)
    _acts(api, units, service)
    return api


def _files(api: APIRouter, units: UnitsOfWork, service: ImportService, max_bytes: int) -> None:
    @api.post(
        "/imports",
        status_code=status.HTTP_202_ACCEPTED,
        response_model=Import,
        openapi_extra={"requestBody": _BODY},
    )
    async def create_import(request: Request, principal: Runs) -> Response:
        """Import a table (CSV, xlsx, xls, ods): a job reads it and makes, changes or skips row by row."""
        scope, key, upload = scope_of(request, principal), new_id(), Upload(request)
        if not upload.is_form:
            told = "send a form (multipart/form-data) with the parts file and kind"
            raise RequestValidationError([{"type": "value_error", "loc": ("body",), "msg": told}])
        stored = await service.store.receive(scope.organization_id, key, upload.pieces(), max_bytes)
        try:
            form = read_form(upload.fields)
            service.check(form, principal)
            await _check_type(service.store.path(scope.organization_id, key))
            async with units(scope) as uow:
                name = file_name(upload.name) or "table"
                row = await service.create(uow, key, form, stored, name, principal)
        except BaseException:
            await service.store.remove(scope.organization_id, key)
            raise
        return rows_response(_item(row), 202, {"Location": f"/api/v1/imports/{key}"})


def _looks(api: APIRouter, units: UnitsOfWork, service: ImportService) -> None:
    @api.get("/imports", openapi_extra=repository.IMPORTS.openapi(), response_model=ImportPage)
    async def list_imports(request: Request, principal: Reads) -> Response:
        """Imports, newest first."""
        return await answer_list(units, principal, repository.IMPORTS, request, name="imports")

    @api.get("/imports/kinds", response_model=ImportKinds)
    async def list_import_kinds(principal: Reads) -> Response:  # noqa: ARG001  (whoever may look)
        """What can be imported: fields, and the names of columns that mean them."""
        return rows_response({"items": kinds_of(service.importers)})

    @api.get("/imports/{import_id}", response_model=Import)
    async def get_import(request: Request, principal: Reads, import_id: UUID) -> Response:
        """One import: how far it is, and how its file was understood."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(_item(await service.seen(uow, import_id, principal)))

    @api.get(
        "/imports/{import_id}/rows",
        openapi_extra=repository.ROWS.openapi(),
        response_model=ImportRowPage,
    )
    async def list_import_rows(request: Request, principal: Reads, import_id: UUID) -> Response:
        """What became of each row; status=failed shows what has to be corrected, field by field."""

        async def own(uow: UnitOfWork) -> ColumnElement[bool]:
            return repository.of_import((await service.seen(uow, import_id, principal))["id"])

        return await answer_list(units, principal, repository.ROWS, request, own, name="import-rows")

    @api.get("/imports/{import_id}/secrets", response_class=Response, responses=_CSV)
    async def fetch_import_secrets(request: Request, principal: Runs, import_id: UUID) -> Response:
        """Passwords made for new chargers, links for new users, as CSV: once, and only for whoever ran the import."""
        async with units(scope_of(request, principal)) as uow:
            text = await service.secrets(uow, import_id)
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="secrets-{import_id}.csv"',
        }
        return Response(text, media_type="text/csv", headers=headers)


def _acts(api: APIRouter, units: UnitsOfWork, service: ImportService) -> None:
    @api.post("/imports/{import_id}/run", status_code=status.HTTP_202_ACCEPTED, response_model=Import)
    async def run_import(request: Request, principal: Runs, import_id: UUID) -> Response:
        """Do what a dry run tried, or go on with an import that was cancelled or broke off."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(_item(await service.run(uow, import_id, principal)), 202)

    @api.post("/imports/{import_id}/retry", status_code=status.HTTP_202_ACCEPTED, response_model=Import)
    async def retry_import(request: Request, principal: Runs, import_id: UUID) -> Response:
        """Do the failed rows again."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(_item(await service.retry(uow, import_id, principal)), 202)

    @api.post("/imports/{import_id}/cancel", response_model=Import)
    async def cancel_import(request: Request, principal: Runs, import_id: UUID) -> Response:
        """Rows whose turn has not come are left; what was done stays done."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(_item(await service.cancel(uow, import_id)))


def _item(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in _SHOWN}


async def _check_type(path: Path) -> None:
    def head() -> bytes:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)

    if kind_of(await asyncio.to_thread(head)) is None:
        raise WrongFileTypeError("the file is no table: send CSV, xlsx, xls or ods")


def read_form(fields: Mapping[str, str]) -> ImportForm:
    """The parts beside the file. Raises RequestValidationError, as a body that does not fit."""
    values: dict[str, Any] = {name: text for name, text in fields.items() if text != "" or name == "kind"}
    try:
        if "mapping" in values:
            values["mapping"] = read_json(values["mapping"].encode())
        return ImportForm.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in found]) from error
    except ValueError as error:
        told = {"type": "value_error", "loc": ("body", "mapping"), "msg": f"not JSON that can be understood: {error}"}
        raise RequestValidationError([told]) from error


def kinds_of(importers: Importers) -> list[dict[str, Any]]:
    """What can be imported, as it is shown."""
    return [
        {
            "kind": kind,
            "permissions": list(importer.needed("update")),
            "fields": [
                {
                    "name": column.name,
                    "type": column.kind,
                    "required": column.required,
                    "description": column.description,
                    "aliases": list(column.aliases),
                    "values": list(column.values),
                    "secret": column.secret,
                }
                for column in importer.columns
            ],
        }
        for kind, importer in sorted(importers.items())
    ]
