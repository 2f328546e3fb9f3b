# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: chargers, what is known of them, and those that wait for approval."""

from collections.abc import Callable, Hashable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response, status
from sqlalchemy import RowMapping

from csms.features.accounts.permissions import Permission
from csms.features.chargers import repository, whereabouts
from csms.features.chargers.schemas import (
    Approval,
    Capabilities,
    Charger,
    ChargerCreate,
    ChargerCreated,
    ChargerMap,
    ChargerPage,
    ChargerQuirks,
    ChargerUpdate,
    ConnectorPage,
    FindingPage,
    HardwarePage,
    NewSecret,
    PendingChargerPage,
    SecurityEventPage,
)
from csms.features.chargers.service import ChargerService
from csms.features.chargers.tables import charger_hardware, conformance_findings
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import JsonResponse, rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route
from csms.kit.shared import Shared

Reads = Annotated[Principal, require(Permission.CHARGER_READ)]
Creates = Annotated[Principal, require(Permission.CHARGER_CREATE)]
Updates = Annotated[Principal, require(Permission.CHARGER_UPDATE)]
Deletes = Annotated[Principal, require(Permission.CHARGER_DELETE)]
Rotates = Annotated[Principal, require(Permission.CHARGER_SECRET_ROTATE)]
ReadsWaiting = Annotated[Principal, require(Permission.ONBOARDING_READ)]
Approves = Annotated[Principal, require(Permission.ONBOARDING_APPROVE)]


# What PATCH can change: the rest of an item is of the charger's own making, and changes while somebody edits.
_EDITABLE = (
    "id",
    "name",
    "site_id",
    "security_profile",
    "has_password",
    "validation",
    "default_protocol",
    "protocols",
    "ping",
    "heartbeat_interval_s",
    "registration",
    "retired_at",
)


def _etag(row: RowMapping) -> str:
    return etag_of({name: row[name] for name in _EDITABLE})


def _item(row: Any, headers: dict[str, str] | None = None, code: int = 200, **extra: Any) -> JsonResponse:
    return rows_response({**row, **extra}, code, {"ETag": _etag(row), **(headers or {})})


QuirksOf = Callable[[str | None, str | None, str | None], list[dict[str, str]]]


