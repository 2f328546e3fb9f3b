# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The door keeper of a route: `principal: Annotated[Principal, require("charger:charger:read")]`."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, ClassVar, Final

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from csms.kit.http.answers import QUESTION, Question
from csms.kit.http.can import PRINCIPAL, dependencies_of
from csms.kit.http.cookies import SessionCookie
from csms.kit.http.limits import RequestLimits
from csms.kit.http.principal import PERMISSION, Principal, SecondFactor, client_address
from csms.kit.http.problems import (
    ForbiddenError,
    PasswordChangeRequiredError,
    SecondFactorRequiredError,
    UnauthorizedError,
)

Authenticate = Callable[[str], Awaitable[Principal]]
AuthenticateKey = Callable[[str, str | None], Awaitable[Principal]]
AuthenticateCookie = Callable[[str, Request], Awaitable[Principal]]
Preview = Callable[[Principal, str], Awaitable[Principal]]
"""Somebody with what they and a role may do."""
Way = Callable[[Request], Awaitable[Principal | None]]
Keeper = Callable[[Request], Awaitable[Principal]]

# For the OpenAPI document. They are no dependencies of routes: what FastAPI resolves for each request costs time, and
# every refusal is to be our own.
SCHEMES: Final[Mapping[str, Mapping[str, str]]] = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": SessionCookie(secure=True).name},
}
_FINE: Final[tuple[SecondFactor, ...]] = ("fine",)
_FIRST: Final = {
    "missing": "set up a second factor first: POST /api/v1/me/totp, or /api/v1/me/passkeys/options",
    "unshown": "show your second factor first: POST /api/v1/me/second-factor, or sign in anew",
}


PREVIEW_ROLE: Final = "csms-preview-role"
"""A header: answer as to somebody who has that role, as far as whoever asks may do it."""
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class PreviewOnlyError(ForbiddenError):
    """Whoever looks at things as a role would sees them, and changes nothing."""

    code: ClassVar[str] = "preview_only"


def bearer_token(request: Request) -> str:
    """The token of `Authorization: Bearer …` (RFC 6750 section 2.1); never from the URL, where logs would keep it."""
    values = request.headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthorizedError("sign in first: send the header Authorization: Bearer <access_token>")
    return token.strip()


async def _by_token(request: Request) -> Principal | None:
    if "authorization" not in request.headers:
        return None
    authenticate: Authenticate = request.app.state.authenticate
    return await authenticate(bearer_token(request))


async def _by_key(request: Request) -> Principal | None:
    keys = request.headers.getlist("x-api-key")
    if not keys:
        return None
    if "authorization" in request.headers:
        raise UnauthorizedError("send either Authorization or X-API-Key, not both")
    authenticate: AuthenticateKey = request.app.state.authenticate_key
    return await authenticate(keys[0] if len(keys) == 1 else "", client_address(request))


async def _by_cookie(request: Request) -> Principal | None:
    cookie: SessionCookie | None = getattr(request.app.state, "session_cookie", None)
    value = None if cookie is None else cookie.read(request)
    if cookie is None or value is None:
        return None
    cookie.check_own(request)
    authenticate: AuthenticateCookie = request.app.state.authenticate_cookie
    return await authenticate(value, request)


# The first credential that a request carries counts; where it is refused, no other is tried.
_WAYS: Final[tuple[tuple[str, Way], ...]] = (
    ("key", _by_key),
    ("token", _by_token),
    ("cookie", _by_cookie),
)


async def previewed(request: Request, principal: Principal) -> Principal:
    """Who asks, with what is left to them as the role that the request names; as they are, where it names none."""
    role = request.headers.get(PREVIEW_ROLE)
    if role is None:
        return principal
    if request.method not in _READING:
        raise PreviewOnlyError(f"you look at things as {role!r} would: nothing is changed meanwhile")
    preview: Preview = request.app.state.preview
    return await preview(principal, role)


async def _authenticated(request: Request) -> Principal:
    limits: RequestLimits = request.app.state.limits
    await limits.of_address(client_address(request))
    for name, way in _WAYS:
        principal = await way(request)
        if principal is not None:
            request.scope["csms.way"] = name
            request.scope["csms.user"] = principal.username
            request.scope["csms.principal"] = str(principal.user_id)
            principal = request.scope[PRINCIPAL] = await previewed(request, principal)
            await limits.of_principal(request.scope, principal.kind, str(principal.user_id))
            return principal
    raise UnauthorizedError("sign in first: send the header Authorization: Bearer <access_token>")


def came_by_cookie(request: Request) -> bool:
    """Whether it is a browser's session that was shown."""
    return request.scope.get("csms.way") == "cookie"


def _signed_in(*, fresh_password: bool, second_factor: Collection[SecondFactor]) -> Keeper:
    async def check(request: Request) -> Principal:
        principal = await _authenticated(request)
        if fresh_password and principal.must_change_password:
            raise PasswordChangeRequiredError("set a new password first: POST /api/v1/auth/change-password")
        if principal.second_factor not in second_factor:
            raise SecondFactorRequiredError(_FIRST[principal.second_factor])
        return principal

    check.keeps = True  # type: ignore[attr-defined]
    return check


_ordinarily: Final = _signed_in(fresh_password=True, second_factor=_FINE)


def is_kept(route: APIRoute) -> bool:
    """Whether a route has a door keeper."""
    return any(getattr(each, "keeps", False) for each in dependencies_of(route.endpoint))


def require(permission: str) -> Any:
    """A dependency that gives the Principal if it may do that; 401 or 403 otherwise."""

    async def check(request: Request) -> Principal:
        principal = await _ordinarily(request)
        principal.need(permission)
        request.scope[PERMISSION] = permission
        question: Question | None = request.scope.get(QUESTION)
        if question is not None:
            question.look(principal)
        return principal

    check.permission = permission  # type: ignore[attr-defined]  # routes are compared with the roles by it
    check.keeps = True  # type: ignore[attr-defined]
    return Depends(check)


async def _known_or_nobody(request: Request) -> Principal | None:
    """Who shows nothing, or what is good for nothing any more, is nobody."""
    try:
        return await _authenticated(request)
    except UnauthorizedError:
        return None


def signed_in_or_not() -> Any:
    """A dependency for what everybody is told, and more of it to whoever is signed in."""
    return Depends(_known_or_nobody)


def require_signed_in(*, fresh_password: bool = True, second_factor: Collection[SecondFactor] = _FINE) -> Any:
    """A dependency for routes about oneself.

    `fresh_password=False` lets in whoever has to change theirs, `second_factor` who has yet to set one up or show it.
    """
    return Depends(_signed_in(fresh_password=fresh_password, second_factor=second_factor))
