# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: identity providers, and signing in by them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import RedirectResponse

from csms.features.accounts import provider_repository as repository
from csms.features.accounts.dependencies import From, Parts, Units, give
from csms.features.accounts.identity import Identity
from csms.features.accounts.identity_schemas import (
    ProviderCreate,
    ProviderItem,
    ProviderPage,
    ProviderTest,
    ProviderUpdate,
    SignInProviders,
)
from csms.features.accounts.permissions import Permission
from csms.kit.errors import CsmsError
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import JsonResponse, rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route

router = APIRouter(prefix="/api/v1", tags=["accounts"], route_class=Route)
Reads = Annotated[Principal, require(Permission.IDENTITY_PROVIDER_READ)]
Writes = Annotated[Principal, require(Permission.IDENTITY_PROVIDER_WRITE)]
IfMatch = Annotated[str | None, Header()]
ReturnTo = Annotated[str, Query(max_length=500, description="A path of this server to go on at.")]
_BINDING: Final = "csms-sso"
_BINDING_S: Final = 600


def _binding_name(identity: Identity) -> str:
    return f"__Host-{_BINDING}" if identity.cookie.secure else _BINDING.replace("-", "_")


def _item(row: Mapping[str, Any], code: int = 200, headers: Mapping[str, str] | None = None) -> JsonResponse:
    return rows_response(dict(row), code, {"ETag": etag_of(row), **(headers or {})})


@router.get("/auth/providers", response_model=SignInProviders)
async def list_sign_in_providers(identity: Parts) -> Response:
    """Where one may sign in besides here."""
    items = [
        {"id": row["id"], "label": row["label"], "start_url": f"/api/v1/auth/oidc/{row['id']}/start"}
        for row in await identity.single_sign_on.offered()
    ]
    return rows_response({"items": items})


def _to_people(request: Request, error: CsmsError) -> RedirectResponse:
    """People see the sign-in page, which has words for it; programs get the document."""
    if "text/html" not in request.headers.get("accept", ""):
        raise error
    return RedirectResponse(f"/sign-in?problem={error.code}", 302)


@router.get("/auth/oidc/{provider_id}/start", status_code=302, response_class=RedirectResponse)
async def start_single_sign_on(
    request: Request, identity: Parts, client: From, provider_id: UUID, return_to: ReturnTo = "/"
) -> RedirectResponse:
    """Send the browser to the identity provider."""
    try:
        leaving = await identity.single_sign_on.start(provider_id, return_to, client)
    except CsmsError as error:
        return _to_people(request, error)
    answer = RedirectResponse(leaving.url, 302)
    answer.set_cookie(
        _binding_name(identity),
        leaving.binding,
        max_age=_BINDING_S,
        path="/",
        secure=identity.cookie.secure,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/auth/oidc/{provider_id}/callback", status_code=302, response_class=RedirectResponse)
async def finish_single_sign_on(request: Request, identity: Parts, client: From, provider_id: UUID) -> RedirectResponse:
    """The identity provider sends the browser back here, with `code` and `state`."""
    name = _binding_name(identity)
    try:
        opened, return_to = await identity.single_sign_on.finish(
            provider_id, dict(request.query_params), request.cookies.get(name), client
        )
    except CsmsError as error:
        return _to_people(request, error)
    answer = RedirectResponse(return_to, 302)
    answer.delete_cookie(name, path="/", secure=identity.cookie.secure, httponly=True, samesite="lax")
    await give(opened, identity, request, answer)
    return answer


@router.get("/identity-providers", openapi_extra=repository.PROVIDERS.openapi(), response_model=ProviderPage)
async def list_identity_providers(request: Request, principal: Reads, units: Units) -> Response:
    """Identity providers of the organization."""
    return await answer_list(units, principal, repository.PROVIDERS, request, name="identity-providers")


@router.post("/identity-providers", status_code=201, response_model=ProviderItem)
async def create_identity_provider(
    request: Request, principal: Writes, identity: Parts, units: Units, body: ProviderCreate
) -> Response:
    """Let people sign in by an identity provider. Enter there the address `/api/v1/auth/oidc/{id}/callback` of ours."""
    async with units(scope_of(request, principal)) as uow:
        row = await identity.providers.create(uow, body, principal.grants)
    return _item(row, 201, {"Location": f"/api/v1/identity-providers/{row['id']}"})


@router.get("/identity-providers/{provider_id}", response_model=ProviderItem)
async def get_identity_provider(
    request: Request, principal: Reads, identity: Parts, units: Units, provider_id: UUID
) -> Response:
    """One identity provider."""
    async with units(scope_of(request, principal)) as uow:
        return _item(await identity.providers.get(uow, provider_id))


@router.patch("/identity-providers/{provider_id}", response_model=ProviderItem)
async def update_identity_provider(
    request: Request,
    principal: Writes,
    identity: Parts,
    units: Units,
    provider_id: UUID,
    body: ProviderUpdate,
    if_match: IfMatch = None,
) -> Response:
    """Change what is named; with If-Match only if nobody else changed it meanwhile.

    With another issuer the secret has to be entered anew.
    """
    async with units(scope_of(request, principal)) as uow:
        check_if_match(if_match, etag_of(await identity.providers.get(uow, provider_id, lock=True)))
        return _item(await identity.providers.update(uow, provider_id, body, principal.grants))


@router.delete("/identity-providers/{provider_id}", status_code=204)
async def delete_identity_provider(
    request: Request, principal: Writes, identity: Parts, units: Units, provider_id: UUID
) -> Response:
    """Forget an identity provider; users who came from there stay."""
    async with units(scope_of(request, principal)) as uow:
        await identity.providers.delete(uow, provider_id)
    return Response(status_code=204)


@router.post("/identity-providers/{provider_id}/test", response_model=ProviderTest)
async def test_identity_provider(
    request: Request, principal: Writes, identity: Parts, units: Units, provider_id: UUID
) -> Response:
    """Ask the provider now what it says of itself, and for its keys.

    Whether the client's id and secret fit, only a sign-in shows.
    """
    async with units(scope_of(request, principal)) as uow:
        issuer = await identity.providers.to_test(uow, provider_id)
    return rows_response(await identity.single_sign_on.probe(issuer))
