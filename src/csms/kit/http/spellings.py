# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Texts in any letter case, found by an index.

Under row-level security PostgreSQL uses no index for a condition whose function could tell of rows that are not to be
seen, and `lower` is such a function to it. So the spellings that there are of a text are looked up first, by
`csms_spellings`, which sees no other organization; then they are compared as they are. Where a beginning has more of
them than it is worth, the rows are read one by one: there are enough that fit.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, false, func, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles


class Spelled(ColumnElement[bool]):
    """A column is equal to one of some texts, or begins with one, in any letter case.

    It is right as it is; `settle` makes of it what an index serves. `of`: the column that is looked into, as
    `table.column`.
    """

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: Any, of: str, values: Sequence[str], *, prefix: bool = False) -> None:
        self.column = column
        self.of = of
        self.values = values
        self.prefix = prefix

    @property
    def plain(self) -> ColumnElement[bool]:
        """The condition that needs no look-up."""
        folded: Any = func.lower(self.column)
        if self.prefix:
            return or_(*(func.starts_with(folded, func.lower(value)) for value in self.values))
        equal: ColumnElement[bool] = folded.in_([func.lower(value) for value in self.values])
        return equal

    def asked(self) -> ColumnElement[Any]:
        """The look-up."""
        return func.csms_spellings(self.of, array(self.values), self.prefix)

    def known(self, found: Sequence[str] | None) -> ColumnElement[bool]:
        """The condition when the spellings are known; None of them: too many."""
        if found is None:
            return self.plain
        if not found:
            return false()
        equal: ColumnElement[bool] = self.column == found[0] if len(found) == 1 else self.column.in_(found)
        return equal


@compiles(Spelled)
def _write(element: Spelled, compiler: Any, **options: Any) -> str:
    written: str = compiler.process(element.plain.self_group(), **options)
    return written


async def settle(
    connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]]
) -> tuple[ColumnElement[bool], ...]:
    """Conditions with all spellings looked up, in one question."""
    spelled = [each for each in conditions if isinstance(each, Spelled)]
    if not spelled:
        return tuple(conditions)
    found = (await connection.execute(select(*(each.asked() for each in spelled)))).one()
    known = {id(each): each.known(row) for each, row in zip(spelled, found, strict=True)}
    return tuple(known.get(id(each), each) for each in conditions)
