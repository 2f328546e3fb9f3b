# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Texts of others: as keys of a length that an index can hold, and as words without harm."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

MAX_KEY: Final = 255
"""Characters; OCPP 1.6 allows 20 for an idTag and 50 for a configuration key."""
_DIGEST: Final = 64


def bounded(text: str) -> str:
    """The text itself; an over-long one becomes its beginning and its SHA-256, the same each time.

    What was said in full stays in the OCPP log.
    """
    if len(text) <= MAX_KEY:
        return text
    return f"{text[: MAX_KEY - _DIGEST - 1]}…{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


_MAX_WORDS: Final = 120


def inert(words: object, most: int = _MAX_WORDS) -> str:
    """What a charger or a person wrote, to be shown: on one line, without control and format characters, bounded.

    It is only ever shown as text; whoever writes HTML or a template escapes it like any other text.
    """
    spaced = " ".join(str(words)[: 10 * most].split())
    # of the categories of Unicode, C holds controls, formats (right-to-left overrides), surrogates, private use
    clean = "".join(each for each in spaced if unicodedata.category(each)[0] != "C")
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def say(template: str, parameters: Mapping[str, Any]) -> str:
    """A template in words: times in UTC, nothing where there is nothing, what others wrote made harmless."""
    return template.format_map({name: _shown(value) for name, value in parameters.items()})


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "unknown"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return str(value) if isinstance(value, int | float) else inert(value)
