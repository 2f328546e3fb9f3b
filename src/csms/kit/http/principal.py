# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is asking."""

from dataclasses import dataclass, field
from uuid import UUID

from starlette.requests import HTTPConnection

from csms.kit.db.uow import Actor, Scope


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in user. `permissions` are those of the role, in the grammar `source:subject:action`."""

    user_id: UUID
    username: str
    organization_id: UUID
    role: str
    must_change_password: bool
    permissions: frozenset[str] = field(default_factory=frozenset)
    session_id: UUID | None = None


def client_address(request: HTTPConnection) -> str | None:
    """The peer's address; behind a trusted proxy the server has already put the right one there."""
    return request.client.host if request.client else None


def request_id(request: HTTPConnection) -> str | None:
    """The id that the middleware gave the request."""
    found = request.scope.get("csms.request_id")
    return found if isinstance(found, str) else None


def scope_of(request: HTTPConnection, principal: Principal) -> Scope:
    """For whom and by whom a unit of work is opened."""
    return Scope(
        principal.organization_id,
        Actor("user", str(principal.user_id), principal.username),
        client_address(request),
        request_id(request),
    )
