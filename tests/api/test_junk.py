# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Junk in every place of every route: refused in words, never a 500, and never a fault of the database."""

import itertools
import re
from typing import Any

import pytest

from tests.api.contract import document_of
from tests.api.support import Product

pytestmark = pytest.mark.no_cover  # some hundred thousand times the same lines, which others cover

JUNK = (
    "%00",
    "%ff",
    "-1",
    "99999999999",
    "9223372036854775808",
    "x" * 300,
    "' OR 1=1--",
    "1;DROP TABLE chargers",
    "%0a",
    "NaN",
    "1e29",
    "0001-01-01T00:00:00%2B14:00",
    "9999-12-31T23:59:59-14:00",
)
METHODS = {"get", "post", "patch", "delete"}
RAW = (
    b"",
    b"{",
    b"[" * 100_000,
    b'{"id":' + b"9" * 5_000 + b"}",
    b"\xff\xfe",
    b'{"id":NaN}',
    b"null",
    b'{"id":"\\ud800"}',
    b'{"id":"a","name":"\\u0000"}',
    b'{"id":"a","\\u0000":1}',
)


def operations(api: Product) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every route that is not a stream or about signing in."""
    return [
        (method, path, operation)
        for path, item in document_of(api.app)["paths"].items()
        for method, operation in item.items()
        if method in METHODS and not path.startswith(("/api/v1/auth/", "/api/v1/events"))
    ]


@pytest.mark.timeout(300)
async def test_junk_in_paths(api: Product) -> None:
    """What does not exist is 404, what cannot be read 422."""
    for method, path, _ in operations(api):
        for junk in JUNK if "{" in path else ():
            answer = await api.client.request(method.upper(), re.sub(r"{[^}]+}", junk, path), json={})
            assert answer.status_code in {404, 409, 422}, (method, path, junk, answer.text)


@pytest.mark.timeout(300)
async def test_junk_in_queries(api: Product) -> None:
    """Filters, cursors, limits, orders: a value fits or is refused with 400 or 422."""
    await api.create("/api/v1/chargers", id="CP1", security_profile=0)
    transaction = str(await api.transaction("CP1", transaction_id=7))
    turns = itertools.count()
    names = {"{charger_id}": "CP1", "{transaction_id}": transaction, "{section}": "retention"}
    for method, path, operation in operations(api):
        there = re.sub(r"{[^}]+}", lambda found: names.get(found[0], found[0]), path)
        if method != "get" or "{" in there:  # of a thing that is not there, the query is not looked at
            continue
        for parameter in operation.get("parameters", ()):
            turn = next(turns)  # lists have hundreds of filters in one grammar: together they see every kind of junk
            for junk in ("%00", *JUNK[turn % 4 :: 4]) if parameter["in"] == "query" else ():
                answer = await api.client.get(f"{there}?{parameter['name']}={junk}")
                named = answer.status_code == 404 and answer.json()["code"] == f"{parameter['name'][:-3]}_not_found"
                assert named or answer.status_code in {200, 400, 422}, (there, parameter["name"], junk, answer.text)


async def test_junk_in_bodies(api: Product) -> None:
    """What is no JSON, or cannot be stored as it is, is 422 on every route that takes a body."""
    await api.create("/api/v1/chargers", id="CP1", security_profile=0)
    for method, path, operation in operations(api):
        if "requestBody" not in operation:
            continue
        there = path.replace("{charger_id}", "CP1").replace("{token_id}", "00000000-0000-7000-8000-000000000002")
        for raw in RAW if operation["requestBody"].get("required") else RAW[1:6]:
            headers = {"Content-Type": "application/json"}
            answer = await api.client.request(method.upper(), there, content=raw, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body"), (path, raw[:30], answer.text)


async def test_a_body_that_does_not_say_it_is_json(api: Product) -> None:
    """A form of another site cannot post as text/plain."""
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = {"Content-Type": media_type}
        answer = await api.client.post("/api/v1/chargers", content=b'{"id":"CP1"}', headers=headers)
        assert answer.status_code == 422, media_type
