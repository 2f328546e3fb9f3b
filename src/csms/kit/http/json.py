# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""JSON out: instants in UTC as `…Z`, decimals as exact JSON numbers, ids as text."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from fastapi import Response


def _plain(value: object) -> object:
    """What msgspec does not know: rows of a result, and numbers that JSON cannot write."""
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain, decimal_format="number", uuid_format="canonical")


def encode(content: Any) -> bytes:
    """JSON text. A Decimal is written with all its digits; readers that parse numbers as floats see 15 of them."""
    return _ENCODER.encode(content)


class JsonResponse(Response):
    """An answer encoded by msgspec."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        return encode(content)


def rows_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> JsonResponse:
    """An answer of rows (or of anything made of plain values), without a detour through models."""
    return JsonResponse(content, status_code=status, headers=headers)
