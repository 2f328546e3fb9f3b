# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The class of all routes, `APIRouter(route_class=Route)`: JSON is read strictly, collisions are tried again."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from json import JSONDecodeError
from typing import Any, Final

import msgspec
from fastapi import Request, Response
from fastapi.routing import APIRoute

from csms.kit.errors import CollisionError

_ATTEMPTS: Final = 3
_PAUSE_S: Final = 0.02
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


class Route(APIRoute):
    """A route whose use case runs in one transaction: undone by a collision, it may simply be done again."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, wrapped."""
        handle = super().get_route_handler()

        async def again(request: Request) -> Response:
            request = _Request(request.scope, request.receive)
            for attempt in range(1, _ATTEMPTS):
                try:
                    return await handle(request)
                except CollisionError:
                    await asyncio.sleep(attempt * _PAUSE_S * (1 + random.random()))  # noqa: S311  (no secret)
            return await handle(request)

        return again
