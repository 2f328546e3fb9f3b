# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The door keeper of a route: `principal: Annotated[Principal, require("charger:charger:read")]`."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from csms.kit.http.limits import RequestLimits
from csms.kit.http.principal import PERMISSION, Principal, client_address
from csms.kit.http.problems import PasswordChangeRequiredError, UnauthorizedError

Authenticate = Callable[[str], Awaitable[Principal]]
AuthenticateKey = Callable[[str, str | None], Awaitable[Principal]]

# Name the schemes in the OpenAPI document; the headers themselves are read below, so that every refusal is our own.
_BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", bearerFormat="JWT")
_API_KEY = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="api_key")


def bearer_token(request: Request) -> str:
    """The token of `Authorization: Bearer …` (RFC 6750 section 2.1); never from the URL, where logs would keep it."""
    values = request.headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthorizedError("sign in first: send the header Authorization: Bearer <access_token>")
    return token.strip()


async def _authenticated(request: Request) -> Principal:
    limits: RequestLimits = request.app.state.limits
    await limits.of_address(client_address(request))
    keys = request.headers.getlist("x-api-key")
    if keys and "authorization" in request.headers:
        raise UnauthorizedError("send either Authorization or X-API-Key, not both")
    if keys:
        by_key: AuthenticateKey = request.app.state.authenticate_key
        principal = await by_key(keys[0] if len(keys) == 1 else "", client_address(request))
    else:
        by_token: Authenticate = request.app.state.authenticate
        principal = await by_token(bearer_token(request))
    request.scope["csms.user"] = principal.username
    request.scope["csms.principal"] = str(principal.user_id)
    await limits.of_principal(request.scope, principal.kind, str(principal.user_id))
    return principal


def _signed_in(*, fresh_password: bool) -> Callable[..., Awaitable[Principal]]:
    async def check(
        request: Request,
        _bearer: Annotated[object, Depends(_BEARER)],
        _api_key: Annotated[object, Depends(_API_KEY)],
    ) -> Principal:
        principal = await _authenticated(request)
        if fresh_password and principal.must_change_password:
            raise PasswordChangeRequiredError("set a new password first: POST /api/v1/auth/change-password")
        return principal

    return check


def require(permission: str) -> Any:
    """A dependency that gives the Principal if it may do that; 401 or 403 otherwise."""
    signed_in = _signed_in(fresh_password=True)

    async def check(request: Request, principal: Annotated[Principal, Depends(signed_in)]) -> Principal:
        principal.need(permission)
        request.scope[PERMISSION] = permission
        return principal

    check.permission = permission  # type: ignore[attr-defined]  # routes are compared with the roles by it
    return Depends(check)


def require_signed_in(*, fresh_password: bool = True) -> Any:
    """A dependency for routes about oneself; `fresh_password=False` lets in whoever has to change theirs."""
    return Depends(_signed_in(fresh_password=fresh_password))
