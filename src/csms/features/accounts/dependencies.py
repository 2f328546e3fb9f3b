# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the routes of accounts stand on."""

from typing import Annotated

from fastapi import Depends, Request, Response

from csms.features.accounts.clients import Client
from csms.features.accounts.identity import Identity
from csms.features.accounts.identity_schemas import BrowserSession
from csms.features.accounts.schemas import TokenPair
from csms.features.accounts.service import AccountService
from csms.features.accounts.sessions import Opened
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.cookies import SessionCookie
from csms.kit.http.principal import Principal, client_address, request_id
from csms.kit.http.require import require_signed_in


def _accounts(request: Request) -> AccountService:
    service: AccountService = request.app.state.accounts
    return service


def _identity(request: Request) -> Identity:
    return _accounts(request).identity


def _units(request: Request) -> UnitsOfWork:
    units: UnitsOfWork = request.app.state.units
    return units


def _client(request: Request) -> Client:
    return Client(client_address(request), request.headers.get("user-agent"), request_id(request))


Accounts = Annotated[AccountService, Depends(_accounts)]
Parts = Annotated[Identity, Depends(_identity)]
Units = Annotated[UnitsOfWork, Depends(_units)]
From = Annotated[Client, Depends(_client)]
# Whoever has to change their password, or to set up or show a second factor, may do a few things about themselves, and
# nothing else. Who has one that was not shown sets up no other: that would be a way around it.
AnySignedIn = Annotated[
    Principal, require_signed_in(fresh_password=False, second_factor=("fine", "missing", "unshown"))
]
Asked = Annotated[Principal, require_signed_in(second_factor=("fine", "missing", "unshown"))]
SettingUp = Annotated[Principal, require_signed_in(second_factor=("fine", "missing"))]
Showing = Annotated[Principal, require_signed_in(second_factor=("fine", "unshown"))]
SignedIn = Annotated[Principal, require_signed_in()]


def check_cookie_wanted(request: Request, kind: str) -> None:
    """A page of somebody else signs nobody in: not even into an account of its own."""
    if kind == "cookie":
        cookie: SessionCookie = request.app.state.session_cookie
        cookie.check_not_foreign(request)


async def give(opened: Opened, identity: Identity, request: Request, response: Response) -> TokenPair | BrowserSession:
    """The answer of a sign-in. For a browser with its cookie; the session that it had before ends."""
    if opened.cookie is not None:
        before = identity.cookie.read(request)
        if before is not None and (left := await identity.sessions.leave(before)) is not None:
            accounts: AccountService = request.app.state.accounts
            accounts.forget(left)
        identity.cookie.give(response, opened.cookie, opened.max_age_s)
    return opened.answer
