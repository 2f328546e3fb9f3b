# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL that keeps what chargers say of their configuration, and how it changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import Variable
from csms.domain.texts import bounded

_CHANGED = text("""
INSERT INTO configuration_history (id, organization_id, charger_id, key, old_value, new_value, actor_name, command, at)
SELECT gen_random_uuid(), c.organization_id, c.charger_id, c.key, c.value, n.value,
    coalesce((SELECT x.actor_name FROM commands x WHERE x.id = CAST(:setter AS uuid)), 'charger'),
    CAST(:setter AS uuid), :now
FROM configurations c
JOIN unnest(CAST(:keys AS text[]), CAST(:values AS text[])) AS n(key, value) ON c.key = n.key
WHERE c.charger_id = :charger AND c.value IS DISTINCT FROM n.value
""")
_REMEMBER = text("""
INSERT INTO configurations (organization_id, charger_id, key, value, readonly, created_at, updated_at)
SELECT :organization, :charger, n.key, n.value, n.readonly, :now, :now
FROM unnest(CAST(:keys AS text[]), CAST(:values AS text[]), CAST(:readonly AS bool[])) AS n(key, value, readonly)
ON CONFLICT (charger_id, key) DO UPDATE SET value = excluded.value, readonly = excluded.readonly,
    updated_at = excluded.updated_at
""")


async def remember(
    connection: AsyncConnection,
    organization_id: UUID,
    charger_id: str,
    variables: Sequence[Variable],
    setter: UUID | None,
    now: datetime,
) -> None:
    """Keep values, and which of them are others than before; `setter` is the command that set them.

    A key named twice in one answer counts with its last value.
    """
    latest = {bounded(variable.key): variable for variable in variables}
    keys = sorted(latest)
    common = {"charger": charger_id, "keys": keys, "values": [latest[key].value for key in keys], "now": now}
    await connection.execute(_CHANGED, {**common, "setter": setter})
    readonly = [latest[key].readonly for key in keys]
    await connection.execute(_REMEMBER, {**common, "organization": organization_id, "readonly": readonly})
