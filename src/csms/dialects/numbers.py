# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Integers that have no bounds in the schemas, held to what they can mean."""

from typing import Final

from csms.ocpp.errors import RemoteProtocolError

MAX_EVSE: Final = 32_767
MAX_INT32: Final = 2**31 - 1


def read_evse(number: int, path: str) -> int:
    """An EVSE or a connector; 0 is the charger. Raises PropertyConstraintViolation for one that no charger has."""
    if not 0 <= number <= MAX_EVSE:
        raise RemoteProtocolError(
            "PropertyConstraintViolation", f"{path}: {number} is not within 0..{MAX_EVSE}", {"path": path}
        )
    return number


def read_int32(number: int, path: str) -> int:
    """A number as OCPP means it (2.x Part 2 §2.1: 32 bits), though the schemas set no bound.

    Raises PropertyConstraintViolation for one that is wider.
    """
    if not -MAX_INT32 - 1 <= number <= MAX_INT32:
        raise RemoteProtocolError(
            "PropertyConstraintViolation", f"{path}: {number} has more than 32 bits", {"path": path}
        )
    return number


def int32_or_none(number: int | None) -> int | None:
    """The same where a fact is not refused for it: a number that is wider is none of ours."""
    return number if number is not None and -MAX_INT32 - 1 <= number <= MAX_INT32 else None
