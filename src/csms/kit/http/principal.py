# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is asking, and what they may do where."""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from starlette.requests import HTTPConnection

from csms.kit.db.uow import Actor, Scope, UnitOfWork
from csms.kit.http.idempotency import CLAIM
from csms.kit.http.problems import ForbiddenError

PERMISSION = "csms.permission"
"""Where a route's permission stands in the ASGI scope: its unit of work sees the places where it holds."""


SecondFactor = Literal["fine", "missing", "unshown"]
"""Of a session: nothing is asked for or it was shown; it has to be set up; it has to be shown."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A user who signed in, or a program with a key.

    `grants`: permissions in the grammar `source:subject:action`, each with the sites and groups where it holds; None:
    everywhere in the organization.
    """

    user_id: UUID
    username: str
    organization_id: UUID
    role: str
    must_change_password: bool
    grants: Mapping[str, frozenset[UUID] | None] = field(default_factory=dict)
    session_id: UUID | None = None
    kind: Literal["user", "api_key"] = "user"
    second_factor: SecondFactor = "fine"
    rights: bytes = field(init=False, repr=False, compare=False)
    """The same for all who may do the same at the same places, and for nobody else."""

    def __post_init__(self) -> None:
        """Digest the rights once: a principal lives for many requests."""
        rights = sorted((name, None if at is None else sorted(map(str, at))) for name, at in self.grants.items())
        object.__setattr__(self, "rights", hashlib.blake2b(repr(rights).encode(), digest_size=16).digest())

    @property
    def permissions(self) -> frozenset[str]:
        """What they may do, somewhere at least."""
        return frozenset(self.grants)

    def may(self, permission: str, places: Collection[UUID] = ()) -> bool:
        """Whether they may do it to a thing at these places: its site, those above, and its groups."""
        if permission not in self.grants:
            return False
        allowed = self.grants[permission]
        return allowed is None or not allowed.isdisjoint(places)

    def need(self, permission: str) -> None:
        """Refuse where a permission is missing altogether. Raises ForbiddenError."""
        if permission not in self.grants:
            raise ForbiddenError(f"this needs the permission {permission}")

    def places(self, *permissions: str) -> frozenset[UUID] | None:
        """Where they may do all of these; None: everywhere. Raises ForbiddenError."""
        found: frozenset[UUID] | None = None
        for permission in permissions:
            self.need(permission)
            allowed = self.grants[permission]
            if allowed is not None:
                found = allowed if found is None else found & allowed
        return found

    @property
    def actor(self) -> Actor:
        """How the audit log names them."""
        return Actor(self.kind, str(self.user_id), self.username)


Standing = Callable[[UnitOfWork, Actor], Awaitable[Principal | None]]
"""Who somebody is and what they may do by now, for work that is done later in their name; None: nothing any more."""


def client_address(request: HTTPConnection) -> str | None:
    """The peer's address; behind a trusted proxy the server has already put the right one there."""
    return request.client.host if request.client else None


def request_id(request: HTTPConnection) -> str | None:
    """The id that the middleware gave the request."""
    found = request.scope.get("csms.request_id")
    return found if isinstance(found, str) else None


def scope_of(request: HTTPConnection, principal: Principal, *further: str) -> Scope:
    """For whom and by whom a unit of work is opened.

    It sees the places where the route's permission holds, and each of `further` too; a missing one is refused. Routes
    about oneself have none, and see the whole organization.
    """
    named = [request.scope[PERMISSION]] if PERMISSION in request.scope else []
    places = principal.places(*named, *further)
    claim = request.scope.get(CLAIM)
    return Scope(
        principal.organization_id, principal.actor, client_address(request), request_id(request), places, claim
    )
