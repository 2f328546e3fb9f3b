# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: users, roles, organizations."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, status
from sqlalchemy import RowMapping

from csms.features.accounts.identity_schemas import SessionList
from csms.features.accounts.permissions import PLACE_BOUND, Permission
from csms.features.accounts.service import AccountService
from csms.features.people import repository
from csms.features.people.role_service import OrganizationService, RoleService
from csms.features.people.schemas import (
    Accepted,
    AcceptInvitation,
    Invitation,
    Invite,
    Link,
    Mail,
    OrganizationCreate,
    OrganizationCreated,
    OrganizationItem,
    OrganizationList,
    OrganizationUpdate,
    PermissionList,
    ProfileUpdate,
    RoleCreate,
    RoleItem,
    RoleList,
    RoleUpdate,
    UserCreate,
    UserInvited,
    UserItem,
    UserPage,
    UserUpdate,
)
from csms.features.people.service import PeopleService
from csms.features.people.signed_in import PeopleSessions
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import JsonResponse, rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, client_address, scope_of
from csms.kit.http.require import require, require_signed_in
from csms.kit.http.routes import Route

ReadsUsers = Annotated[Principal, require(Permission.USER_READ)]
WritesUsers = Annotated[Principal, require(Permission.USER_WRITE)]
ReadsRoles = Annotated[Principal, require(Permission.ROLE_READ)]
WritesRoles = Annotated[Principal, require(Permission.ROLE_WRITE)]
SignedIn = Annotated[Principal, require_signed_in()]
IfMatch = Annotated[str | None, Header()]
_EDITABLE = ("id", "username", "display_name", "email", "role", "assignments", "status")


def _etag(row: RowMapping) -> str:
    return etag_of({name: row[name] for name in _EDITABLE})


def _item(row: RowMapping, code: int = 200, **extra: object) -> JsonResponse:
    return rows_response({**row, **extra}, code, {"ETag": _etag(row), "Cache-Control": "no-store"})


