# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How many chargers of an organization are in which state, as sums that are kept.

Triggers mark chargers that change. Whoever reads `SUMS` sees them as they are, whether the worker has put them back or
not; where so many are marked that counting all is quicker (a storm of connections, or no worker), `usable` says so.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from csms.features.chargers.fleet_tables import COUNTS
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork

_MOST_MARKED: Final = 2_000
SUMS: Final = f"""
SELECT f.site_id, f.retired, coalesce(n.lease_until > now(), false) AS online,
    {", ".join(f"f.{name}" for name in COUNTS)}
FROM (SELECT * FROM fleet_sums UNION ALL SELECT * FROM csms_changed_fleet_sums()) f
LEFT JOIN gateway_nodes n ON n.id = f.node_id
"""  # noqa: S608  (columns of the table)
_MARKED: Final = text(f"SELECT count(*) FROM (SELECT FROM charger_state_marks LIMIT {_MOST_MARKED + 1}) m")  # noqa: S608
_HELD: Final = text("SELECT pg_try_advisory_xact_lock(hashtext('csms_fleet_sums'), hashtext(CAST(:id AS text)))")
_KEPT: Final = ("organization_id", "site_id", "node_id", "retired", *COUNTS)
# One statement, one snapshot: what is marked after it is not taken away with it.
FOLD: Final = text(f"""
WITH fresh AS MATERIALIZED (SELECT * FROM csms_marked_charger_states()),
changes AS MATERIALIZED (SELECT * FROM csms_changed_fleet_sums()),
seen AS (DELETE FROM charger_state_marks),
gone AS (DELETE FROM charger_states s WHERE s.charger_id IN (
    SELECT m.charger_id FROM charger_state_marks m EXCEPT SELECT f.charger_id FROM fresh f)),
kept AS (INSERT INTO charger_states AS s SELECT * FROM fresh ON CONFLICT (charger_id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _KEPT)} WHERE s IS DISTINCT FROM excluded)
INSERT INTO fleet_sums AS f SELECT * FROM changes ON CONFLICT (organization_id, key) DO UPDATE SET
    {", ".join(f"{name} = f.{name} + excluded.{name}" for name in COUNTS)}
""")  # noqa: S608
_EMPTY: Final = text("DELETE FROM fleet_sums WHERE chargers = 0")


async def usable(uow: UnitOfWork) -> bool:
    """Whether the sums say sooner how it is than counting. They are of all there is, and not for who sees a part."""
    if uow.scope.places is not None:
        return False
    return int((await uow.connection.execute(_MARKED)).scalar_one()) <= _MOST_MARKED


class FleetKeeper:
    """Puts chargers that changed back into the sums."""

    def __init__(self, units: UnitsOfWork) -> None:
        self._units = units

    async def sweep(self, organization_id: UUID) -> None:
        """All that are marked by now, unless another does so."""
        async with self._units(Scope.system(organization_id)) as uow:
            if (await uow.connection.execute(_MARKED)).scalar_one() and await self._hold(uow):
                await uow.connection.execute(FOLD)
                await uow.connection.execute(_EMPTY)

    @staticmethod
    async def _hold(uow: UnitOfWork) -> bool:
        return bool((await uow.connection.execute(_HELD, {"id": str(uow.scope.organization_id)})).scalar_one())
