# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: webhooks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.webhooks import repository
from csms.features.webhooks.schemas import (
    DeliveryDetail,
    DeliveryPage,
    Redelivered,
    Webhook,
    WebhookCreate,
    WebhookPage,
    WebhookSecret,
    WebhookTest,
    WebhookUpdate,
)
from csms.features.webhooks.service import WebhookService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.WEBHOOK_READ)]
Writes = Annotated[Principal, require(Permission.WEBHOOK_WRITE)]


def router(units: UnitsOfWork, service: WebhookService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"], route_class=Route)
    _add_receivers(api, units, service)
    _add_switches(api, units, service)
    _add_deliveries(api, units, service)
    return api


def _add_receivers(api: APIRouter, units: UnitsOfWork, service: WebhookService) -> None:
    @api.get("", openapi_extra=repository.WEBHOOKS.openapi(), response_model=WebhookPage)
    async def list_webhooks(request: Request, principal: Reads) -> Response:
        """Receivers of events, and how they do."""
        return await answer_list(units, principal, repository.WEBHOOKS, request, name="webhooks")

    @api.post("", status_code=status.HTTP_201_CREATED, response_model=WebhookSecret)
    async def create_webhook(request: Request, principal: Writes, body: WebhookCreate) -> Response:
        """Send events somewhere. The secret that signs them is shown this once."""
        async with units(scope_of(request, principal)) as uow:
            row = await service.create(uow, body)
        return rows_response(row, 201, {"Location": f"/api/v1/webhooks/{row['id']}"})

    @api.get("/{webhook_id}", response_model=Webhook)
    async def get_webhook(request: Request, principal: Reads, webhook_id: UUID) -> Response:
        """One receiver."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.get(uow, webhook_id)))

    @api.patch("/{webhook_id}", response_model=Webhook)
    async def update_webhook(request: Request, principal: Writes, webhook_id: UUID, body: WebhookUpdate) -> Response:
        """Change what is named; what waits goes to the new address."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.update(uow, webhook_id, body)))

    @api.delete("/{webhook_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_webhook(request: Request, principal: Writes, webhook_id: UUID) -> Response:
        """Send nothing more; what waits and what was sent is forgotten."""
        async with units(scope_of(request, principal)) as uow:
            await service.delete(uow, webhook_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)


def _add_switches(api: APIRouter, units: UnitsOfWork, service: WebhookService) -> None:
    @api.post("/{webhook_id}/rotate-secret", response_model=WebhookSecret)
    async def rotate_webhook_secret(request: Request, principal: Writes, webhook_id: UUID) -> Response:
        """A new secret, shown this once. For 24 hours messages carry a signature of the old one too."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await service.rotate(uow, webhook_id))

    @api.post("/{webhook_id}/test", response_model=WebhookTest)
    async def test_webhook(request: Request, principal: Writes, webhook_id: UUID) -> Response:
        """Send a message of the type webhook.test now, beside the queue, and tell what came of it."""
        async with units(scope_of(request, principal)) as uow:
            target = await service.target(uow, webhook_id)
        return rows_response(await service.test(target))

    @api.post("/{webhook_id}/pause", response_model=Webhook)
    async def pause_webhook(request: Request, principal: Writes, webhook_id: UUID) -> Response:
        """Hold events back; they are kept, and sent when it goes on."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.pause(uow, webhook_id)))

    @api.post("/{webhook_id}/resume", response_model=Webhook)
    async def resume_webhook(request: Request, principal: Writes, webhook_id: UUID) -> Response:
        """Go on, with what was held back first."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.resume(uow, webhook_id)))


def _add_deliveries(api: APIRouter, units: UnitsOfWork, service: WebhookService) -> None:
    @api.get(
        "/{webhook_id}/deliveries",
        openapi_extra=repository.DELIVERIES.openapi(),
        response_model=DeliveryPage,
    )
    async def list_webhook_deliveries(request: Request, principal: Reads, webhook_id: UUID) -> Response:
        """What was sent, what waits, and (status=dead) what was given up."""
        own = owned_by(repository.OF_WEBHOOK, service.get, webhook_id)
        return await answer_list(units, principal, repository.DELIVERIES, request, own, name="webhook-deliveries")

    @api.get("/{webhook_id}/deliveries/{delivery_id}", response_model=DeliveryDetail)
    async def get_webhook_delivery(request: Request, principal: Reads, webhook_id: UUID, delivery_id: UUID) -> Response:
        """One, with the text that is sent."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.delivery(uow, webhook_id, delivery_id)))

    @api.post("/{webhook_id}/deliveries/{delivery_id}/redeliver", response_model=DeliveryDetail)
    async def redeliver_webhook_delivery(
        request: Request, principal: Writes, webhook_id: UUID, delivery_id: UUID
    ) -> Response:
        """Send one again, under the same id."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.redeliver(uow, webhook_id, delivery_id)))

    @api.post("/{webhook_id}/redeliver-dead", response_model=Redelivered)
    async def redeliver_dead_webhook_deliveries(request: Request, principal: Writes, webhook_id: UUID) -> Response:
        """Send all that were given up again, in their order, before what came after them."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response({"count": await service.redeliver_dead(uow, webhook_id)})
