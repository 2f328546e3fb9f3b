# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Integers of 1.6 that have no bounds in its schemas, held to what they can mean."""

from decimal import Decimal
from typing import Final

from csms.dialects.base import NotExpressibleError
from csms.ocpp.errors import RemoteProtocolError

MAX_CONNECTOR: Final = 32_767
MAX_REGISTER_WH: Final = 10**15
_MAX_INT32: Final = 2**31 - 1


def read_connector(number: int) -> int:
    """A connector; 0 is the charger itself. Raises PropertyConstraintViolation for a number that no charger has."""
    if not 0 <= number <= MAX_CONNECTOR:
        raise RemoteProtocolError(
            "PropertyConstraintViolation",
            f"connectorId: {number} is not within 0..{MAX_CONNECTOR}",
            {"path": "connectorId"},
        )
    return number


def read_register(wh: int) -> Decimal | None:
    """A meter's register; None for a figure that no meter reaches: a fact is not refused for it."""
    return Decimal(wh) if abs(wh) < MAX_REGISTER_WH else None


def read_reservation(number: int | None) -> int | None:
    """A reservation; its numbers are ours, so one beyond 32 bits is none."""
    return number if number is not None and abs(number) <= _MAX_INT32 else None


def connector_of(evse_id: int | None, connector_id: int | None) -> int | None:
    """The connector that a command means: each is its own EVSE, under the same number (architecture of 1.6).

    Raises NotExpressibleError where the two are named and differ.
    """
    if evse_id is not None and connector_id is not None and evse_id != connector_id:
        raise NotExpressibleError(
            f"OCPP 1.6 has no EVSE with connectors: name connector {connector_id} or {evse_id}, not both"
        )
    return connector_id if evse_id is None else evse_id
