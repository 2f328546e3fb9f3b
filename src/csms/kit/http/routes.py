# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The class of all routes, `APIRouter(route_class=Route)`: JSON is read strictly, collisions are tried again."""

import asyncio
import inspect
import random
from collections.abc import Callable, Coroutine
from json import JSONDecodeError
from typing import Any, Final

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match, compile_path, get_name
from starlette.types import Scope

from csms.kit.db.uow import Scope as KitScope
from csms.kit.errors import CollisionError
from csms.kit.http.answers import QUESTION, Answers, Kept, Question
from csms.kit.http.can import PRINCIPAL, actions_on, can_item, depends_on_places, spliced
from csms.kit.http.idempotency import (
    CLAIM,
    MAX_ANSWER,
    Claim,
    InvalidIdempotencyKeyError,
    Replay,
    answered,
    claim_of,
    kept_headers,
)
from csms.kit.http.json import encode
from csms.kit.secretbox import SecretBox

_ATTEMPTS: Final = 3
_PAUSE_S: Final = 0.02
_OK: Final = 200
_CREATED: Final = 201
_ONE: Final = frozenset({"GET", "PATCH", "PUT"})
JSON_TYPE: Final = "application/json"
_NUL: Final = b"\\u0000"  # as JSON writes it: a bare one is no JSON


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(each) for key, each in value.items())
    return isinstance(value, list) and any(_has_nul(each) for each in value)


def read_json(raw: bytes) -> Any:
    """A document that can be stored as it is: no half of a surrogate pair, no NUL, no NaN, no endless nesting.

    Raises JSONDecodeError, which FastAPI answers like every other body that does not fit.
    """
    try:
        document = msgspec.json.decode(raw)
        if _NUL in raw and _has_nul(document):
            raise ValueError("a text has no NUL character")
    except RecursionError as error:
        raise JSONDecodeError("it is nested too deeply", "", 0) from error
    except ValueError as error:  # msgspec's and UnicodeDecodeError are such
        raise JSONDecodeError(str(error), "", 0) from error
    return document


class _Request(Request):
    async def json(self) -> Any:
        """The body, read once."""
        return read_json(await self.body())


def operation_id(route: APIRoute) -> str:
    """The function's name: generated clients keep their method names when a path changes."""
    return route.name


class Route(APIRoute):
    """A route whose use case runs in one transaction: undone by a collision, it may simply be done again.

    A POST with an `Idempotency-Key` is carried out once; routes that know the header themselves are left to it.

    What a request needs to be matched is there at once. The rest, a model of each parameter and answer, takes FastAPI a
    millisecond, for some hundred routes: it is made when it is asked for.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self._rest: dict[str, Any] | None = options | {"generate_unique_id_function": operation_id}
        self.path, self.endpoint = path, endpoint
        self.name = options.get("name") or get_name(endpoint)
        self.methods = {method.upper() for method in options.get("methods") or ("GET",)}
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self._begins, self._ends = path.partition("{")[0], path.rpartition("}")[2]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette says; most of some hundred routes are none by how the path begins or ends."""
        path = scope["path"]
        if not (path.startswith(self._begins) and path.endswith(self._ends)) and not scope.get("root_path"):
            return Match.NONE, {}
        return super().matches(scope)

    def __getattr__(self, name: str) -> Any:
        rest, self._rest = self.__dict__.get("_rest"), None
        if rest is None:
            raise AttributeError(name)
        super().__init__(self.path, self.endpoint, **rest)
        return getattr(self, name)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, wrapped."""
        handle = super().get_route_handler()
        own = "idempotency_key" in inspect.signature(self.endpoint).parameters

        async def again(request: Request) -> Response:
            request = _Request(request.scope, request.receive)
            claim = None if own else await _claim(request)
            answers: Answers | None = getattr(request.app.state, "answers", None)
            request.scope[QUESTION] = None if answers is None else answers.ask(request)
            try:
                for attempt in range(1, _ATTEMPTS):
                    try:
                        return await _kept(request, claim, await _with_can(request, handle))
                    except CollisionError:
                        if claim is not None:
                            claim.taken = False
                        await asyncio.sleep(attempt * _PAUSE_S * (1 + random.random()))  # noqa: S311  (no secret)
                return await _kept(request, claim, await _with_can(request, handle))
            except Replay as before:
                return _replayed(request, before)
            except Kept as known:
                return known.answer

        return again


def mount(app: FastAPI, *routers: APIRouter) -> None:
    """Routes as they are. FastAPI's own way analyses all of them once more, at the first request."""
    for router in routers:
        app.router.routes.extend(router.routes)


async def _with_can(request: Request, handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    """The answer; one resource that was read, changed or made tells what the caller may do to it."""
    answer = await handle(request)
    path = getattr(request.scope.get("route"), "path", "")
    read_or_changed = request.method in _ONE and answer.status_code == _OK and path.endswith("}")
    made = request.method == "POST" and answer.status_code == _CREATED and not path.endswith("}")
    if not read_or_changed and not made:
        return answer
    can = await _can_here(request)
    if can and answer.media_type == JSON_TYPE and isinstance(answer.body, bytes):
        answer.body = spliced(answer.body, can)
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer


async def _can_here(request: Request) -> dict[str, bool] | None:
    """At which places a charger stands is asked only for whom it makes a difference."""
    principal = request.scope.get(PRINCIPAL)
    charger = request.path_params.get("charger_id")
    actions = actions_on(request.app, request.scope["route"].path)
    if principal is None or not depends_on_places(principal, actions):
        return can_item(request, None)
    if charger is None:
        return None  # it was just made, or is of no charger: where it stands is read with it the next time
    async with request.app.state.units(KitScope.system(principal.organization_id)) as uow:
        places = await request.app.state.places_of(uow.connection, [charger])
    return can_item(request, next(iter(places.values()), ()))


async def _claim(request: Request) -> Claim | None:
    """What the header claims; forms with files are too large to be compared, and say so."""
    header = request.headers.get("idempotency-key")
    if header is None or request.method != "POST":
        return None
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise InvalidIdempotencyKeyError("an upload has no Idempotency-Key: leave the header out")
    url = request.url
    claim = claim_of(header, request.method, url.path, url.query.encode(), await request.body())
    request.scope[CLAIM] = claim
    return claim


async def _kept(request: Request, claim: Claim | None, answer: Response) -> Response:
    """The answer, stored for those who ask again."""
    question: Question | None = request.scope[QUESTION]
    if question is not None:
        return question.keep(answer)
    if claim is None or not claim.taken or claim.organization_id is None:
        return answer
    body = getattr(answer, "body", None)
    if not isinstance(body, bytes) or len(body) > MAX_ANSWER:
        return answer  # a stream: whoever repeats it is told that it was done
    sealed = SecretBox(request.app.state.keys).seal(body, _context(claim.actor, claim.key))
    headers = encode(kept_headers(answer.headers)).decode()
    async with request.app.state.units(KitScope.system(claim.organization_id)) as uow:
        await answered(uow.connection, claim, answer.status_code, headers, sealed)
    return answer


def _replayed(request: Request, before: Replay) -> Response:
    claim: Claim = request.scope[CLAIM]
    actor = request.scope["csms.principal"]
    body = SecretBox(request.app.state.keys).open(before.body, _context(actor, claim.key))
    return Response(body, before.status, {**before.headers, "Idempotent-Replayed": "true"})


def _context(actor: str, key: str) -> str:
    return f"idempotency_keys.body:{actor}/{key}"
