# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Texts of chargers that serve as keys: of a length that an index can hold."""

from hashlib import sha256
from typing import Final

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
