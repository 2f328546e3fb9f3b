# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Integers that have no bounds in the schemas, held to what they can mean."""

from typing import Final

from csms.ocpp.errors import RemoteProtocolError

MAX_EVSE: Final = 32_767


def read_evse(number: int, path: str) -> int:
    """An EVSE or a connector; 0 is the charger. Raises PropertyConstraintViolation for one that no charger has."""
    if not 0 <= number <= MAX_EVSE:
        raise RemoteProtocolError(
            "PropertyConstraintViolation", f"{path}: {number} is not within 0..{MAX_EVSE}", {"path": path}
        )
    return number
