# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL that keeps what chargers say of their configuration."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import Variable
from csms.domain.texts import bounded
from csms.features.configuration.tables import configurations


async def remember(
    connection: AsyncConnection, organization_id: UUID, charger_id: str, variables: Sequence[Variable], now: datetime
) -> None:
    """Insert or update keys; a key named twice in one answer counts with its last value."""
    latest = {bounded(variable.key): variable for variable in variables}
    statement = insert(configurations).values(
        [
            {
                "organization_id": organization_id,
                "charger_id": charger_id,
                "key": key,
                "value": variable.value,
                "readonly": variable.readonly,
                "created_at": now,
                "updated_at": now,
            }
            for key, variable in sorted(latest.items())
        ]
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["charger_id", "key"],
            set_={
                "value": statement.excluded.value,
                "readonly": statement.excluded.readonly,
                "updated_at": statement.excluded.updated_at,
            },
        )
    )
