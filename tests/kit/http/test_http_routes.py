# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The class of all routes: strict JSON, and a use case that collided is done again."""

from json import JSONDecodeError
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from starlette._utils import get_route_path
from starlette.routing import Match

from csms.kit.errors import BusyError, CollisionError
from csms.kit.http import problems
from csms.kit.http.routes import Route, read_json


def application(collisions: list[Exception]) -> tuple[FastAPI, list[Any]]:
    """A route that fails with the given errors, one after the other, before it succeeds."""
    app, bodies = FastAPI(), []
    problems.install(app)
    api = APIRouter(route_class=Route)

    @api.post("/things")
    async def make_thing(body: dict[str, Any]) -> dict[str, Any]:
        bodies.append(body)
        if collisions:
            raise collisions.pop(0)
        return body

    app.include_router(api)
    return app, bodies


async def post(app: FastAPI) -> httpx2.Response:
    """One request."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as client:
        return await client.post("/things", json={"a": 1})


_PATHS = (
    "/things",
    "/things/{thing}",
    "/things/{thing}/parts",
    "/things/{thing}/parts/{part}",
    "/files/{name:path}.txt",
)
_ASKED = (
    *("/things", "/things/", "/things/1", "/things/1/parts", "/things/parts", "/things//parts", "/things/1/parts/2"),
    *("/things/1/parts/2/3", "/files/a.txt", "/files/a/b.txt", "/files/.txt", "/files/a", "/thing", "", "/x/things/1"),
)


@pytest.mark.parametrize("root", ["", "/x"])
@pytest.mark.parametrize("asked", _ASKED)
def test_a_route_matches_what_its_expression_does(asked: str, root: str) -> None:
    """Most are told apart by how the path begins and ends; the outcome is the same."""

    async def endpoint() -> None:
        """Nothing."""

    scope = {"type": "http", "method": "GET", "path": asked, "root_path": root}
    for path in _PATHS:
        route = Route(path, endpoint)
        expected = route.path_regex.match(get_route_path(scope)) is not None
        assert (route.matches(scope)[0] is Match.FULL) == expected, path


async def test_a_collision_is_done_again_with_the_same_body() -> None:
    """Twice undone, the third time done: the client notices nothing."""
    app, bodies = application([CollisionError("x"), CollisionError("x")])
    answer = await post(app)
    assert (answer.status_code, answer.json()) == (200, {"a": 1})
    assert bodies == [{"a": 1}] * 3


async def test_collisions_without_end_are_told() -> None:
    """After the third: 503 with the time to come back."""
    app, bodies = application([CollisionError("x")] * 9)
    answer = await post(app)
    assert (answer.status_code, answer.json()["code"], len(bodies)) == (503, "busy", 3)
    assert int(answer.headers["retry-after"]) > 0


async def test_nothing_else_is_done_again() -> None:
    """What took too long would take too long again."""
    app, bodies = application([BusyError("x")])
    assert (await post(app)).status_code == 503
    assert len(bodies) == 1


@pytest.mark.parametrize(
    ("raw", "document"),
    [
        (b'{"a":[1,2.5,null,true,"\\u00e9\\ud83d\\ude00"]}', {"a": [1, 2.5, None, True, "é😀"]}),
        (b'"\\\\u0000"', "\\u0000"),  # a backslash and letters, no NUL
        (b"99999999999999999999999", 99999999999999999999999),
    ],
)
def test_honest_json(raw: bytes, document: object) -> None:
    """Read as it is."""
    assert read_json(raw) == document


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"NaN",
        b"1e400",
        b'"\\ud800"',
        b'"\xed\xa0\x80"',
        b'"\\u0000"',
        b'{"a":[{"\\u0000":1}]}',
        b'{"a":[{"b":"x\\u0000"}]}',
        b"[" * 100_000,
    ],
)
def test_json_that_cannot_be_kept(raw: bytes) -> None:
    """Refused as a whole."""
    with pytest.raises(JSONDecodeError):
        read_json(raw)
