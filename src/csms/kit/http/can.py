# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the caller may do to a resource: its map `can`, by the names of the operations that there are on it.

It is read from the routes themselves: whatever changes `/api/v1/chargers/{charger_id}` or something below it is an
action on a charger, allowed by the permission that the route's keeper asks for. So it never differs from what happens.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from fastapi import FastAPI, params
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from csms.kit.http.principal import Principal

PRINCIPAL: Final = "csms.who"
"""Where the caller stands in the ASGI scope."""
PlacesOf = Callable[[Any, Sequence[str]], Awaitable[Mapping[str, Sequence[UUID]]]]
"""The places of chargers, by their identities, read with a unit of work's connection."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_DESCRIPTION: Final = "What the caller may do here: operation ids, each with true or false."
SCHEMA: Final = {"type": "object", "additionalProperties": {"type": "boolean"}, "description": _DESCRIPTION}


def dependencies_of(call: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """What is called before a function, as its parameters say; the same as FastAPI finds, without a model of each."""
    for annotation in getattr(call, "__annotations__", {}).values():
        for mark in getattr(annotation, "__metadata__", ()):
            if isinstance(mark, params.Depends) and mark.dependency is not None:
                yield mark.dependency


def permission_of(route: APIRoute) -> str | None:
    """What the keeper of a route asks for; None where whoever signed in, or anybody, may come."""
    return _asked(route.endpoint)


def _asked(call: Callable[..., Any]) -> str | None:
    for each in dependencies_of(call):
        found = getattr(each, "permission", None) or _asked(each)
        if found:
            return str(found)
    return None


def routes_of(routes: Sequence[Any]) -> Iterator[APIRoute]:
    """All routes, those of included routers too."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from routes_of(getattr(getattr(route, "original_router", route), "routes", ()))


def actions_on(app: FastAPI, path: str) -> Mapping[str, str]:
    """Operation id to permission, for the resources of a list's path or for the resource of an item's path."""
    known: dict[str, dict[str, str]] | None = getattr(app.state, "actions", None)
    if known is None:
        known = app.state.actions = _collect(app)
    return known.get(path.removesuffix("/"), {})


def _collect(app: FastAPI) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for route in routes_of(app.router.routes):
        permission = permission_of(route)
        if permission is None or not (route.methods or set()) - _SAFE:
            continue
        parts = route.path.split("/")
        for number, part in enumerate(parts):
            if part.startswith("{"):  # of the resource that this names, and of the list it is on
                for path in ("/".join(parts[:number]), "/".join(parts[: number + 1])):
                    found.setdefault(path, {})[route.name] = permission
    return found


def can_item(request: HTTPConnection, places: Sequence[UUID] | None) -> dict[str, bool] | None:
    """The map of one resource. `places`: of its charger; None: it is of none, or not asked for."""
    principal: Principal | None = request.scope.get(PRINCIPAL)
    route = request.scope.get("route")
    if principal is None or route is None:
        return None
    actions = actions_on(request.app, route.path)
    return _can(principal, actions, places) if actions else None


def _can(principal: Principal, actions: Mapping[str, str], places: Sequence[UUID] | None) -> dict[str, bool]:
    return {
        name: permission in principal.grants if places is None else principal.may(permission, places)
        for name, permission in actions.items()
    }


def depends_on_places(principal: Principal, actions: Mapping[str, str]) -> bool:
    """Whether something may be done at some places only."""
    return any(principal.grants.get(permission) is not None for permission in actions.values())


async def add_can(
    request: HTTPConnection, principal: Principal, connection: Any, items: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The items of a list, each with its map; places are looked up only for who may do something at some only."""
    actions = actions_on(request.app, request.scope["route"].path)
    if not actions or not items:
        return items
    if not depends_on_places(principal, actions):
        same = _can(principal, actions, None)
        return [{**item, "can": same} for item in items]
    places_of: PlacesOf = request.app.state.places_of
    chargers = request.scope["route"].path.endswith("/chargers")
    names = [str(item.get("id" if chargers else "charger_id") or "") for item in items]
    known = await places_of(connection, [name for name in names if name]) if any(names) else {}
    return [
        {**item, "can": _can(principal, actions, known.get(name, ()) if name else None)}
        for item, name in zip(items, names, strict=True)
    ]


def spliced(body: bytes, can: Mapping[str, bool]) -> bytes:
    """A JSON object with the map as its last member; the rest stays as it was written, byte for byte."""
    if not body.startswith(b"{") or not body.endswith(b"}") or b'"can":' in body:
        return body
    members = ",".join(f'"{name}":{"true" if allowed else "false"}' for name, allowed in sorted(can.items()))
    return body[:-1] + (b"," if len(body) > 2 else b"") + f'"can":{{{members}}}}}'.encode()


def describe(document: dict[str, Any], app: FastAPI) -> None:
    """Say of the resources that have the map that they have it."""
    schemas = document.get("components", {}).get("schemas", {})
    for path, operations in document["paths"].items():
        answer = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        found = schemas.get(_name(answer.get("application/json", {}).get("schema", {})))
        if found is None or not actions_on(app, path):
            continue
        items = found.get("properties", {}).get("items", {}).get("items")
        resource = found if items is None else schemas.get(_name(items))
        if resource is not None and "properties" in resource:
            resource["properties"].setdefault("can", SCHEMA)


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]
