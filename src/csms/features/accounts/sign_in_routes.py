# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: the other ways in: second factors, passkeys, links for who forgot their password."""

from fastapi import APIRouter, Request, Response

from csms.features.accounts.dependencies import Accounts, From, Parts, check_cookie_wanted, give
from csms.features.accounts.identity_schemas import (
    BrowserSession,
    ForgotPasswordBody,
    MfaTokenBody,
    PasskeyOptions,
    PasskeySignIn,
    ResetPasswordBody,
    SecondFactorBody,
    VerifiedEmail,
    VerifyEmailBody,
)
from csms.features.accounts.schemas import TokenPair
from csms.kit.http.json import rows_response
from csms.kit.http.routes import Route

router = APIRouter(prefix="/api/v1", tags=["accounts"], route_class=Route)


@router.post("/auth/mfa")
async def finish_sign_in(
    body: SecondFactorBody, identity: Parts, client: From, request: Request, response: Response
) -> TokenPair | BrowserSession:
    """Show the second factor. The session is of the kind that was asked for with the password."""
    return await give(await identity.sign_in.finish(body, client), identity, request, response)


@router.post("/auth/mfa/passkey-options", response_model=PasskeyOptions)
async def ask_second_passkey(body: MfaTokenBody, identity: Parts, client: From) -> Response:
    """What the browser is to be asked, where a passkey is the second factor."""
    return rows_response(await identity.sign_in.ask_passkey(body.mfa_token, client))


@router.post("/auth/passkey/options", response_model=PasskeyOptions)
async def ask_passkey(identity: Parts, client: From) -> Response:
    """What the browser is to be asked, to sign in with a passkey alone."""
    return rows_response(await identity.sign_in.ask_anybody(client))


@router.post("/auth/passkey")
async def login_with_passkey(
    body: PasskeySignIn, identity: Parts, client: From, request: Request, response: Response
) -> TokenPair | BrowserSession:
    """Sign in with a passkey alone; the device has checked that it is its owner."""
    check_cookie_wanted(request, body.session)
    opened = await identity.sign_in.with_passkey(body.credential, client, body.session)
    return await give(opened, identity, request, response)


@router.post("/auth/forgot-password", status_code=202, response_class=Response)
async def forgot_password(body: ForgotPasswordBody, identity: Parts, client: From) -> Response:
    """Have a link sent, if there is such a user, they have an e-mail address, and a mail server is set."""
    await identity.changes.ask(body.username, client)
    return Response(status_code=202)


@router.post("/auth/reset-password", status_code=204)
async def reset_password(body: ResetPasswordBody, accounts: Accounts, client: From) -> Response:
    """Set a new password with the secret of a link, once. All sessions end; second factors stay."""
    await accounts.reset_password(body.token, body.new_password, client)
    return Response(status_code=204)


@router.post("/auth/verify-email", response_model=VerifiedEmail)
async def verify_email(body: VerifyEmailBody, accounts: Accounts, client: From) -> Response:
    """Show, by the link that went there, that mail to an address is yours. A new address takes effect; sessions end."""
    await accounts.identity.sign_in.count_attempt(client.address)
    shown = await accounts.identity.addresses.confirm(body.token, client)
    if shown.is_new:
        accounts.forget(shown.user_id)
    return rows_response({"email": shown.email})