def _mail(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As much of a letter as is shown: not the hash of its link."""
    return None if row is None else {name: row[name] for name in Mail.model_fields}


# Over 50 lines because it is one list of thin routes.
def router(units: UnitsOfWork, people: PeopleService) -> APIRouter:
    """The routes of users over a service."""
    api = APIRouter(prefix="/api/v1", tags=["users"], route_class=Route)

    @api.get("/users", openapi_extra=repository.USERS.openapi(), response_model=UserPage)
    async def list_users(request: Request, principal: ReadsUsers) -> Response:
        """Users, with their roles."""
        return await answer_list(units, principal, repository.USERS, request, name="users")

    @api.post("/users", status_code=status.HTTP_201_CREATED, response_model=UserInvited)
    async def create_user(request: Request, principal: WritesUsers, body: UserCreate) -> Response:
        """Make a user. Without a password they are invited: by mail, or by the link in the answer, this once."""
        async with units(scope_of(request, principal)) as uow:
            row, invited = await people.create(uow, principal, body)
        url, mail = (None, None) if invited is None else (invited.url, _mail(invited.mail))
        return _item(row, 201, invitation_url=url, mail=mail)

    @api.get("/users/{user_id}", response_model=UserItem)
    async def get_user(request: Request, principal: ReadsUsers, user_id: UUID) -> Response:
        """One user."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await people.get(uow, user_id))

    @api.patch("/users/{user_id}", response_model=UserItem)
    async def update_user(
        request: Request, principal: WritesUsers, user_id: UUID, body: UserUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named; with If-Match only if nobody else changed it meanwhile."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, _etag(await people.get(uow, user_id, lock=True)))
            return _item(await people.update(uow, principal, user_id, body))

    @api.delete("/users/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def retire_user(request: Request, principal: WritesUsers, user_id: UUID) -> Response:
        """Retire a user: they never sign in again, their name becomes free, the audit log keeps what they did."""
        async with units(scope_of(request, principal)) as uow:
            await people.retire(uow, principal, user_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.post("/users/{user_id}/suspend", response_model=UserItem)
    async def suspend_user(request: Request, principal: WritesUsers, user_id: UUID) -> Response:
        """Keep a user out; their sessions end."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await people.suspend(uow, principal, user_id, active=False))

    @api.post("/users/{user_id}/reactivate", response_model=UserItem)
    async def reactivate_user(request: Request, principal: WritesUsers, user_id: UUID) -> Response:
        """Let a suspended user in again."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await people.suspend(uow, principal, user_id, active=True))

    @api.post("/users/{user_id}/sign-out", status_code=status.HTTP_204_NO_CONTENT)
    async def sign_out_user(request: Request, principal: WritesUsers, user_id: UUID) -> Response:
        """End all sessions of a user."""
        async with units(scope_of(request, principal)) as uow:
            await people.sign_out(uow, principal, user_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @api.post("/users/{user_id}/single-sign-on", response_model=UserItem)
    async def hand_over_user(request: Request, principal: WritesUsers, user_id: UUID) -> Response:
        """Take away a user's password and factors, so that they come in by the identity provider and no other way."""
        async with units(scope_of(request, principal)) as uow:
            return _item(await people.hand_over(uow, principal, user_id))

    @api.patch("/me", status_code=status.HTTP_204_NO_CONTENT)
    async def update_me(request: Request, principal: SignedIn, body: ProfileUpdate) -> Response:
        """Change one's own name."""
        async with units(scope_of(request, principal)) as uow:
            await people.update_profile(uow, principal, body)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    _add_links(api, units, people)
    return api


def _add_links(api: APIRouter, units: UnitsOfWork, people: PeopleService) -> None:
    """What links are for: invitations, and whose an address is."""

    @api.post("/users/{user_id}/invitation", status_code=status.HTTP_201_CREATED, response_model=Link)
    async def invite_user(
        request: Request, principal: WritesUsers, user_id: UUID, body: Invite | None = None
    ) -> Response:
        """A new link by which the user chooses a password, by mail where that is possible; earlier ones end."""
        async with units(scope_of(request, principal)) as uow:
            invited = await people.invite(uow, principal, user_id, show=body is not None and body.show_link)
        answer = {"url": invited.url, "mail": _mail(invited.mail), "expires_at": invited.expires_at}
        return rows_response(answer, 201, {"Cache-Control": "no-store"})

    @api.get("/users/{user_id}/invitation", response_model=Invitation)
    async def get_invitation(request: Request, principal: ReadsUsers, user_id: UUID) -> Response:
        """How far the user's invitation is, and whether its mail was taken."""
        async with units(scope_of(request, principal)) as uow:
            found = await people.invitation(uow, user_id)
        return rows_response({**found, "mail": _mail(found["mail"])}, headers={"Cache-Control": "no-store"})

    @api.post("/users/{user_id}/email-verification", status_code=status.HTTP_202_ACCEPTED, response_model=Mail)
    async def ask_user_verification(request: Request, principal: WritesUsers, user_id: UUID) -> Response:
        """Have a link sent to the user's mail address, by which they show that it is theirs."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(_mail(await people.ask_verification(uow, principal, user_id)), 202)

    @api.post("/auth/accept-invitation", response_model=Accepted, tags=["accounts"])
    async def accept_invitation(request: Request, body: AcceptInvitation) -> Response:
        """Choose a password by the link of an invitation. All earlier sessions end."""
        accounts: AccountService = request.app.state.accounts
        address = client_address(request)
        await accounts.count_attempt(address)
        name = await people.accept(body.token, body.password, address)
        return rows_response({"username": name}, headers={"Cache-Control": "no-store"})


def sessions_router(units: UnitsOfWork, sessions: PeopleSessions) -> APIRouter:
    """Where users are signed in."""
    api = APIRouter(prefix="/api/v1", tags=["users"], route_class=Route)

    @api.get("/users/{user_id}/sessions", response_model=SessionList)
    async def list_user_sessions(request: Request, principal: ReadsUsers, user_id: UUID) -> Response:
        """Where a user is signed in, the last used first."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response({"items": await sessions.of(uow, principal, user_id)})

    @api.delete("/users/{user_id}/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def end_user_session(request: Request, principal: WritesUsers, user_id: UUID, session_id: UUID) -> Response:
        """Sign a user out at one place."""
        async with units(scope_of(request, principal)) as uow:
            await sessions.end(uow, principal, user_id, session_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return api


def roles_router(units: UnitsOfWork, roles: RoleService) -> APIRouter:
    """Roles and permissions."""
    api = APIRouter(prefix="/api/v1", tags=["roles"], route_class=Route)

    @api.get("/permissions", response_model=PermissionList)
    async def list_permissions(_principal: ReadsRoles) -> Response:
        """All that can be allowed."""
        items = [{"name": str(each), "place_bound": each in PLACE_BOUND} for each in sorted(Permission)]
        return rows_response({"items": items})

    @api.get("/roles", response_model=RoleList)
    async def list_roles(request: Request, principal: ReadsRoles) -> Response:
        """Built-in roles, then the organization's own."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response({"items": await roles.all(uow)})

    @api.post("/roles", status_code=status.HTTP_201_CREATED, response_model=RoleItem)
    async def create_role(request: Request, principal: WritesRoles, body: RoleCreate) -> Response:
        """Make a role; `like` begins with the permissions of another."""
        async with units(scope_of(request, principal)) as uow:
            item = await roles.create(uow, principal, body)
        return rows_response(item, 201, {"Location": f"/api/v1/roles/{item['key']}", "ETag": etag_of(item, "users")})

    @api.get("/roles/{key}", response_model=RoleItem)
    async def get_role(request: Request, principal: ReadsRoles, key: str) -> Response:
        """One role."""
        async with units(scope_of(request, principal)) as uow:
            item = await roles.get(uow, key)
        return rows_response(item, headers={"ETag": etag_of(item, "users")})

    @api.patch("/roles/{key}", response_model=RoleItem)
    async def update_role(
        request: Request, principal: WritesRoles, key: str, body: RoleUpdate, if_match: IfMatch = None
    ) -> Response:
        """Change what is named; it holds at once for everybody who has the role."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(await roles.get(uow, key), "users"))
            item = await roles.update(uow, principal, key, body)
        return rows_response(item, headers={"ETag": etag_of(item, "users")})

    @api.delete("/roles/{key}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_role(request: Request, principal: WritesRoles, key: str) -> Response:
        """Delete a role that nobody has."""
        async with units(scope_of(request, principal)) as uow:
            await roles.delete(uow, key)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return api


def organizations_router(units: UnitsOfWork, organizations: OrganizationService) -> APIRouter:
    """The own organization, and the others of the installation."""
    api = APIRouter(prefix="/api/v1", tags=["organizations"], route_class=Route)

    @api.get("/organization", response_model=OrganizationItem)
    async def get_organization(request: Request, principal: SignedIn) -> Response:
        """The organization one works for."""
        async with units(scope_of(request, principal)) as uow:
            row = await organizations.own(uow)
        return rows_response(dict(row), headers={"ETag": etag_of(dict(row))})

    @api.patch("/organization", response_model=OrganizationItem)
    async def update_organization(
        request: Request,
        principal: Annotated[Principal, require(Permission.ORGANIZATION_UPDATE)],
        body: OrganizationUpdate,
        if_match: IfMatch = None,
    ) -> Response:
        """Change what is named; with If-Match only if nobody else changed it meanwhile."""
        async with units(scope_of(request, principal)) as uow:
            check_if_match(if_match, etag_of(dict(await organizations.own(uow, lock=True))))
            row = await organizations.update(uow, body)
        return rows_response(dict(row), headers={"ETag": etag_of(dict(row))})

    @api.get("/organizations", response_model=OrganizationList)
    async def list_organizations(
        request: Request, principal: Annotated[Principal, require(Permission.INSTALLATION_MANAGE)]
    ) -> Response:
        """All organizations of the installation; for administrators of the first one."""
        async with units(scope_of(request, principal)) as uow:
            rows = await repository.all_organizations(uow.connection)
        return rows_response({"items": [dict(row) for row in rows]})

    @api.post("/organizations", status_code=status.HTTP_201_CREATED, response_model=OrganizationCreated)
    async def create_organization(
        request: Request,
        principal: Annotated[Principal, require(Permission.INSTALLATION_MANAGE)],
        body: OrganizationCreate,
    ) -> Response:
        """Make an organization with its first administrator, invited by mail or by the link in the answer."""
        async with units(scope_of(request, principal)):  # holds the Idempotency-Key
            key, invited = await organizations.create(principal.actor, body)
        answer = {"id": key, "name": body.name, "time_zone": body.time_zone, "admin": body.admin}
        answer |= {"invitation_url": invited.url, "mail": _mail(invited.mail)}
        return rows_response(answer, 201, {"Cache-Control": "no-store"})

    return api
