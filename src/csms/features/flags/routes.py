# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: feature flags."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response, status
from sqlalchemy import ColumnElement, true

from csms.features.accounts.permissions import Permission
from csms.features.flags import repository
from csms.features.flags.rules import Context
from csms.features.flags.schemas import (
    FlagChangePage,
    FlagContext,
    FlagCreate,
    FlagEvaluation,
    FlagItem,
    FlagPage,
    FlagUpdate,
)
from csms.features.flags.service import FlagService, FlagsOfInstallationError, keeper, tag
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import Condition, answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.FLAG_READ)]
Writes = Annotated[Principal, require(Permission.FLAG_WRITE)]
IfMatch = Annotated[str | None, Header()]


def _kept(condition: ColumnElement[bool] | None = None) -> Condition:
    """Rows for whoever keeps the installation's flags."""

    async def own(uow: UnitOfWork) -> ColumnElement[bool]:
        keeper(uow)
        return true() if condition is None else condition

    return own


def router(units: UnitsOfWork, service: FlagService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["feature flags"], route_class=Route)

    @api.get("/feature-flags", openapi_extra=repository.FLAGS.openapi(), response_model=FlagPage)
    async def list_feature_flags(request: Request, principal: Reads) -> Response:
        """All feature flags."""
        return await answer_list(units, principal, repository.FLAGS, request, _kept(), name="feature-flags")

    @api.post("/feature-flags", status_code=status.HTTP_201_CREATED, response_model=FlagItem)
    async def create_feature_flag(request: Request, principal: Writes, body: FlagCreate) -> Response:
        """Keep a flag. It holds on every node at once."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.create(uow, body)
        return rows_response(dict(row), 201, {"Location": f"/api/v1/feature-flags/{row['key']}", "ETag": tag(row)})

    @api.get("/feature-flags/{key}", response_model=FlagItem)
    async def get_feature_flag(request: Request, principal: Reads, key: str) -> Response:
        """One flag."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.get(keeper(uow), key)
        return rows_response(dict(row), headers={"ETag": tag(row)})

    @api.patch("/feature-flags/{key}", response_model=FlagItem)
    async def update_feature_flag(
        request: Request, principal: Writes, key: str, body: FlagUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named, on every node at once."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.update(uow, key, body, if_match)
        return rows_response(dict(row), headers={"ETag": tag(row)})

    @api.delete("/feature-flags/{key}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_feature_flag(request: Request, principal: Writes, key: str, if_match: IfMatch = None) -> Response:
        """Forget a flag: the default of whoever asks for it holds again."""
        async with units(scope_of(request, principal)) as uow:
            await service.delete(uow, key, if_match)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.get(
        "/feature-flags/{key}/history",
        openapi_extra=repository.HISTORY.openapi(),
        response_model=FlagChangePage,
    )
    async def list_feature_flag_history(request: Request, principal: Reads, key: str) -> Response:
        """Who changed what, newest first; also of flags that were deleted."""
        own = _kept(repository.of_one(key))
        return await answer_list(units, principal, repository.HISTORY, request, own, name="feature-flag-history")

    @api.post("/feature-flags/{key}/evaluate", response_model=FlagEvaluation)
    async def evaluate_feature_flag(
        request: Request, principal: Reads, key: str, body: FlagContext | None = None
    ) -> Response:
        """What holds for the caller, or for whom the body names; every organization may ask for its own people."""
        said = (body or FlagContext()).model_dump(mode="json", exclude_none=True)
        scope = scope_of(request, principal)
        if said.get("organization", str(scope.organization_id)) != str(scope.organization_id) and (
            scope.organization_id != DEFAULT_ORGANIZATION_ID
        ):
            raise FlagsOfInstallationError("of another organization only the installation's own may ask")
        own = {
            "targeting_key": str(principal.user_id),
            "organization": str(scope.organization_id),
            "role": principal.role,
            "user": str(principal.user_id),
        }
        async with units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
            flag, found = await service.evaluate(uow, key, Context(**{**own, **said}))
        return rows_response(
            {"key": key, "type": flag.type, "variant": found.variant, "value": found.value, "reason": found.reason}
        )

    return api
