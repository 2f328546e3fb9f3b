# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: certificates of chargers."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.certificates import repository, service
from csms.features.certificates.schemas import (
    CertificateAuthority,
    CertificateHorizon,
    CertificateItem,
    CertificatePage,
)
from csms.features.commands.rules import permissions_for
from csms.features.commands.schemas import CommandItem
from csms.features.commands.service import CommandService
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route
from csms.kit.pki.authority import Authority

Reads = Annotated[Principal, require(Permission.CERTIFICATE_READ)]
Installs = Annotated[Principal, require(Permission.CERTIFICATE_INSTALL)]
Revokes = Annotated[Principal, require(Permission.CERTIFICATE_REVOKE)]


def router(
    units: UnitsOfWork,
    commands: CommandService,
    authority: Callable[[], Authority],
    servers: Callable[[], Mapping[str, datetime]],
    clock: Clock,
) -> APIRouter:
    """The routes; `authority` signs here, `servers` are the ends of the server's own certificates."""
    api = APIRouter(prefix="/api/v1", tags=["certificates"], route_class=Route)
    _add_lists(api, units, authority, servers, clock)
    _add_item(api, units, commands, clock)
    return api


def _add_lists(
    api: APIRouter,
    units: UnitsOfWork,
    authority: Callable[[], Authority],
    servers: Callable[[], Mapping[str, datetime]],
    clock: Clock,
) -> None:

    @api.get(
        "/certificates",
        openapi_extra=repository.CERTIFICATES.openapi(),
        response_model=CertificatePage,
    )
    async def list_certificates(request: Request, principal: Reads) -> Response:
        """Certificates that chargers asked for, newest first; in_use=true&sort=not_after: which of them ends next."""
        return await answer_list(units, principal, repository.CERTIFICATES, request, name="certificates")

    @api.get("/certificates/authority", response_model=CertificateAuthority)
    async def get_certificate_authority(_: Reads) -> Response:
        """The authority that signs certificates of chargers here: for the file `CSMS_OCPP__TLS_CLIENT_CA`."""
        return rows_response({"certificate": (await asyncio.to_thread(authority)).pem})

    @api.get("/certificates/horizon", response_model=CertificateHorizon)
    async def get_certificate_horizon(request: Request, principal: Reads) -> Response:
        """How many certificates in use end within 7, 30 and 90 days, and how many wait for somebody."""
        own = await asyncio.to_thread(authority)
        ends = {"authority_not_after": own.not_after, "servers": await asyncio.to_thread(servers)}
        async with units(scope_of(request, principal)) as uow:
            return rows_response({**await service.horizon(uow, clock), **ends})


def _add_item(api: APIRouter, units: UnitsOfWork, commands: CommandService, clock: Clock) -> None:
    @api.get("/certificates/{certificate_id}", response_model=CertificateItem)
    async def get_certificate(request: Request, principal: Reads, certificate_id: UUID) -> Response:
        """One certificate."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.get(uow, certificate_id)))

    @api.post("/certificates/{certificate_id}/revoke", response_model=CertificateItem)
    async def revoke_certificate(request: Request, principal: Revokes, certificate_id: UUID) -> Response:
        """Let nobody in by it any more."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.revoke(uow, certificate_id, clock)))

    @api.post("/certificates/{certificate_id}/renew", status_code=status.HTTP_202_ACCEPTED, response_model=CommandItem)
    async def renew_certificate(request: Request, principal: Installs, certificate_id: UUID) -> Response:
        """Ask the charger for a request for a new one, now; it is signed and sent as the first was."""
        scope = scope_of(request, principal, Permission.CERTIFICATE_READ, *permissions_for({"type": "trigger_message"}))
        async with units(scope) as uow:
            return rows_response(dict(await service.renew(uow, certificate_id, commands, clock)), 202)

    @api.post("/certificates/{certificate_id}/send", status_code=status.HTTP_202_ACCEPTED, response_model=CommandItem)
    async def send_certificate(request: Request, principal: Installs, certificate_id: UUID) -> Response:
        """Send a signed certificate to its charger again, where it was away or refused it."""
        needed = permissions_for({"type": "send_signed_certificate"})
        async with units(scope_of(request, principal, Permission.CERTIFICATE_READ, *needed)) as uow:
            return rows_response(dict(await service.send(uow, certificate_id, commands, clock)), 202)
