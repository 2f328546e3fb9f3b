# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of transactions for people and programs. What chargers report comes in by handlers.py."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.transactions import repository
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import NotFoundError


class TransactionNotFoundError(NotFoundError):
    """No such transaction."""

    code: ClassVar[str] = "transaction_not_found"


async def get(uow: UnitOfWork, key: UUID | int) -> RowMapping:
    """One transaction, by its id or by the number that its charger knows."""
    out_of_range = isinstance(key, int) and not 0 < key < 2**31
    row = None if out_of_range else await repository.get(uow.connection, key)
    if row is None:
        raise TransactionNotFoundError(f"there is no transaction {key}")
    return row


async def number_of(uow: UnitOfWork, key: UUID, charger_id: str) -> int:
    """The number that the charger knows its transaction by."""
    found = await get(uow, key)
    if found["charger_id"] != charger_id:
        raise TransactionNotFoundError(f"charger {charger_id!r} has no transaction {key}")
    number: int | None = found["transaction_id"]
    if number is None:
        raise TransactionNotFoundError(f"the charger of transaction {key} never had a number for it")
    return number
