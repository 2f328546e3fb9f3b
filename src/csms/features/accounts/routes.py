# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: signing in and out, one's own account."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from csms.features.accounts.schemas import (
    ChangePasswordBody,
    Grant,
    LoginBody,
    LogoutBody,
    Me,
    OrganizationOut,
    RefreshBody,
    TokenPair,
)
from csms.features.accounts.service import AccountService, Client
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.principal import Principal, client_address, request_id, scope_of
from csms.kit.http.require import require_signed_in
from csms.kit.http.routes import Route

router = APIRouter(prefix="/api/v1", tags=["accounts"], route_class=Route)


def _accounts(request: Request) -> AccountService:
    service: AccountService = request.app.state.accounts
    return service


def _units(request: Request) -> UnitsOfWork:
    units: UnitsOfWork = request.app.state.units
    return units


def _client(request: Request) -> Client:
    return Client(client_address(request), request.headers.get("user-agent"), request_id(request))


Accounts = Annotated[AccountService, Depends(_accounts)]
Units = Annotated[UnitsOfWork, Depends(_units)]
From = Annotated[Client, Depends(_client)]
# Whoever has to change their password may do these three things, and nothing else.
AnySignedIn = Annotated[Principal, require_signed_in(fresh_password=False)]


@router.post("/auth/login")
async def login(body: LoginBody, accounts: Accounts, client: From) -> TokenPair:
    """Sign in with user name and password."""
    return await accounts.login(body.username, body.password, client)


@router.post("/auth/refresh")
async def refresh(body: RefreshBody, accounts: Accounts, client: From) -> TokenPair:
    """Exchange a refresh token for a new pair; each is good once."""
    return await accounts.refresh(body.refresh_token, client)


@router.post("/auth/logout", status_code=204)
async def logout(
    request: Request, principal: AnySignedIn, accounts: Accounts, units: Units, body: LogoutBody | None = None
) -> Response:
    """End this session, or all of them."""
    async with units(scope_of(request, principal)) as uow:
        await accounts.logout(uow, principal, everywhere=body is not None and body.everywhere)
    return Response(status_code=204)


@router.post("/auth/change-password")
async def change_password(
    body: ChangePasswordBody, principal: AnySignedIn, accounts: Accounts, client: From
) -> TokenPair:
    """Set a new password. All sessions end; the answer is the pair of a new one."""
    return await accounts.change_password(principal, body.current_password, body.new_password, client)


@router.get("/me")
async def get_me(request: Request, principal: AnySignedIn, accounts: Accounts, units: Units) -> Me:
    """Who is signed in, and what they may do."""
    async with units(scope_of(request, principal)) as uow:
        found = await accounts.profile(uow, principal)
    return Me(
        id=principal.user_id,
        kind=principal.kind,
        username=principal.username,
        display_name=found["display_name"],
        email=found["email"],
        role=found["role"],
        must_change_password=principal.must_change_password,
        last_login_at=found["last_login_at"],
        permissions=sorted(principal.permissions),
        grants=[
            Grant(permission=name, places=None if places is None else sorted(places))
            for name, places in sorted(principal.grants.items())
        ],
        organization=OrganizationOut(
            id=principal.organization_id, name=found["organization_name"], time_zone=found["time_zone"]
        ),
    )
