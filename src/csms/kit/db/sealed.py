# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Sealed secrets in the tables: which keys they need, and new envelopes for all of them while csms serves.

A column is found by `info={"sealed": True}`. A value is replaced only if it is still the one that was read, so a secret
that somebody sets meanwhile is never undone.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, MetaData, Table, and_, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.kit.crypto import SECRET_KEY_ID_BYTES
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.secretbox import SealedSecretError, SecretBox, key_id_of

BATCH: Final = 200

OpenUnitOfWork = Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]]
Work = Callable[[AsyncConnection, Sequence[Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """Where sealed secrets are."""

    table: Table
    column: Column[bytes]

    def __str__(self) -> str:
        """As it is shown."""
        return f"{self.table.name}.{self.column.name}"


@dataclass(slots=True)
class Rewrapped:
    """What a rotation did."""

    renewed: int = 0
    unopenable: Counter[str] = field(default_factory=Counter)  # by column


def sealed_columns(metadata: MetaData) -> list[SealedColumn]:
    """All of them, of tables in the order of their names."""
    return [
        SealedColumn(table, column)
        for _, table in sorted(metadata.tables.items())
        for column in table.columns
        if column.info.get("sealed")
    ]


async def count_by_key(
    open_uow: OpenUnitOfWork, organizations: Sequence[UUID], columns: Sequence[SealedColumn]
) -> dict[str, Counter[str]]:
    """How many secrets there are, by the key they need and by column."""
    found: dict[str, Counter[str]] = {}
    for organization_id in organizations:
        async with open_uow(Scope.system(organization_id)) as uow:
            for each in columns:
                head = func.substr(each.column, 1, 1 + SECRET_KEY_ID_BYTES)
                query = (
                    select(head, func.count())
                    .where(each.column.is_not(None), each.table.c.organization_id == organization_id)
                    .group_by(head)
                )
                for start, count in await uow.connection.execute(query):
                    found.setdefault(key_id_of(start), Counter())[str(each)] += count
    return found


async def unopenable(
    open_uow: OpenUnitOfWork, organizations: Sequence[UUID], columns: Sequence[SealedColumn], box: SecretBox
) -> Counter[str]:
    """How many secrets no key opens, by column."""
    found: Counter[str] = Counter()
    for each in columns:

        async def look(_: AsyncConnection, rows: Sequence[Any], name: str = str(each)) -> None:
            found[name] += sum(_rewrapped(box, row[-1]) is None for row in rows)

        for organization_id in organizations:
            await _in_batches(open_uow, organization_id, each, None, look)
    return +found


async def rewrap_all(
    open_uow: OpenUnitOfWork, organizations: Sequence[UUID], columns: Sequence[SealedColumn], box: SecretBox
) -> Rewrapped:
    """Give every secret an envelope of the key that seals now, a batch a transaction."""
    done = Rewrapped()
    for each in columns:

        async def renew(connection: AsyncConnection, rows: Sequence[Any], each: SealedColumn = each) -> None:
            for *key, sealed in rows:
                if (renewed := _rewrapped(box, sealed)) is None:
                    done.unopenable[str(each)] += 1
                else:
                    done.renewed += await _replace(connection, each, key, sealed, renewed)

        for organization_id in organizations:
            await _in_batches(open_uow, organization_id, each, box.seals_with, renew)
    return done


async def _in_batches(
    open_uow: OpenUnitOfWork, organization_id: UUID, each: SealedColumn, except_key: str | None, work: Work
) -> None:
    """Rows of a column in the order of their keys: the key's columns, then the sealed value."""
    keys = list(each.table.primary_key.columns)
    query = select(*keys, each.column).where(each.column.is_not(None), each.table.c.organization_id == organization_id)
    if except_key is not None:
        start = except_key.encode().ljust(SECRET_KEY_ID_BYTES, b"\0")
        query = query.where(func.substr(each.column, 2, SECRET_KEY_ID_BYTES) != start)
    query = query.order_by(*keys).limit(BATCH)
    last: Sequence[Any] | None = None
    while True:
        page = query if last is None else query.where(tuple_(*keys) > tuple_(*last))
        async with open_uow(Scope.system(organization_id)) as uow:
            rows = [tuple(row) for row in await uow.connection.execute(page)]
            await work(uow.connection, rows)
        if len(rows) < BATCH:
            return
        last = rows[-1][:-1]


async def _replace(connection: AsyncConnection, each: SealedColumn, key: Sequence[Any], old: bytes, new: bytes) -> int:
    """1, or 0 where it was changed meanwhile."""
    same = [column == value for column, value in zip(each.table.primary_key.columns, key, strict=True)]
    changed = await connection.execute(
        update(each.table).where(and_(*same, each.column == old)).values({each.column.name: new})
    )
    return changed.rowcount


def _rewrapped(box: SecretBox, sealed: bytes) -> bytes | None:
    """None where no key opens it."""
    try:
        return box.rewrap(sealed)
    except SealedSecretError:
        return None
