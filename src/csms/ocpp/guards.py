# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Cheap looks at JSON text before anything parses it."""

import re
from typing import Final

MAX_DEPTH: Final = 64

_BACKSLASH: Final = ord("\\")  # looked for alone: one byte is found many times faster than two
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
# Everything up to the first escape that stands for NUL or for half of a surrogate pair.
_STORABLE: Final = re.compile(
    rb"(?:[^\\]++|\\[^u]"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|\\u(?!0000|[dD][89a-fA-F]))*+",
    re.DOTALL,
)


def too_deep(data: bytes, max_depth: int = MAX_DEPTH) -> bool:
    """Whether brackets outside strings nest deeper than `max_depth` (or never close, where there are that many).

    One count of those that open settles it for a usual frame. Otherwise each round takes away the innermost pairs, that
    is one level of nesting.
    """
    if data.count(b"{") + data.count(b"[") <= max_depth:
        return False
    rest = _STRING.sub(b"", data).translate(_BRACKETS, _NO_BRACKETS)
    for _ in range(max_depth):
        rest = rest.replace(b"[]", b"")
        if not rest:
            return False
    return True


def unstorable(data: bytes) -> bool:
    """Whether a string escapes NUL or a lone surrogate: PostgreSQL can store neither in a text."""
    if _BACKSLASH not in data:
        return False
    match = _STORABLE.match(data)
    return match is None or match.end() != len(data)


def utf8_text(data: bytes) -> bool:
    """Whether the bytes are UTF-8."""
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
