# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the commands feature under the gateway's role."""

from collections.abc import Sequence
from uuid import UUID

from csms.kit.db.ingest import Unit

# One transaction serves one command: the first that waits.
_STARTED = """
UPDATE commands c SET effect = 'started', transaction_id = n.id
FROM unnest($1::text[], $2::int[], $3::text[], $4::uuid[], $5::int[]) AS n(charger, connector, token, id, remote)
WHERE c.id = (
    SELECT a.id FROM commands a
    WHERE a.effect = 'awaited' AND a.charger_id = n.charger
      AND CASE WHEN n.remote IS NOT NULL THEN (a.body ->> 'request_id')::int = n.remote
          ELSE upper(a.body ->> 'token') = upper(n.token)
          AND coalesce((a.body ->> 'connector_id')::int, n.connector) = n.connector END
    ORDER BY a.sent_at LIMIT 1
)
"""


async def transactions_started(unit: Unit, rows: Sequence[tuple[str, int, str | None, UUID, int | None]]) -> None:
    """Transactions began: rows of (charger, connector, token, id, id of the remote start if the charger tells it).

    Remote starts that waited for them are served.
    """
    charger, connector, token, key, remote = (list(column) for column in zip(*rows, strict=True))
    await unit.connection.execute(_STARTED, charger, connector, token, key, remote)
