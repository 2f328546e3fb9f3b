# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the smart charging feature under the gateway's role."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from csms.kit.db.ingest import Unit

# What chargers are known to have, and what is on its way to them: a vehicle may tell its plan before the event of the
# command that it answers has been consumed.
_GIVEN = """
SELECT charger_id, evse_id, profile FROM (
    SELECT DISTINCT ON (i.charger_id, i.evse_id) i.charger_id, i.evse_id, i.profile
    FROM installed_charging_profiles i
    JOIN unnest($1::text[], $2::int[]) AS n(charger, evse) ON i.charger_id = n.charger AND i.evse_id = n.evse
    WHERE i.purpose = 'tx_profile'
    ORDER BY i.charger_id, i.evse_id, i.stack_level DESC, i.installed_at DESC
) had
UNION ALL
SELECT c.charger_id, n.evse, c.body -> 'profile'
FROM unnest($1::text[], $2::int[], $3::uuid[]) AS n(charger, evse, organization)
JOIN commands c ON c.organization_id = n.organization AND c.charger_id = n.charger
WHERE c.type = 'set_charging_profile' AND c.status IN ('pending', 'accepted')
  AND c.created_at > now() - interval '5 minutes'
  AND (c.body ->> 'evse_id')::int = n.evse AND c.body #>> '{profile,purpose}' = 'tx_profile'
  AND NOT EXISTS (
      SELECT FROM installed_charging_profiles i
      WHERE i.charger_id = c.charger_id AND i.evse_id = n.evse AND i.installed_at >= c.created_at
  )
"""


async def given(unit: Unit, places: Sequence[tuple[str, int, UUID]]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """The profiles that the transaction at each (charger, EVSE, organization) may go by, by (charger, EVSE)."""
    charger, evse, organization = (list(column) for column in zip(*places, strict=True))
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in await unit.connection.fetch(_GIVEN, charger, evse, organization):
        found.setdefault((row["charger_id"], row["evse_id"]), []).append(msgspec.json.decode(row["profile"]))
    return found
