# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: alerts and their rules."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, status

from csms.features.accounts.permissions import Permission
from csms.features.alerts import groups, registry, repository
from csms.features.alerts.registry import AlertRuleService
from csms.features.alerts.schemas import (
    Alert,
    AlertAssigneePage,
    AlertAssignment,
    AlertComment,
    AlertEventPage,
    AlertGroupPage,
    AlertKinds,
    AlertNote,
    AlertPage,
    AlertRule,
    AlertRuleCreate,
    AlertRulePage,
    AlertRuleTest,
    AlertRuleUpdate,
    AlertsAssign,
    AlertsChanged,
    AlertsNamed,
    AlertSnooze,
    AlertsSnooze,
)
from csms.features.alerts.service import AlertService
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list, owned_by
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

Reads = Annotated[Principal, require(Permission.ALERT_READ)]
Handles = Annotated[Principal, require(Permission.ALERT_HANDLE)]
ReadsRules = Annotated[Principal, require(Permission.ALERT_RULE_READ)]
WritesRules = Annotated[Principal, require(Permission.ALERT_RULE_WRITE)]
IfMatch = Annotated[str | None, Header()]


def rules_router(units: UnitsOfWork, service: AlertRuleService) -> APIRouter:
    """When alerts are raised."""
    api = APIRouter(prefix="/api/v1", tags=["alert rules"], route_class=Route)

    @api.get("/alert-rules", openapi_extra=repository.RULES.openapi(), response_model=AlertRulePage)
    async def list_alert_rules(request: Request, principal: ReadsRules) -> Response:
        """Rules. An organization has some from its first use on; all of them may be changed and removed."""
        async with units(scope_of(request, principal)) as uow:
            await service.seed(uow)
        return await answer_list(units, principal, repository.RULES, request, name="alert-rules")

    @api.get("/alert-rules/kinds", response_model=AlertKinds)
    async def list_alert_kinds(principal: ReadsRules) -> Response:
        """What conditions there are, with their parameters and defaults."""
        del principal  # asked for the permission
        return rows_response({"items": registry.kinds()})

    @api.post("/alert-rules", status_code=status.HTTP_201_CREATED, response_model=AlertRule)
    async def create_alert_rule(request: Request, principal: WritesRules, body: AlertRuleCreate) -> Response:
        """A new rule; it is in force within seconds."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.create(uow, body))
        return rows_response(
            row, 201, {"Location": f"/api/v1/alert-rules/{row['id']}", "ETag": etag_of(row, "standing")}
        )

    @api.get("/alert-rules/{rule_id}", response_model=AlertRule)
    async def get_alert_rule(request: Request, principal: ReadsRules, rule_id: UUID) -> Response:
        """One rule."""
        async with units(scope_of(request, principal)) as uow:
            row = dict(await service.get(uow, rule_id))
        return rows_response(row, headers={"ETag": etag_of(row, "standing")})

    @api.patch("/alert-rules/{rule_id}", response_model=AlertRule)
    async def update_alert_rule(
        request: Request, principal: WritesRules, rule_id: UUID, body: AlertRuleUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named; `null` takes quiet_hours, renotify_after_s and group_over away."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await service.get(uow, rule_id, lock=True)), "standing"))
            row = dict(await service.update(uow, rule_id, body))
        return rows_response(row, headers={"ETag": etag_of(row, "standing")})

    @api.delete("/alert-rules/{rule_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_alert_rule(request: Request, principal: WritesRules, rule_id: UUID) -> Response:
        """Forget a rule. Its alerts are resolved and stay to be read."""
        async with units(scope_of(request, principal)) as uow:
            await service.delete(uow, rule_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.post("/alert-rules/{rule_id}/test", response_model=AlertRuleTest)
    async def test_alert_rule(request: Request, principal: ReadsRules, rule_id: UUID) -> Response:
        """What the rule finds now, in force or not; nothing is raised."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await service.test(uow, rule_id))

    return api


