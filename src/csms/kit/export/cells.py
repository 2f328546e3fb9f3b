# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Values as cells: numbers stay numbers, texts stay texts, whoever wrote them."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from csms.kit.http.json import encode

# What begins a formula in a spreadsheet, and what some turn into it: full-width, small and raised forms.
_FORMULA: Final = "=+-@＝﹦⁼₌＋﹢⁺₊﬩－﹣⁻₋−＠﹫"
# What a reader does not see, or a spreadsheet takes off before it looks.
_BLANK: Final = r"\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
_RISKY: Final = re.compile(f"[{re.escape(_FORMULA)}\t\r\n]")
# A run of blanks is taken whole, so that a text of a million of them is read once.
_BEGINS: Final = re.compile(rf"\A[{re.escape(_FORMULA)}]|[;{_BLANK}]++[{re.escape(_FORMULA)}]?")
_BREAKS: Final = frozenset(";\t\r\n")


def _mark(found: re.Match[str]) -> str:
    run = found[0]
    formula = run[-1] in _FORMULA
    if found.start() == 0:
        return f"'{run}" if formula or run[0] in "\t\r\n" else run
    # where the list separator is a semicolon, a quotation mark inside of a line holds nothing together
    return f"{run[:-1]}'{run[-1]}" if formula and not _BREAKS.isdisjoint(run) else run


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe in front of what might be one."""
    return _BEGINS.sub(_mark, text) if _RISKY.search(text) else text


def _escape(found: re.Match[str]) -> str:
    run = found[0]
    return run.replace(";", "\\u003b") if run[-1] in _FORMULA else run


def _inert_json(text: str) -> str:
    """The same JSON, without a semicolon before what might be a formula."""
    return _BEGINS.sub(_escape, text) if ";" in text else text


def instant(value: datetime) -> str:
    """ISO 8601 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """A value as text of its own kind: nothing, a number or a text. What is nested is compact JSON."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return value
        case Decimal():
            return f"{value:f}"
        case datetime():
            return instant(value)
        case UUID():
            return str(value)
    return encode(value).decode()


def csv_cell(value: Any) -> Any:
    """A cell of a CSV file."""
    if value is None or type(value) is int:
        return value
    if isinstance(value, str):
        return inert(value)
    text = plain(value)
    return _inert_json(text) if isinstance(text, str) and text[:1] in "[{" else text
