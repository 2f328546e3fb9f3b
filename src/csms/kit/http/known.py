# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Columns of lists as one word each.

A statement is looked up among the compiled ones by all that it is made of, and a list has dozens of columns, some of
which are statements themselves: walking along them took longer than the rest of the look-up.
"""

import itertools
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal


class Known(ColumnElement[Any]):
    """A column that never changes, values in it included, under a number of its own."""

    inherit_cache = True
    _traverse_internals: Any = (("number", InternalTraversal.dp_plain_obj),)
    _numbers: ClassVar = itertools.count()

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column
        self.type = column.type
        self.number = next(self._numbers)

    @property
    def _from_objects(self) -> list[FromClause]:
        return self.column._from_objects


@compiles(Known)
def _write(element: Known, compiler: Any, **options: Any) -> str:
    written: str = compiler.process(element.column, **options)
    return written