def router(units: UnitsOfWork, service: ChargerService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["chargers"], route_class=Route)

    @api.get("/chargers", openapi_extra=repository.CHARGERS.openapi(), response_model=ChargerPage)
    async def list_chargers(request: Request, principal: Reads) -> Response:
        """Chargers, with their state, connection and connectors."""
        return await answer_list(units, principal, repository.CHARGERS, request, name="chargers")

    @api.post("/chargers", status_code=status.HTTP_201_CREATED, response_model=ChargerCreated)
    async def create_charger(request: Request, principal: Creates, body: ChargerCreate) -> Response:
        """Provision a charger. A generated `password` is in the answer, this once."""
        async with units(scope_of(request, principal)) as uow:
            row, generated = await service.create(uow, body)
        extra = {} if generated is None else {"password": generated}
        return _item(row, {"Location": f"/api/v1/chargers/{row['id']}", "Cache-Control": "no-store"}, 201, **extra)

    @api.get("/chargers/{charger_id}", response_model=Charger)
    async def get_charger(request: Request, principal: Reads, charger_id: str) -> Response:
        """One charger."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await service.get(uow, charger_id))

    @api.patch("/chargers/{charger_id}", response_model=Charger)
    async def update_charger(
        request: Request,
        principal: Updates,
        charger_id: str,
        body: ChargerUpdate,
        if_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Change what is named; with If-Match only if nobody else changed it meanwhile."""
        secret = [Permission.CHARGER_SECRET_ROTATE] if "password" in body.model_fields_set else []
        async with units(scope_of(request, principal, *secret)) as uow:
            check_if_match(if_match, _etag(await service.get(uow, charger_id, lock=True)))
            return _item(await service.update(uow, charger_id, body))

    @api.delete("/chargers/{charger_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def retire_charger(
        request: Request,
        principal: Deletes,
        charger_id: str,
        purge: Annotated[bool, Query(description="Delete it, if nothing was ever charged there.")] = False,
    ) -> Response:
        """Retire a charger: its connection is closed and its identity refused. Its transactions stay."""
        async with units(scope_of(request, principal)) as uow:
            await service.retire(uow, charger_id, purge=purge)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.post("/chargers/{charger_id}/rotate-secret", response_model=NewSecret)
    async def rotate_charger_secret(request: Request, principal: Rotates, charger_id: str) -> Response:
        """Give a charger a new password, shown this once; the old one stops working at once."""
        async with units(scope_of(request, principal)) as uow:
            secret = await service.rotate_secret(uow, charger_id)
        return rows_response({"password": secret}, headers={"Cache-Control": "no-store"})

    @api.get("/chargers/{charger_id}/connectors", response_model=ConnectorPage)
    async def list_charger_connectors(request: Request, principal: Reads, charger_id: str) -> Response:
        """The connectors of a charger."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.get(uow, charger_id)
            items = [dict(item) for item in await repository.connectors_of(uow.connection, row["id"])]
        return rows_response({"items": items, "next_cursor": None, "total_estimate": len(items)})

    @api.get(
        "/chargers/{charger_id}/hardware",
        openapi_extra=repository.HARDWARE.openapi(),
        response_model=HardwarePage,
    )
    async def list_charger_hardware(request: Request, principal: Reads, charger_id: str) -> Response:
        """What has stood behind the identity: vendors, models, serial numbers, firmware, newest first."""
        own = owned_by(charger_hardware.c.charger_id, service.get, charger_id)
        return await answer_list(units, principal, repository.HARDWARE, request, own, name="charger-hardware")

    @api.get(
        "/chargers/{charger_id}/findings",
        openapi_extra=repository.FINDINGS.openapi(),
        response_model=FindingPage,
    )
    async def list_charger_findings(request: Request, principal: Reads, charger_id: str) -> Response:
        """Where the charger strays from the specification and was understood all the same."""
        own = owned_by(conformance_findings.c.charger_id, service.get, charger_id)
        return await answer_list(units, principal, repository.FINDINGS, request, own, name="conformance-findings")

    return api


def kinds_router(
    units: UnitsOfWork, service: ChargerService, capabilities: Mapping[str, frozenset[str]], quirks_of: QuirksOf
) -> APIRouter:
    """What is known of kinds of chargers: `capabilities` are the commands that each OCPP version has words for."""
    api = APIRouter(prefix="/api/v1", tags=["chargers"], route_class=Route)

    @api.get("/chargers/{charger_id}/quirks", response_model=ChargerQuirks)
    async def get_charger_quirks(request: Request, principal: Reads, charger_id: str) -> Response:
        """What chargers of this vendor, model and firmware are known to do otherwise, and is allowed for."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.get(uow, charger_id)
        return rows_response({"items": quirks_of(row["vendor"], row["model"], row["firmware_version"])})

    @api.get("/chargers/{charger_id}/capabilities", response_model=Capabilities)
    async def get_capabilities(request: Request, principal: Reads, charger_id: str) -> Response:
        """The commands that the charger's OCPP version has messages for; the charger itself may still refuse one."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.get(uow, charger_id)
        protocol = row["protocol"] or row["default_protocol"]
        return rows_response({"protocol": protocol, "commands": sorted(capabilities.get(protocol or "", {"call"}))})

    return api


def map_router(units: UnitsOfWork, clock: Clock) -> APIRouter:
    """Where chargers are."""
    shared: Shared[Hashable, bytes] = Shared(clock)
    api = APIRouter(prefix="/api/v1", tags=["chargers"], route_class=Route)

    @api.get("/charger-map", openapi_extra={"parameters": whereabouts.PARAMETERS}, response_model=ChargerMap)
    async def get_charger_map(request: Request, principal: Reads) -> Response:
        """All chargers at once, counted by site and state; the filters are those of their list."""
        asked = request.query_params.multi_items()
        conditions = whereabouts.read(asked)
        async with units(scope_of(request, principal, Permission.SITE_READ)) as uow:
            key = (uow.scope.organization_id, uow.scope.places, tuple(asked))
            found = await shared.get(key, lambda: whereabouts.points(uow, asked, conditions))
            return Response(found, media_type="application/json")

    return api


def onboarding_router(units: UnitsOfWork, service: ChargerService) -> APIRouter:
    """Chargers that wait for approval, and what was seen at the door."""
    api = APIRouter(prefix="/api/v1", tags=["onboarding"], route_class=Route)

    @api.get(
        "/security-events",
        openapi_extra=repository.SECURITY_EVENTS.openapi(),
        response_model=SecurityEventPage,
    )
    async def list_security_events(request: Request, principal: Reads) -> Response:
        """Refused secrets, replaced connections, and what else an operator should know of."""
        return await answer_list(units, principal, repository.SECURITY_EVENTS, request, name="security-events")

    @api.get(
        "/pending-chargers",
        openapi_extra=repository.WAITING.openapi(),
        response_model=PendingChargerPage,
    )
    async def list_pending_chargers(request: Request, principal: ReadsWaiting) -> Response:
        """Chargers that knocked under onboarding `approval` and wait to be let in."""
        return await answer_list(units, principal, repository.WAITING, request, name="pending-chargers")

    @api.post("/pending-chargers/{charger_id}/approve", status_code=status.HTTP_201_CREATED, response_model=Charger)
    async def approve_pending_charger(
        request: Request, principal: Approves, charger_id: str, body: Approval | None = None
    ) -> Response:
        """Let a waiting charger in, with the password it came with unless the body names another."""
        async with units(scope_of(request, principal)) as uow:
            row, _ = await service.approve(uow, charger_id, body or Approval())
        return _item(row, {"Location": f"/api/v1/chargers/{row['id']}"}, 201)

    @api.post("/pending-chargers/{charger_id}/reject", status_code=status.HTTP_204_NO_CONTENT)
    async def reject_pending_charger(request: Request, principal: Approves, charger_id: str) -> Response:
        """Take a waiting charger off the list; it may knock again."""
        async with units(scope_of(request, principal)) as uow:
            await service.reject(uow, charger_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return api