def router(units: UnitsOfWork, service: AlertService) -> APIRouter:
    """What was raised, and what is done about it."""
    api = APIRouter(prefix="/api/v1", tags=["alerts"], route_class=Route)

    @api.get("/alerts", openapi_extra=repository.ALERTS.openapi(), response_model=AlertPage)
    async def list_alerts(request: Request, principal: Reads) -> Response:
        """Alerts, the newest first. member=false leaves those out that belong to an outage which is listed itself."""
        return await answer_list(units, principal, repository.ALERTS, request, name="alerts")

    @api.get("/alerts/{alert_id}", response_model=Alert)
    async def get_alert(request: Request, principal: Reads, alert_id: UUID) -> Response:
        """One alert."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.get(uow, alert_id)))

    @api.get(
        "/alerts/{alert_id}/events",
        openapi_extra=repository.EVENTS.openapi(),
        response_model=AlertEventPage,
    )
    async def list_alert_events(request: Request, principal: Reads, alert_id: UUID) -> Response:
        """The history of an alert: when it was raised, who did what, what was said, when somebody was told."""
        own = owned_by(repository.OF_ALERT, service.get, alert_id)
        return await answer_list(units, principal, repository.EVENTS, request, own, name="alert-events")

    @api.get("/alert-groups", openapi_extra=groups.GROUPS.openapi(), response_model=AlertGroupPage)
    async def list_alert_groups(request: Request, principal: Reads) -> Response:
        """Alerts that stand by their cause, critical ones first: an outage is one, else those of a rule at a site.

        A filter by status finds the groups that have such an alert.
        """
        return await answer_list(units, principal, groups.GROUPS, request, name="alert-groups")

    @api.get("/alert-assignees", openapi_extra=repository.ASSIGNEES.openapi(), response_model=AlertAssigneePage)
    async def list_alert_assignees(request: Request, principal: Handles) -> Response:
        """Who can be given an alert. Whose role holds at some places only sees nobody, and may name themselves."""
        return await answer_list(
            units, principal, repository.ASSIGNEES, request, repository.CAN_BE_GIVEN, name="alert-assignees"
        )

    _handling_many(api, units, service)
    _handling(api, units, service)
    return api


def _handling_many(api: APIRouter, units: UnitsOfWork, service: AlertService) -> None:
    @api.post("/alerts/acknowledge", response_model=AlertsChanged)
    async def acknowledge_alerts(request: Request, principal: Handles, body: AlertsNamed) -> Response:
        """Acknowledge several at once; those that are over, or acknowledged already, are passed over."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response({"ids": await service.acknowledge_many(uow, body)})

    @api.post("/alerts/assign", response_model=AlertsChanged)
    async def assign_alerts(request: Request, principal: Handles, body: AlertsAssign) -> Response:
        """Give several to somebody; those that are over are passed over."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response({"ids": await service.assign_many(uow, body)})

    @api.post("/alerts/snooze", response_model=AlertsChanged)
    async def snooze_alerts(request: Request, principal: Handles, body: AlertsSnooze) -> Response:
        """Put several off; those that are over are passed over."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response({"ids": await service.snooze_many(uow, body)})

    @api.post("/alerts/resolve", response_model=AlertsChanged)
    async def resolve_alerts(request: Request, principal: Handles, body: AlertsNamed) -> Response:
        """Say that several are dealt with; those that are over are passed over."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response({"ids": await service.resolve_many(uow, body)})


def _handling(api: APIRouter, units: UnitsOfWork, service: AlertService) -> None:
    @api.post("/alerts/{alert_id}/acknowledge", response_model=Alert)
    async def acknowledge_alert(request: Request, principal: Handles, alert_id: UUID, body: AlertNote) -> Response:
        """Say that somebody has seen it: there are no more messages about it."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.acknowledge(uow, alert_id, body)))

    @api.post("/alerts/{alert_id}/assign", response_model=Alert)
    async def assign_alert(request: Request, principal: Handles, alert_id: UUID, body: AlertAssignment) -> Response:
        """Give it to somebody."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.assign(uow, alert_id, body)))

    @api.post("/alerts/{alert_id}/snooze", response_model=Alert)
    async def snooze_alert(request: Request, principal: Handles, alert_id: UUID, body: AlertSnooze) -> Response:
        """Put it off: then it is open again and told once more, unless it is over."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.snooze(uow, alert_id, body)))

    @api.post("/alerts/{alert_id}/resolve", response_model=Alert)
    async def resolve_alert(request: Request, principal: Handles, alert_id: UUID, body: AlertNote) -> Response:
        """Say that it is dealt with. It is raised again only once its condition was over and came back."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.resolve(uow, alert_id, body)))

    @api.post("/alerts/{alert_id}/reopen", response_model=Alert)
    async def reopen_alert(request: Request, principal: Handles, alert_id: UUID, body: AlertNote) -> Response:
        """Say that it was not dealt with after all."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.reopen(uow, alert_id, body)))

    @api.post("/alerts/{alert_id}/comment", response_model=Alert)
    async def comment_alert(request: Request, principal: Handles, alert_id: UUID, body: AlertComment) -> Response:
        """Leave words for whoever looks next."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(dict(await service.comment(uow, alert_id, body)))
