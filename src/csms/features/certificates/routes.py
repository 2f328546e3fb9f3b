# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: certificates of chargers."""

import asyncio
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from csms.features.accounts.permissions import Permission
from csms.features.certificates import repository, service
from csms.features.certificates.schemas import CertificateAuthority, CertificateItem, CertificatePage
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.CERTIFICATE_READ)]
Revokes = Annotated[Principal, require(Permission.CERTIFICATE_REVOKE)]


def router(units: UnitsOfWork, ca_pem: Callable[[], str], clock: Clock) -> APIRouter:
    """The routes; `ca_pem` gives the certificate of the authority that signs here."""
    api = APIRouter(prefix="/api/v1", tags=["certificates"], route_class=Route)

    @api.get(
        "/certificates",
        openapi_extra=repository.CERTIFICATES.openapi(),
        response_model=CertificatePage,
    )
    async def list_certificates(request: Request, principal: Reads) -> Response:
        """Certificates that chargers asked for, newest first."""
        return await answer_list(units, principal, repository.CERTIFICATES, request, name="certificates")

    @api.get("/certificates/authority", response_model=CertificateAuthority)
    async def get_certificate_authority(_: Reads) -> Response:
        """The authority that signs certificates of chargers here: for the file `CSMS_OCPP__TLS_CLIENT_CA`."""
        return rows_response({"certificate": await asyncio.to_thread(ca_pem)})

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

    return api
