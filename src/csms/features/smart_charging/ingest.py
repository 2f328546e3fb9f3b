# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the smart charging feature under the gateway's role."""

from collections.abc import Sequence
from typing import Any

import msgspec

from csms.kit.db.ingest import Unit

_GIVEN = """
SELECT DISTINCT ON (i.charger_id, i.evse_id) i.charger_id, i.evse_id, i.profile
FROM installed_charging_profiles i
JOIN unnest($1::text[], $2::int[]) AS n(charger, evse) ON i.charger_id = n.charger AND i.evse_id = n.evse
WHERE i.purpose = 'tx_profile'
ORDER BY i.charger_id, i.evse_id, i.stack_level DESC, i.installed_at DESC
"""


async def given(unit: Unit, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Any]]:
    """The profile of the transaction at each (charger, EVSE) that has one."""
    charger, evse = (list(column) for column in zip(*places, strict=True))
    rows = await unit.connection.fetch(_GIVEN, charger, evse)
    return {(row["charger_id"], row["evse_id"]): msgspec.json.decode(row["profile"]) for row in rows}
