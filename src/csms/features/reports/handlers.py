# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that are over and changed are marked; of open ones the worker sees itself."""

from csms.domain.events import TransactionCorrected, TransactionEnded
from csms.features.reports import sets
from csms.kit.db.driver import driver_connection
from csms.kit.db.outbox_parking import Delivery
from csms.kit.db.uow import Scope, UnitsOfWork

HEARD = (TransactionEnded, TransactionCorrected)


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
