# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that began, ended or were corrected are marked; of those that are open the worker sees itself.

One that began may be doubted before the worker looks: then it is neither open nor told of any more.
"""

from csms.domain.events import TransactionCorrected, TransactionEnded, TransactionStarted
from csms.features.reports import sets
from csms.kit.db.driver import driver_connection
from csms.kit.db.outbox_parking import Delivery
from csms.kit.db.uow import Scope, UnitsOfWork

HEARD = (TransactionStarted, TransactionEnded, TransactionCorrected)


class RollupMarker:
    """Consumer of durable events."""

    def __init__(self, units: UnitsOfWork) -> None:
        self._units = units

    async def __call__(self, delivery: Delivery) -> None:
        """Mark the days of a transaction; twice does no harm."""
        event = delivery.event
        if isinstance(event, HEARD):
            async with self._units(Scope.system(event.organization_id)) as uow:
                await sets.mark_transaction(await driver_connection(uow.connection), event.id)
