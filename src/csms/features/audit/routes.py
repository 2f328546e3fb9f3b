# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: the audit log."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.audit import repository
from csms.features.audit.schemas import AuditHead, AuditPage, AuditVerification
from csms.features.audit.service import AuditService, Head
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.AUDIT_READ)]
Number = Annotated[int, Query(ge=1, le=2**62)]


def router(units: UnitsOfWork, service: AuditService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["audit"], route_class=Route)

    @api.get("/audit", response_model=AuditPage, openapi_extra=repository.AUDIT.openapi())
    async def list_audit(request: Request, principal: Reads) -> Response:
        """Who did what, newest first."""
        return await answer_list(units, principal, repository.AUDIT, request, name="audit")

    @api.get("/audit/head", response_model=AuditHead)
    async def get_audit_head(request: Request, principal: Reads) -> Response:
        """The line that was written last: keep it elsewhere, and nobody can change what is before it unseen."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(_head(await service.head(uow)))

    @api.get("/audit/verify", response_model=AuditVerification)
    async def verify_audit(
        request: Request,
        principal: Reads,
        start: Annotated[Number, Query(alias="from")] = 1,
        to: Number | None = None,
    ) -> Response:
        """Walk along the chain and say which line is the first that is not as it was written."""
        async with units(scope_of(request, principal)) as uow:
            found = await service.verify(uow, start, to)
        broken = None if found.broken is None else {"number": found.broken[0], "reason": found.broken[1]}
        return rows_response(
            {
                "intact": broken is None,
                "lines": found.lines,
                "erased": found.erased,
                "broken": broken,
                "head": _head(found.head),
                "next": found.next,
            }
        )

    @api.get(
        "/users/{user_id}/activity",
        response_model=AuditPage,
        openapi_extra=repository.AUDIT.openapi(),
    )
    async def list_user_activity(request: Request, principal: Reads, user_id: UUID) -> Response:
        """What a user did, and when they signed in and out; also of a user who is gone."""
        ways = repository.activity_of(str(user_id))
        return await answer_list(units, principal, repository.AUDIT, request, name="user-activity", ways=ways)

    return api


def _head(head: Head) -> dict[str, int | str]:
    return {"number": head.number, "hash": head.hash.hex()}
