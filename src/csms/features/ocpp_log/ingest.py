# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the ocpp_log feature under the gateway's role."""

from collections.abc import Sequence
from typing import Any

from csms.kit.db.ingest import PARTITION_DAY, Unit

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
        await unit.copy("ocpp_messages", PARTITION_DAY, (*COLUMNS, "received_at"), [(*row, unit.now) for row in rows])
