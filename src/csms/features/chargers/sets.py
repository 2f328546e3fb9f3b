# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of what ends from this side."""

from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.kit.ids import new_id

_HANG_UP: Final = text("""
WITH ended AS (
    UPDATE charger_connections SET epoch = epoch + 1, online = false, disconnected_at = CAST(:now AS timestamptz),
        close_reason = CAST(:reason AS text), closed_by = 'csms'
    WHERE charger_id = CAST(:id AS text) AND online RETURNING *
), kept AS (
    INSERT INTO past_connections (id, organization_id, charger_id, epoch, protocol, address, connected_at, ended_at,
        close_reason, closed_by)
    SELECT CAST(:key AS uuid), e.organization_id, e.charger_id, e.epoch - 1, e.protocol, e.address, e.connected_at,
        e.disconnected_at, e.close_reason, e.closed_by
    FROM ended e WHERE e.connected_at IS NOT NULL
)
SELECT charger_id FROM ended
""").bindparams(bindparam("now", type_=DateTime(timezone=True)))


async def hang_up(connection: AsyncConnection, charger_id: str, now: datetime, reason: str) -> bool:
    """Raise the epoch of an open connection, so that the fence refuses what it still has to say."""
    ended = await connection.execute(_HANG_UP, {"id": charger_id, "now": now, "reason": reason, "key": new_id()})
    return ended.first() is not None
