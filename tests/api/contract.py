# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Holds every answer of a test to the API document: paths, statuses, bodies."""

import re
from typing import Any

import httpx2
from fastapi import FastAPI
from jsonschema import Draft202012Validator

# Most tests make the same application anew, and writing its document takes the better part of a second.
_DOCUMENTS: dict[frozenset[tuple[str, str]], dict[str, Any]] = {}
_VALIDATORS: dict[tuple[int, str], Draft202012Validator] = {}


def document_of(app: FastAPI) -> dict[str, Any]:
    """What the application says of itself."""
    routes = frozenset((getattr(route, "path", ""), getattr(route, "name", "")) for route in app.routes)
    if routes not in _DOCUMENTS:
        _DOCUMENTS[routes] = app.openapi()
    return _DOCUMENTS[routes]


class Contract:
    """A response hook for an HTTP client."""

    def __init__(self, app: FastAPI) -> None:
        self._document = document_of(app)
        self._paths = [
            (re.compile(re.sub(r"{[^}]+}", "[^/]+", path)), item) for path, item in self._document["paths"].items()
        ]
        self.checked: set[tuple[str, int]] = set()

    async def __call__(self, response: httpx2.Response) -> None:
        """Compare an answer with what is promised of it."""
        media_type = response.headers.get("content-type", "").partition(";")[0]
        request = response.request
        operation = self._operation(request.method, request.url.path)
        if operation is None or media_type == "text/event-stream":
            return
        answers = operation["responses"]
        promised = answers.get(str(response.status_code), answers["default"] if response.status_code >= 400 else None)
        name = operation["operationId"]
        assert promised is not None, f"{name} does not promise {response.status_code}"
        content = promised.get("content", {})
        await response.aread()
        if not response.content:
            bare = response.status_code == 202 or media_type == "application/x-ndjson"  # no lines, no bytes
            assert not content or bare, f"{name} promises a body with {response.status_code}"
            return
        assert media_type in content, f"{name} does not promise {media_type} with {response.status_code}"
        self.checked.add((name, response.status_code))
        if media_type.endswith(("/json", "+json")) and "fields" not in request.url.params:
            self._validate(f"{name} {response.status_code} {media_type}", content[media_type]["schema"], response)

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for pattern, item in self._paths:
            if pattern.fullmatch(path):
                found: dict[str, Any] | None = item.get(method.lower())
                return found
        return None

    def _validate(self, key: str, schema: dict[str, Any], response: httpx2.Response) -> None:
        assert schema, f"{key}: the document says nothing of the body"
        known = (id(self._document), key)
        if known not in _VALIDATORS:
            whole = {**schema, "components": self._document["components"]}
            _VALIDATORS[known] = Draft202012Validator(whole)
        errors = [f"{error.json_path}: {error.message}" for error in _VALIDATORS[known].iter_errors(response.json())]
        assert not errors, f"{key}: {errors[:5]}"
