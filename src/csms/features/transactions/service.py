# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of transactions for people and programs. What chargers report comes in by handlers.py."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import RowMapping

from csms.domain.commands import UpdateCost
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


async def remember_cost(uow: UnitOfWork, charger_id: str, command: UpdateCost) -> None:
    """The cost that a charger was told: the end of the transaction is answered with it."""
    await repository.set_cost(uow.connection, charger_id, command.ref, command.charger_ref, command.total_cost)


async def names_of(uow: UnitOfWork, key: int | UUID | str, charger_id: str) -> tuple[int | None, str | None]:
    """How a charger knows its transaction: by the number we issued, and by the name it gave itself (2.x).

    What we do not know but the charger may is passed on: a number, or a name.
    """
    if isinstance(key, str):
        return None, key
    if isinstance(key, int):
        row = await repository.get(uow.connection, key)
        return key, None if row is None or row["charger_id"] != charger_id else row["charger_ref"]
    # Chargers like to name their transactions by UUIDs too.
    found = await repository.of_charger(uow.connection, charger_id, str(key)) or await get(uow, key)
    if found["charger_id"] != charger_id:
        raise TransactionNotFoundError(f"charger {charger_id!r} has no transaction {key}")
    number: int | None = found["transaction_id"]
    if number is None:
        raise TransactionNotFoundError(f"the charger of transaction {key} never had a number for it")
    return number, found["charger_ref"]
