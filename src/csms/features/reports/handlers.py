# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that began, ended or were corrected are marked; of those that are open the worker sees itself.

One that began may be doubted before the worker looks: then it is neither open nor told of any more.
"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from csms.domain.events import TransactionCorrected, TransactionEnded, TransactionStarted
from csms.features.reports import sets
from csms.kit.db.driver import driver_connection
from csms.kit.db.outbox_parking import Delivery
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.together import Together

HEARD = (TransactionStarted, TransactionEnded, TransactionCorrected)


class RollupMarker:
    """Consumer of durable events; those that come at once are marked together."""

    def __init__(self, units: UnitsOfWork) -> None:
        self._units = units
        self._mark = Together(self._mark_all)

    async def __call__(self, delivery: Delivery) -> None:
        """Mark the days of a transaction; twice does no harm."""
        event = delivery.event
        if isinstance(event, HEARD):
            await self._mark((event.organization_id, event.id))

    async def _mark_all(self, asked: Sequence[tuple[UUID, UUID]]) -> None:
        keys: dict[UUID, set[UUID]] = defaultdict(set)
        for organization_id, key in asked:
            keys[organization_id].add(key)
        for organization_id, found in keys.items():
            async with self._units(Scope.system(organization_id)) as uow:
                await sets.mark_transactions(await driver_connection(uow.connection), sorted(found))
