# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How many rows a query has, as the planner sees it: counting a large table takes longer than reading a page of it."""

from typing import Any

import msgspec
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.visitors import InternalTraversal


class _Explain(Executable, ClauseElement):
    inherit_cache = True
    # compiled once for each shape of a statement, like the statement itself
    _traverse_internals: Any = (("statement", InternalTraversal.dp_clauseelement),)
    _all_selected_columns: Any = ()

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explain, "postgresql")
def _write_explain(element: _Explain, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **options)}"


async def estimate(connection: AsyncConnection, statement: Select[Any]) -> int:
    """How many rows the planner expects of a query."""
    plan = (await connection.execute(_Explain(statement))).scalar_one()
    document = msgspec.json.decode(plan) if isinstance(plan, str | bytes) else plan
    return int(document[0]["Plan"]["Plan Rows"])
