# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the reservations feature under the gateway's role: sets in.

What a charger tells may come before the answer to ReserveNow is stored: each statement makes the row if it must, and
`repository.keep` fills it in.
"""

from collections.abc import Sequence
from uuid import UUID

from csms.kit.db.ingest import Unit
from csms.kit.ids import new_id

_ENDED = """
INSERT INTO reservations (id, organization_id, charger_id, reservation_id, status, transaction, created_at, updated_at)
SELECT n.id, n.org, n.charger, n.reservation, n.status, n.transaction, $7, $7
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::uuid[])
    AS n(id, org, charger, reservation, status, transaction)
ON CONFLICT (charger_id, reservation_id) DO UPDATE SET status = excluded.status, transaction = excluded.transaction,
    updated_at = excluded.updated_at
WHERE reservations.status = 'active'
"""
_LOST = """
UPDATE reservations r SET status = 'removed', updated_at = $3
FROM unnest($1::text[], $2::int[]) AS n(charger, evse)
WHERE r.charger_id = n.charger AND r.evse_id = n.evse AND r.status = 'active'
"""


async def ended(unit: Unit, rows: Sequence[tuple[UUID, str, int, str, UUID | None]]) -> None:
    """Reservations are over: rows of (organization, charger, reservation, how, transaction that used it)."""
    latest = {(row[1], row[2]): row for row in rows}
    columns = [list(column) for column in zip(*(latest[key] for key in sorted(latest)), strict=True)]
    await unit.connection.execute(_ENDED, [new_id() for _ in latest], *columns, unit.now)


async def lost(unit: Unit, rows: Sequence[tuple[str, int]]) -> None:
    """EVSEs that cannot be used any more lose their reservation (OCPP 1.6 §3.8): rows of (charger, EVSE)."""
    charger, evse = (list(column) for column in zip(*sorted(set(rows)), strict=True))
    await unit.connection.execute(_LOST, charger, evse, unit.now)
