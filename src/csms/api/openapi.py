# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI 3.1 document: operation ids that stay, one shape for every refusal, one way to sign in."""

from collections import Counter
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from csms.api.examples import show
from csms.kit.http.can import describe, routes_of
from csms.kit.http.etag import is_known, tag_of
from csms.kit.http.json import encode
from csms.kit.http.problems import MEDIA_TYPE
from csms.kit.http.require import SCHEMES, is_kept

_DESCRIPTION: Final = (
    "Charging station management over HTTP. Sign in with `POST /api/v1/auth/login` and send the access token as "
    "`Authorization: Bearer …`; browsers may have a cookie instead. Lists are paged by cursor; refusals are problem "
    "documents (RFC 9457)."
)
_PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "trace_id"],
    "properties": {
        "type": {"type": "string", "description": "A URN made of the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was wrong and what to do, for people."},
        "code": {"type": "string", "description": "What was wrong, for programs; it stays the same."},
        "trace_id": {"type": ["string", "null"], "description": "Under it the log has more."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_IDEMPOTENCY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "The same key within a day: the same answer again, and no second effect.",
}
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_REFUSED: Final = {
    "401": "Not signed in.",
    "403": "Signed in, but not allowed.",
    "422": "The request does not fit the schema.",
    "default": "Refused.",
}


def _refusal(status: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _REFUSED[status], "content": {MEDIA_TYPE: {"schema": schema}}}


def _say_idempotent(operation: dict[str, Any]) -> None:
    """Every POST of somebody who signed in takes the key, but uploads; some say more of it themselves."""
    parameters = operation.setdefault("parameters", [])
    upload = "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
    said = any(each["name"].lower() == "idempotency-key" for each in parameters)
    if operation.get("security") and not upload and not said:
        parameters.append(_IDEMPOTENCY)


def build_document(app: FastAPI, public_url: str | None) -> dict[str, Any]:
    """The document; an operation id that is used twice is a bug and raises."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=_DESCRIPTION,
        routes=app.routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": public_url.rstrip("/")}] if public_url else [{"url": "/"}],
    )
    seen: Counter[str] = Counter()
    kept = {route.name for route in routes_of(app.router.routes) if is_kept(route)}
    for path in document["paths"].values():
        for method, operation in path.items():
            if method not in _METHODS:
                continue
            seen[operation["operationId"]] += 1
            if operation["operationId"] in kept:
                operation["security"] = [{name: []} for name in SCHEMES]
            if method == "post":
                _say_idempotent(operation)
            answers = operation["responses"]
            if operation.get("security"):
                answers |= {status: _refusal(status) for status in ("401", "403")}
            if "422" in answers:
                answers["422"] = _refusal("422")
            answers.setdefault("default", _refusal("default"))
    twice = [name for name, count in seen.items() if count > 1]
    if twice:
        raise RuntimeError(f"operation ids used twice: {', '.join(sorted(twice))}; rename one of the functions")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for generated in ("HTTPValidationError", "ValidationError"):
        schemas.pop(generated, None)
    schemas["Problem"] = _PROBLEM
    document["components"]["securitySchemes"] = {name: dict(scheme) for name, scheme in SCHEMES.items()}
    describe(document, app)
    show(document)
    return document


def install_document(app: FastAPI, public_url: str | None) -> None:
    """Serve the document; it is built once, when first asked for (`app.openapi()` gives it without a request)."""
    built: list[dict[str, Any]] = []

    def document() -> dict[str, Any]:
        if not built:
            built.append(build_document(app, public_url))
        return built[0]

    encoded: list[bytes] = []

    async def get_document(request: Request) -> Response:
        if not encoded:
            encoded.append(encode(document()))
        headers = {"Cache-Control": "no-cache", "ETag": tag_of(encoded[0])}
        if is_known(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(encoded[0], media_type="application/json", headers=headers)

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to replace it
    app.add_api_route("/api/openapi.json", get_document, include_in_schema=False)
