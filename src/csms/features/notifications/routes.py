# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: notification channels, what was sent over them, and in which words."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.notifications import repository
from csms.features.notifications.schemas import (
    Channel,
    ChannelCreate,
    ChannelPage,
    ChannelSecret,
    ChannelTest,
    ChannelUpdate,
    Notification,
    NotificationKinds,
    NotificationPage,
    NotificationPreview,
    Template,
    TemplateBody,
    TemplatePage,
)
from csms.features.notifications.service import NotificationService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.NOTIFICATION_READ)]
Writes = Annotated[Principal, require(Permission.NOTIFICATION_WRITE)]
IfMatch = Annotated[str | None, Header()]
Kind = Annotated[str, Path(description="One of those of `GET /api/v1/notification-kinds`: alert_raised.")]
Language = Annotated[str, Query(description="de, or de-AT.")]


def router(units: UnitsOfWork, service: NotificationService) -> APIRouter:
    """The routes over a service."""
    api = APIRouter(prefix="/api/v1", tags=["notifications"], route_class=Route)
    _add_channels(api, units, service)
    _add_sent(api, units, service)
    _add_templates(api, units, service)
    return api


def _add_channels(api: APIRouter, units: UnitsOfWork, service: NotificationService) -> None:
    @api.get(
        "/notification-channels",
        openapi_extra=repository.CHANNELS.openapi(),
        response_model=ChannelPage,
    )
    async def list_notification_channels(request: Request, principal: Reads) -> Response:
        """Ways to people; where exactly they go is never shown again."""
        return await answer_list(units, principal, repository.CHANNELS, request, name="notification-channels")

    @api.post("/notification-channels", status_code=status.HTTP_201_CREATED, response_model=ChannelSecret)
    async def create_notification_channel(request: Request, principal: Writes, body: ChannelCreate) -> Response:
        """A way to somebody. The secret of a webhook is shown this once."""
        target = await service.check(body.config)
        async with units(scope_of(request, principal)) as uow:
            row = await service.create(uow, body, target)
        return rows_response(row, 201, {"Location": f"/api/v1/notification-channels/{row['id']}"})

    @api.get("/notification-channels/{channel_id}", response_model=Channel)
    async def get_notification_channel(request: Request, principal: Reads, channel_id: UUID) -> Response:
        """One channel."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await service.shown(uow, await service.get(uow, channel_id)))

    @api.patch("/notification-channels/{channel_id}", response_model=Channel)
    async def update_notification_channel(
        request: Request, principal: Writes, channel_id: UUID, body: ChannelUpdate
    ) -> Response:
        """Change what is named; what waits goes to the new address."""
        target = await service.check(body.config)
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await service.shown(uow, await service.update(uow, channel_id, body, target)))

    @api.delete("/notification-channels/{channel_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_notification_channel(request: Request, principal: Writes, channel_id: UUID) -> Response:
        """Send nothing more over it; what waits and what was sent is forgotten."""
        async with units(scope_of(request, principal)) as uow:
            await service.delete(uow, channel_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.post("/notification-channels/{channel_id}/test", response_model=ChannelTest)
    async def test_notification_channel(request: Request, principal: Writes, channel_id: UUID) -> Response:
        """Send a message now, beside the queue, and tell what came of it."""
        async with units(scope_of(request, principal)) as uow:
            target = await service.target(uow, channel_id)
        return rows_response(await service.test(target))


def _add_sent(api: APIRouter, units: UnitsOfWork, service: NotificationService) -> None:
    @api.get(
        "/notifications",
        openapi_extra=repository.NOTIFICATIONS.openapi(),
        response_model=NotificationPage,
    )
    async def list_notifications(request: Request, principal: Reads) -> Response:
        """What was sent, what waits, and (status=dead) what was given up."""
        return await answer_list(units, principal, repository.NOTIFICATIONS, request, name="notifications")

    @api.post("/notifications/{notification_id}/resend", response_model=Notification)
    async def resend_notification(request: Request, principal: Writes, notification_id: UUID) -> Response:
        """Send again what was given up."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.resend(uow, notification_id)))


def _add_templates(api: APIRouter, units: UnitsOfWork, service: NotificationService) -> None:
    @api.get("/notification-kinds", response_model=NotificationKinds)
    async def list_notification_kinds(principal: Reads) -> Response:
        """What kinds of messages are sent, and what their words may have in them."""
        del principal  # asked for the permission
        return rows_response({"items": service.kinds()})

    @api.get(
        "/notification-templates",
        openapi_extra=repository.TEMPLATES.openapi(),
        response_model=TemplatePage,
    )
    async def list_notification_templates(request: Request, principal: Reads) -> Response:
        """Words that were set."""
        return await answer_list(units, principal, repository.TEMPLATES, request, name="notification-templates")

    @api.get("/notification-templates/{kind}", response_model=Template)
    async def get_notification_template(
        request: Request, principal: Reads, kind: Kind, language: Language = "en"
    ) -> Response:
        """The words of a kind of message: those that were set, else the program's."""
        async with units(scope_of(request, principal)) as uow:
            return _words(await service.template(uow, kind, language))

    @api.put("/notification-templates/{kind}", response_model=Template)
    async def set_notification_template(
        request: Request,
        principal: Writes,
        kind: Kind,
        body: TemplateBody,
        language: Language = "en",
        if_match: IfMatch = None,
    ) -> Response:
        """Set the words. Values are put in by name, {{ title }}; nothing is computed.

        With If-Match only if nobody else changed them meanwhile.
        """
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(await service.template(uow, kind, language, lock=True)))
            return _words(await service.set_template(uow, kind, language, body))

    @api.delete("/notification-templates/{kind}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_notification_template(
        request: Request, principal: Writes, kind: Kind, language: Language = "en"
    ) -> Response:
        """Back to the program's words."""
        async with units(scope_of(request, principal)) as uow:
            await service.drop_template(uow, kind, language)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.post("/notification-templates/{kind}/preview", response_model=NotificationPreview)
    async def preview_notification_template(principal: Reads, kind: Kind, body: TemplateBody) -> Response:
        """An example of this kind of message in these words. Nothing is kept, and nothing is sent."""
        del principal  # asked for the permission
        return rows_response(service.preview(kind, body))


def _words(row: dict[str, Any]) -> Response:
    return rows_response(row, headers={"ETag": etag_of(row)})
