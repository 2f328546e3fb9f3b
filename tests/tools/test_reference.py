# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The generated reference pages say what the code says, and staleness is found."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from uuid import UUID

import pytest
from pydantic import SecretStr

from csms.domain.commands import AnyCommand
from csms.domain.events import EVENTS
from csms.kit.config import Settings
from tools import reference

DOCUMENT = {
    "paths": {
        "/api/v1/chargers/{id}": {
            "patch": {
                "operationId": "update_charger",
                "summary": "Change a charger",
                "tags": ["chargers"],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "a|b"}
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}}},
                "responses": {
                    "200": {"description": "Changed", "content": {"application/json": {"schema": {"type": "object"}}}},
                    "404": {
                        "description": "Unknown",
                        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                    },
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Change": {
                "description": "What changes.",
                "required": ["name"],
                "properties": {
                    "name": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "For people."},
                    "at": {"type": "string", "format": "date-time"},
                    "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
                },
            },
            "Problem": {"type": "object"},
        }
    },
}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (str, "text"),
        (int | None, "whole number"),
        (Literal["a", "b"], "`a`, `b`"),
        (SecretStr | None, "text, secret"),
        (tuple[str, ...], "list of text"),
        (str | UUID, "text or UUID"),
        (AnyCommand, "Command"),
        (dict[str, float], "object"),
    ],
)
def test_types_are_told_in_words(kind: object, words: str) -> None:
    """The readers are operators, not only programmers."""
    assert reference.type_name(kind) == words


def test_every_setting_is_on_the_configuration_page() -> None:
    """With its variable, default and description."""
    page = reference.page(reference.configuration)
    for name, field in Settings.model_fields.items():
        for inner, part in getattr(field.annotation, "model_fields", {}).items():
            assert f"`CSMS_{name.upper()}__{inner.upper()}`" in page
            assert (part.description or "?") in page
    assert "| `CSMS_OCPP__PORT` | whole number, 0 to 65535 | `9000` | Port to listen on. |" in page
    assert "| `CSMS_DATABASE__URL` | text, secret | not set |" in page


def test_every_event_is_on_the_events_page_once() -> None:
    """Durable and live ones each in their part."""
    page = reference.page(reference.events)
    durable, live = page.split("## Live events")
    for event in EVENTS:
        heading = f"### `{event.__struct_config__.tag}`\n"
        assert heading in (durable if event.kind == "durable" else live)
        assert page.count(heading) == 1


def test_the_actions_page_tells_what_is_served_and_what_is_not() -> None:
    """An action that is only known by its schema is told to be answered NotSupported, or sent as a raw call."""
    page = reference.page(reference.actions)
    assert "| `MeterValues` | `MeterReported` |" in page
    assert "NotSupported" not in page
    assert "| `Reset` | `reset` |" in page
    assert "| `ReserveNow` | `reserve_now` |" in page
    assert "| `SignedUpdateFirmware` | `update_firmware` |" in page


def test_an_openapi_document_becomes_a_page() -> None:
    """Operations by tag, bodies with links, and no cell breaks its table."""
    page = "\n".join(reference.describe_api(DOCUMENT))
    assert "## chargers" in page
    assert "### PATCH `/api/v1/chargers/{id}`" in page
    assert "| `id` | path | text | yes | a\\|b |" in page
    assert "Body: [Change](#change)" in page
    assert "| `name` | text | yes | For people. |" in page
    assert "| `at` | time |  |  |" in page
    assert "| `tags` | list of `a`, `b` |  |  |" in page


def test_check_names_what_is_stale_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that is missing or different is stale; one that was just written is not."""

    def fresh() -> Iterator[str]:
        yield "# Fresh"

    monkeypatch.setattr(reference, "WRITERS", {"one": fresh, "two": fresh})
    check = ["--check", "--folder", str(tmp_path)]
    assert reference.main(check) == 1
    assert not list(tmp_path.iterdir())
    assert reference.main(["--folder", str(tmp_path)]) == 0
    assert reference.main(check) == 0
    (tmp_path / "two.md").write_text("# Stale\n")
    capsys.readouterr()
    assert reference.main(check) == 1
    said = capsys.readouterr().out
    assert "two.md" in said
    assert "one.md" not in said
    assert (tmp_path / "two.md").read_text() == "# Stale\n"
