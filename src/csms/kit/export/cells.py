# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Values as cells: numbers stay numbers, texts stay texts, whoever wrote them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, Final
from uuid import UUID

from csms.kit.http.json import encode

# What begins a formula in a spreadsheet, and what some turn into it: full-width, small and raised forms.
_FORMULA: Final = "=+-@＝﹦⁼₌＋﹢⁺₊﬩－﹣⁻₋−＠﹫"
# What a reader does not see, or a spreadsheet takes off before it looks.
_BLANK: Final = r"\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
_BREAK: Final = re.compile("[;\t\r\n]")
# A run of blanks is taken whole, so that a text of a million of them is read once.
_BEGINS: Final = re.compile(rf"\A[{re.escape(_FORMULA)}]|[;{_BLANK}]++[{re.escape(_FORMULA)}]?")
_BREAKS: Final = frozenset(";\t\r\n")


def _mark(found: re.Match[str]) -> str:
    run = found[0]
    formula = run[-1] in _FORMULA
    begins = found.start() == 0 and (formula or run[0] in "\t\r\n")
    # where the list separator is a semicolon, a quotation mark inside of a line holds nothing together
    if formula and not _BREAKS.isdisjoint(run):
        run = f"{run[:-1]}'{run[-1]}"
    return f"'{run}" if begins else run


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe in front of what might be one."""
    if text[:1].isalnum() and not _BREAK.search(text):
        return text  # most are such
    return _BEGINS.sub(_mark, text)


def _escape(found: re.Match[str]) -> str:
    run = found[0]
    return run.replace(";", "\\u003b") if run[-1] in _FORMULA else run


def _inert_json(text: str) -> str:
    """The same JSON, without a semicolon before what might be a formula."""
    return _BEGINS.sub(_escape, text) if ";" in text else text


def instant(value: datetime) -> str:
    """ISO 8601 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _itself(value: Any) -> Any:
    return value


_PLAIN: Final[Mapping[type, Callable[[Any], Any]]] = {
    NoneType: _itself,
    str: _itself,
    int: _itself,
    float: _itself,
    bool: lambda value: "true" if value else "false",
    Decimal: lambda value: f"{value:f}",
    datetime: instant,
}


def plain(value: Any) -> Any:
    """A value as a number or a text, or as nothing. What is nested is compact JSON."""
    found = _PLAIN.get(type(value))
    if found is not None:
        return found(value)
    return str(value) if isinstance(value, UUID | str) else encode(value).decode()


def csv_cell(value: Any) -> Any:
    """A cell of a CSV file."""
    if isinstance(value, str):
        return inert(value)
    text = plain(value)
    return _inert_json(text) if isinstance(text, str) and text[:1] in "[{" else text
