# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Examples in the API document, and routes that will go."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import APIRouter
from jsonschema import Draft202012Validator

from csms.api.examples import EXAMPLES
from csms.kit.http.routes import Route
from csms.kit.http.versions import deprecated
from csms.main.api import describe_api
from tests.features.accounts.support import site
from tests.support.postgres import Database


def test_examples_fit_their_schemas() -> None:
    """Each is shown, and is a body that its operation takes."""
    document = describe_api()
    shown = set()
    for path in document["paths"].values():
        for operation in path.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for name, example in body.get("examples", {}).items():
                schema = {**body["schema"], "components": document["components"]}
                errors = [error.message for error in Draft202012Validator(schema).iter_errors(example["value"])]
                assert not errors, (operation["operationId"], name, errors[:3])
                shown.add(operation["operationId"])
    assert shown == EXAMPLES.keys()


async def test_a_route_that_will_go_says_so(database: Database, tmp_path: Path) -> None:
    """In the document and with each answer, when it goes and what comes instead."""
    routes = APIRouter(prefix="/api/v1", route_class=Route)
    since, sunset = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)

    @routes.get("/old", **deprecated(since, sunset, "/api/v1/new"))
    async def old() -> dict[str, str]:
        return {}

    async with site(database, tmp_path, [routes]) as found:
        answer = await found.client.get("/api/v1/old")
        assert answer.headers["deprecation"] == "@1767225600"
        assert answer.headers["sunset"] == "Fri, 31 Dec 2027 00:00:00 GMT"
        assert answer.headers["link"] == '</api/v1/new>; rel="successor-version"'
        assert found.app.openapi()["paths"]["/api/v1/old"]["get"]["deprecated"] is True
        assert "deprecation" not in (await found.client.get("/healthz")).headers
    with pytest.raises(ValueError, match="before it goes"):
        deprecated(sunset, since, "/api/v1/new")
