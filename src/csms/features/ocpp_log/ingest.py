# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the ocpp_log feature under the gateway's role."""

from collections.abc import Sequence
from typing import Any

from csms.kit.db.ingest import NULL, PARTITION_DAY, Unit, escaped

# The order in which the gateway's rows come.
COLUMNS = (
    "organization_id",
    "charger_id",
    "at",
    "answered_at",
    "epoch",
    "direction",
    "message_id",
    "action",
    "protocol",
    "request",
    "response",
    "outcome",
    "error_code",
)


class MessageLog:
    """Implements the gateway's port."""

    async def write(self, unit: Unit, rows: Sequence[tuple[Any, ...]]) -> None:
        """COPY the exchanges of a group into today's partition."""
        now, at = unit.now, str(unit.now)
        lines = [_line(row, at if row[3] is now else str(row[3] or NULL), at) for row in rows]
        await unit.copy_text("ocpp_messages", PARTITION_DAY, (*COLUMNS, "received_at"), lines)


def _line(row: tuple[Any, ...], answered: str, now: str) -> bytes:
    """In text format: half of what the binary one costs for rows of many columns."""
    organization, charger, at, _, epoch, direction, message_id, action, protocol, request, response, outcome, code = row
    asked = NULL if request is None else escaped(request)
    told = NULL if response is None else escaped(response)
    return (
        f"{organization}\t{escaped(charger)}\t{at}\t{answered}\t{epoch}\t{direction}\t{escaped(message_id)}\t"
        f"{escaped(action)}\t{protocol}\t{asked}\t{told}\t{outcome}\t{NULL if code is None else escaped(code)}\t{now}\n"
    ).encode()
