# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Refusals as problem documents (RFC 9457): `application/problem+json`, the same shape for every reason."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Scope as AsgiScope

from csms.kit.errors import CrowdedError, CsmsError, UnavailableError
from csms.kit.http.json import encode

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
_RETRY_AFTER_S: Final = 5
_MAX_ERRORS: Final = 100
_CODES: Final = {
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    400: "invalid_request",
}
_DETAILS: Final = {
    404: "there is nothing at this path",
    405: "this path does not know that method",
}


class UnauthorizedError(CsmsError):
    """No valid credential came with the request."""

    code: ClassVar[str] = "unauthorized"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "Unauthorized"


class InvalidTokenError(UnauthorizedError):
    """The credential that came is not valid, or not any more (RFC 6750 section 3.1)."""

    code: ClassVar[str] = "invalid_token"


class ForbiddenError(CsmsError):
    """The caller is known and may not do this."""

    code: ClassVar[str] = "forbidden"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Forbidden"


class PasswordChangeRequiredError(ForbiddenError):
    """The caller has to set a password of their own first."""

    code: ClassVar[str] = "password_change_required"
    title: ClassVar[str] = "Password change required"


class SecondFactorRequiredError(ForbiddenError):
    """The caller's role, or their organization, asks for a second factor: set one up, or show it, first."""

    code: ClassVar[str] = "second_factor_required"
    title: ClassVar[str] = "Second factor required"


class MethodNotAllowedError(CsmsError):
    """The path is there and does not know that method; `Allow` names those it knows."""

    code: ClassVar[str] = _CODES[405]
    status: ClassVar[int] = 405
    title: ClassVar[str] = "Method Not Allowed"


class PayloadTooLargeError(CsmsError):
    """The body is larger than any that is needed here."""

    code: ClassVar[str] = _CODES[413]
    status: ClassVar[int] = 413
    title: ClassVar[str] = "Payload too large"


class InvalidBodyError(CsmsError):
    """The body or a parameter does not fit the API document; `errors` says where."""

    code: ClassVar[str] = "invalid_body"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Request does not fit the schema"


class TookTooLongError(UnavailableError):
    """The request was given up; whether it was carried out is unknown."""

    code: ClassVar[str] = "timeout"


class TooManyRequestsError(CsmsError):
    """Slow down; `retry_after_s` says how long."""

    code: ClassVar[str] = "too_many_requests"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many requests"

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


def problem(
    scope: AsgiScope,
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """A problem document as an answer. `extra` become members of their own (RFC 9457 section 3.2)."""
    document: dict[str, Any] = dict(extra or {}) | {
        "type": f"urn:csms:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "trace_id": scope.get("csms.trace_id"),
    }
    if errors is not None:
        document["errors"] = list(errors)
    return Response(encode(document), status, dict(headers or {}), MEDIA_TYPE)


def of_error(scope: AsgiScope, error: CsmsError) -> Response:
    """The answer to a refusal by the product."""
    headers: dict[str, str] = {}
    if isinstance(error, UnauthorizedError):
        reason = ', error="invalid_token"' if isinstance(error, InvalidTokenError) else ""
        headers["WWW-Authenticate"] = f'Bearer realm="csms"{reason}'
    elif isinstance(error, TooManyRequestsError):
        headers["Retry-After"] = str(error.retry_after_s)
    elif isinstance(error, UnavailableError):
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    if isinstance(error, CrowdedError):
        # Where it was asked says nothing, and to write it down costs what there is too little of.
        log.warning("request refused", code=error.code, detail=error.detail)
    elif error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request refused", code=error.code, detail=error.detail, exc_info=error)
    return problem(scope, error.status, error.code, error.title, error.detail, headers=headers, extra=error.extra)


def internal_error(scope: AsgiScope) -> Response:
    """The answer to a bug: it says nothing of the inside, the log does."""
    detail = "something went wrong here; the log has it under the trace_id"
    return problem(scope, 500, "internal_error", "Internal error", detail)


async def _on_csms_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CsmsError)
    return of_error(request.scope, error)


def _path(location: Sequence[Any]) -> str:
    return ".".join(str(part) for part in location)


def _explained(item: Mapping[str, Any]) -> dict[str, str]:
    if item["type"] == "json_invalid":
        return {"path": "body", "message": f"not JSON that can be understood: {item.get('ctx', {}).get('error', '')}"}
    return {"path": _path(item["loc"]), "message": item["msg"]}


async def _on_validation_error(request: Request, error: Exception) -> Response:
    """422; the values that were sent are not repeated, since one of them may be a password."""
    assert isinstance(error, RequestValidationError)
    errors = [_explained(item) for item in error.errors()[:_MAX_ERRORS]]
    detail = "; ".join(f"{item['path']}: {item['message']}" for item in errors[:3])
    kind = InvalidBodyError
    return problem(request.scope, kind.status, kind.code, kind.title, detail, errors=errors)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code
    title = HTTPStatus(status).phrase
    detail = _DETAILS.get(status, str(error.detail))
    code = _CODES.get(status, title.lower().replace(" ", "_"))
    return problem(request.scope, status, code, title, detail, headers=error.headers)


async def _on_exception(request: Request, error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return internal_error(request.scope)


def install(app: FastAPI) -> None:
    """Make an application answer every refusal as a problem document."""
    app.add_exception_handler(CsmsError, _on_csms_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_exception)
