# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the local lists feature under the application's role; the database holds each query to one organization."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.local_lists.tables import local_lists
from csms.kit.http.paging import Listing

_l = local_lists.c
LISTS: Final = Listing(
    columns={"charger_id": _l.charger_id, "version": _l.version, "updated_at": _l.updated_at},
    key=_l.charger_id,
    sorts={"charger_id": _l.charger_id, "updated_at": _l.updated_at},
    default_sort="charger_id",
)


def naming(values: Collection[str]) -> ColumnElement[bool]:
    """The lists that name a token: by one of its spellings."""
    return or_(*(_l.entries.contains([{"token": value}]) for value in values))


async def get(connection: AsyncConnection, charger_id: str, *, lock: bool = False) -> RowMapping | None:
    """What is known of a charger's list."""
    query = select(_l.charger_id, _l.version, _l.entries, _l.updated_at).where(_l.charger_id == charger_id)
    row: RowMapping | None = (await connection.execute(query.with_for_update() if lock else query)).mappings().first()
    return row


async def put(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Remember it."""
    statement = insert(local_lists).values(**values)
    changed = {name: statement.excluded[name] for name in ("version", "entries", "updated_at")}
    await connection.execute(statement.on_conflict_do_update(index_elements=["charger_id"], set_=changed))
