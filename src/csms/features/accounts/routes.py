# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: signing in and out, one's own account."""

from fastapi import APIRouter, Request, Response

from csms.features.accounts import provider_routes, security_routes, sign_in_routes
from csms.features.accounts.dependencies import (
    Accounts,
    AnySignedIn,
    From,
    Parts,
    Units,
    check_cookie_wanted,
    give,
)
from csms.features.accounts.identity_schemas import BrowserSession, SecondFactorNeeded
from csms.features.accounts.schemas import (
    ChangePasswordBody,
    Grant,
    LoginBody,
    LogoutBody,
    Me,
    OrganizationOut,
    RefreshBody,
    SecondFactorAsked,
    SessionKind,
    TokenPair,
)
from csms.kit.http.principal import scope_of
from csms.kit.http.require import came_by_cookie
from csms.kit.http.routes import Route

router = APIRouter(prefix="/api/v1", tags=["accounts"], route_class=Route)
for _each in (sign_in_routes.router, security_routes.router, provider_routes.router):
    router.routes.extend(_each.routes)


@router.post("/auth/login")
async def login(
    body: LoginBody, identity: Parts, client: From, request: Request, response: Response
) -> TokenPair | BrowserSession | SecondFactorNeeded:
    """Sign in with user name and password. Where there is a second factor, the answer asks for it."""
    check_cookie_wanted(request, body.session)
    answer = await identity.sign_in.login(body.username, body.password, client, body.session)
    return answer if isinstance(answer, SecondFactorNeeded) else await give(answer, identity, request, response)


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
    response = Response(status_code=204)
    if came_by_cookie(request):
        accounts.identity.cookie.take(response)
    return response


@router.post("/auth/change-password")
async def change_password(
    body: ChangePasswordBody,
    principal: AnySignedIn,
    accounts: Accounts,
    client: From,
    request: Request,
    response: Response,
) -> TokenPair | BrowserSession:
    """Set a new password. All sessions end; the answer is a new one, of the kind that was shown."""
    kind: SessionKind = "cookie" if came_by_cookie(request) else "token"
    opened = await accounts.change_password(principal, body.current_password, body.new_password, client, kind)
    return await give(opened, accounts.identity, request, response)


@router.get("/me")
async def get_me(request: Request, principal: AnySignedIn, accounts: Accounts, units: Units) -> Me:
    """Who is signed in, and what they may do."""
    async with units(scope_of(request, principal)) as uow:
        found = await accounts.profile(uow, principal)
        asked = await accounts.second_factor(uow, principal)
    return Me(
        id=principal.user_id,
        kind=principal.kind,
        username=principal.username,
        display_name=found["display_name"],
        email=found["email"],
        email_verified_at=found["email_verified_at"],
        role=found["role"],
        must_change_password=principal.must_change_password,
        second_factor=None if asked is None else SecondFactorAsked.model_validate(asked),
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
