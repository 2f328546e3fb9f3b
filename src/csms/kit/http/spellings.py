# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Texts in any letter case, and parts of texts, found by an index.

Under row-level security PostgreSQL uses no index for a condition whose function could tell of rows that are not to be
seen, and `lower` and `ILIKE` are such functions to it. So what fits is looked up first, by functions that see no other
organization: the spellings that there are of a text by `csms_spellings`, the keys of the rows that have a part of it by
`csms_found`. Then the query compares columns as they are. Where more fits than a look-up is worth, the rows are read
one by one: there are enough that fit.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ARRAY, Boolean, Column, ColumnElement, String, Table, any_, cast, false, func, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles

_MOST_FOUND: Final = 5_000
"""Rows that are worth a look-up: of a million that many lie close enough together for reading in order."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A text that is searched as a whole: trigrams of a name that nobody remembers a part of cost too much."""

    column: ColumnElement[Any]


Texts = Sequence[ColumnElement[Any] | Whole]
"""What a list is searched by."""


def parts_of(texts: Texts) -> list[ColumnElement[Any]]:
    """The texts that are searched by any part of them."""
    return [each for each in texts if not isinstance(each, Whole)]


class LookedUp(ColumnElement[bool]):
    """A condition that is right as it is (`plain`), and of which `settle` makes what an index serves."""

    inherit_cache = False  # said again by each class below
    type = Boolean()

    @property
    @abstractmethod
    def plain(self) -> ColumnElement[bool]:
        """The condition that needs no look-up."""

    @abstractmethod
    def asked(self) -> ColumnElement[Any]:
        """The look-up."""

    @abstractmethod
    def known(self, found: Sequence[str] | None) -> ColumnElement[bool]:
        """The condition when the look-up's answer is there; None: there is too much."""


class Spelled(LookedUp):
    """A column is equal to one of some texts, or begins with one, in any letter case.

    `of`: the column that is looked into, as `table.column`.
    """

    inherit_cache = False

    def __init__(self, column: Any, of: str, values: Sequence[str], *, prefix: bool = False) -> None:
        self.column = column
        self.of = of
        self.values = values
        self.prefix = prefix

    @property
    def plain(self) -> ColumnElement[bool]:
        folded: Any = func.lower(self.column)
        if self.prefix:
            return or_(*(func.starts_with(folded, func.lower(value)) for value in self.values))
        equal: ColumnElement[bool] = folded.in_([func.lower(value) for value in self.values])
        return equal

    def asked(self) -> ColumnElement[Any]:
        return func.csms_spellings(self.of, array(self.values), self.prefix)

    def known(self, found: Sequence[str] | None) -> ColumnElement[bool]:
        if found is None:
            return self.plain
        if not found:
            return false()
        equal: ColumnElement[bool] = self.column == found[0] if len(found) == 1 else self.column.in_(found)
        return equal


class Searched(LookedUp):
    """One of some columns of a table has a text that fits a pattern, in any letter case; or `equal` holds."""

    inherit_cache = False

    def __init__(
        self, columns: Sequence[ColumnElement[Any]], pattern: str, equal: Sequence[ColumnElement[bool]] = ()
    ) -> None:
        self.columns = columns
        self.pattern = pattern
        self.equal = equal

    @property
    def plain(self) -> ColumnElement[bool]:
        return or_(*(column.ilike(self.pattern, escape="\\") for column in self.columns), *self.equal)

    def asked(self) -> ColumnElement[Any]:
        table = trigrams_of(self.columns)
        names = [column.key for column in self.columns]
        return func.csms_found("" if table is None else table.name, array(names), self.pattern, _MOST_FOUND)

    def known(self, found: Sequence[str] | None) -> ColumnElement[bool]:
        table = trigrams_of(self.columns)
        if found is None or table is None:
            return self.plain
        if not found:
            return or_(false(), *self.equal)
        keys: ColumnElement[bool] = table.c.id == any_(cast(cast(found, ARRAY(String)), ARRAY(table.c.id.type)))
        return or_(keys, *self.equal) if self.equal else keys


def trigrams_of(columns: Sequence[ColumnElement[Any]]) -> Table | None:
    """The table whose index of trigrams has all of the columns."""
    tables = {column.table for column in columns if isinstance(column, Column)}
    table = tables.pop() if len(tables) == 1 else None
    if not isinstance(table, Table):
        return None
    kept = next((each for each in table.indexes if each.name == f"ix_{table.name}_searched"), None)
    return table if kept is not None and set(columns) <= set(kept.columns) else None


@compiles(LookedUp)
def _write(element: LookedUp, compiler: Any, **options: Any) -> str:
    written: str = compiler.process(element.plain.self_group(), **options)
    return written


async def settle(
    connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]]
) -> tuple[ColumnElement[bool], ...]:
    """Conditions with everything looked up, in one question."""
    unknown = [each for each in conditions if isinstance(each, LookedUp)]
    if not unknown:
        return tuple(conditions)
    found = (await connection.execute(select(*(each.asked() for each in unknown)))).one()
    known = {id(each): each.known(row) for each, row in zip(unknown, found, strict=True)}
    return tuple(known.get(id(each), each) for each in conditions)
