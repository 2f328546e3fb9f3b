# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How columns are told apart, and how cells are read."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import pytest
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from csms.features.chargers.schemas import ChargerCreate
from csms.features.imports.rules import (
    CellError,
    Column,
    MappingError,
    columns_of,
    fold,
    looks_secret,
    map_columns,
    read_cell,
    spelled,
)

BERLIN = ZoneInfo("Europe/Berlin")


class Body(BaseModel):
    """One field of each kind."""

    key: Annotated[str, Field(description="said inside")]
    count: int | None = None
    flag: bool = True
    when: AwareDatetime | None = None
    colour: Literal["red", "green"] | None = Field(None, description="said outside")
    level: Annotated[Literal[0, 1], Field(description="x")] = 0
    versions: list[Literal["ocpp1.6"]] | None = None


COLUMNS = columns_of(
    Body,
    identity="key",
    aliases={"key": ["Schlüssel"], "flag": ["on"]},
    spellings={"versions": {"1.6": "ocpp1.6"}},
    secrets=frozenset(),
)
BY_NAME = {column.name: column for column in COLUMNS}


def test_columns_come_from_the_body() -> None:
    """A field that is added to a body is a column by itself, of the right kind."""
    kinds = [(column.name, column.kind, column.required) for column in COLUMNS]
    assert kinds == [
        ("key", "identifier", True),
        ("count", "integer", False),
        ("flag", "yes_no", False),
        ("when", "instant", False),
        ("colour", "choice", False),
        ("level", "choice", False),
        ("versions", "list", False),
    ]
    assert (BY_NAME["key"].description, BY_NAME["colour"].description) == ("said inside", "said outside")
    assert BY_NAME["level"].values == (0, 1)
    found = columns_of(ChargerCreate, identity="id", aliases={}, spellings={}, secrets=frozenset())
    assert [column.name for column in found] == list(ChargerCreate.model_fields)


def test_names_of_columns() -> None:
    """Letter case, blanks, umlauts and punctuation do not matter."""
    assert fold("  Gültig-bis (UTC) ") == "gueltig_bis_utc"
    assert fold("Имя") == "имя"
    assert map_columns(COLUMNS, ["SCHLUESSEL", "x", "On"], {}) == {"key": (0, "SCHLUESSEL"), "flag": (2, "On")}
    assert map_columns(COLUMNS, ["key", "Имя"], {"имя": "key"}) == {"key": (1, "Имя")}
    with pytest.raises(MappingError) as twice:
        map_columns(COLUMNS, ["a", "a"], {"a": "key"})
    assert twice.value.code == "column_twice"
    assert looks_secret("Basic-Auth Passwort")
    assert not looks_secret("WebSocket ping")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("key", "  '=A1 ", "=A1"),
        ("key", "'quoted", "'quoted"),
        ("key", "4E10", "4E10"),
        ("count", "5.0", 5),
        ("count", " -7 ", -7),
        ("count", "5.5", "5.5"),
        ("flag", "JA", True),
        ("flag", "0", False),
        ("flag", "perhaps", "perhaps"),
        ("colour", "Red", "red"),
        ("colour", "blue", "blue"),
        ("level", "1,0", 1),
        ("level", "9", "9"),
        ("versions", "1.6; ocpp1.6 3", ["ocpp1.6", "ocpp1.6", "3"]),
        ("when", "2027-07-01", datetime(2027, 6, 30, 22, tzinfo=UTC)),
        ("when", "2027-07-01 12:00:00+00:00", datetime(2027, 7, 1, 12, tzinfo=UTC)),
        ("when", "1.7.2027 08:05", datetime(2027, 7, 1, 6, 5, tzinfo=UTC)),
        ("when", "46569.75", datetime(2027, 7, 1, 16, tzinfo=UTC)),
    ],
)
def test_cells(name: str, text: str, value: Any) -> None:
    """What is clear is understood; what is not stays as it is, for the body to refuse."""
    assert read_cell(BY_NAME[name], text, BERLIN) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [("key", "1.23457E+15"), ("when", "07/08/2027"), ("when", "31.02.2027"), ("when", "0001-01-01"), ("when", "soon")],
)
def test_cells_that_mean_nothing(name: str, text: str) -> None:
    """Numbers that were shortened, dates that could be two."""
    zone = timezone(timedelta(hours=14)) if text == "0001-01-01" else BERLIN
    with pytest.raises(CellError):
        read_cell(BY_NAME[name], text, zone)


def test_secrets_are_taken_to_the_letter() -> None:
    """No guard is taken off; blanks around are refused, not repaired."""
    secret = Column("password", "text", secret=True)
    assert read_cell(secret, "'=secret", UTC) == "'=secret"
    with pytest.raises(CellError):
        read_cell(secret, " x", UTC)


def test_what_is_wrong_with_a_body() -> None:
    """Field by field, and never with the value."""
    with pytest.raises(ValidationError) as refused:
        ChargerCreate.model_validate({"id": "a:b", "password": "hunter2"})
    found = spelled(refused.value.errors())
    assert [(each["field"], each["code"]) for each in found] == [("id", "value_error"), ("password", "value_error")]
    assert found[0]["message"].startswith("an identity has no colon")
    assert "hunter2" not in str(found)
